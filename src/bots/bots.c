/* Which bots there are, and what the engine asks of them. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "bots/bots_priv.h"
#include "bots/shared/parts.h"
#include "bots/socket/socket.h"

#define BOT_KIND(name, wire, ops, doc) extern const struct bot_ops ops;
#include "bots/options.def"
#undef BOT_KIND

static const struct bot_ops *const connectors[BOT_KINDS] = {
#define BOT_KIND(name, wire, ops, doc) &(ops),
#include "bots/options.def"
#undef BOT_KIND
};

struct api *bots_api(const struct bots *b) {
  return b->api;
}

struct loop *bots_loop(const struct bots *b) {
  return b->options.loop;
}

const struct mem *bots_mem(const struct bots *b) {
  return b->mem;
}

struct courier *bots_courier(const struct bots *b) {
  return courier_post_courier(b->post);
}

struct outbound *bots_outbound(const struct bots *b) {
  return courier_post_outbound(b->post);
}

void bots_count_sockets(struct bots *b, int change) {
  b->sockets += change;
}

/* ---- bots */

static void shut(struct bot *bot) {
  const struct mem *mem = bot->bots->mem;
  if (bot->ops->shut != NULL) {
    bot->ops->shut(bot);
  }
  arena_free(&bot->arena);
  mem_free(mem, bot, bot->ops->bot_bytes);
}

static enum bt_err start(struct bots *b, uint32_t number,
                         const struct bot_settings *settings,
                         struct bot **out) {
  const struct bot_ops *ops = connectors[settings->kind];
  struct bot *bot = mem_new(b->mem, ops->bot_bytes);
  if (bot == NULL) {
    return BT_ERR_NOMEM;
  }
  bot->ops = ops;
  bot->bots = b;
  bot->number = number;
  arena_init(&bot->arena, b->mem, 0);
  struct bot_settings *copy = arena_alloc(&bot->arena, sizeof *copy);
  enum bt_err err = BT_ERR_NOMEM;
  if (copy != NULL && bot_settings_copy(&bot->arena, settings, copy)) {
    bot->settings = copy;
    err = ops->start == NULL ? BT_ERR_OK : ops->start(bot);
  }
  if (err != BT_ERR_OK) {
    arena_free(&bot->arena);
    mem_free(b->mem, bot, ops->bot_bytes);
    return err;
  }
  *out = bot;
  return BT_ERR_OK;
}

struct bot *bots_get(struct bots *b, uint32_t number) {
  if (!mem_grow(b->mem, &b->list, &b->cap, (size_t)number + 1,
                sizeof(struct bot *))) {
    return NULL;
  }
  if (b->list[number] == NULL) {
    struct bot_settings plain = {.kind = BOT_SOCKET, .id = TEXT("")};
    if (start(b, number, &plain, &b->list[number]) != BT_ERR_OK) {
      return NULL;
    }
  }
  return b->list[number];
}

void bot_add_use(struct bot *bot) {
  bot->uses++;
}

void bot_drop_use(struct bot *bot) {
  bt_check(bot->uses > 0);
  if (--bot->uses > 0 || !bot->retired) {
    return;
  }
  struct bot **at = &bot->bots->retired;
  while (*at != bot) {
    at = &(*at)->next;
  }
  *at = bot->next;
  shut(bot);
}

/* The place is free for another. */
static void retire(struct bots *b, uint32_t number) {
  struct bot *bot = b->list[number];
  b->list[number] = NULL;
  bot->retired = true;
  bot->next = b->retired;
  b->retired = bot;
  bot_add_use(bot);
  bot_drop_use(bot);
}

void bot_joined(struct bot *bot) {
  struct command cmd = api_own_command(COMMAND_BOT_JOINED);
  record_set_num(&cmd.args, FIELD_BOT, bot->number);
  api_submit(bot->bots->api, &cmd, NULL, NULL);
}

void bot_dropped(struct bot *bot) {
  struct command cmd = api_own_command(COMMAND_BOT_DROPPED);
  record_set_num(&cmd.args, FIELD_BOT, bot->number);
  api_submit_gone(bot->bots->api, &cmd);
}

/* ---- invitations */

