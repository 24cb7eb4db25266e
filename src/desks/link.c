/* One stay of a session at a desk: when it begins, what becomes of the session,
 * and that nothing of it is lost with the process. */
#include <string.h>

#include "base/check.h"
#include "bots/shared/parts.h"
#include "desks/desks_priv.h"

enum { RETRY_US = 1000000, VOICE = 1 };

static const struct engine *engine_of(const struct desk_link *l) {
  return api_engine(l->desk->desks->api);
}

bool link_find(const struct desk_link *l, uint32_t *slot) {
  return engine_find(engine_of(l), l->session, slot);
}

/* ---- commands */

struct command desk_command(const struct desk *desk, enum command_type type) {
  struct command cmd = {.by = {.role = ROLE_SUPERVISOR,
                               .number = SESSION_NOBODY,
                               .name = desk->settings.id}};
  record_init(&cmd.args, type);
  return cmd;
}

struct command seat_command(const struct desk_link *l, enum command_type type,
                            struct text who) {
  struct command cmd = {
      .by = {.role = ROLE_AGENT,
             .number = l->desk->seat,
             .name = who.len > 0 ? who : l->desk->settings.id}};
  record_init(&cmd.args, type);
  record_set_id(&cmd.args, FIELD_SESSION, l->session);
  return cmd;
}

struct command link_command(const struct desk_link *l, enum command_type type) {
  struct command cmd = desk_command(l->desk, type);
  record_set_id(&cmd.args, FIELD_SESSION, l->session);
  return cmd;
}

bool link_submit(const struct desk_link *l, struct command *cmd) {
  struct api *api = l->desk->desks->api;
  api_submit(api, cmd, NULL, NULL);
  const struct step *step = domain_last_step(api_domain(api));
  return step != NULL && step->answer.refusal == REFUSAL_NONE;
}

static void keep(struct desk_link *l, bool alive, domain_answer_fn *fn) {
  struct command cmd = api_own_command(COMMAND_KEEP_BOT);
  struct textbuf text;
  uint32_t slot;
  textbuf_init(&text, l->desk->desks->mem);
  kept_write(l, alive, &text);
  record_set_id(&cmd.args, FIELD_SESSION, l->session);
  record_set_text(&cmd.args, FIELD_KEPT, textbuf_text(&text));
  if (!text.failed && link_find(l, &slot)) {
    l->asks += fn != NULL;
    api_submit(l->desk->desks->api, &cmd, fn, fn != NULL ? l : NULL);
  }
  textbuf_free(&text);
}

/* ---- is the session one of the desk's? */

bool link_is_at(const struct desk *desk, uint32_t slot) {
  const struct engine *e = api_engine(desk->desks->api);
  const struct directory *d = engine_directory(e);
  const struct session *s = engine_session(e, slot);
  struct id other;
  if (desk->seat == DIR_NONE ||
      d->entries[engine_session_entry(e, slot)].channel == VOICE) {
    return false;
  }
  switch (s->status) {
  case SESSION_QUEUED: /* a consultation has no customer */
    return directory_seat(d, s->queue) == desk->seat &&
           !engine_session_consult(e, slot, &other);
  case SESSION_OFFERED:
  case SESSION_ACTIVE:
    return s->agent == desk->seat;
  default:
    return false;
  }
}

static struct desk *desk_of(const struct desks *all, uint32_t slot) {
  struct desk *d = all->list;
  while (d != NULL && !link_is_at(d, slot)) {
    d = d->next;
  }
  return d;
}

/* ---- the list */

static void on_event(struct watch *w, uint64_t seq,
                     const struct record *event) {
  struct desk_link *l = w->owner;
  (void)seq;
  if (event->type == EVENT_MESSAGE) {
    l->known = (uint32_t)record_num(event, FIELD_MESSAGE);
    if (l->begun) {
      l->desk->ops->go_on(l);
    }
  }
}

static void on_typing(struct watch *w, const struct typing *how) {
  struct desk_link *l = w->owner;
  if (l->begun && how->role == ROLE_CUSTOMER) {
    l->desk->ops->typing(l, how->on);
  }
}

static void on_receipt(struct watch *w, enum receipt_of whose,
                       const struct receipt *how) {
  struct desk_link *l = w->owner;
  if (l->begun && whose == RECEIPT_CUSTOMER) {
    l->desk->ops->seen(l, how);
  }
}

static const struct watch_ops watch_ops = {
    .on_event = on_event, .on_typing = on_typing, .on_receipt = on_receipt};

static struct desk_link *of_watch(const struct watch *w) {
  return w->ops == &watch_ops ? w->owner : NULL;
}

