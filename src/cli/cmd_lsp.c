/* The language server's loop: one message after the other. */
#include <unistd.h>

#include "cli/cli.h"
#include "cli/lsp.h"
#include "domain/heap.h"

/* Where findings are explained, unless the editor says otherwise. */
#define DOCS "https://baton.invalid/findings/"

static bool is_exit(const struct json *message) {
  const struct json *method = json_member(message, TEXT("method"));
  return method != NULL && method->type == JSON_TEXT &&
         text_equal(method->text, TEXT("exit"));
}

/* False: the stream is over. */
static bool serve_one(struct lsp *s) {
  struct json *message = NULL;
  struct rpc_error why;
  arena_reset(&s->arena);
  const enum bt_err err =
      rpc_read(&s->rpc, RPC_WAIT_FOREVER, &s->arena, &message, &why);
  switch ((unsigned)err) {
  case BT_ERR_OK:
    if (is_exit(message)) {
      return false;
    }
    lsp_handle(s, message);
    return true;
  case BT_ERR_BUSY:
    return true;
  case BT_ERR_SYNTAX:
  case BT_ERR_RANGE:
    lsp_refuse(s, LSP_CODE_PARSE, why.message);
    return true;
  case BT_ERR_CLOSED:
    return false;
  default:
    cli_error("lsp: %s", why.message);
    s->shut_down = false;
    return false;
  }
}

int cmd_lsp(const struct cli_command *self, int argc, char **argv) {
  bool stdio = false;
  const struct cli_option options[] = {
      {"--stdio", CLI_FLAG, &stdio, NULL,
       "over standard input and output: the only way, and the default"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton lsp      # started by the editor; see editors/vscode", NULL};
  const struct cli_page page = {options, examples, 0, 0};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  struct lsp s = {0};
  rpc_open(&s.rpc, STDIN_FILENO, STDOUT_FILENO);
  arena_init(&s.arena, heap_mem(), 0);
  textbuf_init(&s.docs, heap_mem());
  textbuf_add(&s.docs, TEXT(DOCS));
  while (serve_one(&s)) {
  }
  lsp_close_documents(&s);
  textbuf_free(&s.docs);
  arena_free(&s.arena);
  rpc_close(&s.rpc);
  return s.shut_down ? CLI_DONE : CLI_FAILED;
}
