/* wire.c - connections: delays, order, and what is lost with them.
 *
 * Over one connection frames keep their order; requests of their own (with a
 * key) may overtake each other. */
#include <stdio.h>

#include "base/check.h"
#include "world.h"

static const char *const texts[] = {
    "Hello", "Where is my order?", "1",
    "sales", "Thank you",          "\xc3\x9c\xc3\xa4\xe2\x82\xac"};
static const char *const targets[] = {"support",   "sales",    "billing",
                                      "agent:ann", "bot:rasa", "bot:cognigy"};
static const char *const states[] = {"available", "away", "offline"};

static struct link *link_of(struct world *w, const struct letter *l) {
  switch (l->party) {
  case PARTY_CUSTOMER:
    return &w->customers[l->who].link;
  case PARTY_BOT:
    return &w->bots[w->legs[l->who].bot].link;
  case PARTY_AGENT:
    return &w->agents[l->who].link;
  case PARTY_OFFICE:
  case PARTY_SERVER:
    break;
  }
  return NULL;
}

static int64_t delay_us(struct world *w) {
  const int64_t most =
      world_fault(w, FAULT_SLOW_NET) ? 4 * SECOND : SECOND / 20;
  return 1000 + world_below(&w->rand, most);
}

/* From now; not before what was sent before it (*@last_us). */
static int64_t in_order_us(struct world *w, int64_t *last_us) {
  const int64_t at_us = w->now_us + delay_us(w);
  *last_us = at_us > *last_us ? at_us : *last_us + 1;
  return *last_us - w->now_us;
}

bool wire_connect(const struct world *w, struct link *link) {
  if (w->domain == NULL) {
    return false;
  }
  *link = (struct link){.up = true, .number = link->number + 1};
  return true;
}

void wire_cut(struct world *w, enum party party, uint32_t who) {
  const struct letter l = {.party = party, .who = who};
  struct link *link = party == PARTY_BOT ? &w->bots[who].link : link_of(w, &l);
  bt_check(link != NULL);
  link->up = false;
  link->number++;
}

/* Whoever wrote it is still the same, and the line stands. */
static bool is_alive(struct world *w, const struct letter *l) {
  return l->party == PARTY_CUSTOMER ? customers_are(w, l)
         : l->party == PARTY_BOT    ? bots_are(w, l)
                                    : true;
}

bool wire_stands(struct world *w, const struct plan *p) {
  const struct link *link = link_of(w, &p->letter);
  return is_alive(w, &p->letter) && w->domain != NULL &&
         (p->process == 0 || p->process == w->process) &&
         (p->link == 0 ||
          (link != NULL && link->up && link->number == p->link));
}

/* ---- the server's side */

static struct text name_of(struct world *w, const struct letter *l, char *room,
                           size_t size) {
  switch (l->party) {
  case PARTY_CUSTOMER:
    (void)snprintf(room, size, "customer %llu", (unsigned long long)l->life);
    return text_from(room);
  case PARTY_BOT:
    return engine_directory(domain_engine(w->domain))
        ->bots[w->legs[l->who].bot]
        .id;
  case PARTY_AGENT:
    return text_from(agents_id(l->who));
  case PARTY_OFFICE:
  case PARTY_SERVER:
    break;
  }
  return TEXT("office");
}

static struct command blank(struct world *w, const struct letter *l,
                            struct text name) {
  static const enum role roles[] = {[PARTY_CUSTOMER] = ROLE_CUSTOMER,
                                    [PARTY_BOT] = ROLE_BOT,
                                    [PARTY_AGENT] = ROLE_AGENT,
                                    [PARTY_OFFICE] = ROLE_SUPERVISOR,
                                    [PARTY_SERVER] = ROLE_SYSTEM};
  const uint32_t number = l->party == PARTY_BOT     ? w->legs[l->who].bot
                          : l->party == PARTY_AGENT ? l->who
                                                    : SESSION_NOBODY;
  return world_command(w, (enum command_type)l->type, roles[l->party], number,
                       name);
}

static void add_words(const struct letter *l, struct command *cmd, char *said,
                      size_t size) {
  struct record *args = &cmd->args;
  switch (l->type) {
  case COMMAND_OPEN_SESSION:
    record_set_text(args, FIELD_ENTRY_NAME,
                    l->word % 4 == 0   ? TEXT("first")
                    : l->word % 4 == 1 ? TEXT("released")
                                       : TEXT("main"));
    record_set_text(args, FIELD_CUSTOMER, TEXT("{\"name\":\"Kim\"}"));
    break;
  case COMMAND_SAY:
    (void)snprintf(said, size, "%s #%llu.%u", texts[l->word % 6],
                   (unsigned long long)l->life, l->key);
    record_set_text(args, FIELD_TEXT, text_from(said));
    break;
  case COMMAND_GOODBYE:
    record_set_text(args, FIELD_OUTCOME,
                    l->word % 8 == 0 ? TEXT("end") : TEXT("escalate"));
    break;
  case COMMAND_TRANSFER:
    record_set_text(args, FIELD_TARGET, text_from(targets[l->word % 6]));
    record_set_num(args, FIELD_PRIORITY, l->word / 6 % 10);
    if (l->party == PARTY_BOT) {
      record_set_num(args, FIELD_WHEN, 1);
    }
    break;
  case COMMAND_AGENT_STATE:
    record_set_text(args, FIELD_STATE, text_from(states[l->word % 3]));
    break;
  default:
    break;
  }
}

