/* One command in, one batch out. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cards.h"
#include "base/check.h"
#include "engine/engine_priv.h"

void step_init(struct step *s, const struct mem *mem) {
  *s = (struct step){0};
  arena_init(&s->arena, mem, 0);
}

void step_clear(struct step *s) {
  arena_reset(&s->arena);
  s->event_count = 0;
  s->effect_count = 0;
  s->answer = (struct answer){0};
  s->seq = 0;
}

void step_free(struct step *s) {
  mem_free(s->arena.mem, s->events, s->event_cap * sizeof *s->events);
  mem_free(s->arena.mem, s->effects, s->effect_cap * sizeof *s->effects);
  arena_free(&s->arena);
}

struct live *engine_live(const struct engine *e, uint32_t slot) {
  bt_check(slot < e->live_used && e->lives[slot]->used);
  return e->lives[slot];
}

struct arena *ctx_arena(struct ctx *x) {
  return &x->out->arena;
}

struct id ctx_new_id(struct ctx *x) {
  const uint64_t salt = hash_u64(x->cmd->entropy[1] + x->ids++);
  return id_make_v7(x->now_us / 1000, x->cmd->entropy[0] ^ salt, salt);
}

struct text ctx_format(struct ctx *x, const char *format, ...) {
  char line[1024];
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  bt_check(n >= 0);
  return arena_copy_text(ctx_arena(x), utf8_printed(line, sizeof line, n));
}

void ctx_event(struct ctx *x, struct record *r, uint32_t type, uint32_t slot) {
  record_init(r, type);
  record_set_num(r, FIELD_AT, x->now_us);
  record_set_num(r, FIELD_ROLE, x->by.role);
  record_set_given(r, FIELD_ACTOR, x->by.name);
  record_set_given(r, FIELD_REQUEST, x->by.request);
  if (x->line != 0) {
    record_set_num(r, FIELD_LINE, x->line);
  }
  if (slot == SESSION_NOBODY) {
    return;
  }
  const struct live *l = engine_live(x->e, slot);
  record_set_id(r, FIELD_SESSION, l->id);
  if (l->last_seq != 0) {
    record_set_num(r, FIELD_PREV, (int64_t)l->last_seq);
  }
}

/* What people say and what is known of them: card numbers in it are written
 * over before anything else sees it. */
static bool may_hold_cards(enum field f) {
  switch ((int)f) {
  case FIELD_TEXT:
  case FIELD_DATA:
  case FIELD_NOTE:
  case FIELD_REASON:
  case FIELD_CUSTOMER:
  case FIELD_ATTRIBUTES:
    return true;
  default:
    return false;
  }
}

static bool keeps_cards(const struct ctx *x, const struct record *ev) {
  uint32_t slot = SESSION_NOBODY;
  uint32_t entry = (uint32_t)x->e->dir.entry_count;
  if (!record_has(ev, FIELD_SESSION)) {
    return true; /* configuration, agents: nothing that customers said */
  }
  if (record_has(ev, FIELD_ENTRY)) {
    entry = (uint32_t)record_num(ev, FIELD_ENTRY);
  } else if (engine_find(x->e, record_id(ev, FIELD_SESSION), &slot)) {
    entry = engine_live(x->e, slot)->entry;
  }
  return entry < x->e->dir.entry_count && x->e->dir.entries[entry].keep_cards;
}

static struct text keep_masked(struct ctx *x, struct text t, bool json) {
  char *copy = arena_alloc(ctx_arena(x), t.len);
  bt_check(copy != NULL);
  memcpy(copy, t.ptr, t.len);
  (void)cards_mask(copy, t.len, json);
  return (struct text){copy, t.len};
}

static struct text keep_text(struct ctx *x, enum field f,
                             const struct record *ev) {
  const struct text t = ev->v[f].text;
  if (t.len > 0 && may_hold_cards(f) && !keeps_cards(x, ev)) {
    return keep_masked(x, t, field_info(f)->kind == KIND_JSON);
  }
  const struct text copy = arena_copy_text(ctx_arena(x), t);
  bt_check(copy.ptr != NULL);
  return copy;
}

