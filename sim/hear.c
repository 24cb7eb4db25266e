/* hear.c - what people make of the bytes that reach them. */
#include "base/json.h"
#include "check_priv.h"
#include "domain/heap.h"
#include "peer.h"

enum { DEPTH = 64 };

static struct link *own_link(const struct peer *p) {
  struct link *link = wire_link(p->world, &p->letter);
  return link != NULL && link->peer == p ? link : NULL;
}

static bool is_current(const struct peer *p) {
  return p->letter.party != PARTY_CUSTOMER ||
         customers_are(p->world, &p->letter);
}

static int64_t number_in(const struct json *tree, const char *name) {
  const struct json *m = json_member(tree, text_from(name));
  return m == NULL || m->type != JSON_INT ? 0 : m->i;
}

static struct id id_in(const struct json *tree, const char *name) {
  struct id id = {0, 0};
  (void)id_from_text(json_member_text(tree, text_from(name)), &id);
  return id;
}

/* ---- answers */

static void take_token(struct world *w, const struct letter *l,
                       const struct json *tree) {
  struct customer *c = &w->customers[l->who];
  const struct text token = json_member_text(tree, TEXT("token"));
  if (token.len < sizeof c->token) {
    memcpy(c->token, token.ptr, token.len);
    c->token[token.len] = '\0';
  }
}

static void answered(struct peer *p, const struct letter *l, uint64_t hash) {
  struct world *w = p->world;
  w->result->answers++;
  w->result->codes[l->code / 100 < SIM_CODES ? l->code / 100 : 0]++;
  check_answer(w, l, (int)l->code, hash, false);
  if (l->party == PARTY_CUSTOMER && customers_are(w, l)) {
    customers_hear_answer(w, l);
  }
}

static void hear_reply(struct peer *p, int code, struct text body,
                       const struct json *tree) {
  struct letter l = p->letter;
  l.code = (uint32_t)code;
  if (tree != NULL) {
    check_shown(p, tree);
  }
  if (code == 201 && l.type == COMMAND_OPEN_SESSION) {
    l.session = id_in(tree, "id");
    take_token(p->world, &l, tree);
  }
  answered(p, &l, hash_text(body) | 1);
  if (code == 202 && l.party == PARTY_OFFICE && l.type == COMMAND_TRANSFER) {
    office_hear_pending(p->world, &l, text_from(p->head.location));
  }
}

/* A socket that was not opened: the session is over, or it is tried again. */
static void hear_refusal(struct peer *p, int code) {
  if (p->letter.party == PARTY_CUSTOMER && code == 404 && is_current(p)) {
    p->world->customers[p->letter.who].used = false;
  }
  hear_over(p);
}

void hear_answer(struct peer *p, int code, struct text body) {
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, heap_mem(), 0);
  if (body.len > 0 && p->head.json &&
      json_parse(&arena, body, DEPTH, &tree, NULL) != BT_ERR_OK) {
    peer_break(p, "an answer %d that is no JSON", code);
  } else if (p->is_socket) {
    hear_refusal(p, code);
  } else {
    hear_reply(p, code, body, tree);
  }
  arena_free(&arena);
}

/* ---- sockets come and go */

void hear_open(struct peer *p) {
  if (own_link(p) != NULL && p->letter.party == PARTY_AGENT) {
    agents_hear_open(p->world, p->letter.who);
  }
}

void hear_over(struct peer *p) {
  struct link *link = p->is_socket ? own_link(p) : NULL;
  if (link == NULL) {
    return;
  }
  link->peer = NULL;
  if (p->letter.party == PARTY_CUSTOMER) {
    customers_lose_link(p->world, p->letter.who);
  } else if (p->letter.party == PARTY_AGENT) {
    agents_lose_link(p->world, p->letter.who, SECOND / 2);
  } else {
    bots_lose_link(p->world, p->letter.who);
  }
}

/* ---- frames with an id */

static void hear_done(struct peer *p, const struct json *tree, int code) {
  struct letter l = p->letter;
  const struct json *id = json_member(tree, TEXT("id"));
  int64_t leg = 0, life = 0;
  l.code = (uint32_t)code;
  if (l.party == PARTY_CUSTOMER && id != NULL && id->type == JSON_INT &&
      id->i > 0 && id->i < SIM_KEYS) {
    l.type = COMMAND_SAY;
    l.key = (uint32_t)id->i;
    answered(p, &l, (uint64_t)code | 1);
  } else if (l.party == PARTY_BOT && id != NULL && id->type == JSON_TEXT) {
    const size_t dot = text_find(id->text, TEXT("."), 0);
    if (code < 300 && text_starts(id->text, TEXT("over."))) {
      check_break(p->world, CHECK_HOLDER, id_in(tree, "session"),
                  "a bot was heard on its socket after its part was over");
    }
    if (code < 300 && text_to_i64(text_sub(id->text, 0, dot), &leg) &&
        text_to_i64(text_sub(id->text, dot + 1, id->text.len), &life)) {
      bots_hear_accepted(p->world, (uint32_t)leg, (uint64_t)life);
    }
  }
}

