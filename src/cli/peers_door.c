#include "cli/peers_door.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "bench/machine.h"
#include "bench/peer_workload.h"

enum { CONFIG_SIZE = 512, WORDS = 5, TAG_MAX = 24 };

/* ---- commands */

static struct command door_command(struct door *d, enum command_type type,
                                   enum role role) {
  const int64_t now_us = machine_now_ns() / 1000;
  d->now_us = now_us > d->now_us ? now_us : d->now_us + 1;
  struct command cmd = {.by = {.role = role,
                               .name = text_from(role_name(role)),
                               .number = SESSION_NOBODY},
                        .now_us = d->now_us,
                        .entropy = {rand_u64(&d->rand), rand_u64(&d->rand)},
                        .terse = true};
  record_init(&cmd.args, type);
  return cmd;
}

/* Every line has some: printf would take longer than the router does. */
static struct text text_with_number(char first, uint32_t n, char out[32]) {
  char *at = out + 31;
  do {
    *--at = (char)('0' + n % 10);
    n /= 10;
  } while (n > 0);
  *--at = first;
  return (struct text){at, (size_t)(out + 31 - at)};
}

static struct command agent_command(struct door *d, enum command_type type,
                                    uint32_t agent, char name[32]) {
  struct command cmd = door_command(d, type, ROLE_AGENT);
  cmd.by.number = agent;
  cmd.by.name = text_with_number('a', agent, name);
  return cmd;
}

static void on_answer(void *ctx, const struct answer *answer) {
  struct door *d = ctx;
  if (answer != NULL && answer->refusal != REFUSAL_NONE && d->why[0] == '\0') {
    (void)snprintf(d->why, sizeof d->why, "refused: %.*s",
                   (int)(answer->body.len < 200 ? answer->body.len : 200),
                   answer->body.ptr);
  }
}

static void submit(struct door *d, const struct command *cmd) {
  domain_submit(d->domain, cmd, on_answer, d);
}

static void configure(struct door *d, enum command_type type,
                      const char *config) {
  struct command cmd = door_command(d, type, ROLE_SYSTEM);
  record_set_text(&cmd.args, FIELD_CONFIG, text_from(config));
  submit(d, &cmd);
}

/* ---- sessions by number and by id */

static bool same_number(const void *ctx, uint32_t value, const void *key) {
  const struct door *d = ctx;
  return d->sessions[value].number == *(const uint32_t *)key;
}

static bool same_id(const void *ctx, uint32_t value, const void *key) {
  const struct door *d = ctx;
  return id_equal(d->sessions[value].id, *(const struct id *)key);
}

static uint64_t hash_id(struct id id) {
  return hash_u64(id.hi ^ hash_u64(id.lo));
}

static uint32_t free_place(struct door *d) {
  if (d->first_free != 0) {
    const uint32_t at = d->first_free - 1;
    d->first_free = d->sessions[at].number;
    return at;
  }
  bt_check(mem_grow(d->mem, &d->sessions, &d->session_cap, d->session_count + 1,
                    sizeof *d->sessions));
  return (uint32_t)d->session_count++;
}

static void remember(struct door *d, uint32_t number, struct id id) {
  const uint32_t at = free_place(d);
  d->sessions[at] = (struct door_session){.id = id, .number = number};
  bt_check(map_put(&d->by_number, hash_u64(number), at) &&
           map_put(&d->by_id, hash_id(id), at));
}

static void forget(struct door *d, uint32_t at) {
  const struct door_session *s = &d->sessions[at];
  map_remove(&d->by_number, hash_u64(s->number), at);
  map_remove(&d->by_id, hash_id(s->id), at);
  d->sessions[at].number = d->first_free;
  d->first_free = at + 1;
}

/* ---- answers: when what was done is durable */

struct reply {
  struct door *d;
  char line[48];
  size_t len;
};

static void on_durable(void *ctx, const struct answer *none) {
  struct reply *reply = ctx;
  (void)none;
  textbuf_add(&reply->d->out, (struct text){reply->line, reply->len});
  mem_free(reply->d->mem, reply, sizeof *reply);
}

static void put(struct reply *r, struct text t) {
  bt_check(t.len < sizeof r->line - r->len);
  memcpy(r->line + r->len, t.ptr, t.len);
  r->len += t.len;
}

/* @tag was held against the room by door_take(). */
static void reply_later(struct door *d, struct text tag, struct text value) {
  struct reply *reply = mem_new(d->mem, sizeof *reply);
  bt_check(reply != NULL);
  reply->d = d;
  put(reply, tag);
  put(reply, value);
  put(reply, TEXT("\n"));
  domain_when_durable(d->domain, on_durable, reply);
}

static void answer_number(struct door *d, struct text tag, bool any,
                          uint32_t number) {
  char value[32];
  reply_later(d, tag, any ? text_with_number(' ', number, value) : TEXT(" -"));
}