/* A record of the batch keeps its texts in the step's arena. */
static void keep(struct ctx *x, struct record *kept, const struct record *ev) {
  record_init(kept, ev->type);
  for (uint32_t f = record_next(ev, 0); f < FIELDS;
       f = record_next(ev, f + 1)) {
    kept->v[f] = ev->v[f];
    if (field_is_text((enum field)f)) {
      kept->v[f].text = keep_text(x, (enum field)f, ev);
    }
  }
  for (size_t i = 0; i < RECORD_WORDS; i++) {
    kept->has[i] = ev->has[i];
  }
}

static struct record *add_record(const struct mem *mem, struct record **list,
                                 size_t *count, size_t *cap) {
  const bool room = mem_grow(mem, list, cap, *count + 1, sizeof **list);
  bt_check(room); /* what has been decided cannot be taken back */
  return &(*list)[(*count)++];
}

void emit(struct ctx *x, const struct record *ev) {
  struct step *s = x->out;
  struct record *kept =
      add_record(s->arena.mem, &s->events, &s->event_count, &s->event_cap);
  keep(x, kept, ev);
  engine_apply(x->e, s->seq, kept);
  x->e->counts.events++;
  uint32_t slot = SESSION_NOBODY;
  if (record_has(kept, FIELD_SESSION) &&
      engine_find(x->e, record_id(kept, FIELD_SESSION), &slot)) {
    mark_session(x, slot);
  }
}

struct record *ctx_effect(struct ctx *x, enum effect type) {
  struct step *s = x->out;
  struct record *r =
      add_record(s->arena.mem, &s->effects, &s->effect_count, &s->effect_cap);
  record_init(r, type);
  return r;
}

/* Who has been looked at may be marked again. */
static void mark(struct ctx *x, struct marked *m, uint32_t number) {
  for (size_t i = m->done; i < m->count; i++) {
    if (m->numbers[i] == number) {
      return;
    }
  }
  if (m->count == m->cap) {
    const size_t more = m->cap == 0 ? 16 : m->cap * 2;
    uint32_t *grown = arena_alloc(ctx_arena(x), more * sizeof *grown);
    bt_check(grown != NULL);
    if (m->count > 0) {
      memcpy(grown, m->numbers, m->count * sizeof *grown);
    }
    m->numbers = grown;
    m->cap = more;
  }
  m->numbers[m->count++] = number;
}

void mark_session(struct ctx *x, uint32_t slot) {
  mark(x, &x->sessions, slot);
}

void mark_agent(struct ctx *x, uint32_t agent) {
  mark(x, &x->agents, agent);
}

/* ---- what to do with a command */

