/* Sockets of bots: which session is on which.
 *
 * out  exchange {exchange, text, payload}: one turn for a script
 *      session.invited {session}, customer.message, customer.left, typing,
 *      session.released, done, problem
 * in   session.accept, message, typing, attributes, session.goodbye,
 *      session.transfer, session.close, exchange.reply {exchange, branch,
 *      messages, payload}
 */
#include "bots/socket/socket.h"

#include "base/check.h"

/* All sockets of one bot. */
struct socket_bot {
  struct bot bot;
  struct line *lines;
  struct line *turn; /* gets the next session; NULL: the first */
};

/* One socket. */
struct line {
  struct socket socket; /* first: it is the same object */
  struct socket_bot *owner;
  struct line *next; /* of the same bot */
  struct socket_talk *talks;
};

struct socket_talk {
  struct bot_talk talk;
  struct line *line; /* NULL until it is invited */
  struct socket_talk *next, *prev;
};

static struct socket_bot *bot_of(struct bot *bot) {
  return (struct socket_bot *)(void *)bot;
}

static struct socket_talk *talk_of(struct bot_talk *talk) {
  return (struct socket_talk *)(void *)talk;
}

static struct api *api_of(const struct line *line) {
  return bots_api(line->owner->bot.bots);
}

/* ---- talks */

static void unlink_talk(struct socket_talk *t) {
  if (t->line == NULL) {
    return;
  }
  if (t->prev != NULL) {
    t->prev->next = t->next;
  } else {
    t->line->talks = t->next;
  }
  if (t->next != NULL) {
    t->next->prev = t->prev;
  }
  t->line = NULL;
}

static void link_talk(struct line *line, struct socket_talk *t) {
  t->line = line;
  t->prev = NULL;
  t->next = line->talks;
  if (t->next != NULL) {
    t->next->prev = t;
  }
  line->talks = t;
}

/* ---- out */

static struct json_out begin(const struct socket_talk *t, const char *type) {
  struct json_out o = api_frame_begin(api_of(t->line), type);
  api_put_session_id(&o, t->talk.session);
  return o;
}

static void send(struct line *line, struct json_out *o) {
  socket_send(&line->socket, api_frame_end(api_of(line), o));
}

static void tell_reason(const struct socket_talk *t, const char *type,
                        struct text reason) {
  struct json_out o = begin(t, type);
  if (reason.len > 0) {
    json_key(&o, "reason");
    json_put_text(&o, reason);
  }
  send(t->line, &o);
}

static void turn(struct bot_talk *talk, const struct bot_turn *turn) {
  const struct socket_talk *t = talk_of(talk);
  if (t->line == NULL) {
    return; /* the invitation will have it */
  }
  struct json_out o = begin(t, "customer.message");
  api_put_message(&o, turn->event);
  send(t->line, &o);
}

static void typing(struct bot_talk *talk, const struct typing *how) {
  const struct socket_talk *t = talk_of(talk);
  if (t->line == NULL) {
    return;
  }
  struct json_out o = begin(t, "typing");
  api_put_typing(&o, how);
  send(t->line, &o);
}

static void left(struct bot_talk *talk, struct text reason) {
  const struct socket_talk *t = talk_of(talk);
  if (t->line != NULL) {
    tell_reason(t, "customer.left", reason);
  }
}

static void release(struct bot_talk *talk, bool for_good) {
  struct socket_talk *t = talk_of(talk);
  if (t->line != NULL && for_good) {
    tell_reason(t, "session.released", TEXT(""));
  }
  unlink_talk(t);
}

/* The sockets of a bot take turns. */
static struct line *choose_line(struct socket_bot *bot) {
  struct line *chosen = bot->turn != NULL ? bot->turn : bot->lines;
  if (chosen != NULL) {
    bot->turn = chosen->next;
  }
  return chosen;
}

/* A session that is on a socket stays there. */
static bool invite(struct bot_talk *talk, const struct bot_invitation *how) {
  struct socket_talk *t = talk_of(talk);
  if (t->line == NULL) {
    struct line *line = choose_line(bot_of(talk->bot));
    if (line == NULL) {
      return false;
    }
    link_talk(line, t);
  }
  struct json_out o = api_frame_begin(api_of(t->line), "session.invited");
  json_key(&o, "session");
  json_put_raw(&o, how->session);
  json_key(&o, "resumed");
  json_put_bool(&o, how->resumed);
  send(t->line, &o);
  return true;
}