/* An offer is taken at once: handling time is none. */
static void accept(struct door *d, uint32_t agent, struct id session) {
  char name[32];
  struct command cmd = agent_command(d, COMMAND_ACCEPT_OFFER, agent, name);
  record_set_id(&cmd.args, FIELD_SESSION, session);
  submit(d, &cmd);
}

/* ---- lines */

static bool bad_line(struct door *d, struct text line) {
  if (d->why[0] == '\0') {
    (void)snprintf(d->why, sizeof d->why, "not understood: %.*s",
                   (int)(line.len < 200 ? line.len : 200), line.ptr);
  }
  return false;
}

static bool read_u32(struct text t, uint32_t *out) {
  int64_t n = 0;
  const bool good = text_to_i64(t, &n) && n >= 0 && n < UINT32_MAX;
  *out = good ? (uint32_t)n : 0;
  return good;
}

static size_t split(struct text line, char at, struct text *words,
                    size_t most) {
  size_t count = 0, from = 0;
  for (size_t i = 0; i <= line.len && count < most; i++) {
    if (i == line.len || line.ptr[i] == at) {
      words[count++] = text_sub(line, from, i - from);
      from = i + 1;
    }
  }
  return count;
}

/* "3:5,7:1" as the configuration has it; with @plain "3,7" as a transfer. */
static void put_skills(struct textbuf *b, struct text list, bool plain) {
  struct text skills[PEER_AGENT_SKILLS];
  const size_t count = split(list, ',', skills, PEER_AGENT_SKILLS);
  textbuf_add_char(b, '[');
  for (size_t i = 0; i < count; i++) {
    struct text parts[2] = {{"", 0}, {"", 0}};
    (void)split(skills[i], ':', parts, 2);
    textbuf_add(b, i == 0 ? TEXT("{\"name\":\"s") : TEXT(",{\"name\":\"s"));
    textbuf_add(b, parts[0]);
    textbuf_add_char(b, '"');
    if (!plain) {
      textbuf_add(b, TEXT(",\"proficiency\":"));
      textbuf_add(b, parts[1]);
    }
    textbuf_add_char(b, '}');
  }
  textbuf_add_char(b, ']');
}

static void set_available(struct door *d, uint32_t agent) {
  char name[32];
  struct command cmd = agent_command(d, COMMAND_AGENT_STATE, agent, name);
  record_set_text(&cmd.args, FIELD_STATE, TEXT("available"));
  submit(d, &cmd);
}

static bool take_agent(struct door *d, const struct text *words) {
  uint32_t agent;
  char name[32];
  struct textbuf b;
  if (!read_u32(words[1], &agent)) {
    return false;
  }
  textbuf_init(&b, d->mem);
  textbuf_addf(&b,
               "{\"id\":\"a%u\",\"capacity\":{\"chat\":1},\"skills\":", agent);
  put_skills(&b, words[2], false);
  textbuf_add_char(&b, '}');
  struct command put = door_command(d, COMMAND_PUT_AGENT, ROLE_SYSTEM);
  record_set_text(&put.args, FIELD_CONFIG, textbuf_text(&b));
  submit(d, &put);
  textbuf_free(&b);
  struct command join = agent_command(d, COMMAND_AGENT_JOINED, agent, name);
  submit(d, &join);
  if (text_equal(words[3], TEXT("idle"))) {
    set_available(d, agent);
  }
  return true;
}

/* Of the offers that the last command led to, the one of that session, or to
 * that agent. */
static const struct record *find_offer(const struct door *d, enum field field,
                                       struct id session, uint32_t agent) {
  const struct step *step = domain_last_step(d->domain);
  for (size_t i = 0; step != NULL && i < step->event_count; i++) {
    const struct record *ev = &step->events[i];
    if (ev->type == EVENT_OF_SESSION(OFFERED) &&
        (field == FIELD_AGENT ? record_num(ev, field) == (int64_t)agent
                              : id_equal(record_id(ev, field), session))) {
      return ev;
    }
  }
  return NULL;
}

static bool open_session(struct door *d, uint32_t number, struct id *id) {
  struct command cmd = door_command(d, COMMAND_OPEN_SESSION, ROLE_SYSTEM);
  record_set_text(&cmd.args, FIELD_ENTRY_NAME, TEXT("main"));
  submit(d, &cmd);
  const struct step *step = domain_last_step(d->domain);
  if (step == NULL || step->answer.refusal != REFUSAL_NONE) {
    (void)snprintf(d->why, sizeof d->why, "no session can be opened");
    return false;
  }
  *id = step->answer.session;
  remember(d, number, *id);
  return true;
}

