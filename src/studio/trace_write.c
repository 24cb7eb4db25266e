/* An executed line as JSON and as text. */
#include "base/json.h"
#include "studio/trace.h"

static void put_text(struct json_out *o, const char *key, struct text t) {
  json_key(o, key);
  json_put_text(o, t);
}

static void put_num(struct json_out *o, const char *key, int64_t n) {
  json_key(o, key);
  json_put_i64(o, n);
}

static void put_place(const struct trace_line *line,
                      const struct trace_where *where, struct json_out *o) {
  if (!id_is_null(where->session)) {
    char id[ID_TEXT_LEN];
    id_to_text(where->session, id);
    put_text(o, "session", (struct text){id, ID_TEXT_LEN});
  }
  put_text(o, "script", where->script);
  if (line->section.len > 0) {
    put_text(o, "section", line->section);
  }
  put_num(o, "line", line->line);
  put_num(o, "column", line->column);
  put_num(o, "depth", (int64_t)line->depth);
  if (line->back) {
    json_key(o, "back");
    json_put_bool(o, true);
  }
  if (where->program != NULL) {
    put_text(o, "source", program_line(where->program, line->line));
  }
}

void trace_write_json(const struct trace_line *line,
                      const struct trace_where *where, struct textbuf *out) {
  struct json_out o;
  json_out_init(&o, out);
  json_open_object(&o);
  put_num(&o, "seq", (int64_t)line->seq);
  put_num(&o, "atUs", line->at_us);
  put_num(&o, "elapsedUs", line->elapsed_us);
  put_place(line, where, &o);
  json_key(&o, "actions");
  json_put_raw(&o, line->actions);
  json_key(&o, "changed");
  json_put_raw(&o, line->changed);
  if (line->error.len > 0) {
    put_text(&o, "error", line->error);
  }
  json_close_object(&o);
}

/* ---- text */

enum { INDENT = 20, ARENA_MAX = 8 * 1024 * 1024 };

static void indent(struct textbuf *out) {
  textbuf_addf(out, "%*s", INDENT, "");
}

static void put_list(const struct json *list, struct textbuf *out) {
  const struct json *item = list == NULL ? NULL : list->first;
  for (bool first = true; item != NULL; item = item->next, first = false) {
    textbuf_add(out, first ? TEXT("") : TEXT(", "));
    textbuf_add(out, item->source);
  }
}

/* Wait(3) -> {"code":200,…} */
static void put_action(const struct json *action, struct textbuf *out) {
  const struct json *result = json_member(action, TEXT("result"));
  const struct json *error = json_member(action, TEXT("error"));
  indent(out);
  textbuf_add(out, json_member(action, TEXT("action"))->text);
  textbuf_add_char(out, '(');
  put_list(json_member(action, TEXT("arguments")), out);
  textbuf_add_char(out, ')');
  if (error != NULL) {
    textbuf_add(out, TEXT(" failed: "));
    textbuf_add(out, error->text);
  } else if (result != NULL && result->type != JSON_NULL) {
    textbuf_add(out, TEXT(" -> "));
    textbuf_add(out, result->source);
  }
  textbuf_add_char(out, '\n');
}

/* x: 1 -> 2 */
static void put_change(const struct json *change, struct textbuf *out) {
  const struct json *old = json_member(change, TEXT("old"));
  indent(out);
  textbuf_add(out, change->key);
  if (old->type != JSON_NULL) {
    textbuf_add(out, TEXT(": "));
    textbuf_add(out, old->source);
    textbuf_add(out, TEXT(" -> "));
  } else {
    textbuf_add(out, TEXT(" = "));
  }
  textbuf_add(out, json_member(change, TEXT("new"))->source);
  textbuf_add_char(out, '\n');
}

typedef void put_fn(const struct json *item, struct textbuf *out);

static void put_each(struct text json, put_fn *put, struct textbuf *out) {
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, out->mem, ARENA_MAX);
  const enum bt_err err = json_parse(&arena, json, JSON_DEPTH_MAX, &tree, NULL);
  if (err == BT_ERR_OK) {
    for (const struct json *item = tree->first; item != NULL;
         item = item->next) {
      put(item, out);
    }
  } else { /* more than it is worth taking apart */
    indent(out);
    textbuf_add(out, json);
    textbuf_add_char(out, '\n');
  }
  arena_free(&arena);
}

void trace_write_text(const struct trace_line *line,
                      const struct trace_where *where, struct textbuf *out) {
  textbuf_addf(out, "%5llu %+9.3f s  %.*s:%u  ", (unsigned long long)line->seq,
               (double)(line->at_us - where->began_us) / 1e6,
               TEXT_ARG(where->script), line->line);
  textbuf_addf(out, "%*s", (int)line->depth * 2, "");
  if (where->program != NULL) {
    textbuf_add(out, text_trim(program_line(where->program, line->line)));
  }
  textbuf_add(out, line->back ? TEXT("  (rest)") : TEXT(""));
  if (line->elapsed_us > 0) {
    textbuf_addf(out, "  (%.3f s)", (double)line->elapsed_us / 1e6);
  }
  textbuf_add_char(out, '\n');
  put_each(line->actions, put_action, out);
  put_each(line->changed, put_change, out);
  if (line->error.len > 0) {
    indent(out);
    textbuf_addf(out, "error: %.*s\n", TEXT_ARG(line->error));
  }
}
