/* What the platform POSTs to us: POST /desks/{id}/webhook, signed. It is
 * answered when it is on the disk; until then the platform sends it again. */
#include <string.h>

#include "base/check.h"
#include "base/digest.h"
#include "bots/shared/parts.h"
#include "desks/genesys/genesys_priv.h"
#include "facades/shared/reply.h"
#include "genesys/signature.h"

enum { OK = 200, CREATED = 201, CONFLICT = 409, UNAVAILABLE = 503 };

/* One request, read. */
struct hook {
  struct gdesk *g;
  struct http_request *req;
  const struct json *body, *channel;
  struct gtalk *talk;
};

static void answer(struct gdesk *g, struct http_request *req, int status,
                   const char *message) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, desks_mem(g->desk.desks));
  json_out_init(&o, &b);
  json_open_object(&o);
  part_put_text(&o, "message", text_from(message));
  json_close_object(&o);
  reply_json(req, status, textbuf_text(&b));
  textbuf_free(&b);
}

/* ---- a message */

static void drop(struct hooked *h) {
  if (h->prev != NULL) {
    h->prev->next = h->next;
  } else {
    h->desk->hooked = h->next;
  }
  if (h->next != NULL) {
    h->next->prev = h->prev;
  }
  mem_free(desks_mem(h->desk->desk.desks), h, sizeof *h);
}

void webhook_free(struct gdesk *g) {
  while (g->hooked != NULL) {
    drop(g->hooked);
  }
}

/* Which number the message has got in the session: for its receipts. */
static void note_reply(struct hooked *h, const struct answer *a) {
  struct desk_link *l = desk_find_link(&h->desk->desk, h->session, h->number);
  struct arena arena;
  arena_init(&arena, desks_mem(h->desk->desk.desks), 0);
  const int64_t number = part_num(part_parse(&arena, a->body), "number", 0);
  arena_free(&arena);
  if (l != NULL && number > 0 && !a->replayed) {
    talk_add_reply(gtalk_of(l), (uint32_t)number,
                   (struct text){h->id, h->id_len});
  }
}

static void on_said(void *ctx, const struct answer *a) {
  struct hooked *h = ctx;
  struct gdesk *g = h->desk;
  struct http_request *req =
      http_request_find(api_server(desks_api(g->desk.desks)), h->request);
  const bool good = a == NULL || a->refusal == REFUSAL_NONE;
  if (good && a != NULL) {
    note_reply(h, a);
  }
  if (req != NULL && good) {
    answer(g, req, OK, "It was said.");
  } else if (req != NULL) {
    answer(g, req, a->refusal == REFUSAL_UNAVAILABLE ? UNAVAILABLE : CONFLICT,
           refusal_info(a->refusal)->title);
  }
  drop(h);
}

/* What is there to be known by: an id of any length. */
static struct text short_id(struct text id, char out[REPLY_ID_MAX]) {
  uint8_t digest[DIGEST_SHA256_SIZE];
  if (id.len <= REPLY_ID_MAX) {
    return id;
  }
  digest_sha256(id, digest);
  hex_write(digest, REPLY_ID_MAX / 2, out);
  return (struct text){out, REPLY_ID_MAX};
}

static struct hooked *hold(const struct hook *hook, struct text id) {
  struct gdesk *g = hook->g;
  struct hooked *h = mem_new(desks_mem(g->desk.desks), sizeof *h);
  if (h == NULL) {
    return NULL;
  }
  *h = (struct hooked){.next = g->hooked,
                       .desk = g,
                       .request = http_request_ref(hook->req),
                       .session = hook->talk->link.session,
                       .number = hook->talk->link.number,
                       .id_len = id.len};
  memcpy(h->id, id.ptr, id.len);
  if (g->hooked != NULL) {
    g->hooked->prev = h;
  }
  g->hooked = h;
  return h;
}

/* Content of the platform's is data for the customer's channel. */
static struct text write_data(const struct hook *h, struct textbuf *out) {
  const struct json *content = part_of(h->body, "content");
  struct json_out o;
  if (content == NULL || content->type != JSON_LIST || content->count == 0) {
    return TEXT("");
  }
  json_out_init(&o, out);
  json_open_object(&o);
  json_key(&o, "content");
  json_put_tree(&o, content);
  json_close_object(&o);
  return textbuf_text(out);
}

