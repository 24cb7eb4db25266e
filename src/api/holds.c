/* Legal holds: put, listed, lifted; and what they refuse. */
#include "retention/holds.h"
#include "api/serve_priv.h"
#include "base/calendar.h"

bool call_read_whom(struct call *c, const struct json *tree,
                    struct text *customer, struct id *session) {
  const struct text known = json_member_text(tree, TEXT("session"));
  *customer = json_member_text(tree, TEXT("customer"));
  if ((customer->len > 0) == (known.len > 0)) {
    call_refuse(c, REFUSAL_INVALID_MEMBER,
                TEXT("The body names one of two: \"customer\", its id, or "
                     "\"session\", its id."),
                TEXT(""));
    return false;
  }
  if (known.len > 0 && !id_from_text(known, session)) {
    call_refuse(c, REFUSAL_INVALID_MEMBER,
                TEXT("\"session\" is no id of a session."), TEXT("/session"));
    return false;
  }
  return true;
}

void call_refuse_held(struct call *c, const struct hold *hold,
                      struct id session) {
  char id[ID_TEXT_LEN];
  char time[TIME_TEXT_MAX];
  id_to_text(session, id);
  call_refuse(
      c, REFUSAL_ON_HOLD,
      call_format(c,
                  "The session %.*s is kept by the hold %.*s, which the %.*s "
                  "%.*s has put on the %s at %.*s: %.*s",
                  ID_TEXT_LEN, id, TEXT_ARG(hold->id), TEXT_ARG(hold->role),
                  TEXT_ARG(hold->who),
                  id_is_null(hold->session) ? "customer" : "session",
                  TEXT_ARG(time_to_text(hold->at_us, time)),
                  TEXT_ARG(hold->reason)),
      TEXT(""));
}

static bool has_holds(struct call *c) {
  if (c->api->options.holds != NULL) {
    return true;
  }
  call_refuse(c, REFUSAL_NOT_FOUND,
              TEXT("A centre in memory keeps nothing that could be held."),
              TEXT(""));
  return false;
}

static void refuse_err(struct call *c, enum bt_err err) {
  call_refuse(c, REFUSAL_UNAVAILABLE,
              call_format(c,
                          "The holds cannot be written: %s; nothing has "
                          "changed.",
                          bt_err_text(err)),
              TEXT(""));
}

/* ---- put */

/* False: answered. */
static bool read_hold(struct call *c, struct hold *hold) {
  const struct json *tree = call_read_object(c);
  if (tree == NULL ||
      !call_read_whom(c, tree, &hold->customer, &hold->session)) {
    return false;
  }
  hold->reason = json_member_text(tree, TEXT("reason"));
  if (tree->count != 2 || hold->reason.len == 0 ||
      hold->reason.len > HOLD_REASON_MAX) {
    call_refuse(c, REFUSAL_INVALID_MEMBER,
                call_format(c,
                            "A hold has a \"reason\" of 1 … %d bytes, and "
                            "nothing beside it but whom it is about.",
                            HOLD_REASON_MAX),
                TEXT("/reason"));
    return false;
  }
  if (hold->customer.len > HOLD_CUSTOMER_MAX) {
    call_refuse(
        c, REFUSAL_INVALID_MEMBER,
        call_format(c, "\"customer\" has %d bytes at most.", HOLD_CUSTOMER_MAX),
        TEXT("/customer"));
    return false;
  }
  return true;
}

static void reply_hold(struct call *c, const struct hold *hold) {
  struct json_out o = call_json(c);
  hold_write(hold, &o);
  const struct reply r = {
      .code = 201,
      .body = textbuf_text(&c->out),
      .location = call_format(c, "/api/v1/holds/%.*s", TEXT_ARG(hold->id))};
  c->params[0] = hold->id; /* for the audit log */
  call_reply(c, &r);
}

void serve_put_hold(struct call *c) {
  struct hold hold = {.role = text_from(role_name(c->by.role)),
                      .who = c->by.name,
                      .at_us = api_now_us(c->api)};
  if (!call_may(c) || !has_holds(c) || !read_hold(c, &hold)) {
    return;
  }
  hold.id = call_new_id(c, hold.at_us);
  const enum bt_err err = hold.id.ptr == NULL
                              ? BT_ERR_NOMEM
                              : holds_put(c->api->options.holds, &hold);
  if (err == BT_ERR_OK) {
    reply_hold(c, &hold);
  } else if (err == BT_ERR_FULL) {
    call_refuse(c, REFUSAL_UNAVAILABLE,
                call_format(c,
                            "There are %d holds already, as many as there may "
                            "be: lift one first.",
                            HOLDS_MAX),
                TEXT(""));
  } else {
    refuse_err(c, err);
  }
}

/* ---- listed, lifted */

void serve_holds(struct call *c) {
  if (!has_holds(c)) {
    return;
  }
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "holds");
  holds_write(c->api->options.holds, &o);
  json_close_object(&o);
  call_reply_out(c);
}

void serve_lift_hold(struct call *c) {
  if (!call_may(c) || !has_holds(c)) {
    return;
  }
  const enum bt_err err = holds_lift(c->api->options.holds, c->params[0]);
  if (err == BT_ERR_NOT_FOUND) {
    call_refuse(c, REFUSAL_NOT_FOUND,
                TEXT("There is no such hold; GET /api/v1/holds lists them."),
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