static const struct {
  bool about_session;
  cmd_handler *handler;
} handlers[COMMANDS] = {
#define SESSION true
#define DOMAIN  false
#define COMMAND(n, w, r, m, scope, handler, d)                                 \
  [COMMAND_##n] = {scope, cmd_##handler},
#include "engine/command.def"
#undef COMMAND
#undef SESSION
#undef DOMAIN
};

static void refuse_rights(struct ctx *x, struct answer *a) {
  const struct command_info *info =
      command_info((enum command_type)x->cmd->args.type);
  const char *role = role_name(x->by.role);
  answer_refuse(x, SESSION_NOBODY, REFUSAL_FORBIDDEN,
                ctx_format(x, "A %s may not do '%s'.", role, info->wire), a);
}

static void unknown_session(struct ctx *x, struct id id, struct answer *a) {
  char text[ID_TEXT_LEN];
  id_to_text(id, text);
  answer_refuse(x, SESSION_NOBODY, REFUSAL_UNKNOWN_SESSION,
                ctx_format(x, "No session has the id %.*s.", ID_TEXT_LEN, text),
                a);
}

/* The version that the caller saw, and the hold under which a bot acts. (What
 * answers an invitation, or tells of a connection's end, names it itself.) */
static bool is_current(struct ctx *x, uint32_t slot, const struct record *args,
                       struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  enum refusal why = REFUSAL_NONE;
  if (record_has(args, FIELD_IF_MATCH) &&
      record_num(args, FIELD_IF_MATCH) != l->s.version) {
    why = REFUSAL_VERSION_MISMATCH;
    answer_refuse_usual(x, slot, why, a);
  } else if (args->type != COMMAND_ACCEPT_INVITE &&
             args->type != COMMAND_BOT_CLOSED && ctx_is_fenced(x, l, args)) {
    why = REFUSAL_STALE_HOLDER;
    answer_refuse_told(x, slot, why, refusal_detail(x, slot, why), a);
  }
  return why == REFUSAL_NONE;
}

bool ctx_is_fenced(const struct ctx *x, const struct live *l,
                   const struct record *args) {
  return x->by.role == ROLE_BOT &&
         (l->s.holder != SESSION_HOLDER_BOT || l->s.holder_id != x->by.number ||
          l->s.epoch != (uint32_t)record_num(args, FIELD_EPOCH));
}

bool ctx_wants_body(const struct ctx *x) {
  return !x->cmd->terse || x->by.role == ROLE_SCRIPT ||
         record_has(&x->cmd->args, FIELD_KEY);
}

void ctx_do(struct ctx *x, uint32_t slot, const struct record *args,
            struct answer *a) {
  if (body_is_whole(x, args, a)) {
    handlers[args->type].handler(x, slot, args, a);
  }
}

static bool find_session(struct ctx *x, const struct record *args,
                         uint32_t *slot, struct answer *a) {
  *slot = SESSION_NOBODY;
  if (!handlers[args->type].about_session) {
    return true;
  }
  const struct id id = record_id(args, FIELD_SESSION);
  /* Another party's session is not shown to exist. */
  if (engine_find(x->e, id, slot) && engine_may_see(x->e, *slot, &x->by)) {
    return true;
  }
  /* What was answered stays answered when the session has been put away. */
  if (!kept_find(x, args, a)) {
    unknown_session(x, id, a);
  }
  return false;
}

/* The checks in the order of the specification: form, rights, session, target,
 * key, version, and then what the handler knows. A transfer has a target, and
 * looks at the rest behind it. */
static void dispatch(struct ctx *x, struct answer *a) {
  const struct record *args = &x->cmd->args;
  const struct command_info *info = command_info((enum command_type)args->type);
  uint32_t slot;
  if (!body_is_whole(x, args, a)) {
    return;
  }
  if ((info->roles >> x->by.role & 1) == 0) {
    refuse_rights(x, a);
    return;
  }
  if (!find_session(x, args, &slot, a)) {
    return;
  }
  if (args->type != COMMAND_TRANSFER &&
      (kept_find(x, args, a) ||
       (slot != SESSION_NOBODY && !is_current(x, slot, args, a)))) {
    return;
  }
  handlers[args->type].handler(x, slot, args, a);
  kept_put(x, args, a);
}

void engine_step(struct engine *e, const struct command *cmd,
                 struct step *out) {
  step_clear(out);
  out->seq = e->seq + 1;
  /* The engine's own time is that of its last event: what made none leaves no
   * trace, so that folding the events gives the same engine. */
  const int64_t now_us = cmd->now_us > e->now_us ? cmd->now_us : e->now_us;
  struct ctx x = {
      .e = e, .out = out, .cmd = cmd, .by = cmd->by, .now_us = now_us};
  router_advance(&e->router, now_us);
  dispatch(&x, &out->answer);
  settle(&x);
  if (out->event_count == 0) {
    out->seq = 0;
  } else {
    e->seq = out->seq;
  }
}