static void add_names(struct world *w, const struct letter *l,
                      struct command *cmd) {
  if (!id_is_null(l->session)) {
    record_set_id(&cmd->args, FIELD_SESSION, l->session);
  }
  if (l->party == PARTY_CUSTOMER) {
    cmd->by.session = l->session;
  } else if (l->party == PARTY_BOT) {
    const struct engine *e = domain_engine(w->domain);
    uint32_t slot;
    const bool found = engine_find(e, l->session, &slot);
    record_set_num(&cmd->args, FIELD_EPOCH,
                   found && plant_is(w, PLANT_EPOCH_FORGIVEN)
                       ? engine_session(e, slot)->epoch
                       : l->epoch);
  } else if (l->party == PARTY_AGENT) {
    record_set_num(&cmd->args, FIELD_AGENT, l->who);
    if (l->offer != 0) {
      record_set_num(&cmd->args, FIELD_OFFER, l->offer);
    }
  }
}

/* ---- answers */

static void answer_arrives(struct world *w, const struct plan *p) {
  if (p->letter.party == PARTY_CUSTOMER && wire_stands(w, p)) {
    customers_hear_answer(w, &p->letter);
  }
}

static void on_answer(void *ctx, const struct answer *a) {
  struct ticket *t = ctx;
  struct world *w = t->world;
  check_answer(w, t, a);
  w->result->hash =
      hash_u64(w->result->hash ^ hash_text(a->body) ^ (uint64_t)a->code);
  w->result->answers++;
  struct plan p = {.fn = answer_arrives,
                   .letter = t->letter,
                   .link = t->link,
                   .process = t->process};
  p.letter.code = (uint32_t)a->code;
  if (a->code == 201) {
    p.letter.session = a->session;
  }
  world_plan(w, delay_us(w), &p);
  t->used = false;
  w->free_tickets[w->free_count++] = (uint32_t)(t - w->tickets);
}

static uint64_t hash_letter(const struct letter *l) {
  return hash_u64(l->type ^
                  hash_u64(l->word ^ hash_u64(id_hash(l->session)))) >>
         1;
}

/* A bot may speak while it holds, in the very hold that it means. */
static bool is_stale(const struct world *w, const struct letter *l) {
  const struct engine *e = domain_engine(w->domain);
  uint32_t slot;
  if (l->party != PARTY_BOT || !engine_find(e, l->session, &slot)) {
    return false;
  }
  const struct session *s = engine_session(e, slot);
  return s->holder != SESSION_HOLDER_BOT ||
         s->holder_id != w->legs[l->who].bot || s->epoch != l->epoch;
}

static void arrive(struct world *w, const struct plan *p) {
  const struct letter *l = &p->letter;
  char name[64], said[128], key[64];
  if (!wire_stands(w, p) || w->free_count == 0) {
    return;
  }
  struct command cmd = blank(w, l, name_of(w, l, name, sizeof name));
  add_words(l, &cmd, said, sizeof said);
  add_names(w, l, &cmd);
  if (l->key != 0 && !plant_is(w, PLANT_KEY_IGNORED)) {
    (void)snprintf(key, sizeof key, "%llu.%u", (unsigned long long)l->life,
                   l->key);
    record_set_text(&cmd.args, FIELD_KEY, text_from(key));
    record_set_num(&cmd.args, FIELD_HASH, (int64_t)hash_letter(l));
  }
  struct ticket *t = &w->tickets[w->free_tickets[--w->free_count]];
  *t = (struct ticket){.world = w,
                       .used = true,
                       .letter = *l,
                       .link = p->link,
                       .process = w->process,
                       .stale = is_stale(w, l)};
  (void)world_submit(w, &cmd, on_answer, t);
}

/* ---- sending */

void wire_send(struct world *w, const struct letter *l) {
  struct link *link = link_of(w, l);
  const bool own_request = l->key != 0 || link == NULL;
  if (!own_request && !link->up) {
    return;
  }
  const struct plan p = {.fn = arrive,
                         .letter = *l,
                         .link = own_request ? 0 : link->number,
                         .process = own_request ? 0 : w->process};
  world_plan(w, own_request ? delay_us(w) : in_order_us(w, &link->up_us), &p);
  if (l->key != 0 && world_fault(w, FAULT_REPEATS)) {
    world_plan(w, delay_us(w) + SECOND / 3, &p);
  }
}

void wire_deliver(struct world *w, plan_fn *fn, const struct letter *l) {
  struct link *link = link_of(w, l);
  bt_check(link != NULL);
  if (!link->up) {
    return;
  }
  const struct plan p = {
      .fn = fn, .letter = *l, .link = link->number, .process = w->process};
  world_plan(w, in_order_us(w, &link->down_us), &p);
}