static void transfer(struct door *d, struct id id, uint32_t priority,
                     struct text skills) {
  struct textbuf b;
  textbuf_init(&b, d->mem);
  put_skills(&b, skills, true);
  struct command cmd = door_command(d, COMMAND_TRANSFER, ROLE_SUPERVISOR);
  record_set_id(&cmd.args, FIELD_SESSION, id);
  record_set_text(&cmd.args, FIELD_QUEUE_NAME, TEXT("main"));
  record_set_num(&cmd.args, FIELD_PRIORITY, priority);
  record_set_text(&cmd.args, FIELD_SKILLS, textbuf_text(&b));
  record_set_num(&cmd.args, FIELD_RELEASE, 1);
  submit(d, &cmd);
  textbuf_free(&b);
}

static bool take_session(struct door *d, const struct text *words) {
  uint32_t number, priority;
  struct id id;
  if (!read_u32(words[2], &number) || !read_u32(words[3], &priority) ||
      !open_session(d, number, &id)) {
    return false;
  }
  transfer(d, id, priority, words[4]);
  const struct record *offer = find_offer(d, FIELD_SESSION, id, 0);
  const bool offered = offer != NULL;
  const uint32_t agent = offered ? (uint32_t)record_num(offer, FIELD_AGENT) : 0;
  if (offered) {
    accept(d, agent, id);
  }
  answer_number(d, words[1], offered, agent);
  return true;
}

/* The queue has no wrap-up: with the conversation all of it is over. */
static void finish(struct door *d, uint32_t agent, struct id session) {
  char name[32];
  struct command cmd = agent_command(d, COMMAND_END, agent, name);
  record_set_id(&cmd.args, FIELD_SESSION, session);
  submit(d, &cmd);
}

static bool free_agent(struct door *d, uint32_t agent, uint32_t done) {
  if (done == 0) {
    set_available(d, agent);
    return true;
  }
  const uint32_t at = map_get(&d->by_number, hash_u64(done), &done);
  if (at != MAP_NONE) {
    finish(d, agent, d->sessions[at].id);
    forget(d, at);
  }
  return at != MAP_NONE;
}

static bool take_release(struct door *d, const struct text *words) {
  uint32_t agent, done;
  if (!read_u32(words[2], &agent) || !read_u32(words[3], &done) ||
      !free_agent(d, agent, done)) {
    return false;
  }
  const struct record *offer =
      find_offer(d, FIELD_AGENT, (struct id){0, 0}, agent);
  if (offer == NULL) {
    answer_number(d, words[1], false, 0);
    return true;
  }
  const struct id id = record_id(offer, FIELD_SESSION);
  const uint32_t at = map_get(&d->by_id, hash_id(id), &id);
  bt_check(at != MAP_NONE);
  accept(d, agent, id);
  answer_number(d, words[1], true, d->sessions[at].number);
  return true;
}

bool door_take(struct door *d, struct text line) {
  struct text words[WORDS];
  const size_t count = split(line, ' ', words, WORDS);
  bool good = false;
  if (count < 2 || words[1].len > TAG_MAX) {
    return bad_line(d, line);
  }
  if (count == 4 && text_equal(words[0], TEXT("agent"))) {
    good = take_agent(d, words);
  } else if (count == 5 && text_equal(words[0], TEXT("E"))) {
    good = take_session(d, words);
  } else if (count == 4 && text_equal(words[0], TEXT("R"))) {
    good = take_release(d, words);
  } else if (count == 2 && text_equal(words[0], TEXT("ready"))) {
    reply_later(d, words[1], TEXT(" ok"));
    good = true;
  }
  return good || bad_line(d, line);
}

void door_tick(struct door *d) {
  const int64_t now_us = machine_now_ns() / 1000;
  d->now_us = now_us > d->now_us ? now_us : d->now_us;
  domain_tick(d->domain, d->now_us);
}

/* ---- opening */

void door_open(struct door *d, const struct mem *mem, struct domain *domain) {
  char config[CONFIG_SIZE];
  *d = (struct door){.mem = mem, .domain = domain};
  rand_seed(&d->rand, 1);
  textbuf_init(&d->out, mem);
  map_init(&d->by_number, mem, same_number, d);
  map_init(&d->by_id, mem, same_id, d);
  for (unsigned i = 0; i < PEER_SKILLS; i++) {
    (void)snprintf(config, sizeof config, "{\"name\":\"s%u\"}", i);
    configure(d, COMMAND_PUT_SKILL, config);
  }
  configure(d, COMMAND_PUT_QUEUE,
            "{\"id\":\"main\",\"strategy\":\"most_skilled\","
            "\"offerTimeout\":600,\"wrapUpTime\":0}");
  configure(d, COMMAND_PUT_BOT, "{\"id\":\"bot\"}");
  configure(d, COMMAND_PUT_ENTRY,
            "{\"id\":\"main\",\"bot\":\"bot\",\"inviteTimeout\":600}");
}

void door_close(struct door *d) {
  textbuf_free(&d->out);
  map_free(&d->by_number);
  map_free(&d->by_id);
  mem_free(d->mem, d->sessions, d->session_cap * sizeof *d->sessions);
}
