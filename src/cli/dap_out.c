/* Answers and events of the Debug Adapter Protocol. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/dap.h"
#include "domain/heap.h"

enum { ERROR_ID = 1000 };

static void put_name(struct json_out *o, const char *key, const char *value) {
  json_key(o, key);
  json_put_text(o, text_from(value));
}

static struct json_out begin(struct dap *d, const char *type) {
  struct json_out o;
  textbuf_clear(&d->out);
  json_out_init(&o, &d->out);
  json_open_object(&o);
  json_key(&o, "seq");
  json_put_i64(&o, ++d->seq);
  put_name(&o, "type", type);
  return o;
}

static void put_request(struct json_out *o, const struct dap_request *r,
                        bool success) {
  json_key(o, "request_seq");
  json_put_i64(o, r->seq);
  json_key(o, "command");
  json_put_text(o, r->command);
  json_key(o, "success");
  json_put_bool(o, success);
}

struct json_out dap_begin_answer(struct dap *d, const struct dap_request *r) {
  struct json_out o = begin(d, "response");
  put_request(&o, r, true);
  json_key(&o, "body");
  json_open_object(&o);
  return o;
}

struct json_out dap_begin_event(struct dap *d, const char *event) {
  struct json_out o = begin(d, "event");
  put_name(&o, "event", event);
  json_key(&o, "body");
  json_open_object(&o);
  return o;
}

/* Who does not read any more is gone: there is nobody to tell. */
static void send(struct dap *d) {
  if (d->out.failed || rpc_write(&d->rpc, textbuf_text(&d->out)) != BT_ERR_OK) {
    d->over = true;
  }
}

void dap_end(struct dap *d, struct json_out *o) {
  json_close_object(o);
  json_close_object(o);
  send(d);
}

void dap_answer(struct dap *d, const struct dap_request *r) {
  struct json_out o = dap_begin_answer(d, r);
  dap_end(d, &o);
}

/* Without the name of the member that a body had, "/expression: …", and without
 * half a character at a cut end. */
static const char *reason(char *why) {
  static const char *const members[] = {"/expression: ", "/name: "};
  char *from = why;
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    const size_t length = strlen(members[i]);
    from += strncmp(from, members[i], length) == 0 ? length : 0;
  }
  const struct text t = text_from(from);
  size_t at = 0;
  for (size_t n = 1; n > 0 && at < t.len; at += n) {
    n = utf8_length(t, at);
  }
  from[at] = '\0';
  return from;
}

void dap_refuse(struct dap *d, const struct dap_request *r, const char *format,
                ...) {
  char buffer[1024];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(buffer, sizeof buffer, format, args);
  va_end(args);
  const char *why = reason(buffer);
  struct json_out o = begin(d, "response");
  put_request(&o, r, false);
  put_name(&o, "message", why);
  json_key(&o, "body");
  json_open_object(&o);
  json_key(&o, "error");
  json_open_object(&o);
  json_key(&o, "id");
  json_put_i64(&o, ERROR_ID);
  put_name(&o, "format", why);
  json_key(&o, "showUser");
  json_put_bool(&o, true);
  json_close_object(&o);
  dap_end(d, &o);
}

void dap_put_source(struct dap *d, struct json_out *o, struct text script) {
  const char *slash = strrchr(d->path, '/');
  const int folder = slash == NULL ? 0 : (int)(slash - d->path + 1);
  const bool own = text_equal(script, text_from(d->path));
  struct textbuf path;
  textbuf_init(&path, heap_mem());
  if (own) {
    textbuf_add(&path, text_from(d->path));
  } else { /* the world found it beside the one that was launched */
    textbuf_addf(&path, "%.*s%.*s.studio", folder, d->path, TEXT_ARG(script));
  }
  json_key(o, "source");
  json_open_object(o);
  put_name(o, "name",
           own && slash != NULL ? slash + 1 : textbuf_text(&path).ptr + folder);
  json_key(o, "path");
  json_put_text(o, textbuf_text(&path));
  json_close_object(o);
  textbuf_free(&path);
}

void dap_tell(struct dap *d, const char *category, struct text text,
              uint32_t line) {
  struct json_out o = dap_begin_event(d, "output");
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  textbuf_add(&b, text);
  textbuf_add_char(&b, '\n');
  put_name(&o, "category", category);
  json_key(&o, "output");
  json_put_text(&o, textbuf_text(&b));
  if (line > 0 && d->path != NULL) {
    dap_put_source(d, &o, text_from(d->path));
    json_key(&o, "line");
    json_put_i64(&o, (int64_t)line - d->first_line_0);
  }
  dap_end(d, &o);
  textbuf_free(&b);
}

/* ---- arguments */

static const struct json *argument(const struct dap_request *r,
                                   const char *name) {
  return json_member(r->arguments, text_from(name));
}

struct text dap_text(const struct dap_request *r, const char *name) {
  const struct json *v = argument(r, name);
  return v != NULL && v->type == JSON_TEXT ? v->text : TEXT("");
}

int64_t dap_num(const struct dap_request *r, const char *name,
                int64_t missing) {
  const struct json *v = argument(r, name);
  return v != NULL && v->type == JSON_INT ? v->i : missing;
}

bool dap_flag(const struct dap_request *r, const char *name) {
  const struct json *v = argument(r, name);
  return v != NULL && v->type == JSON_TRUE;
}
