/* What is shown of the run that stands still: threads, frames, variables. */
#include <string.h>

#include "cli/dap.h"
#include "domain/heap.h"
#include "studio/inspect.h"

/* ---- threads */

void dap_do_threads(struct dap *d, const struct dap_request *r) {
  struct json_out o = dap_begin_answer(d, r);
  json_key(&o, "threads");
  json_open_list(&o);
  for (size_t i = 0; i < d->thread_count; i++) {
    json_open_object(&o);
    json_key(&o, "id");
    json_put_u64(&o, d->threads[i].run);
    json_key(&o, "name");
    json_put_text(&o, text_from(d->threads[i].name));
    json_close_object(&o);
  }
  json_close_list(&o);
  dap_end(d, &o);
}

/* ---- frames: id 1 is the innermost */

static bool is_shown(struct dap *d, const struct dap_request *r) {
  if (d->vm == NULL) {
    dap_refuse(d, r, "the script does not stand still");
    return false;
  }
  return true;
}

static void put_frame_name(const struct inspect_frame *f, struct json_out *o) {
  struct textbuf name;
  textbuf_init(&name, heap_mem());
  if (f->part == INSPECT_FUNCTION) {
    textbuf_addf(&name, "%.*s()", TEXT_ARG(f->name));
  } else if (f->part == INSPECT_SECTION) {
    textbuf_addf(&name, "ON %.*s", TEXT_ARG(f->name));
  } else {
    textbuf_add(&name, TEXT("script"));
  }
  json_key(o, "name");
  json_put_text(o, textbuf_text(&name));
  textbuf_free(&name);
}

static void put_frame(struct dap *d, size_t i, struct json_out *o) {
  const struct inspect_frame f = inspect_frame(d->vm, i);
  json_open_object(o);
  json_key(o, "id");
  json_put_u64(o, i + 1);
  put_frame_name(&f, o);
  dap_put_source(d, o, program_file_name(vm_program(d->vm)));
  json_key(o, "line");
  json_put_i64(o, (int64_t)f.line - d->first_line_0);
  json_key(o, "column");
  json_put_i64(o, 1 - d->first_column_0);
  json_close_object(o);
}

void dap_do_stack(struct dap *d, const struct dap_request *r) {
  if (!is_shown(d, r)) {
    return;
  }
  const bool mine = dap_num(r, "threadId", 0) == (int64_t)d->states[d->at].run;
  const size_t count = mine ? inspect_frame_count(d->vm) : 0;
  const int64_t from = dap_num(r, "startFrame", 0);
  const int64_t levels = dap_num(r, "levels", 0);
  struct json_out o = dap_begin_answer(d, r);
  json_key(&o, "stackFrames");
  json_open_list(&o);
  for (size_t i = from < 0 ? 0 : (size_t)from;
       i < count && (levels <= 0 || (int64_t)i < from + levels); i++) {
    put_frame(d, i, &o);
  }
  json_close_list(&o);
  json_key(&o, "totalFrames");
  json_put_u64(&o, count);
  dap_end(d, &o);
}

static bool read_frame(struct dap *d, const struct dap_request *r,
                       size_t *frame) {
  const int64_t id = dap_num(r, "frameId", 1);
  const size_t count = inspect_frame_count(d->vm);
  if (id < 1 || (uint64_t)id > (count == 0 ? 1 : count)) {
    dap_refuse(d, r, "there is no frame %lld", (long long)id);
    return false;
  }
  *frame = (size_t)id - 1;
  return true;
}

/* ---- scopes */

static void put_scope(struct dap *d, const char *name, struct dap_handle h,
                      struct json_out *o) {
  json_open_object(o);
  json_key(o, "name");
  json_put_text(o, text_from(name));
  json_key(o, "variablesReference");
  json_put_u64(o, dap_new_handle(d, h));
  json_key(o, "namedVariables");
  json_put_u64(o, inspect_variable_count(d->vm, h.frame, h.scope));
  json_key(o, "expensive");
  json_put_bool(o, false);
  json_close_object(o);
}

void dap_do_scopes(struct dap *d, const struct dap_request *r) {
  size_t frame;
  if (!is_shown(d, r) || !read_frame(d, r, &frame)) {
    return;
  }
  struct json_out o = dap_begin_answer(d, r);
  json_key(&o, "scopes");
  json_open_list(&o);
  if (inspect_variable_count(d->vm, frame, INSPECT_LOCAL) > 0) {
    put_scope(d, "Function",
              (struct dap_handle){true, frame, INSPECT_LOCAL, NULL}, &o);
  }
  put_scope(d, "Script", (struct dap_handle){true, frame, INSPECT_SCRIPT, NULL},
            &o);
  json_close_list(&o);
  dap_end(d, &o);
}

/* ---- variables */