/* What the customer has said and nobody who can answer has answered. */
static void tell_backlog(struct bot_talk *t, const struct json *session,
                         struct arena *arena) {
  struct bots *b = t->bot->bots;
  const uint32_t bot = t->bot->number;
  const struct id id = t->session;
  const struct json *list = json_member(session, TEXT("messages"));
  const struct json *from = list == NULL ? NULL : list->first;
  for (const struct json *m = from; m != NULL; m = m->next) {
    const struct json *role = json_member(m, TEXT("from"));
    if (text_equal(role->text, TEXT("bot")) ||
        text_equal(role->text, TEXT("agent")) ||
        text_equal(role->text, TEXT("supervisor"))) {
      from = m->next;
    }
  }
  for (const struct json *m = from; m != NULL && t != NULL; m = m->next) {
    const struct json *data = part_of(m, "data");
    const struct bot_turn turn = {
        .number = (uint32_t)json_member(m, TEXT("number"))->i,
        .text = part_payload(data, part_text(m, "text")),
        .files = api_link_files(b->api, id,
                                data == NULL ? TEXT("") : data->source, arena)};
    if (text_equal(json_member(m, TEXT("from"))->text, TEXT("customer"))) {
      t->bot->ops->turn(t, &turn);
      t = bot_find_talk(b, bot, id); /* a turn may lose the talk */
    }
  }
}

static void deliver(struct bots *b, const struct held_invite *h) {
  struct bot_talk *t = bot_find_talk(b, h->bot, h->session);
  if (t == NULL || t->epoch != h->epoch) {
    return; /* it was taken back meanwhile */
  }
  const struct bot_invitation how = {.session = {h->text, h->len},
                                     .resumed = h->resumed};
  if (!t->bot->ops->invite(t, &how)) {
    bot_forget(t);
    return;
  }
  t = bot_find_talk(b, h->bot, h->session);
  if (t == NULL || !t->bot->ops->wants_backlog) {
    return;
  }
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, b->mem, 0);
  if (json_parse(&arena, how.session, JSON_DEPTH_MAX, &tree, NULL) ==
      BT_ERR_OK) {
    tell_backlog(t, tree, &arena);
  }
  arena_free(&arena);
}

static void drop_held(struct held_invite *h) {
  struct bots *b = h->bots;
  if (h->prev != NULL) {
    h->prev->next = h->next;
  } else {
    b->held = h->next;
  }
  if (h->next != NULL) {
    h->next->prev = h->prev;
  }
  mem_free(b->mem, h, sizeof *h + h->len);
}

static void on_durable(void *ctx, const struct answer *unused) {
  (void)unused;
  struct held_invite *h = ctx;
  deliver(h->bots, h);
  drop_held(h);
}

/* The session as it is now; it leaves when that is durable. */
static bool hold(struct bots *b, struct bot_talk *t, uint32_t slot) {
  const struct engine *e = api_engine(b->api);
  struct textbuf text;
  struct json_out o;
  textbuf_init(&text, b->mem);
  json_out_init(&o, &text);
  engine_write_session(e, slot, api_unix_us(b->api), 0, &o);
  struct held_invite *h =
      text.failed ? NULL : mem_new(b->mem, sizeof *h + text.len);
  if (h != NULL) {
    *h = (struct held_invite){.next = b->held,
                              .bots = b,
                              .session = t->session,
                              .bot = t->bot->number,
                              .epoch = t->epoch,
                              .resumed = t->held,
                              .len = text.len};
    memcpy(h->text, text.ptr, text.len);
    if (h->next != NULL) {
      h->next->prev = h;
    }
    b->held = h;
  }
  textbuf_free(&text);
  if (h == NULL) {
    return false;
  }
  t->watch.after = api_last_seq(b->api);
  if (api_session_seq(b->api, slot) <= domain_released(api_domain(b->api))) {
    on_durable(h, NULL);
  } else {
    domain_when_durable(api_domain(b->api), on_durable, h);
  }
  return true;
}

/* The talk of an invitation: a session that is with a socket stays there. NULL:
 * there is nothing to be done. */
static struct bot_talk *place(struct bot *bot, struct id session,
                              uint32_t epoch) {
  struct bot_talk *t = bot_find_talk(bot->bots, bot->number, session);
  if (t == NULL) {
    return talk_new(bot, session, epoch);
  }
  if (!t->bot->ops->always_there) {
    t->epoch = epoch;
    return t;
  }
  if (t->epoch == epoch) {
    return NULL; /* it has begun already */
  }
  t->bot->ops->release(t, true);
  bot_forget(t);
  return talk_new(bot, session, epoch);
}

