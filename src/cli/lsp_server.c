/* Which method is whose, and the rules of JSON-RPC 2.0 around them. */
#include <stdarg.h>
#include <stdio.h>

#include "cli/lsp.h"
#include "domain/heap.h"

void lsp_fail(struct lsp_call *c, enum lsp_code code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  (void)vsnprintf(c->message, sizeof c->message, format, args);
  va_end(args);
  c->code = code;
}

/* ---- what we can */

static void put_flags(struct json_out *o) {
  static const char *const flags[] = {
      "hoverProvider",          "definitionProvider",
      "referencesProvider",     "documentHighlightProvider",
      "documentSymbolProvider", "documentFormattingProvider"};
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    json_key(o, flags[i]);
    json_put_bool(o, true);
  }
}

static void put_raw(struct json_out *o, const char *key, const char *json) {
  json_key(o, key);
  json_put_raw(o, text_from(json));
}

static void lsp_initialize(struct lsp_call *c) {
  const struct json *options =
      json_member(c->params, TEXT("initializationOptions"));
  const struct json *docs = json_member(options, TEXT("docs"));
  if (docs != NULL && docs->type == JSON_TEXT) {
    textbuf_clear(&c->server->docs);
    textbuf_add(&c->server->docs, docs->text);
  }
  c->server->initialized = true;
  json_open_object(c->out);
  json_key(c->out, "capabilities");
  json_open_object(c->out);
  put_raw(c->out, "positionEncoding", "\"utf-16\"");
  put_raw(c->out, "textDocumentSync",
          "{\"openClose\":true,\"change\":2,\"save\":{\"includeText\":false}}");
  put_raw(c->out, "completionProvider", "{\"triggerCharacters\":[\".\"]}");
  put_raw(c->out, "signatureHelpProvider",
          "{\"triggerCharacters\":[\"(\",\",\"]}");
  put_raw(c->out, "renameProvider", "{\"prepareProvider\":true}");
  put_raw(c->out, "codeActionProvider", "{\"codeActionKinds\":[\"quickfix\"]}");
  json_key(c->out, "semanticTokensProvider");
  lsp_put_token_legend(c->out);
  put_flags(c->out);
  json_close_object(c->out);
  put_raw(c->out, "serverInfo",
          "{\"name\":\"baton\",\"version\":\"" BATON_VERSION "\"}");
  json_close_object(c->out);
}

static void lsp_shutdown(struct lsp_call *c) {
  c->server->shut_down = true;
  json_put_null(c->out);
}

static void lsp_nothing(struct lsp_call *c) {
  (void)c;
}

/* ---- methods */

static const struct method {
  const char *name;
  lsp_handler *handle;
  bool is_request;
} methods[] = {
    {"initialize", lsp_initialize, true},
    {"initialized", lsp_nothing, false},
    {"shutdown", lsp_shutdown, true},
    {"textDocument/didOpen", lsp_did_open, false},
    {"textDocument/didChange", lsp_did_change, false},
    {"textDocument/didSave", lsp_did_save, false},
    {"textDocument/didClose", lsp_did_close, false},
    {"textDocument/completion", lsp_completion, true},
    {"textDocument/hover", lsp_hover, true},
    {"textDocument/signatureHelp", lsp_signature_help, true},
    {"textDocument/definition", lsp_definition, true},
    {"textDocument/references", lsp_references, true},
    {"textDocument/documentHighlight", lsp_highlight, true},
    {"textDocument/documentSymbol", lsp_document_symbol, true},
    {"textDocument/semanticTokens/full", lsp_semantic_tokens, true},
    {"textDocument/prepareRename", lsp_prepare_rename, true},
    {"textDocument/rename", lsp_rename, true},
    {"textDocument/formatting", lsp_formatting, true},
    {"textDocument/codeAction", lsp_code_action, true},
};

static const struct method *find(struct text name) {
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
    if (text_equal(name, text_from(methods[i].name))) {
      return &methods[i];
    }
  }
  return NULL;
}

/* ---- messages from us */

static void send(struct lsp *s, struct textbuf *b) {
  if (!b->failed) {
    (void)!rpc_write(&s->rpc, textbuf_text(b)); /* the read will end us */
  }
}

static void open_message(struct json_out *o, struct textbuf *b) {
  textbuf_init(b, heap_mem());
  json_out_init(o, b);
  json_open_object(o);
  json_key(o, "jsonrpc");
  json_put_text(o, TEXT("2.0"));
}

