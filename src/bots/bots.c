/* Sockets of bots: which session is on which, under which epoch.
 *
 * out  exchange {exchange, text, payload}: one turn for a script
 *      session.invited {session}, customer.message, customer.left, typing,
 *      session.released, done, problem
 * in   session.accept, message, typing, attributes, session.goodbye,
 *      session.transfer, session.close, exchange.reply {exchange, branch,
 *      messages, payload}
 */
#include "bots/bots.h"

#include "api/shell.h"
#include "base/check.h"

/* All sockets of one bot. */
struct bot {
  struct line *lines;
  struct line *turn; /* gets the next session; NULL: the first */
};

struct bots {
  struct api *api;
  struct bot *list; /* by bot number */
  size_t cap;
  uint32_t open;
};

/* One socket. */
struct line {
  struct socket socket; /* first: it is the same object */
  struct bots *bots;
  struct line *next; /* of the same bot */
  struct talk *talks;
};

/* A session on a socket, from its invitation to its close. */
struct talk {
  struct watch watch;
  struct line *line;
  struct talk *next, *prev;
  uint32_t epoch; /* of the invitation, then of the hold */
  bool held;      /* the bot has accepted */
};

static void on_event(struct watch *w, uint64_t seq, const struct record *event);
static void on_typing(struct watch *w, const struct typing *how);

static const struct watch_ops watch_ops = {.on_event = on_event,
                                           .on_typing = on_typing};

/* ---- talks */

/* Of the sockets of @bot, the one that has the session; NULL if none has. A
 * socket may have any number of them: they are found by the session. */
static struct talk *find_talk(const struct bots *b, uint32_t bot,
                              struct id session) {
  struct watch *w = topics_first(api_topics(b->api), session);
  for (; w != NULL; w = w->next) {
    struct talk *t = w->owner;
    if (w->ops == &watch_ops && t->line->socket.by.number == bot) {
      return t;
    }
  }
  return NULL;
}

static void drop_talk(struct talk *t) {
  struct api *api = t->line->bots->api;
  if (t->prev != NULL) {
    t->prev->next = t->next;
  } else {
    t->line->talks = t->next;
  }
  if (t->next != NULL) {
    t->next->prev = t->prev;
  }
  topics_remove(api_topics(api), &t->watch);
  mem_free(api_mem(api), t, sizeof *t);
}

static struct talk *add_talk(struct line *line, struct id session,
                             uint32_t epoch) {
  struct api *api = line->bots->api;
  struct talk *t = mem_new(api_mem(api), sizeof *t);
  if (t == NULL) {
    return NULL;
  }
  t->line = line;
  t->epoch = epoch;
  t->watch = (struct watch){.ops = &watch_ops, .owner = t, .session = session};
  if (!topics_add(api_topics(api), &t->watch)) {
    mem_free(api_mem(api), t, sizeof *t);
    return NULL;
  }
  t->next = line->talks;
  if (t->next != NULL) {
    t->next->prev = t;
  }
  line->talks = t;
  return t;
}

/* The bot's part of the session is over, whoever ended it. */
static struct command closed(struct id session, uint32_t epoch) {
  struct command cmd = api_own_command(COMMAND_BOT_CLOSED);
  record_set_id(&cmd.args, FIELD_SESSION, session);
  record_set_num(&cmd.args, FIELD_EPOCH, epoch);
  return cmd;
}

/* ---- out */

static struct json_out begin(struct talk *t, const char *type) {
  struct json_out o = api_frame_begin(t->line->bots->api, type);
  api_put_session_id(&o, t->watch.session);
  return o;
}

static void send(struct talk *t, struct json_out *o) {
  socket_send(&t->line->socket, api_frame_end(t->line->bots->api, o));
}

static void tell_reason(struct talk *t, const char *type, struct text reason) {
  struct json_out o = begin(t, type);
  if (reason.len > 0) {
    json_key(&o, "reason");
    json_put_text(&o, reason);
  }
  send(t, &o);
}

