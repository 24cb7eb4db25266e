/* One session with one bot: what the bot says becomes commands, what happens to
 * the session is handed to its connector. */
#include "base/check.h"
#include "bots/bots_priv.h"
#include "bots/shared/parts.h"

/* ---- from the session */

static void tell_message(struct bot_talk *t, const struct record *event) {
  struct arena arena;
  arena_init(&arena, bots_mem(t->bot->bots), 0);
  const struct json *data = part_parse(&arena, record_text(event, FIELD_DATA));
  const struct bot_turn turn = {
      .number = (uint32_t)record_num(event, FIELD_MESSAGE),
      .text = part_payload(data, record_text(event, FIELD_TEXT)),
      .files = api_link_files(bots_api(t->bot->bots), t->session,
                              record_text(event, FIELD_DATA), &arena),
      .event = event};
  t->bot->ops->turn(t, &turn);
  arena_free(&arena);
}

static void on_event(struct watch *w, uint64_t seq,
                     const struct record *event) {
  (void)seq;
  struct bot_talk *t = w->owner;
  if (event->type == EVENT_MESSAGE &&
      record_num(event, FIELD_ROLE) == ROLE_CUSTOMER) {
    tell_message(t, event);
  } else if (event->type == EVENT_OF_SESSION(ENDED)) {
    if (t->bot->ops->left != NULL) {
      t->bot->ops->left(t, record_text(event, FIELD_END_REASON));
    }
  } else if (event->type == EVENT_OF_SESSION(ATTACHED) &&
             record_num(event, FIELD_HOLDER_NUMBER) == t->bot->number) {
    t->epoch = (uint32_t)record_num(event, FIELD_EPOCH);
    t->held = true;
  }
}

static void on_typing(struct watch *w, const struct typing *how) {
  struct bot_talk *t = w->owner;
  if (t->held && how->role == ROLE_CUSTOMER && t->bot->ops->typing != NULL) {
    t->bot->ops->typing(t, how);
  }
}

static const struct watch_ops watch_ops = {.on_event = on_event,
                                           .on_typing = on_typing};

/* ---- life */

struct bot_talk *bot_find_talk(const struct bots *b, uint32_t bot,
                               struct id session) {
  struct watch *w = topics_first(api_topics(b->api), session);
  for (; w != NULL; w = w->next) {
    struct bot_talk *t = w->owner;
    if (w->ops == &watch_ops && t->bot->number == bot) {
      return t;
    }
  }
  return NULL;
}

struct bot_talk *talk_new(struct bot *bot, struct id session, uint32_t epoch) {
  struct bots *b = bot->bots;
  struct bot_talk *t = mem_new(b->mem, bot->ops->talk_bytes);
  if (t == NULL) {
    return NULL;
  }
  t->bot = bot;
  t->session = session;
  t->epoch = epoch;
  t->watch = (struct watch){.ops = &watch_ops, .owner = t, .session = session};
  if (!topics_add(api_topics(b->api), &t->watch)) {
    mem_free(b->mem, t, bot->ops->talk_bytes);
    return NULL;
  }
  t->next = b->talks;
  if (t->next != NULL) {
    t->next->prev = t;
  }
  b->talks = t;
  bot_add_use(bot);
  return t;
}

void bot_forget(struct bot_talk *t) {
  struct bot *bot = t->bot;
  struct bots *b = bot->bots;
  if (t->prev != NULL) {
    t->prev->next = t->next;
  } else {
    b->talks = t->next;
  }
  if (t->next != NULL) {
    t->next->prev = t->prev;
  }
  topics_remove(api_topics(b->api), &t->watch);
  mem_free(b->mem, t, bot->ops->talk_bytes);
  bot_drop_use(bot);
}

/* ---- commands */

struct command talk_closed(struct id session, uint32_t epoch) {
  struct command cmd = api_own_command(COMMAND_BOT_CLOSED);
  record_set_id(&cmd.args, FIELD_SESSION, session);
  record_set_num(&cmd.args, FIELD_EPOCH, epoch);
  return cmd;
}

void bot_fill_command(const struct bot_talk *t, struct command *cmd) {
  record_set_id(&cmd->args, FIELD_SESSION, t->session);
  record_set_num(&cmd->args, FIELD_EPOCH, t->epoch);
}

/* A command in the bot's name. */
static struct command begin(const struct bot_talk *t, enum command_type type) {
  const struct directory *d = engine_directory(api_engine(t->bot->bots->api));
  struct command cmd = {.by = {.role = ROLE_BOT,
                               .number = t->bot->number,
                               .name = d->bots[t->bot->number].id}};
  record_init(&cmd.args, type);
  bot_fill_command(t, &cmd);
  return cmd;
}

static void submit(const struct bot_talk *t, struct command *cmd) {
  api_submit(t->bot->bots->api, cmd, NULL, NULL);
}

/* What a bot says together with its acceptance is already under its hold. */
void bot_learn_epoch(struct bot_talk *t) {
  const struct engine *e = api_engine(t->bot->bots->api);
  uint32_t slot;
  if (!engine_find(e, t->session, &slot)) {
    return;
  }
  const struct session *s = engine_session(e, slot);
  if (s->holder == SESSION_HOLDER_BOT && s->holder_id == t->bot->number) {
    t->epoch = s->epoch;
    t->held = true;
  }
}

