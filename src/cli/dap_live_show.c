/* What is shown of a session on a running server, and how it goes on. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/dap_live.h"
#include "domain/heap.h"
#include "net/url.h"

static bool is_paused(struct dap *d, const struct dap_request *r) {
  if (!d->paused) {
    dap_refuse(d, r, "the script does not stand still");
  }
  return d->paused;
}

/* "?run=1&at=31.2", as what is shown needs it. */
static void add_place(const struct dap_live *l, struct textbuf *path) {
  const struct live_mark *mark = live_shown(l);
  textbuf_addf(path, "run=%llu", (unsigned long long)l->run);
  if (mark != NULL) {
    textbuf_addf(path, "&at=%s", mark->event);
  }
}

/* ---- frames: id 1 is the innermost */

static bool read_frames(struct dap *d, const struct dap_request *r) {
  struct dap_live *l = d->live;
  struct json *tree = NULL;
  struct textbuf path;
  if (l->frames != NULL) {
    return true;
  }
  textbuf_init(&path, heap_mem());
  textbuf_addf(&path, "/sessions/%s/debugger/frames?", l->session);
  add_place(l, &path);
  const struct live_request q = {HTTP_GET, textbuf_text(&path), TEXT("")};
  const bool good = live_ask(d, r, &q, &d->shown, &tree);
  textbuf_free(&path);
  l->frames = good ? tree : NULL;
  return good;
}

static const struct json *element(const struct json *list, int64_t index) {
  const struct json *e = list == NULL ? NULL : list->first;
  while (e != NULL && index-- > 0) {
    e = e->next;
  }
  return e;
}

static void put_name(const struct json *frame, struct json_out *o) {
  const struct text part = live_text(frame, "part");
  struct textbuf name;
  textbuf_init(&name, heap_mem());
  if (text_equal(part, TEXT("function"))) {
    textbuf_addf(&name, "%.*s()", TEXT_ARG(live_text(frame, "name")));
  } else if (text_equal(part, TEXT("section"))) {
    textbuf_addf(&name, "ON %.*s", TEXT_ARG(live_text(frame, "name")));
  } else {
    textbuf_add(&name, TEXT("script"));
  }
  json_key(o, "name");
  json_put_text(o, textbuf_text(&name));
  textbuf_free(&name);
}

/* Where the script's file would be: that of the session's, or one beside it. */
static void file_of(const struct dap *d, struct text script, char *out,
                    size_t size) {
  const bool own = text_equal_nocase(script, text_from(d->script));
  const char *slash = strrchr(d->path, '/');
  const int folder = slash == NULL ? 0 : (int)(slash - d->path + 1);
  if (own) {
    (void)snprintf(out, size, "%s", d->path);
  } else {
    (void)snprintf(out, size, "%.*s%.*s.studio", folder, d->path,
                   TEXT_ARG(script));
  }
}

/* The file here, if it is there; else the server's text. */
static void put_source(struct dap *d, struct text script, struct json_out *o) {
  char file[PATH_MAX] = "";
  if (d->path != NULL) {
    file_of(d, script, file, sizeof file);
  }
  json_key(o, "source");
  json_open_object(o);
  json_key(o, "name");
  json_put_text(o, script);
  if (file[0] != '\0' && access(file, R_OK) == 0) {
    json_key(o, "path");
    json_put_text(o, text_from(file));
  } else {
    json_key(o, "sourceReference");
    json_put_u64(o, 1); /* of the run that stands still: dap_live_source() */
  }
  json_close_object(o);
}

static void put_frame(struct dap *d, const struct json *frame, int64_t id,
                      struct json_out *o) {
  json_open_object(o);
  json_key(o, "id");
  json_put_i64(o, id);
  put_name(frame, o);
  put_source(d, live_text(d->live->frames, "script"), o);
  json_key(o, "line");
  json_put_i64(o, live_num(frame, "line") - d->first_line_0);
  json_key(o, "column");
  json_put_i64(o, live_num(frame, "column") - d->first_column_0);
  json_close_object(o);
}