static void on_event(struct watch *w, uint64_t seq,
                     const struct record *event) {
  (void)seq;
  struct talk *t = w->owner;
  if (event->type == EVENT_MESSAGE &&
      record_num(event, FIELD_ROLE) == ROLE_CUSTOMER) {
    struct json_out o = begin(t, "customer.message");
    api_put_message(&o, event);
    send(t, &o);
  } else if (event->type == EVENT_OF_SESSION(ENDED)) {
    tell_reason(t, "customer.left", record_text(event, FIELD_END_REASON));
  } else if (event->type == EVENT_OF_SESSION(ATTACHED) &&
             record_num(event, FIELD_HOLDER_NUMBER) ==
                 t->line->socket.by.number) {
    t->epoch = (uint32_t)record_num(event, FIELD_EPOCH);
    t->held = true;
  }
}

static void on_typing(struct watch *w, const struct typing *how) {
  struct talk *t = w->owner;
  if (t->held && how->role == ROLE_CUSTOMER) {
    struct json_out o = begin(t, "typing");
    api_put_typing(&o, how);
    send(t, &o);
  }
}

/* ---- invitations */

/* The sockets of a bot take turns. */
static struct line *choose_line(struct bots *b, uint32_t number) {
  if (number >= b->cap) {
    return NULL;
  }
  struct bot *bot = &b->list[number];
  struct line *chosen = bot->turn != NULL ? bot->turn : bot->lines;
  if (chosen != NULL) {
    bot->turn = chosen->next;
  }
  return chosen;
}

/* A session that is on a socket stays there. */
static struct talk *place(struct bots *b, uint32_t bot, struct id session,
                          uint32_t epoch) {
  struct talk *t = find_talk(b, bot, session);
  if (t != NULL) {
    t->epoch = epoch;
    return t;
  }
  struct line *line = choose_line(b, bot);
  if (line == NULL) {
    return NULL;
  }
  t = add_talk(line, session, epoch);
  if (t == NULL) {
    socket_close(&line->socket, WS_CODE_TRY_LATER, "out of memory");
  }
  return t;
}

static void invite(struct bots *b, const struct record *fx) {
  const struct id session = record_id(fx, FIELD_SESSION);
  const struct engine *e = api_engine(b->api);
  uint32_t slot;
  struct talk *t = NULL;
  /* Without a socket the invitation's time runs; the first one that comes is
   * invited again. */
  if (!engine_find(e, session, &slot) ||
      (t = place(b, (uint32_t)record_num(fx, FIELD_BOT), session,
                 (uint32_t)record_num(fx, FIELD_EPOCH))) == NULL) {
    return;
  }
  t->held = engine_session(e, slot)->holder == SESSION_HOLDER_BOT;
  struct json_out o = api_frame_begin(b->api, "session.invited");
  json_key(&o, "session");
  engine_write_session(e, slot, api_unix_us(b->api), 0, &o);
  json_key(&o, "resumed");
  json_put_bool(&o, t->held);
  t->watch.after =
      socket_send_held(&t->line->socket, api_session_seq(b->api, slot),
                       api_frame_end(b->api, &o));
}

/* The engine awaits the close of what it ended: that is ours to say. */
static void dismiss(struct bots *b, const struct record *fx) {
  const struct id session = record_id(fx, FIELD_SESSION);
  const uint32_t bot = (uint32_t)record_num(fx, FIELD_BOT);
  const uint32_t epoch = (uint32_t)record_num(fx, FIELD_EPOCH);
  struct talk *t = find_talk(b, bot, session);
  if (t != NULL && t->epoch == epoch) {
    tell_reason(t, "session.released", TEXT(""));
    drop_talk(t);
  }
  struct command cmd = closed(session, epoch);
  api_submit(b->api, &cmd, NULL, NULL);
}