/* Without anybody the invitation's time runs; the first socket that comes is
 * invited again. */
static void invite(struct bots *b, const struct record *fx) {
  const struct id session = record_id(fx, FIELD_SESSION);
  const struct engine *e = api_engine(b->api);
  struct bot *bot = bots_get(b, (uint32_t)record_num(fx, FIELD_BOT));
  uint32_t slot;
  if (bot == NULL || !engine_find(e, session, &slot)) {
    return;
  }
  struct bot_talk *t =
      place(bot, session, (uint32_t)record_num(fx, FIELD_EPOCH));
  if (t == NULL) {
    return;
  }
  t->held = engine_session(e, slot)->holder == SESSION_HOLDER_BOT;
  if (!hold(b, t, slot)) {
    bot_forget(t);
  }
}

/* ---- the rest of what the engine asks for */

/* The engine awaits the close of what it ended: that is ours to say. */
static void dismiss(struct bots *b, const struct record *fx) {
  const struct id session = record_id(fx, FIELD_SESSION);
  const uint32_t epoch = (uint32_t)record_num(fx, FIELD_EPOCH);
  struct bot_talk *t =
      bot_find_talk(b, (uint32_t)record_num(fx, FIELD_BOT), session);
  if (t != NULL && t->epoch == epoch) {
    t->bot->ops->release(t, true);
    bot_forget(t);
  }
  struct command cmd = talk_closed(session, epoch);
  api_submit(b->api, &cmd, NULL, NULL);
}

/* Without an answer the script's time runs. */
static void ask(struct bots *b, const struct record *fx) {
  struct bot *bot = bots_get(b, (uint32_t)record_num(fx, FIELD_BOT));
  const struct bot_question question = {
      .session = record_id(fx, FIELD_SESSION),
      .question = record_num(fx, FIELD_QUESTION),
      .text = record_text(fx, FIELD_TEXT),
      .payload = record_text(fx, FIELD_VALUE)};
  if (bot != NULL && bot->ops->ask == NULL) {
    bot_add_use(bot);
    bot_answer(bot, question.session, question.question,
               TEXT("{\"branch\":\"Error\",\"payload\":{\"error\":\"A bot of "
                    "this type cannot be asked for one turn.\"}}"));
  } else if (bot != NULL) {
    bot_add_use(bot);
    if (!bot->ops->ask(bot, &question)) {
      bot_drop_use(bot);
    }
  }
}

struct command bot_reply_command(struct id session, int64_t question,
                                 uint32_t bot) {
  struct command cmd = api_own_command(COMMAND_BOT_REPLY);
  record_set_id(&cmd.args, FIELD_SESSION, session);
  record_set_num(&cmd.args, FIELD_QUESTION, question);
  record_set_num(&cmd.args, FIELD_BOT, bot);
  return cmd;
}