static void put_place(struct dap *d, struct inspect_place at,
                      struct json_out *o) {
  const struct inspect_variable v = inspect_variable(d->vm, at);
  struct textbuf json;
  textbuf_init(&json, heap_mem());
  inspect_variable_json(d->vm, at, &json);
  struct dap_shown s = {
      .name = v.name, .kind = inspect_kind_name(v.kind), .is_path = true};
  s.value = dap_parse_value(d, textbuf_text(&json), &s.json);
  dap_put_variable(d, &s, o);
  textbuf_free(&json);
}

static void put_scope_variables(struct dap *d, const struct dap_handle *h,
                                struct json_out *o) {
  const size_t count = inspect_variable_count(d->vm, h->frame, h->scope);
  for (size_t i = 0; i < count; i++) {
    const struct inspect_place at = {h->frame, h->scope, i};
    put_place(d, at, o);
  }
}

void dap_do_variables(struct dap *d, const struct dap_request *r) {
  const struct dap_handle *found =
      is_shown(d, r) ? dap_find_handle(d, r) : NULL;
  if (found == NULL) {
    return;
  }
  const struct dap_handle h = *found; /* more of them may move it */
  struct json_out o = dap_begin_answer(d, r);
  json_key(&o, "variables");
  json_open_list(&o);
  if (h.is_scope) {
    put_scope_variables(d, &h, &o);
  } else {
    dap_put_children(d, h.value, &o);
  }
  json_close_list(&o);
  dap_end(d, &o);
}

/* ---- expressions */

static void answer_value(struct dap *d, const struct dap_request *r,
                         const struct inspect_result *result,
                         const char *member) {
  struct dap_shown s = {.kind = inspect_kind_name(result->kind)};
  s.value = dap_parse_value(d, textbuf_text(&result->json), &s.json);
  struct json_out o = dap_begin_answer(d, r);
  dap_put_shown(d, &s, member, &o);
  dap_end(d, &o);
}

/* False: it was refused, and the client knows why. */
static bool change(struct dap *d, const struct dap_request *r,
                   const struct inspect_change *c) {
  struct record args;
  if (d->at + 1 != d->state_count) {
    dap_refuse(d, r, "what has been cannot be changed: go on to the present");
    return false;
  }
  record_init(&args, COMMAND_DEBUG_CHANGE);
  record_set_num(&args, FIELD_RUN, (int64_t)d->states[d->at].run);
  record_set_num(&args, FIELD_FRAME, (int64_t)c->frame);
  record_set_text(&args, FIELD_NAME, c->name);
  record_set_text(&args, FIELD_EXPRESSION, c->expression);
  const struct world_answer a = world_debug(d->world, &args);
  if (a.code != 200) {
    dap_refuse(d, r, "%s", a.why);
    return false;
  }
  d->at = d->state_count - 1;
  return true;
}

static void change_and_answer(struct dap *d, const struct dap_request *r,
                              const struct inspect_change *c,
                              const char *member) {
  struct inspect_result result;
  inspect_result_init(&result, heap_mem());
  if (change(d, r, c)) {
    if (dap_open_again(d) &&
        inspect_evaluate(d->vm, c->frame, c->name, &result) == BT_ERR_OK) {
      answer_value(d, r, &result, member);
    } else {
      dap_refuse(d, r, "the changed run cannot be shown");
    }
  }
  inspect_result_free(&result);
}

void dap_do_set_variable(struct dap *d, const struct dap_request *r) {
  const struct dap_handle *h = is_shown(d, r) ? dap_find_handle(d, r) : NULL;
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
  change_and_answer(d, r, &c, "value");
}

void dap_do_evaluate(struct dap *d, const struct dap_request *r) {
  struct inspect_change c = {0};
  const struct text expression = text_trim(dap_text(r, "expression"));
  if (!is_shown(d, r) || !read_frame(d, r, &c.frame)) {
    return;
  }
  if (text_equal(dap_text(r, "context"), TEXT("repl")) &&
      dap_read_assignment(expression, &c)) {
    change_and_answer(d, r, &c, "result");
    return;
  }
  struct inspect_result result;
  inspect_result_init(&result, heap_mem());
  if (inspect_evaluate(d->vm, c.frame, expression, &result) == BT_ERR_OK) {
    answer_value(d, r, &result, "result");
  } else {
    dap_refuse(d, r, "%.*s", TEXT_ARG(textbuf_text(&result.text)));
  }
  inspect_result_free(&result);
}

void dap_do_source(struct dap *d, const struct dap_request *r) {
  if (d->program == NULL) {
    dap_refuse(d, r, "nothing is launched");
    return;
  }
  struct json_out o = dap_begin_answer(d, r);
  json_key(&o, "content");
  json_put_text(&o, program_source(d->program));
  dap_end(d, &o);
}
