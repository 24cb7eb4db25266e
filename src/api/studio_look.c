/* The answers to what is asked about a script. On threads of their own. */
#include "api/studio_priv.h"
#include "domain/heap.h"
#include "engine/form.h"
#include "studio/format.h"
#include "studio/graph.h"
#include "studio/symbols.h"

static void put_number(struct json_out *o, const char *key, uint32_t n) {
  json_key(o, key);
  json_put_u64(o, n);
}

static void put_text(struct json_out *o, const char *key, struct text t) {
  json_key(o, key);
  json_put_text(o, t);
}

/* ---- check */

/* The statuses at each line, as the handover check has found them. */
struct lines {
  uint32_t *sets;
  uint32_t count;
};

static void on_line(void *ctx, uint32_t line, uint32_t set) {
  const struct lines *l = ctx;
  if (line < l->count) {
    l->sets[line] |= set;
  }
}

static void put_statuses(const struct lines *l, struct json_out *o) {
  json_key(o, "statuses");
  json_open_list(o);
  for (uint32_t line = 0; line < l->count; line++) {
    if (l->sets[line] == 0) {
      continue;
    }
    json_open_object(o);
    put_number(o, "line", line);
    json_key(o, "can");
    json_open_list(o);
    for (unsigned bit = 0; bit < CHECKER_BITS; bit++) {
      if ((l->sets[line] >> bit & 1u) != 0) {
        json_put_text(o, checker_status_name(bit));
      }
    }
    json_close_list(o);
    json_close_object(o);
  }
  json_close_list(o);
}

static enum bt_err check_program(struct studio_job *j,
                                 const struct program *program,
                                 struct diagnostics *diags,
                                 struct json_out *o) {
  struct graph graph;
  struct lines lines = {.count = program_line_count(program) + 1};
  lines.sets = arena_alloc(&j->arena, lines.count * sizeof *lines.sets);
  if (lines.sets == NULL) {
    return BT_ERR_NOMEM;
  }
  j->world.at_line = on_line;
  j->world.at_line_ctx = &lines;
  j->world.options_fit = form_options_fit;
  enum bt_err err = checker_run(heap_mem(), program, &j->world, diags);
  if (err == BT_ERR_OK) {
    err = graph_draw(heap_mem(), program, &graph);
  }
  if (err == BT_ERR_OK) {
    put_statuses(&lines, o);
    json_key(o, "graph");
    graph_put_json(&graph, o);
    graph_free(&graph);
  }
  return err;
}

void studio_check(struct studio_job *j) {
  struct diagnostics diags;
  struct program *program = NULL;
  struct json_out o;
  const struct text name = j->of.name.len > 0 ? j->of.name : TEXT("script");
  json_out_init(&o, &j->out);
  json_open_object(&o);
  diagnostics_init(&diags, heap_mem());
  j->err = program_compile(heap_mem(), name, j->of.source, &diags, &program);
  if (j->err == BT_ERR_SYNTAX) {
    j->err = BT_ERR_OK;
    json_key(&o, "graph");
    json_put_null(&o);
  } else if (j->err == BT_ERR_OK) {
    j->err = check_program(j, program, &diags, &o);
  }
  json_key(&o, "findings");
  json_open_list(&o);
  diagnostics_put_json(&diags, name, &o);
  json_close_list(&o);
  json_close_object(&o);
  program_free(program);
  diagnostics_free(&diags);
}

/* ---- complete */

static void put_completion(void *ctx, const struct completion *item) {
  static const char *const kinds[] = {
      [COMPLETION_KEYWORD] = "keyword",   [COMPLETION_VARIABLE] = "variable",
      [COMPLETION_FUNCTION] = "function", [COMPLETION_BUILTIN] = "builtin",
      [COMPLETION_ACTION] = "action",     [COMPLETION_MEMBER] = "member",
      [COMPLETION_EVENT] = "event"};
  struct json_out *o = ctx;
  json_open_object(o);
  put_text(o, "kind", text_from(kinds[item->kind]));
  put_text(o, "label", item->label);
  put_text(o, "detail", item->detail);
  put_text(o, "doc", item->doc);
  json_close_object(o);
}

void studio_complete(struct studio_job *j) {
  struct symbols *symbols = NULL;
  struct json_out o;
  json_out_init(&o, &j->out);
  j->err = symbols_read(heap_mem(), j->of.source, &symbols);
  if (j->err != BT_ERR_OK) {
    return;
  }
  json_open_object(&o);
  json_key(&o, "items");
  json_open_list(&o);
  symbols_complete(symbols, j->of.line, j->of.column, put_completion, &o);
  json_close_list(&o);
  json_close_object(&o);
  symbols_free(symbols);
}

/* ---- hover */

static void put_place(struct json_out *o, const struct symbol_place *at) {
  put_number(o, "line", at->line);
  put_number(o, "column", at->column);
  put_number(o, "length", at->length);
}

void studio_hover(struct studio_job *j) {
  struct symbols *symbols = NULL;
  struct textbuf words;
  struct json_out o;
  j->err = symbols_read(heap_mem(), j->of.source, &symbols);
  if (j->err != BT_ERR_OK) {
    return;
  }
  textbuf_init(&words, heap_mem());
  json_out_init(&o, &j->out);
  const struct symbol_use *use =
      symbols_find(symbols, j->of.line, j->of.column);
  json_open_object(&o);
  if (use != NULL) {
    symbols_hover(symbols, use, &words);
    put_place(&o, &use->at);
  }
  put_text(&o, "text", textbuf_text(&words));
  json_close_object(&o);
  textbuf_free(&words);
  symbols_free(symbols);
}

/* ---- run */

void studio_run(struct studio_job *j) {
  const struct api_play ask = {
      .script = {.name = j->of.name.len > 0 ? j->of.name : TEXT("script"),
                 .source = j->of.source},
      .scenario = j->of.scenario,
      .number = j->of.number,
      .others = j->others,
      .other_count = j->other_count};
  j->err = j->play(&ask, &j->out) ? BT_ERR_OK : BT_ERR_NOMEM;
}

/* ---- format */

void studio_format(struct studio_job *j) {
  struct diagnostics diags;
  struct textbuf after;
  struct json_out o;
  diagnostics_init(&diags, heap_mem());
  textbuf_init(&after, heap_mem());
  json_out_init(&o, &j->out);
  const enum bt_err err =
      format_script(heap_mem(), TEXT("script"), j->of.source, &diags, &after);
  json_open_object(&o);
  json_key(&o, "source"); /* null: it has errors, and stays as it is */
  if (err == BT_ERR_OK) {
    json_put_text(&o, textbuf_text(&after));
  } else {
    json_put_null(&o);
  }
  json_close_object(&o);
  j->err = err == BT_ERR_NOMEM ? err : BT_ERR_OK;
  textbuf_free(&after);
  diagnostics_free(&diags);
}