void dap_live_stack(struct dap *d, const struct dap_request *r) {
  if (!is_paused(d, r) || !read_frames(d, r)) {
    return;
  }
  const bool mine = dap_num(r, "threadId", 0) == (int64_t)d->live->run;
  const struct json *frames =
      mine ? json_member(d->live->frames, TEXT("frames")) : NULL;
  const int64_t from = dap_num(r, "startFrame", 0);
  const int64_t levels = dap_num(r, "levels", 0);
  int64_t i = from < 0 ? 0 : from;
  struct json_out o = dap_begin_answer(d, r);
  json_key(&o, "stackFrames");
  json_open_list(&o);
  for (const struct json *f = element(frames, i);
       f != NULL && (levels <= 0 || i < from + levels); f = f->next) {
    put_frame(d, f, ++i, &o);
  }
  json_close_list(&o);
  json_key(&o, "totalFrames");
  json_put_u64(&o, frames == NULL ? 0 : frames->count);
  dap_end(d, &o);
}

/* NULL: refused. */
static const struct json *read_frame(struct dap *d,
                                     const struct dap_request *r) {
  const int64_t id = dap_num(r, "frameId", 1);
  if (!is_paused(d, r) || !read_frames(d, r)) {
    return NULL;
  }
  const struct json *f =
      id < 1 ? NULL
             : element(json_member(d->live->frames, TEXT("frames")), id - 1);
  if (f == NULL) {
    dap_refuse(d, r, "there is no frame %lld", (long long)id);
  }
  return f;
}

/* ---- variables */

static void put_scope(struct dap *d, const char *name, size_t frame,
                      const struct json *variables, struct json_out *o) {
  const struct dap_handle h = {
      .is_scope = true, .frame = frame, .value = variables};
  json_open_object(o);
  json_key(o, "name");
  json_put_text(o, text_from(name));
  json_key(o, "variablesReference");
  json_put_u64(o, dap_new_handle(d, h));
  json_key(o, "namedVariables");
  json_put_u64(o, variables == NULL ? 0 : variables->count);
  json_key(o, "expensive");
  json_put_bool(o, false);
  json_close_object(o);
}

void dap_live_scopes(struct dap *d, const struct dap_request *r) {
  const struct json *frame = read_frame(d, r);
  if (frame == NULL) {
    return;
  }
  const size_t index = (size_t)dap_num(r, "frameId", 1) - 1;
  const struct json *own = json_member(frame, TEXT("variables"));
  struct json_out o = dap_begin_answer(d, r);
  json_key(&o, "scopes");
  json_open_list(&o);
  if (own != NULL && own->count > 0) {
    put_scope(d, "Function", index, own, &o);
  }
  put_scope(d, "Script", index, json_member(d->live->frames, TEXT("variables")),
            &o);
  json_close_list(&o);
  dap_end(d, &o);
}

static void put_variables(struct dap *d, const struct json *list,
                          struct json_out *o) {
  for (const struct json *v = list == NULL ? NULL : list->first; v != NULL;
       v = v->next) {
    char kind[32];
    const struct json *value = json_member(v, TEXT("value"));
    (void)snprintf(kind, sizeof kind, "%.*s", TEXT_ARG(live_text(v, "kind")));
    const struct dap_shown s = {.name = live_text(v, "name"),
                                .kind = kind,
                                .json = value == NULL ? TEXT("null")
                                                      : value->source,
                                .value = value,
                                .is_path = true};
    dap_put_variable(d, &s, o);
  }
}

void dap_live_variables(struct dap *d, const struct dap_request *r) {
  const struct dap_handle *found =
      is_paused(d, r) ? dap_find_handle(d, r) : NULL;
  if (found == NULL) {
    return;
  }
  const struct dap_handle h = *found; /* more of them may move it */
  struct json_out o = dap_begin_answer(d, r);
  json_key(&o, "variables");
  json_open_list(&o);
  if (h.is_scope) {
    put_variables(d, h.value, &o);
  } else {
    dap_put_children(d, h.value, &o);
  }
  json_close_list(&o);
  dap_end(d, &o);
}