/* ---- frames about a session */

static const struct json *view_in(const struct json *tree) {
  return json_member(tree, TEXT("session"));
}

static void hear_view(struct peer *p, const struct json *tree) {
  const struct json *view = view_in(tree);
  if (view == NULL || view->type != JSON_OBJECT) {
    peer_break(p, "a frame without the session that it tells of");
    return;
  }
  check_shown(p, view);
  check_hears_from(p, id_in(view, "id"), view);
}

static void customer_hears(struct peer *p, struct text type,
                           const struct json *tree) {
  if (text_equal(type, TEXT("session.opened"))) {
    hear_view(p, tree);
  } else if (text_equal(type, TEXT("message"))) {
    check_hears(p, p->letter.session, tree, true);
  } else if (text_equal(type, TEXT("session.ended"))) {
    customers_hear_end(p->world, p->letter.session);
  }
}

static void agent_hears(struct peer *p, struct text type,
                        const struct json *tree) {
  struct letter l = p->letter;
  const struct json *view = view_in(tree);
  struct text status = json_member_text(tree, TEXT("status"));
  l.session = id_in(tree, "session");
  if (text_equal(type, TEXT("message"))) {
    check_hears(p, l.session, tree, true);
    return;
  }
  const bool offered = text_equal(type, TEXT("offer"));
  if (offered || text_equal(type, TEXT("session.assigned"))) {
    hear_view(p, tree);
    l.session = id_in(view, "id");
    l.offer = offered ? number_in(tree, "offer") : 0;
    status = json_member_text(view, TEXT("status"));
  } else if (!text_equal(type, TEXT("session.ended"))) {
    return;
  }
  agents_hear(p->world, &l,
              text_equal(status, TEXT("wrapup"))   ? AGENT_WRAPPING
              : offered                            ? AGENT_OFFERED
              : text_equal(status, TEXT("active")) ? AGENT_CONNECTED
                                                   : AGENT_NOTHING);
}

static void bot_hears(struct peer *p, struct text type,
                      const struct json *tree) {
  const struct json *view = view_in(tree);
  const struct json *resumed = json_member(tree, TEXT("resumed"));
  if (text_equal(type, TEXT("session.invited"))) {
    hear_view(p, tree);
    const struct letter l = {.party = PARTY_BOT,
                             .who = p->letter.who,
                             .session = id_in(view, "id"),
                             .epoch = (uint32_t)number_in(view, "epoch")};
    bots_hear_invitation(p->world, &l,
                         resumed != NULL && resumed->type == JSON_TRUE);
  } else if (text_equal(type, TEXT("session.released"))) {
    bots_hear_release(p->world, p->letter.who, id_in(tree, "session"));
  } else if (text_equal(type, TEXT("customer.message"))) {
    check_hears(p, id_in(tree, "session"), tree, false);
  }
}

static void hear_tree(struct peer *p, const struct json *tree) {
  const struct text type = json_member_text(tree, TEXT("type"));
  if (text_equal(type, TEXT("done"))) {
    hear_done(p, tree, (int)number_in(tree, "code"));
  } else if (text_equal(type, TEXT("problem"))) {
    const struct json *problem = json_member(tree, TEXT("problem"));
    hear_done(p, tree, (int)number_in(problem, "code"));
  } else if (p->letter.party == PARTY_CUSTOMER) {
    customer_hears(p, type, tree);
  } else if (p->letter.party == PARTY_AGENT) {
    agent_hears(p, type, tree);
  } else {
    bot_hears(p, type, tree);
  }
}

void hear_message(struct peer *p, struct text message) {
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, heap_mem(), 0);
  if (json_parse(&arena, message, DEPTH, &tree, NULL) != BT_ERR_OK) {
    peer_break(p, "a frame that is no JSON");
  } else if (own_link(p) != NULL && is_current(p)) {
    p->world->result->frames++;
    hear_tree(p, tree);
  }
  arena_free(&arena);
}
