/* Who asks: from the token, the ticket, the browser's
 * cookie, or nothing. */
#include "api/scope_priv.h"
#include "base/check.h"

static bool unauthorized(struct call *c, const char *why) {
  call_refuse(c, REFUSAL_UNAUTHORIZED, text_from(why), TEXT(""));
  return false;
}

/* A bot's or an agent's token names it; it must be configured. */
static bool number_of(struct call *c, const struct auth_identity *who) {
  const struct directory *d = engine_directory(api_engine(c->api));
  c->by.number = SESSION_NOBODY;
  if (who->role == ROLE_BOT) {
    c->by.number = directory_bot(d, who->subject);
  } else if (who->role == ROLE_AGENT) {
    c->by.number = directory_agent(d, who->subject);
  } else {
    return true;
  }
  if (c->by.number != DIR_NONE) {
    return true;
  }
  call_refuse(c, REFUSAL_FORBIDDEN,
              call_format(c,
                          "The token is that of %s '%.*s', and the centre "
                          "has no such %s.",
                          role_name(who->role), TEXT_ARG(who->subject),
                          role_name(who->role)),
              TEXT(""));
  return false;
}

static bool take_identity(struct call *c, const struct auth_identity *who) {
  c->who = *who;
  c->who.subject = arena_copy_text(&c->arena, who->subject);
  c->by.role = who->role;
  c->by.session = who->session;
  c->by.name = c->who.subject;
  c->teams = scope_teams(c->api, who->role, &who->source);
  return number_of(c, &c->who);
}

/* A stranger comes in where the centre has visitors and the path opens a
 * session. @why_not: what is said to others. */
static bool let_stranger_in(struct call *c, const char *why_not) {
  const bool open_to_all = (c->route->roles & 1u << ROLE_NONE) != 0;
  if (!open_to_all || !c->api->options.visitors) {
    return unauthorized(c, why_not);
  }
  /* A browser lets any page open a WebSocket: that we must see to. */
  if (c->origin.len > 0 && !call_is_own_page(c) &&
      !origins_allow(&c->api->origins, c->origin)) {
    call_refuse(c, REFUSAL_FORBIDDEN,
                call_format(c,
                            "Pages of %.*s may not open sessions here: the "
                            "centre's \"origins\" does not name it.",
                            TEXT_ARG(c->origin)),
                TEXT(""));
    return false;
  }
  c->by.role = ROLE_CUSTOMER;
  c->by.name = TEXT("customer");
  return true;
}

static bool use_ticket(struct call *c, struct text ticket) {
  struct auth_identity who;
  if (!auth_take_ticket(&c->api->auth, ticket, api_now_us(c->api), &who) ||
      !api_still(c->api, &who.source)) {
    return unauthorized(c, "The ticket is unknown, used or too old.");
  }
  return take_identity(c, &who);
}

/* A page shows its cookie without being asked to: only our own may. */
static bool use_cookie(struct call *c, struct text cookie) {
  struct auth_identity who;
  if (!call_is_own_page(c)) {
    call_refuse(c, REFUSAL_FORBIDDEN,
                TEXT("A page of another origin asks in the name of whoever is "
                     "signed in here: let it show a token of its own."),
                TEXT(""));
    return false;
  }
  if (!call_signed_in(c, cookie, &who)) {
    return let_stranger_in(c, "Nobody is signed in by this cookie any more: "
                              "sign in again.");
  }
  return take_identity(c, &who);
}

/* By the request's token, ticket, or want of both. */
static bool identify_peer(struct call *c) {
  struct http_request *req = call_request(c);
  bt_check(req != NULL);
  const struct text token = http_request_bearer(req);
  const struct text ticket = call_query(c, TEXT("ticket"));
  if (token.ptr == NULL && c->route->kind == ROUTE_LIVE && ticket.len > 0) {
    return use_ticket(c, ticket);
  }
  if (token.ptr == NULL) {
    const struct text cookie = call_cookie(c);
    if (http_request_header(req, TEXT("Authorization")).ptr != NULL) {
      return unauthorized(c, "Authorization must be: Bearer TOKEN.");
    }
    return cookie.len > 0 ? use_cookie(c, cookie)
                          : let_stranger_in(c, "The request has no token: send "
                                               "Authorization: Bearer TOKEN.");
  }
  struct auth_identity who;
  const int64_t now_us = api_now_us(c->api);
  if (!auth_find(&c->api->auth, token, now_us, &who)) {
    return unauthorized(c, auth_has_expired(&c->api->auth, token, now_us)
                               ? "The token has expired: whoever runs the "
                                 "centre gives out another."
                               : "The token is not known here.");
  }
  return take_identity(c, &who);
}

bool api_knows(struct api *api, const struct http_request *req) {
  const struct text token = http_request_bearer(req);
  const struct text cookie = api_cookie(api, req);
  struct auth_identity who;
  struct account account;
  uint8_t hash[AUTH_HASH];
  return token.ptr != NULL
             ? auth_find(&api->auth, token, api_now_us(api), &who)
             : cookie.len > 0 &&
                   accounts_who(api->options.accounts, cookie, api_now_us(api),
                                &account, hash) == BT_ERR_OK;
}

bool call_identify(struct call *c) {
  const bool for_all =
      c->route->kind == ROUTE_OWN && (c->route->roles & 1u << ROLE_NONE) != 0;
  if (c->fn != NULL || for_all) {
    return true; /* in the process the caller is given */
  }
  return call_address_within_rate(c) && identify_peer(c) && call_within_rate(c);
}
