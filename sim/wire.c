/* wire.c - connections: delays, order, and what is lost with them.
 *
 * Over one connection frames keep their order; requests of their own (with a
 * key) may overtake each other. */
#include <stdio.h>

#include "base/check.h"
#include "peer.h"

static const char *const texts[] = {
    "Hello", "Where is my order?", "1",
    "sales", "Thank you",          "\xc3\x9c\xc3\xa4\xe2\x82\xac"};
static const char *const targets[] = {"support",   "sales",    "billing",
                                      "agent:ann", "bot:rasa", "bot:cognigy"};
static const char *const states[] = {"available", "away", "offline"};
/* The same targets, as members of a body. */
static const char *const members[] = {
    "\"queueId\":\"support\"", "\"queueId\":\"sales\"",
    "\"queueId\":\"billing\"", "\"agentId\":\"ann\"",
    "\"bot\":\"rasa\"",        "\"bot\":\"cognigy\""};

const char *wire_text(uint32_t word) {
  return texts[word % 6];
}

const char *wire_target(uint32_t word) {
  return members[word % 6];
}

const char *wire_state(uint32_t word) {
  return states[word % 3];
}

const char *wire_entry(uint32_t word) {
  return word % 4 == 0 ? "first" : word % 4 == 1 ? "released" : "main";
}

const char *wire_queue(uint32_t word) {
  return targets[word % SIM_QUEUES];
}

struct link *wire_link(struct world *w, const struct letter *l) {
  switch (l->party) {
  case PARTY_CUSTOMER:
    return &w->customers[l->who].link;
  case PARTY_BOT:
    return &w->bots[l->life == 0 ? l->who : w->legs[l->who].bot].link;
  case PARTY_AGENT:
    return &w->agents[l->who].link;
  case PARTY_OFFICE:
  case PARTY_SERVER:
    break;
  }
  return NULL;
}

int64_t wire_delay_us(struct world *w) {
  const int64_t most =
      world_fault(w, FAULT_SLOW_NET) ? 4 * SECOND : SECOND / 20;
  return 1000 + world_below(&w->rand, most);
}

/* From now; not before what was sent before it (*@last_us). */
static int64_t in_order_us(struct world *w, int64_t *last_us) {
  const int64_t at_us = w->now_us + wire_delay_us(w);
  *last_us = at_us > *last_us ? at_us : *last_us + 1;
  return *last_us - w->now_us;
}

bool wire_join(struct world *w, const struct letter *l) {
  struct link *link = wire_link(w, l);
  if (w->domain == NULL && !w->options->bytes) {
    return false;
  }
  bt_check(link->peer == NULL);
  *link = (struct link){.up = true, .number = link->number + 1};
  if (w->options->bytes) {
    speak_dial(w, l, link); /* whether anybody is there, it will see */
  }
  return true;
}

/* In order, by an end, by a reset, or by nothing at all. */
static void leave_socket(struct world *w, struct link *link) {
  static const uint32_t weights[] = {4, 1, 2, 1};
  const enum peer_leave how =
      w->cutting ? LEAVE_RESET : world_pick(&w->rand, weights, 4);
  peer_leave(link->peer, how);
  link->peer = NULL;
}

void wire_part(struct world *w, enum party party, uint32_t who) {
  const struct letter l = {.party = party, .who = who};
  struct link *link = wire_link(w, &l);
  bt_check(link != NULL);
  link->up = false;
  link->number++;
  if (link->peer != NULL) {
    leave_socket(w, link);
  }
}

void wire_notice(struct world *w, enum command_type type, struct id session,
                 enum field field, int64_t number) {
  if (!w->options->bytes) {
    world_system(w, type, session, field, number);
  }
}

/* Whoever wrote it is still the same, and the line stands. */
static bool is_alive(struct world *w, const struct letter *l) {
  return l->party == PARTY_CUSTOMER ? customers_are(w, l)
         : l->party == PARTY_BOT    ? bots_are(w, l)
                                    : true;
}

bool wire_stands(struct world *w, const struct plan *p) {
  const struct link *link = wire_link(w, &p->letter);
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
    record_set_text(args, FIELD_ENTRY_NAME, text_from(wire_entry(l->word)));
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
  check_answer(w, &t->letter, a->code, hash_text(a->body) | 1, t->stale);
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
  world_plan(w, wire_delay_us(w), &p);
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
  struct link *link = wire_link(w, l);
  if (w->options->bytes) {
    speak(w, l, link);
    return;
  }
  const bool own_request = l->key != 0 || link == NULL;
  if (!own_request && !link->up) {
    return;
  }
  const struct plan p = {.fn = arrive,
                         .letter = *l,
                         .link = own_request ? 0 : link->number,
                         .process = own_request ? 0 : w->process};
  world_plan(w, own_request ? wire_delay_us(w) : in_order_us(w, &link->up_us),
             &p);
  if (l->key != 0 && world_fault(w, FAULT_REPEATS)) {
    world_plan(w, wire_delay_us(w) + SECOND / 3, &p);
  }
}

void wire_deliver(struct world *w, plan_fn *fn, const struct letter *l) {
  struct link *link = wire_link(w, l);
  bt_check(link != NULL);
  if (!link->up) {
    return;
  }
  const struct plan p = {
      .fn = fn, .letter = *l, .link = link->number, .process = w->process};
  world_plan(w, in_order_us(w, &link->down_us), &p);
}
