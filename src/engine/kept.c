/* Idempotency: the first answer to a key is the answer for 24 hours.
 *
 * A key belongs to its caller. An answer is kept as an event before it leaves,
 * so it survives a restart as surely as what it says. */
#include "base/check.h"
#include "engine/engine_priv.h"

#define KEPT_US ((int64_t)LIMIT_KEPT_HOURS * 3600 * 1000000)

bool kept_same(const void *ctx, uint32_t value, const void *key) {
  const struct engine *e = ctx;
  return text_equal(e->kept[value].key, *(const struct text *)key);
}

void engine_kept_key(const struct caller *by, struct text key,
                     struct textbuf *out) {
  textbuf_addf(out, "%s %.*s ", role_name(by->role), TEXT_ARG(by->name));
  if (!id_is_null(by->session)) { /* customers share a name */
    char id[ID_TEXT_LEN];
    id_to_text(by->session, id);
    textbuf_add(out, (struct text){id, ID_TEXT_LEN});
    textbuf_add_char(out, ' ');
  }
  textbuf_add(out, key);
}

static struct text full_key(struct ctx *x, const struct record *args) {
  struct textbuf b;
  textbuf_init(&b, x->out->arena.mem);
  engine_kept_key(&x->by, record_text(args, FIELD_KEY), &b);
  const struct text key = arena_copy_text(ctx_arena(x), textbuf_text(&b));
  textbuf_free(&b);
  return key;
}

static uint64_t hash_of(const struct engine *e, struct text key) {
  return siphash_text(&e->hash_key, key);
}

static uint32_t find(const struct engine *e, struct text key) {
  return map_get(&e->kept_by_key, hash_of(e, key), &key);
}

bool engine_find_kept(const struct engine *e, const struct caller *by,
                      struct text key, struct id *session, struct text *body) {
  struct textbuf b;
  textbuf_init(&b, &e->mem);
  engine_kept_key(by, key, &b);
  const uint32_t i = b.failed ? MAP_NONE : find(e, textbuf_text(&b));
  textbuf_free(&b);
  if (i == MAP_NONE) {
    return false;
  }
  *session = e->kept[i].session;
  *body = e->kept[i].body;
  return true;
}

static void refuse_other_body(struct ctx *x, struct answer *a) {
  answer_refuse(x, SESSION_NOBODY, REFUSAL_IDEMPOTENCY_MISMATCH,
                TEXT("The key was used before with another request."), a);
}

bool kept_find(struct ctx *x, const struct record *args, struct answer *a) {
  if (!record_has(args, FIELD_KEY)) {
    return false;
  }
  const uint32_t i = find(x->e, full_key(x, args));
  if (i == MAP_NONE) {
    return false;
  }
  const struct kept_answer *k = &x->e->kept[i];
  if (k->hash != (uint64_t)record_num(args, FIELD_HASH)) {
    refuse_other_body(x, a);
    return true;
  }
  *a = (struct answer){.code = k->code,
                       .body = arena_copy_text(ctx_arena(x), k->body),
                       .session = k->session,
                       .version = k->version};
  a->replayed = true;
  return true;
}

static void emit_kept(struct ctx *x, struct text key, uint64_t hash,
                      const struct answer *a) {
  struct record ev;
  ctx_event(x, &ev, EVENT_ANSWER_KEPT, SESSION_NOBODY);
  record_set_text(&ev, FIELD_KEY, key);
  record_set_num(&ev, FIELD_HASH, (int64_t)hash);
  record_set_num(&ev, FIELD_CODE, a->code);
  record_set_text(&ev, FIELD_BODY, a->body);
  record_set_id(&ev, FIELD_TRANSFER_ID, a->session);
  record_set_num(&ev, FIELD_VERSION, a->version);
  emit(x, &ev);
}

/* A request that was malformed, or not looked at, may come again with its key;
 * what the session said to it, yes or no, is said once and for all. */
static bool is_for_ever(const struct answer *a) {
  return a->code < 400 || a->code == 409 || a->code == 412;
}

void kept_put(struct ctx *x, const struct record *args,
              const struct answer *a) {
  if (!record_has(args, FIELD_KEY) || a->replayed || !is_for_ever(a) ||
      args->type == COMMAND_KEEP_ANSWER) {
    return;
  }
  /* Beyond the limit the oldest answer goes before its time. */
  emit_kept(x, full_key(x, args), (uint64_t)record_num(args, FIELD_HASH), a);
}