/* Any socket of the bot serves; without one the script's time runs. */
static void ask(struct bots *b, const struct record *fx) {
  struct line *line = choose_line(b, (uint32_t)record_num(fx, FIELD_BOT));
  if (line == NULL) {
    return;
  }
  struct json_out o = api_frame_begin(b->api, "exchange");
  api_put_session_id(&o, record_id(fx, FIELD_SESSION));
  json_key(&o, "exchange");
  json_put_i64(&o, record_num(fx, FIELD_QUESTION));
  json_key(&o, "text");
  json_put_text(&o, record_text(fx, FIELD_TEXT));
  json_key(&o, "payload");
  json_put_raw(&o, record_text(fx, FIELD_VALUE));
  socket_send(&line->socket, api_frame_end(b->api, &o));
}

static void on_effect(void *ctx, const struct record *effect) {
  if (effect->type == EFFECT_INVITE_BOT) {
    invite(ctx, effect);
  } else if (effect->type == EFFECT_CLOSE_BOT) {
    dismiss(ctx, effect);
  } else if (effect->type == EFFECT_ASK_BOT) {
    ask(ctx, effect);
  }
}

/* ---- in */

static const struct {
  const char *type;
  enum command_type command;
} frames[] = {
    {"session.accept", COMMAND_ACCEPT_INVITE},
    {"message", COMMAND_SAY},
    {"attributes", COMMAND_SET_ATTRIBUTES},
    {"session.goodbye", COMMAND_GOODBYE},
    {"session.transfer", COMMAND_TRANSFER},
    {"session.close", COMMAND_BOT_CLOSED},
};
enum { FRAMES = sizeof frames / sizeof frames[0] };

static void refuse_type(struct socket *s, const struct frame *f) {
  const char *known[FRAMES + 3];
  for (size_t i = 0; i < FRAMES; i++) {
    known[i] = frames[i].type;
  }
  known[FRAMES] = "typing";
  known[FRAMES + 1] = "exchange.reply";
  known[FRAMES + 2] = NULL;
  socket_refuse_type(s, f, known);
}

/* What a bot sends together with its acceptance is already under its hold. */
static void learn_epoch(struct talk *t) {
  const struct engine *e = api_engine(t->line->bots->api);
  uint32_t slot;
  if (!engine_find(e, t->watch.session, &slot)) {
    return;
  }
  const struct session *s = engine_session(e, slot);
  if (s->holder == SESSION_HOLDER_BOT &&
      s->holder_id == t->line->socket.by.number) {
    t->epoch = s->epoch;
    t->held = true;
  }
}

static void carry_out(struct talk *t, const struct frame *f,
                      enum command_type type) {
  struct socket *s = &t->line->socket;
  struct command cmd;
  if (!socket_read(s, f, type, NULL, &cmd)) {
    return;
  }
  record_set_id(&cmd.args, FIELD_SESSION, t->watch.session);
  record_set_num(&cmd.args, FIELD_EPOCH, t->epoch);
  socket_submit(s, f, &cmd);
  if (type == COMMAND_ACCEPT_INVITE) {
    learn_epoch(t);
  } else if (type == COMMAND_BOT_CLOSED) {
    drop_talk(t);
  }
}

/* The answer to an exchange: the engine looks for who waits for it. */
static void take_turn(struct socket *s, const struct frame *f,
                      struct id session) {
  const struct json *number = json_member(f->tree, TEXT("exchange"));
  if (number == NULL || number->type != JSON_INT || number->i < 1) {
    socket_refuse(s, f, REFUSAL_INVALID_MEMBER,
                  TEXT("exchange is the number that came with the question."),
                  TEXT("/exchange"));
    return;
  }
  struct command cmd = api_own_command(COMMAND_BOT_REPLY);
  record_set_id(&cmd.args, FIELD_SESSION, session);
  record_set_num(&cmd.args, FIELD_QUESTION, number->i);
  record_set_num(&cmd.args, FIELD_BOT, s->by.number);
  record_set_text(&cmd.args, FIELD_VALUE, f->bytes);
  socket_submit(s, f, &cmd);
}