struct desk_link *desk_find_link(const struct desk *desk, struct id session,
                                 uint32_t number) {
  struct watch *w = topics_first(api_topics(desk->desks->api), session);
  for (; w != NULL; w = w->next) {
    struct desk_link *l = of_watch(w);
    if (l != NULL && l->desk == desk && l->number == number && l->begun) {
      return l;
    }
  }
  return NULL;
}

/* The stay that the session is in, if it knows of one. */
static struct desk_link *live_link(const struct desks *all, struct id session) {
  struct watch *w = topics_first(api_topics(all->api), session);
  while (w != NULL &&
         (of_watch(w) == NULL || of_watch(w)->stage == DESK_ENDING)) {
    w = w->next;
  }
  return w == NULL ? NULL : of_watch(w);
}

struct desk_link *desk_next_link(const struct desk *desk,
                                 const struct desk_link *after) {
  struct desk_link *l = after == NULL ? desk->desks->links : after->next;
  while (l != NULL && (l->desk != desk || !l->begun)) {
    l = l->next;
  }
  return l;
}

struct desk_link *link_add(struct desk *desk, struct id session) {
  struct desks *all = desk->desks;
  struct desk_link *l = mem_new(all->mem, desk->ops->link_bytes);
  if (l == NULL) {
    return NULL;
  }
  l->desk = desk;
  l->session = session;
  l->watch = (struct watch){.ops = &watch_ops, .owner = l, .session = session};
  if (!topics_add(api_topics(all->api), &l->watch)) {
    mem_free(all->mem, l, desk->ops->link_bytes);
    return NULL;
  }
  /* In the order in which they came. */
  struct desk_link **end = &all->links, *last = NULL;
  while (*end != NULL) {
    last = *end;
    end = &last->next;
  }
  l->prev = last;
  *end = l;
  return l;
}

static void unlink_it(struct desk_link *l) {
  struct desks *all = l->desk->desks;
  if (l->prev != NULL) {
    l->prev->next = l->next;
  } else {
    all->links = l->next;
  }
  if (l->next != NULL) {
    l->next->prev = l->prev;
  }
  topics_remove(api_topics(all->api), &l->watch);
  if (l->begun) {
    l->desk->ops->free(l);
  }
}

static void free_it(struct desk_link *l) {
  mem_free(l->desk->desks->mem, l, l->desk->ops->link_bytes);
}

void link_drop(struct desk_link *l) {
  unlink_it(l);
  free_it(l);
}

void desk_closed(struct desk_link *l) {
  struct desks *all = l->desk->desks;
  if (l->number > 0) {
    keep(l, false, NULL);
  }
  unlink_it(l);
  l->gone = true;
  if (l->asks == 0) {
    free_it(l);
  }
  links_admit(all);
}

/* ---- a place, a plan */

static void begin(struct desk_link *l, uint32_t slot) {
  const struct session *s = engine_session(engine_of(l), slot);
  l->stage = s->status == SESSION_ACTIVE ? DESK_TAKEN : DESK_OPEN;
  l->begun = true;
  l->desk->ops->begin(l);
}

/* The plan is on the disk, and with it all that was said before. */
static void on_planned(void *ctx, const struct answer *answer) {
  struct desk_link *l = ctx;
  uint32_t slot;
  l->asks--;
  if (l->gone) {
    if (l->asks == 0) {
      free_it(l);
    }
  } else if (l->stage == DESK_ENDING || !link_find(l, &slot)) {
    desk_closed(l);
  } else if (answer->refusal != REFUSAL_NONE) {
    l->stage = DESK_WAITS;
    l->rest_until_us = loop_now_us() + RETRY_US;
    links_admit(l->desk->desks);
  } else {
    begin(l, slot);
  }
}

/* What the stay begins with is settled before a byte of it leaves: if the
 * process dies, the next one says the very same, and it is said once. */
static void plan(struct desk_link *l) {
  uint32_t slot;
  if (!link_find(l, &slot)) {
    return;
  }
  l->stage = DESK_PLANNED;
  l->number = engine_session(engine_of(l), slot)->version;
  l->upto = engine_message_count(engine_of(l), slot);
  l->known = l->sent = l->upto;
  l->at_us = api_unix_us(l->desk->desks->api);
  keep(l, true, on_planned);
}

static uint32_t places_used(const struct desk *desk) {
  uint32_t used = 0;
  for (const struct desk_link *l = desk->desks->links; l != NULL; l = l->next) {
    used += l->desk == desk && l->stage != DESK_WAITS;
  }
  return used;
}

/* Who waits for a place, in order. Returns when the first of those who rest
 * wants to be asked again. */
static int64_t admit(const struct desk *desk) {
  uint32_t used = places_used(desk);
  int64_t next_us = INT64_MAX;
  for (struct desk_link *l = desk->desks->links; l != NULL; l = l->next) {
    if (l->desk != desk || l->stage != DESK_WAITS) {
      continue;
    }
    if (l->rest_until_us > loop_now_us()) {
      next_us = l->rest_until_us < next_us ? l->rest_until_us : next_us;
    } else if (used < desk->settings.sessions) {
      plan(l);
      used += l->stage != DESK_WAITS;
    }
  }
  return next_us;
}