void lsp_notify(struct lsp *s, const char *method, struct text params) {
  struct textbuf b;
  struct json_out o;
  open_message(&o, &b);
  json_key(&o, "method");
  json_put_text(&o, text_from(method));
  json_key(&o, "params");
  json_put_raw(&o, params);
  json_close_object(&o);
  send(s, &b);
  textbuf_free(&b);
}

static void put_error(struct json_out *o, enum lsp_code code,
                      const char *message) {
  json_key(o, "error");
  json_open_object(o);
  json_key(o, "code");
  json_put_i64(o, code);
  json_key(o, "message");
  json_put_text(o, text_from(message));
  json_close_object(o);
}

static void answer(struct lsp *s, const struct json *id,
                   const struct lsp_call *c, struct text result) {
  struct textbuf b;
  struct json_out o;
  open_message(&o, &b);
  json_key(&o, "id");
  id == NULL ? json_put_null(&o) : json_put_tree(&o, id);
  if (c->code != LSP_CODE_NONE) {
    put_error(&o, c->code, c->message);
  } else {
    json_key(&o, "result");
    json_put_raw(&o, result);
  }
  json_close_object(&o);
  send(s, &b);
  textbuf_free(&b);
}

void lsp_refuse(struct lsp *s, enum lsp_code code, const char *message) {
  struct lsp_call c = {0};
  lsp_fail(&c, code, "%s", message);
  answer(s, NULL, &c, TEXT(""));
}

/* ---- messages to us */

static void log_failure(struct lsp *s, const struct lsp_call *c) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, heap_mem());
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "type");
  json_put_i64(&o, 1); /* an error */
  json_key(&o, "message");
  json_put_text(&o, text_from(c->message));
  json_close_object(&o);
  lsp_notify(s, "window/logMessage", textbuf_text(&b));
  textbuf_free(&b);
}

static void notified(struct lsp_call *c, struct text name) {
  const struct method *m = find(name);
  if (m == NULL || m->is_request || !c->server->initialized) {
    return; /* may be dropped: nobody waits */
  }
  m->handle(c);
  if (c->code != LSP_CODE_NONE) {
    log_failure(c->server, c);
  }
}

static void ask(struct lsp_call *c, struct text name) {
  const struct method *m = find(name);
  const bool first = text_equal(name, TEXT("initialize"));
  if (!c->server->initialized && !first) {
    lsp_fail(c, LSP_CODE_NOT_INITIALIZED, "The first request is initialize.");
  } else if (c->server->initialized && first) {
    lsp_fail(c, LSP_CODE_INVALID_REQUEST, "initialize was there already.");
  } else if (c->server->shut_down) {
    lsp_fail(c, LSP_CODE_INVALID_REQUEST, "After shutdown only exit follows.");
  } else if (m == NULL || !m->is_request) {
    lsp_fail(c, LSP_CODE_METHOD_NOT_FOUND,
             "'%.*s' is no request of this server.",
             TEXT_ARG(utf8_cut(name, 80)));
  } else {
    m->handle(c);
  }
}

static bool is_id(const struct json *id) {
  return id->type == JSON_INT || id->type == JSON_TEXT;
}

static void handle_request(struct lsp *s, struct lsp_call *c,
                           const struct json *id, struct text name) {
  struct textbuf result;
  struct json_out out;
  textbuf_init(&result, heap_mem());
  json_out_init(&out, &result);
  c->out = &out;
  ask(c, name);
  if (result.failed && c->code == LSP_CODE_NONE) {
    lsp_fail(c, LSP_CODE_INTERNAL, "There is no memory for the answer.");
  }
  answer(s, id, c, textbuf_text(&result));
  textbuf_free(&result);
}

void lsp_handle(struct lsp *s, const struct json *message) {
  const struct json *id = json_member(message, TEXT("id"));
  const struct json *method = json_member(message, TEXT("method"));
  const struct json *params = json_member(message, TEXT("params"));
  struct lsp_call c = {.server = s, .params = params};
  if (message->type != JSON_OBJECT || (id != NULL && !is_id(id)) ||
      (method == NULL && id == NULL) ||
      (method != NULL && method->type != JSON_TEXT)) {
    lsp_refuse(s, LSP_CODE_INVALID_REQUEST,
               "A message is an object with a method, and an id if it is a "
               "request.");
    return;
  }
  if (method == NULL) {
    return; /* an answer to what we never ask */
  }
  if (id == NULL) {
    notified(&c, method->text);
  } else {
    handle_request(s, &c, id, method->text);
  }
}
