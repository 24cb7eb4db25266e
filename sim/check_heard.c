/* check_heard.c - what reached people as bytes, against what was let out: shown
 * only when it is durable, each message once and in order. */
#include "base/check.h"
#include "base/json.h"
#include "check_priv.h"
#include "domain/heap.h"
#include "peer.h"

static int64_t number_in(const struct json *tree, const char *name) {
  const struct json *m = json_member(tree, text_from(name));
  return m == NULL || m->type != JSON_INT ? 0 : m->i;
}

/* ---- what was let out of each session */

static bool same_known(const void *ctx, uint32_t value, const void *key) {
  const struct world *w = ctx;
  return id_equal(w->known[value].id, *(const struct id *)key);
}

void check_heard_begin(struct world *w) {
  map_init(&w->known_by_id, heap_mem(), same_known, w);
}

void check_heard_end(struct world *w) {
  map_free(&w->known_by_id);
  mem_free(heap_mem(), w->known, w->known_cap * sizeof *w->known);
}

static struct known *known_of(struct world *w, struct id session) {
  const uint32_t i = map_get(&w->known_by_id, id_hash(session), &session);
  return i == MAP_NONE ? NULL : &w->known[i];
}

static struct known *add_known(struct world *w, struct id session) {
  const size_t i = w->known_count++;
  bool room = mem_grow(heap_mem(), &w->known, &w->known_cap, w->known_count,
                       sizeof *w->known);
  bt_check(room);
  w->known[i] = (struct known){.id = session};
  room = map_put(&w->known_by_id, id_hash(session), (uint32_t)i);
  bt_check(room);
  return &w->known[i];
}

/* As the engine counts versions (live_apply). */
void check_know(struct world *w, const struct record *ev) {
  const struct id session = record_id(ev, FIELD_SESSION);
  struct known *k = known_of(w, session);
  k = k == NULL ? add_known(w, session) : k;
  if (event_is_session(ev->type)) {
    k->version = (uint32_t)record_num(ev, FIELD_VERSION);
  } else {
    k->version += ev->type != EVENT_SCRIPT_LINE;
  }
}

/* @view: an object with the id and the version of a session, or another. */
void check_shown(struct peer *p, const struct json *view) {
  struct world *w = p->world;
  struct id id;
  const int64_t version = number_in(view, "version");
  if (version == 0 || !id_from_text(json_member_text(view, TEXT("id")), &id)) {
    return;
  }
  const struct known *k = known_of(w, id);
  if (k == NULL || version > k->version) {
    check_break(w, CHECK_JOURNAL, id,
                "version %lld was shown, and %u was let out",
                (long long)version, k == NULL ? 0 : k->version);
  }
}

/* ---- 7: messages, as each party hears them */

static struct heard *heard_of(struct peer *p, struct id session, bool adds) {
  for (size_t i = 0; i < p->heard_count; i++) {
    if (id_equal(p->heard[i].session, session)) {
      return &p->heard[i];
    }
  }
  if (!adds) {
    return NULL;
  }
  const size_t i = p->heard_count++;
  const bool room = mem_grow(heap_mem(), &p->heard, &p->heard_cap,
                             p->heard_count, sizeof *p->heard);
  bt_check(room);
  p->heard[i] = (struct heard){.session = session};
  return &p->heard[i];
}

/* The session as it is shown; what is said from then on comes as frames. */
void check_hears_from(struct peer *p, struct id session,
                      const struct json *view) {
  const struct json *list = json_member(view, TEXT("messages"));
  struct heard *h = heard_of(p, session, true);
  h->number = 0;
  for (const struct json *m = list == NULL ? NULL : list->first; m != NULL;
       m = m->next) {
    const uint32_t number = (uint32_t)number_in(m, "number");
    if (number <= h->number) {
      check_break(p->world, CHECK_MESSAGES, session,
                  "message %u is shown after %u", number, h->number);
    }
    h->number = number;
  }
}

static void check_words(struct peer *p, struct id session, uint32_t number,
                        struct text words) {
  const struct watch *s = check_watch(p->world, session);
  if (s != NULL && number <= s->messages && number + SIM_TEXTS > s->messages &&
      s->texts[number % SIM_TEXTS] != hash_text(words)) {
    check_break(p->world, CHECK_MESSAGES, session,
                "message %u was heard in other words", number);
  } else if (s != NULL && number > s->messages) {
    check_break(p->world, CHECK_JOURNAL, session,
                "message %u was heard, and %u were let out", number,
                s->messages);
  }
}

/* @all: every message of the session is told, not the customer's alone. */
void check_hears(struct peer *p, struct id session, const struct json *message,
                 bool all) {
  struct heard *h = heard_of(p, session, false);
  const uint32_t number = (uint32_t)number_in(message, "number");
  if (h == NULL) {
    check_break(p->world, CHECK_MESSAGES, session,
                "message %u of a session that was not shown", number);
    return;
  }
  if (all ? number != h->number + 1 : number <= h->number) {
    check_break(p->world, CHECK_MESSAGES, session,
                "message %u was heard after message %u", number, h->number);
  }
  h->number = number;
  check_words(p, session, number, json_member_text(message, TEXT("text")));
}

/* ---- the end: the server keeps no line that its peer has left */

void check_lines(struct world *w) {
  const uint32_t served = lines_served(w), held = lines_held(w);
  if (served != held) {
    check_break(w, CHECK_HEALS, (struct id){0, 0},
                "the server keeps %u lines, and its peers have %u", served,
                held);
  }
}