/* ---- from the bot */

void bot_accept(struct bot_talk *t) {
  struct command cmd = begin(t, COMMAND_ACCEPT_INVITE);
  if (!t->held) {
    submit(t, &cmd);
    bot_learn_epoch(t);
  }
}

/* Has this very delivery been here? */
static bool is_again(struct bot_talk *t, struct text delivery) {
  const uint64_t hash = hash_text(delivery);
  const uint32_t known =
      t->heard_count < BOT_HEARD ? t->heard_count : BOT_HEARD;
  for (uint32_t i = 0; i < known; i++) {
    if (t->heard[i] == hash) {
      return true;
    }
  }
  t->heard[t->heard_count++ % BOT_HEARD] = hash;
  return false;
}

void bot_say(struct bot_talk *t, const struct bot_said *said) {
  if (said->delivery.len > 0 && is_again(t, said->delivery)) {
    return;
  }
  struct command cmd = begin(t, COMMAND_SAY);
  const struct text text =
      utf8_cut(said->text, (size_t)field_info(FIELD_TEXT)->max);
  const bool fits = said->data.len <= (size_t)field_info(FIELD_DATA)->max;
  record_set_text(&cmd.args, FIELD_TEXT, text);
  if (fits) {
    record_set_given(&cmd.args, FIELD_DATA, said->data);
  }
  if (!fits || text.len < said->text.len) {
    bot_note(t, TEXT("The bot said more than a message holds: it was cut."));
  }
  submit(t, &cmd);
}

void bot_types(struct bot_talk *t, bool on) {
  if (!t->held) {
    return;
  }
  const struct command cmd = begin(t, COMMAND_SAY);
  const struct typing how = {.role = ROLE_BOT,
                             .number = t->bot->number,
                             .author = cmd.by.name,
                             .on = on};
  topics_type(api_topics(t->bot->bots->api), t->session, &how);
}

void bot_set_attributes(struct bot_talk *t, struct text attributes) {
  struct command cmd = begin(t, COMMAND_SET_ATTRIBUTES);
  record_set_text(&cmd.args, FIELD_ATTRIBUTES, attributes);
  submit(t, &cmd);
}

void bot_goodbye(struct bot_talk *t, const struct bot_farewell *f) {
  struct command cmd = begin(t, COMMAND_GOODBYE);
  record_set_text(&cmd.args, FIELD_OUTCOME,
                  f->ends ? TEXT("end") : TEXT("escalate"));
  record_set_given(&cmd.args, FIELD_REASON, f->reason);
  record_set_given(&cmd.args, FIELD_TEXT, f->text);
  record_set_given(&cmd.args, FIELD_ATTRIBUTES, f->attributes);
  submit(t, &cmd);
}

void bot_close_talk(struct bot_talk *t) {
  struct api *api = t->bot->bots->api;
  struct command cmd = talk_closed(t->session, t->epoch);
  bot_forget(t);
  api_submit_gone(api, &cmd);
}

/* ---- what a bot knows of a session */

struct text bot_read_attributes(const struct bot *bot, struct id session) {
  const struct engine *e = api_engine(bot->bots->api);
  uint32_t slot;
  return engine_find(e, session, &slot) ? engine_session_attributes(e, slot)
                                        : TEXT("");
}

static struct text id_of(const struct bot *bot) {
  return engine_directory(api_engine(bot->bots->api))->bots[bot->number].id;
}

void bot_keep(struct bot *bot, struct id session, struct text value) {
  struct command cmd = api_own_command(COMMAND_KEEP_BOT);
  struct textbuf text;
  struct json_out o;
  textbuf_init(&text, bot->bots->mem);
  json_out_init(&o, &text);
  json_open_object(&o);
  json_key_text(&o, id_of(bot));
  json_put_raw(&o, value);
  json_close_object(&o);
  record_set_id(&cmd.args, FIELD_SESSION, session);
  record_set_num(&cmd.args, FIELD_BOT, bot->number);
  record_set_text(&cmd.args, FIELD_KEPT, textbuf_text(&text));
  if (!text.failed) {
    api_submit(bot->bots->api, &cmd, NULL, NULL);
  }
  textbuf_free(&text);
}

const struct json *bot_read_kept(const struct bot *bot, struct id session,
                                 struct arena *arena) {
  const struct engine *e = api_engine(bot->bots->api);
  uint32_t slot;
  return engine_find(e, session, &slot)
             ? json_member(part_parse(arena, engine_session_kept(e, slot)),
                           id_of(bot))
             : NULL;
}

void bot_note(struct bot_talk *t, struct text sentence) {
  struct command cmd = api_own_command(COMMAND_NOTE_BOT);
  bot_fill_command(t, &cmd);
  record_set_num(&cmd.args, FIELD_BOT, t->bot->number);
  record_set_text(&cmd.args, FIELD_NOTE, sentence);
  api_submit_gone(t->bot->bots->api, &cmd);
}

void bot_lose_talk(struct bot_talk *t, struct text why) {
  bot_note(t, why);
  bot_close_talk(t);
}
