/* golden_snapshot.c - a snapshot of every earlier form is taken up for ever.
 *
 * usage: golden_snapshot check PREFIX    PREFIX.hex must be taken up as
 *                                        PREFIX.txt says, and what is saved
 *                                        then must say the same
 *        golden_snapshot tell PREFIX     writes PREFIX.txt
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "codec/snapshot.h"
#include "engine/engine_priv.h"
#include "golden.h"
#include "support.h"

/* ---- what it says, in words */

static void tell_agents(const struct engine *e, struct textbuf *out) {
  for (uint32_t a = 0; a < e->dir.agent_count; a++) {
    textbuf_addf(out, "agent %.*s, presence %u, idle since %" PRId64 "\n",
                 TEXT_ARG(e->dir.agents[a].id),
                 (unsigned)e->agents[a].a.presence,
                 e->agents[a].a.idle_since_us);
    for (uint32_t q = 0; q < e->dir.queue_count; q++) {
      const uint64_t turn = router_turn(&e->router, q, a);
      if (turn > 0) {
        textbuf_addf(out, "  turn %" PRIu64 " in queue %.*s\n", turn,
                     TEXT_ARG(e->dir.queues[q].id));
      }
    }
  }
}

static void tell_sessions(const struct engine *e, struct textbuf *out) {
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    const struct live *l = engine_live(e, slot);
    char id[ID_TEXT_LEN];
    id_to_text(l->id, id);
    textbuf_addf(out, "session %.*s %s", ID_TEXT_LEN, id,
                 session_status_name(l->s.status));
    if (live_in_queue(&l->s)) {
      textbuf_addf(out, ", queue %.*s, place %u, since %" PRId64,
                   TEXT_ARG(e->dir.queues[l->s.queue].id),
                   router_position(&e->router, slot), l->entered_us);
    }
    textbuf_add_char(out, '\n');
  }
}

static void tell(const struct engine *e, struct textbuf *out) {
  textbuf_addf(out, "batch %" PRIu64 "\n", engine_seq(e));
  tell_agents(e, out);
  tell_sessions(e, out);
}

/* ---- taking it up */

/* @again: what is saved then. False: it is not understood. */
static bool take_up(const struct mem *mem, struct text bytes,
                    struct textbuf *words, struct textbuf *again) {
  const struct engine_options options = {.centre = TEXT("golden")};
  struct engine *e = NULL;
  if (engine_create(mem, &options, &e) != BT_ERR_OK) {
    return false;
  }
  const enum bt_err err = snapshot_decode(e, bytes);
  if (err == BT_ERR_OK) {
    tell(e, words);
    snapshot_encode(e, again);
  } else {
    fprintf(stderr, "the snapshot: %s\n", bt_err_text(err));
  }
  engine_free(e);
  return err == BT_ERR_OK;
}

static bool same(const char *what, const struct textbuf *kept,
                 const struct textbuf *now) {
  const bool good = text_equal(textbuf_text(kept), textbuf_text(now));
  if (!good) {
    fprintf(stderr, "%s says something else:\n%.*s", what,
            TEXT_ARG(textbuf_text(now)));
  }
  return good;
}

struct files {
  struct textbuf hex, bytes, text, words, again, second, third;
};

static bool check(const char *prefix, const struct mem *mem, struct files *f) {
  return golden_read(prefix, ".txt", &f->text) &&
         take_up(mem, textbuf_text(&f->bytes), &f->words, &f->again) &&
         same("the snapshot", &f->text, &f->words) &&
         take_up(mem, textbuf_text(&f->again), &f->second, &f->third) &&
         same("the snapshot of the snapshot", &f->text, &f->second) &&
         same("the third", &f->again, &f->third);
}

static bool write_words(const char *prefix, const struct mem *mem,
                        struct files *f) {
  return take_up(mem, textbuf_text(&f->bytes), &f->words, &f->again) &&
         golden_write(prefix, ".txt", &f->words);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fputs("usage: golden_snapshot check|tell PREFIX\n", stderr);
    return 2;
  }
  struct test_mem tm;
  struct files f;
  struct textbuf *const all[] = {&f.hex,   &f.bytes,  &f.text, &f.words,
                                 &f.again, &f.second, &f.third};
  test_mem_init(&tm);
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    textbuf_init(all[i], &tm.mem);
  }
  bool done = golden_read(argv[2], ".hex", &f.hex);
  golden_parse_hex(textbuf_text(&f.hex), &f.bytes);
  done =
      done && (strcmp(argv[1], "tell") == 0 ? write_words(argv[2], &tm.mem, &f)
                                            : check(argv[2], &tm.mem, &f));
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    textbuf_free(all[i]);
  }
  return done ? 0 : 1;
}