/* What a transfer asked for, as far as it is remembered. */
static void recall_order(const struct ctx *x, const struct live *l,
                         struct record *args) {
  const struct transfer *t = &l->transfer;
  record_init(args, COMMAND_TRANSFER);
  if (t->to_bot) {
    record_set_text(args, FIELD_BOT_ID, x->e->dir.bots[t->target].id);
    return;
  }
  record_set_text(args, FIELD_QUEUE_NAME, x->e->dir.queues[t->target].id);
  record_set_num(args, FIELD_PRIORITY, t->priority);
}

void cmd_keep_answer(struct ctx *x, uint32_t slot, const struct record *args,
                     struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  if (l->transfer.state == TRANSFER_NONE ||
      l->transfer.state == TRANSFER_WAITING) {
    answer_refuse(x, slot, REFUSAL_TRANSFER_GONE,
                  TEXT("Another transfer has taken its place."), a);
    return;
  }
  struct record order;
  recall_order(x, l, &order);
  answer_outcome(x, slot, &order, a);
  if (!record_has(args, FIELD_KEY)) {
    return;
  }
  const struct text key = record_text(args, FIELD_KEY);
  const uint32_t i = find(x->e, key);
  if (i != MAP_NONE) { /* else it has been forgotten by now */
    emit_kept(x, key, x->e->kept[i].hash, a);
  }
}

/* ---- folding */

static void drop_oldest(struct engine *e) {
  struct kept_answer *k = &e->kept[e->kept_first];
  map_remove(&e->kept_by_key, hash_of(e, k->key), (uint32_t)e->kept_first);
  live_own(&e->mem, &k->key, TEXT(""));
  live_own(&e->mem, &k->body, TEXT(""));
  e->kept_first = (e->kept_first + 1) % e->kept_cap;
  e->kept_count--;
}

/* The ring grows by moving: the numbers of the map are places in it. */
static void grow(struct engine *e) {
  const size_t cap = e->kept_cap == 0 ? 64 : e->kept_cap * 2;
  struct kept_answer *ring = mem_new(&e->mem, cap * sizeof *ring);
  bt_check(ring != NULL);
  for (size_t i = 0; i < e->kept_count; i++) {
    ring[i] = e->kept[(e->kept_first + i) % e->kept_cap];
  }
  mem_free(&e->mem, e->kept, e->kept_cap * sizeof *ring);
  e->kept = ring;
  e->kept_cap = cap;
  e->kept_first = 0;
  map_clear(&e->kept_by_key);
  for (size_t i = 0; i < e->kept_count; i++) {
    const bool put =
        map_put(&e->kept_by_key, hash_of(e, ring[i].key), (uint32_t)i);
    bt_check(put);
  }
}

static struct kept_answer *place_for(struct engine *e, struct text key) {
  const uint32_t known = find(e, key);
  if (known != MAP_NONE) {
    return &e->kept[known];
  }
  if (e->kept_count >= LIMIT_KEPT_ANSWERS) {
    drop_oldest(e);
  }
  if (e->kept_count == e->kept_cap) {
    grow(e);
  }
  const size_t at = (e->kept_first + e->kept_count) % e->kept_cap;
  e->kept[at] = (struct kept_answer){0};
  live_own(&e->mem, &e->kept[at].key, key);
  e->kept_count++;
  const bool put = map_put(&e->kept_by_key, hash_of(e, key), (uint32_t)at);
  bt_check(put);
  return &e->kept[at];
}

static void arm(struct engine *e) {
  if (e->kept_timer != TIMER_NONE || e->kept_count == 0) {
    return;
  }
  e->kept_timer = timers_start(
      &e->timers,
      (struct timer){.kind = TIMER_KEPT,
                     .deadline_us = e->kept[e->kept_first].at_us + KEPT_US});
  bt_check(e->kept_timer != TIMER_NONE);
}

void kept_apply(struct engine *e, const struct record *ev) {
  struct kept_answer *k = place_for(e, record_text(ev, FIELD_KEY));
  k->hash = (uint64_t)record_num(ev, FIELD_HASH);
  k->at_us = record_num(ev, FIELD_AT);
  k->code = (int)record_num(ev, FIELD_CODE);
  k->session = record_id(ev, FIELD_TRANSFER_ID);
  k->version = (uint32_t)record_num(ev, FIELD_VERSION);
  live_own(&e->mem, &k->body, record_text(ev, FIELD_BODY));
  arm(e);
}

void kept_forget(struct engine *e, int64_t now_us) {
  while (e->kept_count > 0 &&
         e->kept[e->kept_first].at_us + KEPT_US <= now_us) {
    drop_oldest(e);
  }
  arm(e);
}
