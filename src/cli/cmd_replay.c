/* Reads a journal from its first batch, checks every one, folds all of it into
 * an engine and prints what happened. Nothing is written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/map.h"
#include "bench/progress.h"
#include "cli/cli.h"
#include "cli/data_dir.h"
#include "cli/replay_candidates.h"
#include "codec/batch.h"
#include "codec/snapshot.h"
#include "domain/heap.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "journal/journal.h"

enum { VALUE_SHOWN = 160, SNAPSHOTS_MAX = 4 };

/* What a snapshot says; compared when the fold has come as far. */
struct seen_snapshot {
  uint64_t seq;
  struct textbuf bytes;
};

struct replay {
  struct engine_options options;
  struct engine *engine;
  struct arena arena; /* of one event */
  struct textbuf line;
  struct progress progress;
  struct seen_snapshot snapshots[SNAPSHOTS_MAX];
  size_t snapshot_count, snapshots_good;
  bool json, one_session, colour, candidates;
  const char *agent; /* whose candidacy alone is told; empty: everybody's */
  struct id session;
  uint64_t seq; /* the batch at hand */
  uint64_t batches, events, printed, finished;
  int64_t first_us, last_us;
  char trouble[256]; /* what is wrong with a batch that verifies */
};

/* ---- one event as a line for people */

static struct text member_text(const struct json *object, const char *key) {
  const struct json *m = json_member(object, text_from(key));
  return m == NULL ? TEXT("") : m->text;
}

static bool is_shown_before(struct text key) {
  static const char *const keys[] = {"seq",  "type",    "at",
                                     "atUs", "session", "cause"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    if (text_equal(key, text_from(keys[i]))) {
      return true;
    }
  }
  return false;
}

static void add_member(struct textbuf *b, const struct json *m) {
  const struct text shown = utf8_cut(m->source, VALUE_SHOWN);
  textbuf_addf(b, " %.*s=%.*s%s", TEXT_ARG(m->key), TEXT_ARG(shown),
               shown.len < m->source.len ? "…" : "");
}

static void add_cause(struct textbuf *b, const struct json *cause) {
  const struct text role = member_text(cause, "role");
  const struct text who = member_text(cause, "who");
  const struct json *line = json_member(cause, TEXT("line"));
  textbuf_addf(b, "  by %.*s", TEXT_ARG(role));
  if (who.len > 0 && !text_equal(who, role)) {
    textbuf_addf(b, " %.*s", TEXT_ARG(who));
  }
  if (line != NULL) {
    textbuf_addf(b, " line %lld", (long long)line->i);
  }
}

static bool is_trouble(struct text type) {
  return text_ends(type, TEXT("refused")) || text_ends(type, TEXT("failed")) ||
         text_ends(type, TEXT("lost")) || text_ends(type, TEXT("expired"));
}

static void add_line(struct replay *r, struct textbuf *b,
                     const struct json *event) {
  const struct text type = member_text(event, "type");
  const struct text session = member_text(event, "session");
  const struct json *seq = json_member(event, TEXT("seq"));
  const bool red = r->colour && is_trouble(type);
  textbuf_addf(b, "%7lld  %.*s  %s%-22.*s%s", (long long)seq->i,
               TEXT_ARG(member_text(event, "at")), red ? "\033[31m" : "",
               TEXT_ARG(type), red ? "\033[0m" : "");
  if (session.len > 0) {
    textbuf_addf(b, "  %.*s", TEXT_ARG(session));
  }
  add_cause(b, json_member(event, TEXT("cause")));
  for (const struct json *m = event->first; m != NULL; m = m->next) {
    if (!is_shown_before(m->key) && m->type != JSON_NULL) {
      add_member(b, m);
    }
  }
  textbuf_add_char(b, '\n');
}

static void print_event(struct replay *r, uint64_t seq,
                        const struct record *event) {
  struct json_out o;
  struct json *tree = NULL;
  textbuf_clear(&r->line);
  json_out_init(&o, &r->line);
  engine_write_event(r->engine, seq, event, &o);
  r->printed++;
  if (r->json) {
    textbuf_add_char(&r->line, '\n');
    (void)fwrite(r->line.ptr, 1, r->line.len, stdout);
    return;
  }
  arena_reset(&r->arena);
  if (json_parse(&r->arena, textbuf_text(&r->line), JSON_DEPTH_MAX, &tree,
                 NULL) == BT_ERR_OK) {
    struct textbuf b;
    textbuf_init(&b, heap_mem());
    add_line(r, &b, tree);
    (void)fwrite(b.ptr, 1, b.len, stdout);
    textbuf_free(&b);
  }
}

/* ---- folding */

static bool is_wanted(const struct replay *r, const struct record *event) {
  return !r->one_session ||
         (record_has(event, FIELD_SESSION) &&
          id_equal(record_id(event, FIELD_SESSION), r->session));
}