/* Any socket of the bot serves. */
static bool ask(struct bot *bot, const struct bot_question *question) {
  struct line *line = choose_line(bot_of(bot));
  if (line == NULL) {
    return false;
  }
  struct json_out o = api_frame_begin(api_of(line), "exchange");
  api_put_session_id(&o, question->session);
  json_key(&o, "exchange");
  json_put_i64(&o, question->question);
  json_key(&o, "text");
  json_put_text(&o, question->text);
  json_key(&o, "payload");
  json_put_raw(&o, question->payload);
  send(line, &o);
  return true;
}

const struct bot_ops bot_socket_ops = {.bot_bytes = sizeof(struct socket_bot),
                                       .talk_bytes = sizeof(struct socket_talk),
                                       .invite = invite,
                                       .turn = turn,
                                       .typing = typing,
                                       .left = left,
                                       .release = release,
                                       .ask = ask};

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

static void carry_out(struct socket_talk *t, const struct frame *f,
                      enum command_type type) {
  struct socket *s = &t->line->socket;
  struct command cmd;
  if (!socket_read(s, f, type, NULL, &cmd)) {
    return;
  }
  bot_fill_command(&t->talk, &cmd);
  socket_submit(s, f, &cmd);
  if (type == COMMAND_ACCEPT_INVITE) {
    bot_learn_epoch(&t->talk);
  } else if (type == COMMAND_BOT_CLOSED) {
    unlink_talk(t);
    bot_forget(&t->talk);
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
  struct command cmd = bot_reply_command(session, number->i, s->by.number);
  record_set_text(&cmd.args, FIELD_VALUE, f->bytes);
  socket_submit(s, f, &cmd);
}

static void take_frame(struct line *line, const struct frame *f, size_t type,
                       struct id session) {
  struct socket *s = &line->socket;
  const struct bots *bots = line->owner->bot.bots;
  struct bot_talk *talk = bot_find_talk(bots, s->by.number, session);
  if (talk == NULL || talk_of(talk)->line != line) {
    socket_refuse(s, f, REFUSAL_STALE_HOLDER,
                  TEXT("The session is not on this socket: it was never "
                       "invited here, or its part is over."),
                  TEXT("/session"));
  } else if (type == FRAMES) {
    socket_type(s, f, session);
  } else {
    carry_out(talk_of(talk), f, frames[type].command);
  }
}

static void on_frame(struct socket *s, const struct frame *f) {
  struct line *line = (struct line *)(void *)s;
  const bool answers = text_equal(f->type, TEXT("exchange.reply"));
  struct id session;
  size_t i = 0;
  while (i < FRAMES && !text_equal(f->type, text_from(frames[i].type))) {
    i++;
  }
  if (i == FRAMES && !answers && !text_equal(f->type, TEXT("typing"))) {
    refuse_type(s, f);
  } else if (socket_read_session(s, f, &session)) {
    if (answers) {
      take_turn(s, f, session);
    } else {
      take_frame(line, f, i, session);
    }
  }
}

/* ---- sockets */

static void unlink_line(struct socket_bot *bot, struct line *line) {
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
  struct socket_bot *bot = line->owner;
  struct bots *bots = bot->bot.bots;
  unlink_line(bot, line);
  while (line->talks != NULL) {
    struct socket_talk *t = line->talks;
    unlink_talk(t);
    bot_close_talk(&t->talk);
  }
  if (bot->lines == NULL && !bot->bot.retired) {
    bot_dropped(&bot->bot);
  }
  mem_free(bots_mem(bots), line, sizeof *line);
  bots_count_sockets(bots, -1);
  bot_drop_use(&bot->bot);
}

static const struct socket_ops socket_ops = {.on_frame = on_frame,
                                             .on_closed = on_closed};

void bot_socket_open(struct bot *owner, struct call *c) {
  struct socket_bot *bot = bot_of(owner);
  struct line *line = mem_new(bots_mem(owner->bots), sizeof *line);
  if (line == NULL) {
    call_refuse_memory(c);
    return;
  }
  if (!socket_open(&line->socket, c, &socket_ops)) {
    mem_free(bots_mem(owner->bots), line, sizeof *line);
    return;
  }
  const bool first = bot->lines == NULL;
  line->owner = bot;
  line->next = bot->lines;
  bot->lines = line;
  bot_add_use(owner);
  bots_count_sockets(owner->bots, 1);
  if (first) {
    bot_joined(owner);
  }
}