/* ---- expressions */

static void evaluate(struct dap *d, const struct dap_request *r, size_t frame,
                     struct text expression, const char *member) {
  struct json *tree = NULL;
  struct textbuf path;
  textbuf_init(&path, heap_mem());
  textbuf_addf(&path, "/sessions/%s/debugger/evaluate?frame=%zu&expression=",
               d->live->session, frame);
  url_encode(expression, &path);
  textbuf_add_char(&path, '&');
  add_place(d->live, &path);
  const struct live_request q = {HTTP_GET, textbuf_text(&path), TEXT("")};
  if (live_ask(d, r, &q, &d->shown, &tree)) {
    char kind[32];
    const struct json *value = json_member(tree, TEXT("value"));
    (void)snprintf(kind, sizeof kind, "%.*s",
                   TEXT_ARG(live_text(tree, "kind")));
    const struct dap_shown s = {.kind = kind,
                                .json = value == NULL ? TEXT("null")
                                                      : value->source,
                                .value = value};
    struct json_out o = dap_begin_answer(d, r);
    dap_put_shown(d, &s, member, &o);
    dap_end(d, &o);
  }
  textbuf_free(&path);
}

static void change(struct dap *d, const struct dap_request *r,
                   const struct inspect_change *c, const char *member) {
  struct textbuf body;
  struct json_out o;
  if (d->live->back > 0) {
    dap_refuse(d, r, "what has been cannot be changed: go on to the present");
    return;
  }
  textbuf_init(&body, heap_mem());
  json_out_init(&o, &body);
  json_open_object(&o);
  json_key(&o, "name");
  json_put_text(&o, c->name);
  json_key(&o, "expression");
  json_put_text(&o, c->expression);
  json_key(&o, "frame");
  json_put_u64(&o, c->frame);
  json_key(&o, "run");
  json_put_u64(&o, d->live->run);
  json_close_object(&o);
  if (live_ask_session(d, r, HTTP_POST, "/debugger/variable",
                       textbuf_text(&body))) {
    d->live->frames = NULL; /* they are read anew */
    evaluate(d, r, c->frame, c->name, member);
  }
  textbuf_free(&body);
}

void dap_live_set_variable(struct dap *d, const struct dap_request *r) {
  const struct dap_handle *h = is_paused(d, r) ? dap_find_handle(d, r) : NULL;
  if (h == NULL) {
    return;
  }
  if (!h->is_scope) {
    dap_refuse(d, r,
               "a part of a value cannot be set: set the variable, or "
               "type  ASSIGN name = expression");
    return;
  }
  const struct inspect_change c = {.frame = h->frame,
                                   .name = dap_text(r, "name"),
                                   .expression = dap_text(r, "value")};
  change(d, r, &c, "value");
}

void dap_live_evaluate(struct dap *d, const struct dap_request *r) {
  const struct text expression = text_trim(dap_text(r, "expression"));
  struct inspect_change c = {0};
  if (read_frame(d, r) == NULL) {
    return;
  }
  c.frame = (size_t)dap_num(r, "frameId", 1) - 1;
  if (text_equal(dap_text(r, "context"), TEXT("repl")) &&
      dap_read_assignment(expression, &c)) {
    change(d, r, &c, "result");
  } else {
    evaluate(d, r, c.frame, expression, "result");
  }
}

void dap_live_source(struct dap *d, const struct dap_request *r) {
  struct json *tree = NULL;
  struct textbuf path;
  if (!is_paused(d, r) || !read_frames(d, r)) {
    return;
  }
  textbuf_init(&path, heap_mem());
  textbuf_add(&path, TEXT("/scripts/"));
  url_encode(live_text(d->live->frames, "script"), &path);
  const struct live_request q = {HTTP_GET, textbuf_text(&path), TEXT("")};
  if (live_ask(d, r, &q, &d->arena, &tree)) {
    struct json_out o = dap_begin_answer(d, r);
    json_key(&o, "content");
    json_put_text(&o, live_text(tree, "source"));
    dap_end(d, &o);
  }
  textbuf_free(&path);
}
