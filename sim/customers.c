/* customers.c - they come, talk, lose patience and connections, and go. */
#include "base/check.h"
#include "world.h"

#define RETRY_US (5 * SECOND)

static const uint32_t habits[CUSTOMER_HABITS] = {
#define CUSTOMER(name, weight, doc) weight,
#include "habit.def"
#undef CUSTOMER
};

bool customers_are(const struct world *w, const struct letter *l) {
  const struct customer *c = &w->customers[l->who];
  return c->used && c->life == l->life;
}

static struct letter letter_of(const struct world *w, const struct customer *c,
                               enum command_type type) {
  return (struct letter){.type = type,
                         .party = PARTY_CUSTOMER,
                         .who = (uint32_t)(c - w->customers),
                         .life = c->life,
                         .session = c->session};
}

static void plan(struct world *w, const struct customer *c, int64_t after_us,
                 plan_fn *fn) {
  const struct letter l = letter_of(w, c, COMMAND_SAY);
  world_plan_letter(w, after_us, fn, &l);
}

/* The customer that a plan is about; NULL: gone by now. */
static struct customer *customer_of(struct world *w, const struct plan *p) {
  return customers_are(w, &p->letter) ? &w->customers[p->letter.who] : NULL;
}

struct customer *customers_find(struct world *w, struct id session) {
  for (uint32_t i = 0; i < SIM_CUSTOMERS; i++) {
    struct customer *c = &w->customers[i];
    if (c->used && id_equal(c->session, session)) {
      return c;
    }
  }
  return NULL;
}

/* ---- requests with a key: repeated until they are answered */

static void repeat(struct world *w, const struct plan *p) {
  const struct customer *c = customer_of(w, p);
  if (c != NULL && (c->answered >> p->letter.key & 1) == 0) {
    wire_send(w, &p->letter);
    world_plan_letter(w, RETRY_US, repeat, &p->letter);
  }
}

static bool request(struct world *w, struct customer *c, enum command_type type,
                    uint32_t word) {
  struct letter l = letter_of(w, c, type);
  if (c->keys + 1 >= SIM_KEYS) {
    return false;
  }
  l.key = ++c->keys;
  l.word = word;
  world_tell(w, c->session, "customer %s %u",
             type == COMMAND_SAY     ? "say"
             : type == COMMAND_LEAVE ? "leave"
                                     : "open",
             word);
  wire_send(w, &l);
  world_plan_letter(w, RETRY_US, repeat, &l);
  return true;
}

/* ---- what they do of themselves */

static void leave(struct world *w, const struct plan *p) {
  struct customer *c = customer_of(w, p);
  if (c == NULL || c->goes) {
    return;
  }
  c->goes = true;
  /* One that was never opened, as far as they know, needs no leave. */
  c->used = !id_is_null(c->session) && request(w, c, COMMAND_LEAVE, 0);
}

static void say(struct world *w, const struct plan *p) {
  struct customer *c = customer_of(w, p);
  if (c == NULL || c->goes || id_is_null(c->session)) {
    return;
  }
  if (c->here &&
      !request(w, c, COMMAND_SAY, (uint32_t)rand_below(&c->rand, 6))) {
    leave(w, p);
    return;
  }
  plan(w, c, world_about(&c->rand, 25 * SECOND) + SECOND, say);
}

static void come_back(struct world *w, const struct plan *p);

/* The page is closed, or its line is dead: the server notices. */
static void page_closes(struct world *w, struct customer *c) {
  if (c->here) {
    c->here = false;
    wire_part(w, PARTY_CUSTOMER, (uint32_t)(c - w->customers));
    world_tell(w, c->session, "customer drop");
    wire_notice(w, COMMAND_CUSTOMER_DROPPED, c->session, FIELDS, 0);
  }
}

static void close_page(struct world *w, const struct plan *p) {
  struct customer *c = customer_of(w, p);
  if (c == NULL || id_is_null(c->session)) {
    return;
  }
  page_closes(w, c);
  if (c->habit == CUSTOMER_VANISHES) {
    c->goes = true;
  } else {
    plan(w, c, world_about(&c->rand, 30 * SECOND), come_back);
  }
}

