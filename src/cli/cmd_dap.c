/* The debug adapter: reads requests, and has a handler for each. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/dap.h"
#include "domain/heap.h"
#include "server/findings.h"

/* ---- life */

static void put_true(struct json_out *o, const char *key) {
  json_key(o, key);
  json_put_bool(o, true);
}

void dap_do_initialize(struct dap *d, const struct dap_request *r) {
  const struct json *lines = json_member(r->arguments, TEXT("linesStartAt1"));
  const struct json *columns =
      json_member(r->arguments, TEXT("columnsStartAt1"));
  d->first_line_0 = lines != NULL && lines->type == JSON_FALSE;
  d->first_column_0 = columns != NULL && columns->type == JSON_FALSE;
  struct json_out o = dap_begin_answer(d, r);
  put_true(&o, "supportsConfigurationDoneRequest");
  put_true(&o, "supportsConditionalBreakpoints");
  put_true(&o, "supportsHitConditionalBreakpoints");
  put_true(&o, "supportsLogPoints");
  put_true(&o, "supportsEvaluateForHovers");
  put_true(&o, "supportsStepBack");
  put_true(&o, "supportsSetVariable");
  put_true(&o, "supportsTerminateRequest");
  put_true(&o, "supportsBreakpointLocationsRequest");
  dap_end(d, &o);
}

/* All that is wrong, as the client shows it. */
static void refuse_findings(struct dap *d, const struct dap_request *r,
                            const struct findings *findings) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  findings_print(findings, &b);
  const struct text all = text_trim(textbuf_text(&b));
  dap_refuse(d, r, "%.*s", TEXT_ARG(all));
  textbuf_free(&b);
}

static bool load(struct dap *d, const struct dap_request *r) {
  struct findings findings;
  findings_init(&findings, heap_mem());
  const enum bt_err err =
      d->scenario == NULL
          ? scenario_default(d->path, &findings, &d->file)
          : scenario_load(d->scenario, d->path, &findings, &d->file);
  if (err == BT_ERR_OK) {
    d->loaded = true;
    d->played = &d->file.cases[0];
    d->program = d->played->program;
  } else {
    refuse_findings(d, r, &findings);
  }
  findings_free(&findings);
  return err == BT_ERR_OK;
}

static void unload(struct dap *d) {
  if (d->loaded) {
    scenario_free(&d->file);
  }
  free(d->path);
  free(d->script);
  free(d->scenario);
  d->path = d->script = d->scenario = NULL;
  d->loaded = false;
  d->program = NULL;
}

static char *copy(struct text t) {
  return t.len == 0 ? NULL : strndup(t.ptr, t.len);
}

/* False: the client knows why. */
static bool prepare(struct dap *d, const struct dap_request *r) {
  d->path = copy(dap_text(r, "program"));
  d->scenario = copy(dap_text(r, "scenario"));
  if (d->path == NULL) {
    dap_refuse(d, r, "launch needs \"program\", the script's file");
    return false;
  }
  return load(d, r);
}

void dap_do_launch(struct dap *d, const struct dap_request *r) {
  if (d->launched) {
    dap_refuse(d, r, "one script is debugged already");
    return;
  }
  if (!prepare(d, r)) {
    unload(d);
    return;
  }
  d->stop_on_entry = dap_flag(r, "stopOnEntry");
  d->no_debug = dap_flag(r, "noDebug");
  d->launched = true;
  dap_answer(d, r);
  struct json_out o = dap_begin_event(d, "initialized");
  dap_end(d, &o);
}

void dap_do_configured(struct dap *d, const struct dap_request *r) {
  if (!d->launched) {
    dap_refuse(d, r, "nothing is launched or attached to yet");
    return;
  }
  d->configured = true;
  dap_answer(d, r);
}

/* The client hears "terminated" when the play is over, and disconnects. */
void dap_do_terminate(struct dap *d, const struct dap_request *r) {
  dap_answer(d, r);
  d->ended = true;
}

/* An editor that has its answer may end this process at once. */
void dap_do_disconnect(struct dap *d, const struct dap_request *r) {
  dap_live_detach(d);
  dap_answer(d, r);
  d->over = true;
}