static void on_frame(struct socket *s, const struct frame *f) {
  struct line *line = (struct line *)(void *)s;
  const bool turn = text_equal(f->type, TEXT("exchange.reply"));
  const bool types = text_equal(f->type, TEXT("typing"));
  struct id session;
  size_t i = 0;
  while (i < FRAMES && !text_equal(f->type, text_from(frames[i].type))) {
    i++;
  }
  if (i == FRAMES && !types && !turn) {
    refuse_type(s, f);
    return;
  }
  if (!socket_read_session(s, f, &session)) {
    return;
  }
  if (turn) {
    take_turn(s, f, session);
    return;
  }
  struct talk *t = find_talk(line->bots, s->by.number, session);
  if (t == NULL || t->line != line) {
    socket_refuse(s, f, REFUSAL_STALE_HOLDER,
                  TEXT("The session is not on this socket: it was never "
                       "invited here, or its part is over."),
                  TEXT("/session"));
  } else if (types) {
    socket_type(s, f, session);
  } else {
    carry_out(t, f, frames[i].command);
  }
}

/* ---- sockets */

static void unlink_line(struct bot *bot, struct line *line) {
  struct line **at = &bot->lines;
  while (*at != line) {
    at = &(*at)->next;
  }
  *at = line->next;
  if (bot->turn == line) {
    bot->turn = line->next;
  }
}

static void on_closed(struct socket *s) {
  struct line *line = (struct line *)(void *)s;
  struct bots *b = line->bots;
  struct bot *bot = &b->list[s->by.number];
  unlink_line(bot, line);
  b->open--;
  while (line->talks != NULL) {
    struct command cmd = closed(line->talks->watch.session, line->talks->epoch);
    drop_talk(line->talks);
    api_submit_gone(b->api, &cmd);
  }
  if (bot->lines == NULL) {
    struct command cmd = api_own_command(COMMAND_BOT_DROPPED);
    record_set_num(&cmd.args, FIELD_BOT, s->by.number);
    api_submit_gone(b->api, &cmd);
  }
  mem_free(api_mem(b->api), line, sizeof *line);
}

static const struct socket_ops socket_ops = {.on_frame = on_frame,
                                             .on_closed = on_closed};

static void open_line(void *ctx, struct call *c, uint32_t number) {
  struct bots *b = ctx;
  const struct mem *mem = api_mem(b->api);
  struct line *line = mem_new(mem, sizeof *line);
  if (line == NULL ||
      !mem_grow(mem, &b->list, &b->cap, number + 1, sizeof *b->list)) {
    mem_free(mem, line, line == NULL ? 0 : sizeof *line);
    call_refuse_memory(c);
    return;
  }
  if (!socket_open(&line->socket, c, &socket_ops)) {
    mem_free(mem, line, sizeof *line);
    return;
  }
  struct bot *bot = &b->list[number];
  const bool first = bot->lines == NULL;
  line->bots = b;
  line->next = bot->lines;
  bot->lines = line;
  b->open++;
  if (first) {
    struct command cmd = api_own_command(COMMAND_BOT_JOINED);
    record_set_num(&cmd.args, FIELD_BOT, number);
    api_submit(b->api, &cmd, NULL, NULL);
  }
}

static uint32_t count_sockets(void *ctx) {
  const struct bots *b = ctx;
  return b->open;
}

/* ---- life */

enum bt_err bots_create(struct api *api, struct bots **out) {
  struct bots *b = mem_new(api_mem(api), sizeof *b);
  if (b == NULL) {
    return BT_ERR_NOMEM;
  }
  b->api = api;
  const struct domain_listener listener = {.ctx = b, .on_effect = on_effect};
  domain_listen(api_domain(api), &listener);
  const struct api_bot_hooks hooks = {
      .ctx = b, .open = open_line, .sockets = count_sockets};
  api_serve_bots(api, &hooks);
  *out = b;
  return BT_ERR_OK;
}

void bots_free(struct bots *b) {
  if (b == NULL) {
    return;
  }
  const struct mem *mem = api_mem(b->api);
  bt_check(b->open == 0);
  mem_free(mem, b->list, b->cap * sizeof *b->list);
  mem_free(mem, b, sizeof *b);
}