static void come_back(struct world *w, const struct plan *p) {
  struct customer *c = customer_of(w, p);
  if (c == NULL || c->here || c->goes) {
    return;
  }
  const struct letter l = letter_of(w, c, COMMAND_CUSTOMER_JOINED);
  if (!wire_join(w, &l)) {
    plan(w, c, SECOND + world_about(&c->rand, 2 * SECOND), come_back);
    return;
  }
  c->here = true;
  world_tell(w, c->session, "customer return");
  wire_notice(w, COMMAND_CUSTOMER_JOINED, c->session, FIELDS, 0);
  if (c->habit == CUSTOMER_WANDERER) {
    plan(w, c, world_about(&c->rand, 60 * SECOND), close_page);
  }
}

void customers_lose_link(struct world *w, uint32_t who) {
  struct customer *c = &w->customers[who];
  if (c->used && c->here) {
    page_closes(w, c);
    plan(w, c, SECOND / 2 + world_about(&c->rand, 4 * SECOND), come_back);
  }
}

/* ---- arriving, being served, going */

void customers_arrive(struct world *w, uint64_t seed) {
  uint32_t i = 0;
  while (i < SIM_CUSTOMERS && w->customers[i].used) {
    i++;
  }
  if (i == SIM_CUSTOMERS) {
    return; /* turned away at the door */
  }
  struct customer *c = &w->customers[i];
  if (c->link.peer != NULL) {
    wire_part(w, PARTY_CUSTOMER, i); /* the page of who was here before */
  }
  const uint32_t number = c->link.number;
  *c = (struct customer){.used = true, .life = ++w->lives};
  c->link.number = number;
  rand_seed(&c->rand, seed);
  c->habit = world_pick(&c->rand, habits, CUSTOMER_HABITS);
  const int64_t patience_us =
      c->habit == CUSTOMER_HASTY ? 30 * SECOND : 500 * SECOND;
  w->result->sessions++;
  (void)request(w, c, COMMAND_OPEN_SESSION, (uint32_t)rand_below(&c->rand, 64));
  plan(w, c, 10 * SECOND + world_about(&c->rand, patience_us), leave);
}

static void begin_to_talk(struct world *w, struct customer *c) {
  const struct plan now = {.letter = letter_of(w, c, COMMAND_SAY)};
  come_back(w, &now);
  if (c->habit != CUSTOMER_MUTE) {
    plan(w, c, world_about(&c->rand, 10 * SECOND), say);
  }
  if (c->habit == CUSTOMER_VANISHES) {
    plan(w, c, world_about(&c->rand, 90 * SECOND), close_page);
  }
}

void customers_hear_answer(struct world *w, const struct letter *l) {
  struct customer *c = &w->customers[l->who];
  if (l->code >= 500 || l->code == 429 || l->code == 408) {
    return; /* nothing was done: asked again */
  }
  const bool first = (c->answered >> l->key & 1) == 0;
  c->answered |= UINT64_C(1) << l->key;
  if (l->type == COMMAND_OPEN_SESSION && first && l->code == 201) {
    c->session = l->session;
    begin_to_talk(w, c);
  } else if (l->type == COMMAND_LEAVE || l->code == 404) {
    c->used = false;
  }
}

static void forget(struct world *w, const struct plan *p) {
  struct customer *c = customer_of(w, p);
  if (c != NULL) {
    c->used = false;
  }
}

void customers_hear_end(struct world *w, struct id session) {
  struct customer *c = customers_find(w, session);
  if (c != NULL) {
    c->goes = true;
    plan(w, c, 8 * SECOND, forget);
  }
}

/* Everybody loses patience within a quarter of an hour. */
void customers_go(struct world *w) {
  for (uint32_t i = 0; i < SIM_CUSTOMERS; i++) {
    struct customer *c = &w->customers[i];
    if (c->used) {
      plan(w, c, world_below(&c->rand, 900 * SECOND), leave);
    }
  }
}