void links_admit(struct desks *all) {
  int64_t next_us = INT64_MAX;
  for (const struct desk *d = all->list; d != NULL; d = d->next) {
    const int64_t at_us = admit(d);
    next_us = at_us < next_us ? at_us : next_us;
  }
  if (next_us != INT64_MAX) {
    loop_timer_start_at(all->timer, next_us);
  }
}

/* ---- what happens to the session */

void link_end(struct desk_link *l) {
  if (l->stage == DESK_WAITS) {
    desk_closed(l);
    return;
  }
  l->stage = DESK_ENDING;
  if (l->begun) {
    l->desk->ops->go_on(l);
  }
}

static void look(struct desk_link *l, uint32_t slot) {
  const struct session *s = engine_session(engine_of(l), slot);
  if (l->stage == DESK_TAKEN && s->status == SESSION_WRAPUP &&
      s->agent == l->desk->seat) {
    struct command cmd = seat_command(l, COMMAND_COMPLETE, TEXT(""));
    (void)link_submit(l, &cmd);
  }
  const bool back = l->stage == DESK_TAKEN && s->status == SESSION_QUEUED;
  if (!link_is_at(l->desk, slot) || back) {
    link_end(l);
  } else if (l->stage == DESK_OPEN && s->status == SESSION_ACTIVE) {
    l->stage = DESK_TAKEN; /* somebody here gave it to the desk */
  }
}

/* Who transfers to the seat itself means the desk. */
static void accept(const struct desk_link *l, uint32_t slot) {
  if (engine_session(engine_of(l), slot)->status == SESSION_OFFERED) {
    struct command cmd = seat_command(l, COMMAND_ACCEPT_OFFER, TEXT(""));
    (void)link_submit(l, &cmd);
  }
}

void links_meet(struct desks *all, uint32_t slot) {
  const struct engine *e = api_engine(all->api);
  const struct id session = engine_session_id(e, slot);
  if (engine_session_last_seq(e, slot) >
      domain_released(api_domain(all->api))) {
    return; /* more is to come, and is not durable yet */
  }
  struct desk_link *l = live_link(all, session);
  if (l != NULL) {
    look(l, slot);
  }
  struct desk *desk = desk_of(all, slot);
  if (desk != NULL && live_link(all, session) == NULL) {
    l = link_add(desk, session);
    if (l != NULL) { /* without memory its queue's time runs */
      accept(l, slot);
      links_admit(all);
    }
  }
}

/* ---- after a restart */

static void restore(struct desk *desk, uint32_t slot, const struct json *kept) {
  const struct engine *e = api_engine(desk->desks->api);
  const struct id session = engine_session_id(e, slot);
  uint32_t number;
  struct desk_link *before = live_link(desk->desks, session);
  if (!kept_number(desk, kept->key, &number)) {
    return;
  }
  struct desk_link *l = link_add(desk, session);
  if (l == NULL) {
    return;
  }
  l->number = number;
  l->known = engine_message_count(e, slot);
  kept_read(l, kept);
  l->begun = true;
  l->stage = DESK_ENDING;
  if (link_is_at(desk, slot) && (before == NULL || before->number < number)) {
    const uint8_t status = engine_session(e, slot)->status;
    l->stage = status == SESSION_ACTIVE ? DESK_TAKEN : DESK_OPEN;
    if (before != NULL) {
      before->stage = DESK_ENDING;
    }
  }
}

void links_begin(struct desks *all) {
  for (struct desk_link *l = all->links, *next; l != NULL; l = next) {
    next = l->next;
    if (l->begun) {
      l->desk->ops->begin(l);
    }
  }
}

void links_find(struct desks *all, uint32_t slot) {
  const struct engine *e = api_engine(all->api);
  struct arena arena;
  arena_init(&arena, all->mem, 0);
  const struct json *kept = part_parse(&arena, engine_session_kept(e, slot));
  for (const struct json *m = kept == NULL ? NULL : kept->first; m != NULL;
       m = m->next) {
    for (struct desk *d = all->list; d != NULL; d = d->next) {
      restore(d, slot, m);
    }
  }
  arena_free(&arena);
  links_meet(all, slot);
}

/* ---- from the connector */

void desk_opened(struct desk_link *l, struct text conversation) {
  bt_check(conversation.len < sizeof l->conversation);
  memcpy(l->conversation, conversation.ptr, conversation.len);
  l->conversation_len = conversation.len;
  keep(l, true, NULL);
}

void desk_told(struct desk_link *l, uint32_t message) {
  l->sent = message;
  keep(l, true, NULL);
}