static void fold_event(void *ctx, const struct record *event) {
  struct replay *r = ctx;
  const uint64_t seq = r->seq;
  const bool wanted = is_wanted(r, event);
  if (r->candidates && wanted && event->type == EVENT_OF_SESSION(OFFERED)) {
    const struct replay_decisions how = {r->agent, r->json};
    replay_print_candidates(r->engine, seq, event, &how);
  }
  engine_apply(r->engine, seq, event);
  r->events++;
  r->last_us = record_num(event, FIELD_AT);
  r->first_us = r->events == 1 ? r->last_us : r->first_us;
  if (wanted) {
    print_event(r, seq, event);
  }
}

/* What an engine says of its open sessions, agents and queues, as a number. In
 * which order it keeps sessions, and how long those that are over, is its own
 * affair. */
static uint64_t digest(const struct engine *e, int64_t now_us) {
  const struct directory *d = engine_directory(e);
  struct textbuf b;
  uint64_t sum = 0;
  textbuf_init(&b, heap_mem());
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    struct json_out o;
    if (engine_session(e, slot)->status == SESSION_COMPLETED) {
      continue;
    }
    textbuf_clear(&b);
    json_out_init(&o, &b);
    engine_write_session(e, slot, now_us, 0, &o);
    sum += hash_text(textbuf_text(&b));
  }
  struct json_out o;
  textbuf_clear(&b);
  json_out_init(&o, &b);
  json_open_list(&o);
  for (uint32_t i = 0; i < d->agent_count; i++) {
    engine_write_agent(e, i, &o);
  }
  for (uint32_t i = 0; i < d->queue_count; i++) {
    engine_write_queue(e, i, now_us, &o);
  }
  json_close_list(&o);
  sum += hash_text(textbuf_text(&b));
  textbuf_free(&b);
  return sum;
}

/* Do the fold and the snapshot say the same? */
static bool equals(const struct replay *r, struct text bytes) {
  struct engine *other = NULL;
  bool same = engine_create(heap_mem(), &r->options, &other) == BT_ERR_OK &&
              snapshot_decode(other, bytes) == BT_ERR_OK;
  same = same && digest(r->engine, r->last_us) == digest(other, r->last_us);
  engine_free(other);
  return same;
}

static bool equals_snapshot(struct replay *r, uint64_t seq) {
  for (size_t i = 0; i < r->snapshot_count; i++) {
    if (r->snapshots[i].seq != seq) {
      continue;
    }
    if (!equals(r, textbuf_text(&r->snapshots[i].bytes))) {
      (void)snprintf(r->trouble, sizeof r->trouble,
                     "The snapshot of batch %llu is not what the batches up to "
                     "it make.",
                     (unsigned long long)seq);
      return false;
    }
    r->snapshots_good++;
  }
  return true;
}

static enum bt_err on_batch(void *ctx, uint64_t seq, struct text bytes) {
  struct replay *r = ctx;
  r->seq = seq;
  const enum bt_err err = batch_each(bytes, fold_event, r);
  struct id id;
  uint64_t last;
  while (engine_take_finished(r->engine, &id, &last)) {
    r->finished++;
  }
  r->batches++;
  progress_show(&r->progress, r->batches);
  if (err != BT_ERR_OK) {
    return err;
  }
  return equals_snapshot(r, seq) ? BT_ERR_OK : BT_ERR_CORRUPT;
}

/* Kept for later: the fold begins with the first batch. */
static enum bt_err on_snapshot(void *ctx, uint64_t seq, struct text bytes) {
  struct replay *r = ctx;
  if (r->snapshot_count < SNAPSHOTS_MAX) {
    struct seen_snapshot *s = &r->snapshots[r->snapshot_count++];
    s->seq = seq;
    textbuf_init(&s->bytes, heap_mem());
    textbuf_add(&s->bytes, bytes);
  }
  return BT_ERR_UNSUPPORTED;
}

/* ---- the end */

/* Those that ended a while ago are not kept by the engine. */
static uint64_t sessions_in(const struct replay *r,
                            const struct engine_counts *counts,
                            uint32_t status) {
  return counts->sessions[status] +
         (status == SESSION_COMPLETED ? r->finished : 0);
}

static void put_statuses(const struct replay *r, struct json_out *o) {
  struct engine_counts counts;
  engine_count(r->engine, &counts);
  json_key(o, "sessions");
  json_open_object(o);
  for (uint32_t i = 0; i < SESSION_STATUSES; i++) {
    const uint64_t count = sessions_in(r, &counts, i);
    if (count > 0) {
      json_key(o, session_status_name(i));
      json_put_u64(o, count);
    }
  }
  json_close_object(o);
}

static void print_json_summary(struct replay *r) {
  struct json_out o;
  textbuf_clear(&r->line);
  json_out_init(&o, &r->line);
  json_open_object(&o);
  json_key(&o, "summary");
  json_open_object(&o);
  json_key(&o, "batches");
  json_put_u64(&o, r->batches);
  json_key(&o, "events");
  json_put_u64(&o, r->events);
  json_key(&o, "snapshotsCompared");
  json_put_u64(&o, r->snapshots_good);
  put_statuses(r, &o);
  json_close_object(&o);
  json_close_object(&o);
  textbuf_add_char(&r->line, '\n');
  (void)fwrite(r->line.ptr, 1, r->line.len, stdout);
}

