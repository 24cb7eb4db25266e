/* The bot and the agents: one socket each, for all lives. */
#include <stdio.h>

#include "bench/centre.h"
#include "bench/handover_priv.h"
#include "bench/machine.h"

/* ---- shared */

static void lose(struct seat *seat, const char *who, const char *how) {
  seat->h->broken = true;
  handover_note(seat->h, "%s: %s", who, how);
}

static void say(struct seat *seat, const char *type, struct id session,
                const char *members) {
  if (seat->ws == NULL ||
      frame_send(seat->ws, type, session, members) != BT_ERR_OK) {
    lose(seat, type, "could not be sent");
  }
}

static void on_close(void *ctx, struct ws *ws, uint16_t code,
                     struct text reason) {
  (void)ws;
  struct seat *seat = ctx;
  seat->ws = NULL;
  char how[160];
  (void)snprintf(how, sizeof how, "closed with %u %.*s", (unsigned)code,
                 TEXT_ARG(reason));
  lose(seat, "a bot's or an agent's socket", how);
}

static void on_refused(void *ctx, const struct client_response *response) {
  char how[160];
  (void)snprintf(how, sizeof how, "refused with %d %s", response->status,
                 response->err == BT_ERR_OK ? "" : response->message);
  lose(ctx, "a bot's or an agent's socket", how);
}

/* A refusal ends the life that it is about, if it says so. */
static void refused(struct seat *seat, const char *who, const struct heard *f) {
  struct life *life = life_find(seat->h, f->session);
  if (life != NULL) {
    life_fail(life, "the %s is refused: %.*s", who, TEXT_ARG(f->problem));
  } else {
    handover_note(seat->h, "the %s is refused: %.*s", who,
                  TEXT_ARG(f->problem));
    seat->h->out->failed++;
  }
}

/* ---- the bot */

static void on_bot_message(void *ctx, struct ws *ws, struct text message) {
  (void)ws;
  struct seat *bot = ctx;
  struct heard f;
  if (!handover_read(bot->h, message, &f)) {
    lose(bot, "the bot", "cannot read what it hears");
  } else if (text_equal(f.type, TEXT("session.invited"))) {
    say(bot, "session.accept", f.session, "");
  } else if (text_equal(f.type, TEXT("problem"))) {
    refused(bot, "bot", &f);
  }
}

static void on_bot_open(void *ctx, struct ws *ws) {
  struct seat *bot = ctx;
  bot->ws = ws;
  bot->h->seats_open++;
}

void bot_leave(struct life *life) {
  struct seat *bot = &life->h->bots[life->tenant];
  if (!life->h->options->script) {
    say(bot, "session.transfer", life->session,
        "\"queueId\":\"" CENTRE_QUEUE "\",\"when\":\"released\"");
  }
  say(bot, "session.goodbye", life->session, "\"outcome\":\"escalate\"");
}

void bot_close(struct life *life) {
  life->released_ns = machine_now_ns();
  say(&life->h->bots[life->tenant], "session.close", life->session, "");
  life_mark(life, MARK_RELEASED);
}

/* ---- the agents */

static void on_offer(struct seat *agent, struct life *life,
                     const struct heard *f) {
  struct handover *h = agent->h;
  char offer[64];
  samples_add(&h->offer_us, (machine_now_ns() - life->released_ns) / 1000);
  (void)snprintf(offer, sizeof offer, "\"offer\":%lld", (long long)f->offer);
  say(agent, "offer.accept", life->session, offer);
  life_mark(life, MARK_OFFERED);
}

static void on_line(struct seat *agent, struct life *life, struct text from) {
  if (!text_equal(from, TEXT("customer"))) {
    return;
  }
  say(agent, "end", life->session, "\"reason\":\"solved\"");
  say(agent, "complete", life->session, "\"disposition\":\"solved\"");
  life_mark(life, MARK_HEARD_CUSTOMER);
}

static void on_agent_frame(struct seat *agent, struct life *life,
                           const struct heard *f) {
  if (text_equal(f->type, TEXT("offer"))) {
    on_offer(agent, life, f);
  } else if (text_equal(f->type, TEXT("session.assigned"))) {
    say(agent, "message", life->session, "\"text\":\"How can I help?\"");
    life_mark(life, MARK_ACCEPTED);
  } else if (text_equal(f->type, TEXT("message"))) {
    on_line(agent, life, f->from);
  } else if (text_equal(f->type, TEXT("session.ended"))) {
    /* Once when the wrap-up begins, once when it is done. */
    if (text_equal(f->status, TEXT("completed"))) {
      life_mark(life, MARK_ENDED);
    }
  } else if (text_starts(f->type, TEXT("offer.")) ||
             text_equal(f->type, TEXT("session.left"))) {
    life_fail(life, "the agent lost it: %.*s", TEXT_ARG(f->type));
  }
}

