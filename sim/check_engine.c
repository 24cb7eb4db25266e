/* check_engine.c - the engine looked at from inside: its laws at every step,
 * its journal folded anew, who waits beside whom, and the end. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "check_priv.h"
#include "codec/batch.h"
#include "domain/heap.h"
#include "mirror.h"

void check_begin(struct world *w) {
  const struct engine_options options = {.centre = TEXT("sim")};
  const enum bt_err err = engine_create(heap_mem(), &options, &w->fold);
  bt_check(err == BT_ERR_OK);
  check_watches_begin(w);
}

void check_end(struct world *w) {
  engine_free(w->fold);
  check_watches_end(w);
}

/* ---- the laws, and where a session waits, around each step */

/* The laws look at everything: now and then, and at every configuration. Not
 * while there are more sessions than they can remember, in a flood, nor where
 * a fault is planted, which the other checks must notice. */
static bool looks(const struct world *w, const struct command *cmd) {
  if (domain_engine(w->domain)->live_used > LAWS_SLOTS ||
      !plant_is(w, PLANT_NONE)) {
    return false;
  }
  return w->steps % 8 == 0 || cmd->args.type == COMMAND_PUT_AGENT ||
         cmd->args.type == COMMAND_PUT_QUEUE;
}

void check_before(struct world *w, const struct command *cmd) {
  w->steps++;
  if (looks(w, cmd)) {
    laws_before(&w->laws, domain_engine(w->domain), cmd);
  }
}

/* ---- 5: in the engine, every waiting session keeps what it entered with */

static void look_at_places(struct world *w) {
  const struct engine *e = domain_engine(w->domain);
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    const struct live *l = e->lives[slot];
    if (l->s.status != SESSION_QUEUED && l->s.status != SESSION_OFFERED) {
      continue;
    }
    for (size_t i = 0; i < w->watch_count; i++) {
      const struct watch *s = &w->watches[i];
      if (s->used && s->in_queue && id_equal(s->id, l->id) &&
          s->version == l->s.version && s->entered_us != l->entered_us) {
        check_break(w, CHECK_PLACE, s->id, "it lost its place in the queue");
      }
    }
  }
}

void check_step(struct world *w, const struct command *cmd) {
  const struct step *step = domain_last_step(w->domain);
  const struct engine *e = domain_engine(w->domain);
  if (looks(w, cmd) && !laws_hold(&w->laws, e, cmd, step)) {
    check_break(w, CHECK_LAWS, record_id(&cmd->args, FIELD_SESSION), "%s: %s",
                command_info((enum command_type)cmd->args.type)->wire,
                w->laws.broken);
  }
}

/* ---- 6: the match */

void check_matches(struct world *w) {
  const struct engine *e = domain_engine(w->domain);
  look_at_places(w);
  if (engine_next_deadline(e) <= w->now_us) {
    return; /* what is due may change it */
  }
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    struct json_out o;
    if (engine_session(e, slot)->status != SESSION_QUEUED) {
      continue;
    }
    textbuf_clear(&b);
    json_out_init(&o, &b);
    engine_write_candidates(e, slot, w->now_us, TEXT(""), &o);
    if (text_find(textbuf_text(&b), TEXT("would_be_offered"), 0) < b.len) {
      check_break(w, CHECK_MATCH, engine_session_id(e, slot),
                  "it waits beside an agent who is free for it");
    }
  }
  textbuf_free(&b);
}

/* ---- 4: the journal */

static void fold(void *ctx, const struct record *event) {
  struct world *w = ctx;
  engine_apply(w->fold, w->folded, event);
}

static void fold_on(struct world *w) {
  while (w->folded < w->disk.count) {
    w->folded++;
    const enum bt_err err = batch_each(disk_read(&w->disk, w->folded), fold, w);
    if (err != BT_ERR_OK) {
      check_break(w, CHECK_JOURNAL, (struct id){0, 0},
                  "batch %llu of the journal: %s",
                  (unsigned long long)w->folded, bt_err_text(err));
      return;
    }
  }
}

void check_crashed(struct world *w) {
  if (w->disk.written < w->let_out) {
    check_break(w, CHECK_JOURNAL, (struct id){0, 0},
                "batch %llu was let out, and the disk ends with %llu",
                (unsigned long long)w->let_out,
                (unsigned long long)w->disk.written);
  }
}

static void read_event(void *ctx, const struct record *event) {
  struct world *w = ctx;
  check_event(w, w->reading, event);
}

/* What was written and nobody heard of any more: whoever follows the events
 * reads it when the new process is there. */
static void catch_up(struct world *w) {
  for (uint64_t seq = w->let_out + 1; seq <= w->disk.count; seq++) {
    w->reading = seq;
    const enum bt_err err = batch_each(disk_read(&w->disk, seq), read_event, w);
    bt_check(err == BT_ERR_OK);
  }
}

void check_restarted(struct world *w) {
  struct difference why;
  catch_up(w);
  check_told(w);
  fold_on(w);
  if (w->result->broken[0] == '\0' &&
      !mirror_equal(domain_engine(w->domain), w->fold, false, &why)) {
    check_break(w, CHECK_JOURNAL, (struct id){0, 0},
                "the journal folded is not the engine that started: %.300s",
                why.text);
  }
}

/* ---- the end */

void check_healed(struct world *w) {
  struct engine_counts n;
  struct id session = {0, 0};
  uint32_t open = 0;
  bt_check(w->domain != NULL);
  const struct engine *e = domain_engine(w->domain);
  engine_count(e, &n);
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    if (engine_session(e, slot)->status != SESSION_COMPLETED) {
      open++;
      session = engine_session_id(e, slot);
    }
  }
  if (open > 0 || n.offers > 0 || n.agents_in < SIM_AGENTS) {
    check_break(w, CHECK_HEALS, session,
                "two hours later %u sessions are open, %u offers, %u agents "
                "are there",
                open, n.offers, n.agents_in);
  }
  if (w->options->bytes) {
    check_lines(w);
  }
  server_end(w);
  server_start(w); /* the journal says the same as the engine did */
}
