/* Grants: given, listed, withdrawn. */
#include "accounts/grants.h"

#include "api/scope_priv.h"
#include "api/serve_priv.h"
#include "base/calendar.h"

#define DAY_US (INT64_C(24) * 3600 * 1000000)

enum { MEMBERS = 3 };

static bool has_grants(struct call *c) {
  if (c->api->options.grants != NULL) {
    return true;
  }
  call_refuse(c, REFUSAL_NOT_FOUND, TEXT("This server keeps no grants."),
              TEXT(""));
  return false;
}

static void refuse_err(struct call *c, enum bt_err err) {
  call_refuse(
      c, REFUSAL_UNAVAILABLE,
      call_format(c, "The grants cannot be written: %s.", bt_err_text(err)),
      TEXT(""));
}

/* ---- given */

static bool refuse_member(struct call *c, const char *pointer,
                          struct text detail) {
  call_refuse(c, REFUSAL_INVALID_MEMBER, detail, text_from(pointer));
  return false;
}

static bool check_texts(struct call *c, const struct grant *g) {
  if (g->to.len == 0 || g->to.len > GRANT_NAME_MAX) {
    return refuse_member(
        c, "/to",
        call_format(c,
                    "\"to\" is the name of an administrator's token, or the "
                    "login of the account: 1 … %d bytes.",
                    GRANT_NAME_MAX));
  }
  if (g->why.len == 0 || g->why.len > GRANT_WHY_MAX) {
    return refuse_member(c, "/why",
                         call_format(c,
                                     "\"why\" says in 1 … %d bytes what the "
                                     "grant is for: it is shown with it, and "
                                     "stands in the audit log.",
                                     GRANT_WHY_MAX));
  }
  return true;
}

static bool check_until(struct call *c, struct text until, struct grant *g) {
  if (!time_from_text(until, &g->until_us) || g->until_us <= g->at_us ||
      g->until_us - g->at_us > GRANT_DAYS_MAX * DAY_US) {
    return refuse_member(c, "/until",
                         call_format(c,
                                     "\"until\" is a time such as "
                                     "2026-01-31T09:30:00Z, later than now "
                                     "and at most %d days ahead.",
                                     GRANT_DAYS_MAX));
  }
  return true;
}

/* Four eyes: what one wants to read is another's to allow. */
static bool may_give(struct call *c, const struct grant *g) {
  if (c->teams != 0) {
    struct textbuf own;
    textbuf_init(&own, c->api->mem);
    teams_write(&c->api->teams, c->teams, &own);
    const struct text detail = call_format(
        c, "A grant is for the whole centre; '%.*s' supervises %.*s alone.",
        TEXT_ARG(c->by.name), TEXT_ARG(textbuf_text(&own)));
    textbuf_free(&own);
    call_refuse(c, REFUSAL_OTHER_TEAM, detail, TEXT(""));
    return false;
  }
  if (c->by.role == ROLE_ADMIN && text_equal(g->to, c->by.name)) {
    call_refuse(c, REFUSAL_NO_GRANT,
                TEXT("Nobody gives a grant to oneself: a supervisor or another "
                     "administrator can."),
                TEXT("/to"));
    return false;
  }
  return true;
}

static bool read_grant(struct call *c, struct grant *g) {
  const struct json *tree = call_read_object(c);
  if (tree == NULL) {
    return false;
  }
  g->to = json_member_text(tree, TEXT("to"));
  g->why = json_member_text(tree, TEXT("why"));
  if (tree->count != MEMBERS && g->to.len > 0 && g->why.len > 0 &&
      json_member(tree, TEXT("until")) != NULL) {
    return refuse_member(
        c, "",
        TEXT("A grant has \"to\", \"until\" and \"why\", and nothing else."));
  }
  return check_texts(c, g) &&
         check_until(c, json_member_text(tree, TEXT("until")), g);
}

/* Whom, until when and why: the audit log has it all. */
static void name_for_audit(struct call *c, const struct grant *g) {
  char until[TIME_TEXT_MAX];
  c->params[0] = call_format(c, "%.*s until %.*s (%.*s): %.*s", TEXT_ARG(g->to),
                             TEXT_ARG(time_to_text(g->until_us, until)),
                             TEXT_ARG(g->id), TEXT_ARG(g->why));
}

static void reply_grant(struct call *c, const struct grant *g) {
  struct json_out o = call_json(c);
  grant_write(g, &o);
  const struct reply r = {
      .code = 201,
      .body = textbuf_text(&c->out),
      .location = call_format(c, "/api/v1/grants/%.*s", TEXT_ARG(g->id))};
  name_for_audit(c, g);
  call_reply(c, &r);
}

void serve_give_grant(struct call *c) {
  struct grant g = {.role = text_from(role_name(c->by.role)),
                    .who = c->by.name,
                    .at_us = api_now_us(c->api)};
  if (!call_may(c) || !has_grants(c) || !read_grant(c, &g) ||
      !may_give(c, &g)) {
    return;
  }
  g.id = call_new_id(c, g.at_us);
  const enum bt_err err =
      g.id.ptr == NULL ? BT_ERR_NOMEM : grants_put(c->api->options.grants, &g);
  if (err == BT_ERR_OK) {
    reply_grant(c, &g);
  } else if (err == BT_ERR_FULL) {
    call_refuse(c, REFUSAL_UNAVAILABLE,
                call_format(c,
                            "There are %d grants already, as many as there "
                            "may be: withdraw one first.",
                            GRANTS_MAX),
                TEXT(""));
  } else {
    refuse_err(c, err);
  }
}

/* ---- listed, withdrawn */

void serve_grants(struct call *c) {
  if (!has_grants(c)) {
    return;
  }
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "grants");
  grants_write(c->api->options.grants, &o);
  json_close_object(&o);
  call_reply_out(c);
}

void serve_withdraw_grant(struct call *c) {
  if (!call_may(c) || !has_grants(c)) {
    return;
  }
  const enum bt_err err = grants_withdraw(c->api->options.grants, c->params[0]);
  if (err == BT_ERR_NOT_FOUND) {
    call_refuse(c, REFUSAL_NOT_FOUND,
                TEXT("There is no such grant; GET /api/v1/grants lists them."),
                TEXT(""));
    return;
  }
  if (err != BT_ERR_OK) {
    refuse_err(c, err);
    return;
  }
  const struct reply r = {.code = 200, .body = TEXT("{}")};
  call_reply(c, &r);
}