/* ---- requests */

static dap_handler *live_handler(dap_handler *handler) {
  static const struct {
    dap_handler *handler, *live;
  } handlers[] = {
#define LIVE(handler) {dap_do_##handler, dap_live_##handler},
#include "cli/dap_requests.def"
#undef LIVE
  };
  for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
    if (handlers[i].handler == handler) {
      return handlers[i].live;
    }
  }
  return handler;
}

static dap_handler *find(const struct dap *d, struct text command) {
  static const struct {
    const char *name;
    dap_handler *handler;
  } handlers[] = {
#define REQUEST(name, handler) {(name), dap_do_##handler},
#include "cli/dap_requests.def"
#undef REQUEST
  };
  for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
    if (text_equal(command, text_from(handlers[i].name))) {
      return d->live == NULL ? handlers[i].handler
                             : live_handler(handlers[i].handler);
    }
  }
  return NULL;
}

static void handle(struct dap *d, const struct json *message) {
  const struct json *type = json_member(message, TEXT("type"));
  const struct json *seq = json_member(message, TEXT("seq"));
  const struct json *command = json_member(message, TEXT("command"));
  if (type == NULL || !text_equal(type->text, TEXT("request")) ||
      command == NULL || command->type != JSON_TEXT) {
    cli_error("dap: a message that is no request was passed over");
    return;
  }
  const struct dap_request r = {.seq = seq == NULL ? 0 : seq->i,
                                .command = command->text,
                                .arguments =
                                    json_member(message, TEXT("arguments"))};
  dap_handler *handler = find(d, r.command);
  if (handler == NULL) {
    dap_refuse(d, &r, "the request '%.*s' is not known here",
               TEXT_ARG(r.command));
    return;
  }
  handler(d, &r);
}

bool dap_serve(struct dap *d, int wait_ms) {
  struct json *message = NULL;
  struct rpc_error why;
  arena_reset(&d->arena);
  switch ((unsigned)rpc_read(&d->rpc, wait_ms, &d->arena, &message, &why)) {
  case BT_ERR_OK:
    handle(d, message);
    return true;
  case BT_ERR_BUSY:
    return false;
  case BT_ERR_SYNTAX:
  case BT_ERR_RANGE:
    cli_error("dap: %s", why.message);
    return true;
  case BT_ERR_CLOSED:
    d->over = true;
    return false;
  default:
    cli_error("dap: %s", why.message);
    d->over = true;
    d->broken = true;
    return false;
  }
}

static void free_all(struct dap *d) {
  dap_live_close(d);
  dap_close(d);
  if (d->world != NULL) {
    world_free(d->world);
  }
  dap_states_free(d);
  dap_breakpoints_free(d);
  unload(d);
  mem_free(heap_mem(), d->handles, d->handle_cap * sizeof *d->handles);
  arena_free(&d->shown);
  arena_free(&d->arena);
  textbuf_free(&d->out);
  textbuf_free(&d->wishes);
  rpc_close(&d->rpc);
}

int cmd_dap(const struct cli_command *self, int argc, char **argv) {
  static const struct cli_option options[] = {
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {"baton dap", NULL};
  const struct cli_page page = {options, examples, 0, 0};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  struct dap *d = calloc(1, sizeof *d);
  if (d == NULL) {
    cli_error("not enough memory");
    return CLI_FAILED;
  }
  rpc_open(&d->rpc, STDIN_FILENO, STDOUT_FILENO);
  arena_init(&d->arena, heap_mem(), 0);
  arena_init(&d->shown, heap_mem(), 0);
  textbuf_init(&d->out, heap_mem());
  textbuf_init(&d->wishes, heap_mem());
  while (!d->over && !d->ended && !d->configured) {
    (void)dap_serve(d, RPC_WAIT_FOREVER);
  }
  if (d->configured && !d->over) {
    (d->live == NULL ? dap_play : dap_live_run)(d);
  }
  while (!d->over) {
    (void)dap_serve(d, RPC_WAIT_FOREVER);
  }
  const bool failed = d->broken;
  free_all(d);
  free(d);
  return failed ? CLI_FAILED : CLI_DONE;
}