static void say(const struct hook *h) {
  char room[REPLY_ID_MAX];
  struct textbuf data;
  textbuf_init(&data, desks_mem(h->g->desk.desks));
  const struct text id = short_id(part_text(h->body, "id"), room);
  const struct text from = part_text(part_of(h->channel, "from"), "nickname");
  const struct desk_said said = {
      .text = part_text(h->body, "text"),
      .data = write_data(h, &data),
      .from = utf8_cut(from, 128),
      .person =
          !text_equal(part_text(h->body, "originatingEntity"), TEXT("Bot")),
      .delivery = id};
  struct hooked *held = NULL;
  if (id.len == 0 || (said.text.len == 0 && said.data.len == 0)) {
    answer(h->g, h->req, 400, "A message has an id, and a text or content.");
  } else if (said.text.len > (size_t)field_info(FIELD_TEXT)->max ||
             said.data.len > (size_t)field_info(FIELD_DATA)->max) {
    answer(h->g, h->req, 413, "The message is too long.");
  } else if (h->talk->link.stage == DESK_ENDING) {
    answer(h->g, h->req, CONFLICT, "The customer is not with the desk.");
  } else if ((held = hold(h, id)) == NULL) {
    answer(h->g, h->req, UNAVAILABLE, "There is no memory.");
  } else {
    desk_say(&h->talk->link, &said, on_said, held);
  }
  textbuf_free(&data);
}

/* ---- receipts and events */

static void take_receipt(const struct hook *h) {
  const struct text status = part_text(h->body, "status");
  const bool read = text_equal(status, TEXT("Read"));
  struct id session;
  uint32_t number, message = 0;
  if (body_read_address(part_text(h->channel, "messageId"), &session, &number,
                        &message) &&
      (read || text_equal(status, TEXT("Delivered")))) {
    const struct receipt how = {.delivered = message,
                                .read = read ? message : 0};
    desk_receipt(&h->talk->link, &how);
  }
  answer(h->g, h->req, OK, "It was noted.");
}

static void take_event(const struct hook *h) {
  const struct json *list = part_of(h->body, "events");
  for (const struct json *e = list == NULL ? NULL : list->first; e != NULL;
       e = e->next) {
    if (text_equal(part_text(e, "eventType"), TEXT("Typing"))) {
      desk_types(
          &h->talk->link, part_text(part_of(h->channel, "from"), "nickname"),
          !text_equal(part_text(part_of(e, "typing"), "type"), TEXT("Off")));
    } else { /* somebody came or went: who has it now? */
      h->talk->look = true;
    }
  }
  answer(h->g, h->req, OK, "It was noted.");
  talk_pump(h->talk);
}

/* ---- a request */

static bool find_talk(struct hook *h) {
  struct id session;
  uint32_t number, message;
  const struct text to = part_text(part_of(h->channel, "to"), "id");
  struct desk_link *l = body_read_address(to, &session, &number, &message)
                            ? desk_find_link(&h->g->desk, session, number)
                            : NULL;
  h->talk = l == NULL ? NULL : gtalk_of(l);
  return l != NULL;
}

static void take(struct hook *h) {
  const struct text type = part_text(h->body, "type");
  h->channel = part_of(h->body, "channel");
  if (h->body == NULL || h->channel == NULL) {
    answer(h->g, h->req, 400, "The body is an object with a channel.");
  } else if (!find_talk(h)) {
    answer(h->g, h->req, 404, "No session of this desk has this address.");
  } else if (text_equal(type, TEXT("Receipt"))) {
    take_receipt(h);
  } else if (text_equal(type, TEXT("Event"))) {
    take_event(h);
  } else {
    say(h);
  }
}

static bool is_signed(const struct gdesk *g, struct http_request *req) {
  char signature[GENESYS_SIGNATURE_MAX];
  return secret_equal(http_request_header(req, TEXT(GENESYS_SIGNATURE)),
                      genesys_sign(g->desk.settings.webhook_secret,
                                   http_request_body(req), signature));
}

bool webhook_serve(struct desk *desk, struct text path,
                   struct http_request *req) {
  struct hook h = {.g = gdesk_of(desk), .req = req};
  struct arena arena;
  if (!text_equal(path, TEXT("/webhook"))) {
    return false;
  }
  arena_init(&arena, desks_mem(desk->desks), 0);
  if (http_request_method(req) != HTTP_POST) {
    answer(h.g, req, 405, "The webhook is POSTed to.");
  } else if (!is_signed(h.g, req)) {
    desk_log(desk, API_LOG_WARNING,
             TEXT("a request to the webhook has no valid signature"));
    answer(h.g, req, 401, "The signature does not fit the body.");
  } else {
    h.body = body_object(&arena, req, NULL);
    take(&h);
  }
  arena_free(&arena);
  return true;
}