void bot_answer(struct bot *bot, struct id session, int64_t question,
                struct text answer) {
  struct command cmd = bot_reply_command(session, question, bot->number);
  record_set_text(&cmd.args, FIELD_VALUE, answer);
  if (answer.len > 0) {
    api_submit(bot->bots->api, &cmd, NULL, NULL);
  }
  bot_drop_use(bot);
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

/* ---- sockets of bots */

static void open_socket(void *ctx, struct call *c, uint32_t number) {
  struct bots *b = ctx;
  struct bot *bot = bots_get(b, number);
  if (bot == NULL) {
    call_refuse_memory(c);
  } else if (bot->ops != &bot_socket_ops) {
    char why[160];
    (void)snprintf(why, sizeof why,
                   "The bot is of type \"%s\": it is called by this server, "
                   "and does not come over a socket.",
                   bot_kind_info(bot->settings->kind)->wire);
    call_refuse(c, REFUSAL_NOT_FOUND, text_from(why), TEXT(""));
  } else {
    bot_socket_open(bot, c);
  }
}

static uint32_t count_sockets(void *ctx) {
  const struct bots *b = ctx;
  return (uint32_t)b->sockets;
}

/* ---- life */

enum bt_err bots_create(const struct bots_options *options, struct bots **out) {
  const struct mem *mem = api_mem(options->api);
  struct bots *b = mem_new(mem, sizeof *b);
  if (b == NULL) {
    return BT_ERR_NOMEM;
  }
  const struct outbound_rules none = {.authorities = TEXT("")};
  if (courier_post_create(options->loop, &none, &b->post) != BT_ERR_OK) {
    mem_free(mem, b, sizeof *b);
    return BT_ERR_NOMEM;
  }
  b->options = *options;
  b->api = options->api;
  b->mem = mem;
  const struct domain_listener listener = {.ctx = b, .on_effect = on_effect};
  domain_listen(api_domain(b->api), &listener);
  const struct api_bot_hooks hooks = {
      .ctx = b, .open = open_socket, .sockets = count_sockets};
  api_serve_bots(b->api, &hooks);
  *out = b;
  return BT_ERR_OK;
}

/* The bots that have settings: each keeps its place, gets it anew, or loses it
 * to a socket. */
static enum bt_err configure_one(struct bots *b,
                                 const struct bot_settings *settings) {
  const uint32_t number =
      directory_bot(engine_directory(api_engine(b->api)), settings->id);
  if (number == DIR_NONE) {
    return BT_ERR_OK; /* its configuration was refused, and the log says why */
  }
  struct bot *old = number < b->cap ? b->list[number] : NULL;
  struct bot *fresh = NULL;
  if (old != NULL && bot_settings_equal(old->settings, settings)) {
    return BT_ERR_OK;
  }
  if (!mem_grow(b->mem, &b->list, &b->cap, (size_t)number + 1,
                sizeof(struct bot *))) {
    return BT_ERR_NOMEM;
  }
  const enum bt_err err = start(b, number, settings, &fresh);
  if (err != BT_ERR_OK) {
    return err;
  }
  const bool was_there = old != NULL && old->ops->always_there;
  if (old != NULL) {
    retire(b, number); /* it may be gone with that */
  }
  b->list[number] = fresh;
  if (fresh->ops->always_there) {
    bot_joined(fresh);
  } else if (was_there) {
    bot_dropped(fresh);
  }
  return BT_ERR_OK;
}

/* Who writes a bot's URL into the centre's file means that host. */
static enum bt_err set_rules(struct bots *b, const struct bots_config *config) {
  struct arena arena;
  struct outbound_rules rules = *config->rules;
  arena_init(&arena, b->mem, 0);
  const size_t most = rules.allow_count + config->count * BOT_OPTIONS;
  struct text *allow = arena_alloc(&arena, (most + 1) * sizeof *allow);
  bool good = allow != NULL;
  for (size_t i = 0; good && i < rules.allow_count; i++) {
    allow[i] = rules.allow[i];
  }
  for (size_t i = 0; good && i < config->count * BOT_OPTIONS; i++) {
    const enum bot_option option = (enum bot_option)(i % BOT_OPTIONS);
    const struct text url = config->list[i / BOT_OPTIONS].values[option].text;
    if (bot_option_info(option)->type == BOT_TYPE_URL && url.len > 0) {
      allow[rules.allow_count] = outbound_rule_of(&arena, url);
      good = allow[rules.allow_count++].len > 0;
    }
  }
  rules.allow = allow;
  const enum bt_err err =
      good ? outbound_set_rules(courier_post_outbound(b->post), &rules)
           : BT_ERR_NOMEM;
  arena_free(&arena);
  return err;
}

enum bt_err bots_configure(struct bots *b, const struct bots_config *config) {
  enum bt_err err = set_rules(b, config);
  for (size_t i = 0; err == BT_ERR_OK && i < config->count; i++) {
    err = configure_one(b, &config->list[i]);
  }
  return err;
}

void bots_free(struct bots *b) {
  if (b == NULL) {
    return;
  }
  while (b->held != NULL) {
    drop_held(b->held);
  }
  while (b->talks != NULL) {
    b->talks->bot->ops->release(b->talks, false);
    bot_forget(b->talks);
  }
  for (size_t i = 0; i < b->cap; i++) {
    if (b->list[i] != NULL) {
      shut(b->list[i]);
    }
  }
  while (b->retired != NULL) { /* questions that were not answered */
    struct bot *bot = b->retired;
    b->retired = bot->next;
    shut(bot);
  }
  bt_check(b->sockets == 0);
  courier_post_free(b->post);
  mem_free(b->mem, b->list, b->cap * sizeof(struct bot *));
  mem_free(b->mem, b, sizeof *b);
}
