#include "scenario/play.h"

#include "domain/heap.h"
#include "net/loop.h"
#include "scenario/fields_priv.h"
#include "scenario/judge.h"
#include "scenario/world.h"

enum {
  LINES_MAX = 2000,
  BYTES_MAX = 512 * 1024, /* of lines; events may take the same again */
  EVENTS_MAX = 500,
  PLAY_MAX_US = 5000000
};

struct playing {
  struct textbuf lines;
  struct json_out o; /* on @lines */
  size_t line_count, left_out;
  int64_t until_us;
  bool stopped;
};

/* ---- while it is played */

static void on_line(void *ctx, const struct trace_line *line, bool main) {
  struct playing *p = ctx;
  if (p->line_count == LINES_MAX || p->lines.len > BYTES_MAX) {
    p->left_out++;
    return;
  }
  struct textbuf one;
  textbuf_init(&one, heap_mem());
  const struct trace_where where = {.script = main ? TEXT("") : TEXT("other")};
  trace_write_json(line, &where, &one);
  json_put_raw(&p->o, textbuf_text(&one));
  textbuf_free(&one);
  p->line_count++;
}

static bool before_time(void *ctx) {
  struct playing *p = ctx;
  p->stopped = loop_now_us() > p->until_us;
  return !p->stopped;
}

/* ---- the answer */

static void put_text(struct json_out *o, const char *key, struct text t) {
  json_key(o, key);
  json_put_text(o, t);
}

static void put_texts(struct json_out *o, const char *key,
                      const struct tale_list *list) {
  json_key(o, key);
  json_open_list(o);
  for (size_t i = 0; i < list->count; i++) {
    json_put_text(o, tale_text_at(list, i));
  }
  json_close_list(o);
}

static void put_events(struct json_out *o, const struct tale *t) {
  size_t bytes = 0;
  json_key(o, "events");
  json_open_list(o);
  for (size_t i = 0; i < t->events.count && i < EVENTS_MAX; i++) {
    const struct tale_event *e = tale_event_at(t, i);
    bytes += e->json.len;
    if (bytes > BYTES_MAX) {
      break;
    }
    json_open_object(o);
    json_key(o, "atUs");
    json_put_i64(o, e->at_us);
    put_text(o, "status", e->status);
    json_key(o, "event");
    json_put_raw(o, e->json);
    json_close_object(o);
  }
  json_close_list(o);
}

static void put_ending(struct json_out *o, const struct playing *p,
                       const struct tale *t) {
  static const char *const endings[] = {[TALE_WAITING] = "waiting",
                                        [TALE_FINISHED] = "finished",
                                        [TALE_FAILED] = "failed",
                                        [TALE_STOPPED] = "stopped"};
  put_text(o, "ending", text_from(endings[t->ending]));
  put_text(o, "error", t->error);
  json_key(o, "errorLine");
  json_put_u64(o, t->error_line);
  json_key(o, "tookTooLong");
  json_put_bool(o, p->stopped);
  json_key(o, "startUs");
  json_put_i64(o, t->start_us);
  json_key(o, "endUs");
  json_put_i64(o, t->end_us);
  json_key(o, "lines");
  json_put_raw(o, textbuf_text(&p->lines));
  json_key(o, "linesLeftOut");
  json_put_u64(o, p->left_out);
  put_texts(o, "output", &t->output);
  put_texts(o, "statuses", &t->statuses);
  put_texts(o, "troubles", &t->troubles);
}

static void put_judgement(struct json_out *o, const struct scenario *s,
                          const struct tale *t) {
  struct textbuf report;
  textbuf_init(&report, heap_mem());
  const size_t failures = judge_tale(s, t, false, &report);
  json_key(o, "failures");
  json_put_u64(o, failures);
  put_text(o, "report", textbuf_text(&report));
  textbuf_free(&report);
}

static void put_titles(struct json_out *o, const struct scenario_file *file) {
  json_key(o, "cases");
  json_open_list(o);
  for (size_t i = 0; i < file->count; i++) {
    json_put_text(o, file->cases[i].title);
  }
  json_close_list(o);
}

/* ---- the whole */

static void put_findings(struct json_out *o, const struct findings *found) {
  json_key(o, "findings");
  json_open_list(o);
  for (size_t i = 0; i < found->count; i++) {
    const struct finding *f = &found->items[i];
    json_open_object(o);
    put_text(o, "severity", text_from(finding_level_name(f->level)));
    put_text(o, "file", f->place.file);
    json_key(o, "line");
    json_put_u64(o, f->place.line);
    json_key(o, "column");
    json_put_u64(o, f->place.column);
    put_text(o, "message", f->message);
    json_close_object(o);
  }
  json_close_list(o);
}

/* False: no memory. */
static bool play(const struct api_play *ask, const struct scenario *s,
                 struct json_out *o) {
  struct playing p = {.until_us = loop_now_us() + PLAY_MAX_US};
  const struct world_options options = {
      .seed = 1, .ctx = &p, .on_line = on_line, .before_time = before_time};
  struct world *w = NULL;
  if (world_create(s, &options, &w) != BT_ERR_OK) {
    return false;
  }
  textbuf_init(&p.lines, heap_mem());
  json_out_init(&p.o, &p.lines);
  json_open_list(&p.o);
  for (size_t i = 0; i < ask->other_count && scenario_wants_siblings(s); i++) {
    (void)world_publish(w, ask->others[i].name, ask->others[i].source);
  }
  world_play(w);
  json_close_list(&p.o);
  put_ending(o, &p, world_tale(w));
  put_events(o, world_tale(w));
  put_judgement(o, s, world_tale(w));
  const bool good = !p.lines.failed;
  textbuf_free(&p.lines);
  world_free(w);
  return good;
}

/* The case that is asked for, if there is one. */
static bool play_case(const struct api_play *ask,
                      const struct scenario_file *file, struct json_out *o) {
  put_titles(o, file);
  return ask->number >= file->count || play(ask, &file->cases[ask->number], o);
}

static struct scenario_script *scripts_of(const struct api_play *ask) {
  const size_t size = (ask->other_count + 1) * sizeof(struct scenario_script);
  struct scenario_script *list = mem_new(heap_mem(), size);
  for (size_t i = 0; list != NULL && i < ask->other_count; i++) {
    list[i] = (struct scenario_script){.name = ask->others[i].name,
                                       .source = ask->others[i].source};
  }
  return list;
}

bool scenario_play(const struct api_play *ask, struct textbuf *out) {
  struct scenario_script *others = scripts_of(ask);
  struct findings findings;
  struct scenario_file file;
  struct json_out o;
  if (others == NULL) {
    return false;
  }
  const struct scenario_given given = {
      .scenario = ask->scenario,
      .script = {.name = ask->script.name, .source = ask->script.source},
      .others = others,
      .other_count = ask->other_count};
  findings_init(&findings, heap_mem());
  json_out_init(&o, out);
  json_open_object(&o);
  const enum bt_err err = scenario_from_text(&given, &findings, &file);
  put_findings(&o, &findings);
  bool good = err != BT_ERR_NOMEM;
  if (err == BT_ERR_OK) {
    good = play_case(ask, &file, &o);
    scenario_free(&file);
  }
  json_close_object(&o);
  findings_free(&findings);
  mem_free(heap_mem(), others,
           (ask->other_count + 1) * sizeof(struct scenario_script));
  return good && !out->failed;
}