static void on_agent_message(void *ctx, struct ws *ws, struct text message) {
  (void)ws;
  struct seat *agent = ctx;
  struct heard f;
  if (!handover_read(agent->h, message, &f)) {
    lose(agent, "an agent", "cannot read what it hears");
  } else if (text_equal(f.type, TEXT("problem"))) {
    refused(agent, "agent", &f);
  } else {
    struct life *life = life_find(agent->h, f.session);
    if (life != NULL) {
      on_agent_frame(agent, life, &f);
    }
  }
}

static void on_agent_open(void *ctx, struct ws *ws) {
  struct seat *agent = ctx;
  agent->ws = ws;
  if (ws_send_text(ws, TEXT("{\"type\":\"state\",\"state\":\"available\"}")) !=
      BT_ERR_OK) {
    lose(agent, "an agent", "cannot say that they are available");
  }
  agent->h->seats_open++;
}

/* ---- connecting */

static enum bt_err open_seat(struct seat *seat, const char *path,
                             const char *token,
                             const struct client_ws_handlers *handlers) {
  char bearer[CENTRE_NAME_SIZE + sizeof "Bearer "];
  (void)snprintf(bearer, sizeof bearer, "Bearer %s", token);
  const struct http_header header = {TEXT("Authorization"), text_from(bearer)};
  const struct client_target target = {.method = HTTP_GET,
                                       .path = text_from(path),
                                       .headers = &header,
                                       .header_count = 1};
  seat->client = handover_client(seat->h);
  if (seat->client == NULL ||
      client_ws_open(seat->client, &target, handlers, seat) != BT_ERR_OK) {
    return bench_fail(seat->h->bench, BT_ERR_NOMEM, "no memory for a socket");
  }
  return BT_ERR_OK;
}

static enum bt_err open_agent(struct handover *h, uint32_t number) {
  static const struct client_ws_handlers handlers = {
      .ws = {.on_message = on_agent_message, .on_close = on_close},
      .on_open = on_agent_open,
      .on_refused = on_refused};
  char name[CENTRE_NAME_SIZE], token[CENTRE_NAME_SIZE];
  char origin[CENTRE_NAME_SIZE], path[3 * CENTRE_NAME_SIZE];
  centre_agent_name(number, name);
  centre_agent_token(number, token);
  handover_origin(h, number % handover_centres(h), origin);
  (void)snprintf(path, sizeof path, "%s/api/v1/agents/%s/socket", origin, name);
  h->agents[number] = (struct seat){.h = h};
  return open_seat(&h->agents[number], path, token, &handlers);
}

static enum bt_err open_bot(struct handover *h, uint32_t tenant) {
  static const struct client_ws_handlers handlers = {
      .ws = {.on_message = on_bot_message, .on_close = on_close},
      .on_open = on_bot_open,
      .on_refused = on_refused};
  char origin[CENTRE_NAME_SIZE], path[2 * CENTRE_NAME_SIZE];
  char token[CENTRE_NAME_SIZE];
  handover_origin(h, tenant, origin);
  centre_bot_token(h->options->tenants == 0 ? CENTRE_ALONE : tenant, token);
  (void)snprintf(path, sizeof path, "%s/api/v1/bots/" CENTRE_BOT "/socket",
                 origin);
  h->bots[tenant] = (struct seat){.h = h};
  return open_seat(&h->bots[tenant], path, token, &handlers);
}

enum bt_err seats_open(struct handover *h) {
  const uint32_t centres = handover_centres(h);
  h->bots = mem_new(h->bench->mem, centres * sizeof *h->bots);
  h->agents = mem_new(h->bench->mem, h->options->agents * sizeof *h->agents);
  if (h->bots == NULL || h->agents == NULL) {
    return bench_fail(h->bench, BT_ERR_NOMEM, "no memory for the agents");
  }
  enum bt_err err = BT_ERR_OK;
  for (uint32_t i = 0; err == BT_ERR_OK && i < centres; i++) {
    err = open_bot(h, i);
  }
  for (uint32_t i = 0; err == BT_ERR_OK && i < h->options->agents; i++) {
    err = open_agent(h, i);
  }
  return err;
}

static void close_all(struct handover *h, struct seat *seats, uint32_t count) {
  for (uint32_t i = 0; seats != NULL && i < count; i++) {
    client_free(seats[i].client);
  }
  mem_free(h->bench->mem, seats, count * sizeof *seats);
}

void seats_close(struct handover *h) {
  close_all(h, h->bots, handover_centres(h));
  close_all(h, h->agents, h->options->agents);
}