static void print_summary(struct replay *r) {
  if (r->json) {
    print_json_summary(r);
    return;
  }
  struct engine_counts counts;
  struct textbuf *b = &r->line;
  engine_count(r->engine, &counts);
  textbuf_clear(b);
  textbuf_addf(b, "\n%llu batches, %llu events", (unsigned long long)r->batches,
               (unsigned long long)r->events);
  if (r->events > 0) {
    textbuf_add(b, TEXT(", "));
    textbuf_add_time(b, r->first_us);
    textbuf_add(b, TEXT(" … "));
    textbuf_add_time(b, r->last_us);
  }
  textbuf_add(b, TEXT("\nevery batch verifies, from the first"));
  if (r->snapshots_good > 0) {
    textbuf_addf(b, "; %zu snapshot%s the same as the fold", r->snapshots_good,
                 r->snapshots_good == 1 ? " says" : "s say");
  }
  textbuf_add(b, TEXT("\nsessions:"));
  const char *comma = "";
  for (uint32_t i = 0; i < SESSION_STATUSES; i++) {
    const uint64_t count = sessions_in(r, &counts, i);
    if (count > 0) {
      textbuf_addf(b, "%s %llu %s", comma, (unsigned long long)count,
                   session_status_name(i));
      comma = ",";
    }
  }
  textbuf_add_char(b, '\n');
  (void)fwrite(b->ptr, 1, b->len, stdout);
}

/* ---- putting together */

static int fail(const struct replay *r, const struct journal_error *why) {
  (void)fflush(stdout);
  if (r->trouble[0] != '\0') {
    cli_error("%s", r->trouble);
  } else {
    cli_error("%s", why->text);
  }
  return CLI_FAILED;
}

static int read_all(struct replay *r, struct journal *journal) {
  const struct journal_sink sink = {
      .ctx = r, .snapshot = on_snapshot, .batch = on_batch};
  struct journal_error why = {0};
  const bool bar = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
  progress_begin(&r->progress, bar, "replay", journal_last(journal));
  const enum bt_err err = journal_load(journal, &sink, &why);
  progress_end(&r->progress);
  if (err != BT_ERR_OK) {
    return fail(r, &why);
  }
  if (r->one_session && r->printed == 0) {
    cli_error("the journal has no such session");
    return CLI_FAILED;
  }
  print_summary(r);
  return CLI_DONE;
}

static int replay(struct replay *r, const char *dir, const char *master) {
  struct data_journal data;
  if (!data_dir_open(dir, master, &data)) {
    return CLI_FAILED;
  }
  if (vault_is_locked(data.vault)) {
    (void)fputs("baton: what was said is shown as [erased]: its keys are "
                "wrapped, and --master-key names none\n",
                stderr);
  }
  r->options.centre = journal_centre(data.journal);
  int exit_code = CLI_FAILED;
  if (engine_create(heap_mem(), &r->options, &r->engine) == BT_ERR_OK) {
    arena_init(&r->arena, heap_mem(), 0);
    textbuf_init(&r->line, heap_mem());
    exit_code = read_all(r, data.journal);
    textbuf_free(&r->line);
    arena_free(&r->arena);
  } else {
    cli_error("%s", bt_err_text(BT_ERR_NOMEM));
  }
  for (size_t i = 0; i < r->snapshot_count; i++) {
    textbuf_free(&r->snapshots[i].bytes);
  }
  engine_free(r->engine);
  data_dir_close(&data);
  return exit_code;
}

int cmd_replay(const struct cli_command *self, int argc, char **argv) {
  struct replay r = {.agent = ""};
  const char *session = NULL, *master = NULL;
  const struct cli_option options[] = {
      {"--json", CLI_FLAG, &r.json, NULL, "a JSON object an event"},
      {"--candidates", CLI_FLAG, &r.candidates, NULL,
       "before each offer, why it went to that agent and to no other"},
      {"--agent", CLI_TEXT, &r.agent, "ID",
       "with --candidates: why, or why not, this one alone"},
      {"--session", CLI_TEXT, &session, "ID", "only the events of this one"},
      {"--master-key", CLI_TEXT, &master, "REF",
       "env:NAME or file:PATH, if the keys are wrapped"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton replay data/handover",
      "baton replay data/handover --session 0192f0c1-… --json",
      "baton replay data/handover --session 0192f0c1-… --candidates", NULL};
  const struct cli_page page = {options, examples, 1, 1};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  r.one_session = session != NULL;
  if (r.one_session && !id_from_text(text_from(session), &r.session)) {
    cli_error("--session needs a session's id, not '%s'", session);
    return CLI_MISUSE;
  }
  r.colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
  return replay(&r, argv[1], master);
}
