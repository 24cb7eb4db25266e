/* What customers say at an open-messaging integration.
 *
 * A message is known by its integration, customer, messageId and time: the
 * pair again is answered the same and does nothing twice, also after the
 * session has ended and after a restart, for as long as answers are kept (24
 * hours). Two keys are kept for it: one that belongs to the customer's session
 * goes with the message itself, so that it is said once whatever is lost in
 * between; the other, ours, finds the session.
 */
#include "base/calendar.h"
#include "base/digest.h"
#include "genesys/lines_priv.h"

enum { KEY_MAX = 8 + 2 * DIGEST_SHA256_SIZE };

/* A message as it came in. */
struct inbound {
  struct open_integration to;
  const struct json *channel, *from;
  struct text customer, message_id, time;
  char key[KEY_MAX];
  bool has_key;
  struct text text;
  const struct json *content, *metadata;
};

static const char *const id_types[] = {"Email", "Phone", "Opaque", NULL};

/* ---- reading */

static bool is_among(struct text word, const char *const *words) {
  while (*words != NULL && !text_equal(word, text_from(*words))) {
    words++;
  }
  return *words != NULL;
}

static bool check_channel(struct ask *a, struct inbound *m) {
  int64_t at_us;
  const struct json *type = json_part(m->from, "idType");
  if (m->customer.len == 0) {
    ask_fail_field(a, "channel.from.id",
                   TEXT("channel.from.id says who the customer is: a text."));
  } else if (type != NULL &&
             !is_among(json_text_of(m->from, "idType"), id_types)) {
    ask_fail_field(a, "channel.from.idType",
                   TEXT("channel.from.idType is Email, Phone or Opaque."));
  } else if (m->time.len > 0 && !time_from_text(m->time, &at_us)) {
    ask_fail_field(a, "channel.time",
                   TEXT("channel.time is a time such as "
                        "2026-11-22T13:07:13.123Z."));
  } else {
    return true;
  }
  return false;
}

static void make_key(struct ask *a, struct inbound *m) {
  uint8_t digest[DIGEST_SHA256_SIZE];
  m->has_key = m->message_id.len > 0;
  const struct text parts[] = {m->to.id, m->customer, m->message_id, m->time};
  struct textbuf b;
  textbuf_init(&b, a->g->mem);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    textbuf_addf(&b, "%zu:", parts[i].len);
    textbuf_add(&b, parts[i]);
  }
  digest_sha256(textbuf_text(&b), digest);
  textbuf_free(&b);
  for (size_t i = 0; i < 8; i++) {
    m->key[i] = "genesys:"[i];
  }
  hex_write(digest, sizeof digest, m->key + 8);
}

static bool read_channel(struct ask *a, struct text integration,
                         struct inbound *m) {
  *m = (struct inbound){.channel = ask_member(a, "channel")};
  m->from = json_part(m->channel, "from");
  m->customer = json_text_of(m->from, "id");
  m->message_id = json_text_of(m->channel, "messageId");
  m->time = json_text_of(m->channel, "time");
  m->text = ask_text(a, "text");
  m->content = ask_member(a, "content");
  m->metadata = ask_member(a, "metadata");
  if (!integration_find(a->g, &a->arena, integration, &m->to)) {
    ask_fail_code(a, 404, "not.found",
                  ask_format(a, "There is no integration '%.*s'.",
                             TEXT_ARG(integration)));
    return false;
  }
  if (!check_channel(a, m)) {
    return false;
  }
  make_key(a, m);
  return true;
}

/* ---- answering */

static void put_channel(struct ask *a, const struct inbound *m, struct id id,
                        struct json_out *o) {
  json_key(o, "channel");
  json_open_object(o);
  put_key_id(o, "id", genesys_id(id, "channel", 0));
  put_key_text(o, "platform", TEXT("Open"));
  put_key_text(o, "type", TEXT("Private"));
  put_key_text(o, "messageId", m->message_id);
  json_key(o, "to");
  json_open_object(o);
  put_key_text(o, "id", m->to.id);
  json_close_object(o);
  json_key(o, "from");
  json_put_tree(o, m->from);
  if (m->time.len > 0) {
    put_key_text(o, "time", m->time);
  } else {
    put_key_time(o, "time", api_unix_us(a->g->api));
  }
  json_close_object(o);
}

static void put_echo(struct json_out *o, const char *key,
                     const struct json *value) {
  if (value != NULL) {
    json_key(o, key);
    json_put_tree(o, value);
  }
}

static void answer(struct ask *a, const struct inbound *m, struct id session,
                   uint64_t number) {
  const struct id id = genesys_id(session, "message", number);
  struct json_out o = ask_json(a);
  json_open_object(&o);
  put_key_id(&o, "id", id);
  put_channel(a, m, session, &o);
  put_key_text(&o, "type", TEXT("Text"));
  put_key_text(&o, "text", m->text);
  put_echo(&o, "content", m->content);
  put_echo(&o, "metadata", m->metadata);
  put_key_text(&o, "direction", TEXT("Inbound"));
  put_key_id(&o, "conversationId", session);
  json_close_object(&o);
  ask_send(a, 200);
}

/* ---- commands; each is in the engine when this returns, and leaves when it is
 * durable */

static struct caller customer_of(struct id session) {
  return (struct caller){.role = ROLE_CUSTOMER,
                         .number = SESSION_NOBODY,
                         .session = session,
                         .name = TEXT("customer")};
}

static struct text key_of(const struct inbound *m) {
  return (struct text){m->key, sizeof m->key};
}

static const struct step *submit(struct ask *a, struct command *cmd) {
  cmd->by.request = a->by.request;
  api_submit(a->g->api, cmd, NULL, NULL);
  return domain_last_step(api_domain(a->g->api));
}

/* False: it was refused, and that is answered. */
static bool was_taken(struct ask *a, const struct step *step) {
  if (step != NULL && step->answer.refusal == REFUSAL_NONE &&
      step->answer.code < 400) {
    return true;
  }
  if (step == NULL) {
    a->retry_after_ms = 1000;
    ask_fail_code(a, 503, "service.unavailable",
                  TEXT("Not at this moment; nothing was done. Send it again, "
                       "with the same messageId and time."));
    return false;
  }
  const struct json *problem = genesys_parse_copy(&a->arena, step->answer.body);
  if (problem != NULL) {
    ask_fail_problem(a, problem);
  } else {
    ask_fail_code(a, step->answer.code, "general.conflict",
                  text_from(refusal_info(step->answer.refusal)->title));
  }
  return false;
}

/* Who the customer is, and over which integration: it stays with the session.
 */
static struct text write_customer(struct ask *a, const struct inbound *m) {
  const struct text nickname = json_text_of(m->from, "nickname");
  const struct text first = json_text_of(m->from, "firstName");
  const struct text last = json_text_of(m->from, "lastName");
  const struct text email = json_text_of(m->from, "email");
  struct json_out o = ask_json(a);
  json_open_object(&o);
  put_key_text(&o, "id", m->customer);
  put_key_text(&o, "integration", m->to.id);
  put_key_text(&o, "name",
               nickname.len > 0 ? nickname
               : first.len + last.len > 0
                   ? text_trim(ask_format(a, "%.*s %.*s", TEXT_ARG(first),
                                          TEXT_ARG(last)))
                   : m->customer);
  if (email.len > 0 ||
      !text_equal(json_text_of(m->from, "idType"), TEXT("Opaque"))) {
    put_key_text(&o, "address", email.len > 0 ? email : m->customer);
  }
  put_echo(&o, "idType", json_part(m->from, "idType"));
  put_echo(&o, "image", json_part(m->from, "image"));
  json_close_object(&o);
  return arena_copy_text(&a->arena, textbuf_text(&a->out));
}

/* What comes with the first message: its custom attributes and metadata. */
static struct text write_attributes(struct ask *a, const struct inbound *m) {
  const struct json *of_channel = json_part(m->channel, "metadata");
  const struct json *custom = json_part(of_channel, "customAttributes");
  const struct json *base = custom != NULL ? custom : of_channel;
  struct json_out o = ask_json(a);
  json_open_object(&o);
  for (const struct json *e = base == NULL ? NULL : base->first; e != NULL;
       e = e->next) {
    if (json_member(m->metadata, e->key) == NULL) {
      json_key_text(&o, e->key);
      json_put_tree(&o, e);
    }
  }
  for (const struct json *e = m->metadata == NULL ? NULL : m->metadata->first;
       e != NULL; e = e->next) {
    json_key_text(&o, e->key);
    json_put_tree(&o, e);
  }
  json_close_object(&o);
  return arena_copy_text(&a->arena, textbuf_text(&a->out));
}

static struct line *open_line(struct ask *a, const struct inbound *m) {
  const struct text customer = write_customer(a, m);
  const struct text attributes = write_attributes(a, m);
  const struct json *tree = genesys_parse_copy(&a->arena, customer);
  struct command cmd = api_own_command(COMMAND_OPEN_SESSION);
  record_set_given(&cmd.args, FIELD_ENTRY_NAME, m->to.entry);
  record_set_text(&cmd.args, FIELD_CUSTOMER, customer);
  record_set_text(&cmd.args, FIELD_ATTRIBUTES, attributes);
  if (tree == NULL || attributes.ptr == NULL) {
    ask_fail_memory(a);
    return NULL;
  }
  if (!was_taken(a, submit(a, &cmd))) {
    return NULL;
  }
  const struct id session =
      domain_last_step(api_domain(a->g->api))->answer.session;
  struct line *l = line_new(a->g, session, tree);
  if (l == NULL) {
    ask_fail_memory(a);
    return NULL;
  }
  line_begin(l);
  return l;
}

/* ---- a message */

/* The number of the message that was kept with its key; 0 if it is not. */
static uint64_t number_of(struct ask *a, struct text body) {
  const struct json *number =
      json_part(genesys_parse_copy(&a->arena, body), "number");
  return number != NULL ? (uint64_t)number->i : 0;
}

/* Was it said before? Then it is answered. */
static bool is_known(struct ask *a, const struct inbound *m) {
  const struct engine *e = api_engine(a->g->api);
  const struct caller us = api_own_command(COMMAND_CUSTOMER_JOINED).by;
  struct id session, unused;
  struct text body;
  if (!m->has_key || !engine_find_kept(e, &us, key_of(m), &session, &body)) {
    return false;
  }
  const struct caller customer = customer_of(session);
  const uint64_t number =
      engine_find_kept(e, &customer, key_of(m), &unused, &body)
          ? number_of(a, body)
          : 0;
  answer(a, m, session, number);
  return true;
}

static void claim(struct ask *a, const struct inbound *m, struct id session) {
  struct command cmd = api_own_command(COMMAND_CUSTOMER_JOINED);
  record_set_id(&cmd.args, FIELD_SESSION, session);
  record_set_text(&cmd.args, FIELD_KEY, key_of(m));
  record_set_num(&cmd.args, FIELD_HASH, 0);
  (void)submit(a, &cmd);
}

static struct text write_data(struct ask *a, const struct inbound *m) {
  if (m->content == NULL) {
    return TEXT("");
  }
  struct json_out o = ask_json(a);
  json_open_object(&o);
  put_echo(&o, "content", m->content);
  json_close_object(&o);
  return arena_copy_text(&a->arena, textbuf_text(&a->out));
}

static void say(struct ask *a, const struct inbound *m, struct line *l) {
  const struct id session = l->watch.session;
  const struct text data = write_data(a, m);
  struct command cmd = {.by = customer_of(session)};
  record_init(&cmd.args, COMMAND_SAY);
  record_set_id(&cmd.args, FIELD_SESSION, session);
  record_set_text(&cmd.args, FIELD_TEXT, m->text);
  record_set_given(&cmd.args, FIELD_DATA, data);
  if (m->has_key) {
    record_set_text(&cmd.args, FIELD_KEY, key_of(m));
    record_set_num(&cmd.args, FIELD_HASH, 0);
  }
  if (!was_taken(a, submit(a, &cmd))) {
    return;
  }
  uint32_t slot;
  const struct engine *e = api_engine(a->g->api);
  const struct step *step = domain_last_step(api_domain(a->g->api));
  const uint64_t kept = number_of(a, step->answer.body);
  const uint64_t number = kept != 0 ? kept
                          : engine_find(e, session, &slot)
                              ? engine_message_count(e, slot)
                              : 0;
  if (m->has_key) {
    claim(a, m, session);
  }
  answer(a, m, session, number);
}

static void take_message(struct ask *a, struct text integration) {
  struct inbound m;
  if (!read_channel(a, integration, &m) || is_known(a, &m)) {
    return;
  }
  if (m.text.len == 0 && (m.content == NULL || m.content->count == 0)) {
    ask_fail_field(a, "text",
                   TEXT("A message has a text, or content, or both."));
    return;
  }
  if (m.content != NULL && m.content->type != JSON_LIST) {
    ask_fail_field(a, "content", TEXT("content is a list."));
    return;
  }
  struct line *l = lines_find(a->g, m.to.id, m.customer);
  l = l != NULL ? l : open_line(a, &m);
  if (l != NULL) {
    line_wake(l);
    say(a, &m, l);
  }
}

void genesys_inbound_message(struct ask *a) {
  take_message(a, a->params[0]);
}

/* ---- events and receipts */

/* What is no message changes nothing that would have to be kept. */
static void answer_echo(struct ask *a, const struct inbound *m,
                        const struct line *l, const char *type) {
  struct json_out o = ask_json(a);
  uint64_t random[2];
  api_fill_random(a->g->api, random, sizeof random);
  const struct id id =
      genesys_id((struct id){random[0], random[1]}, "event", 0);
  json_open_object(&o);
  put_key_id(&o, "id", id);
  put_channel(a, m, l != NULL ? l->watch.session : id, &o);
  put_key_text(&o, "type", text_from(type));
  put_echo(&o, "events", ask_member(a, "events"));
  put_echo(&o, "status", ask_member(a, "status"));
  put_echo(&o, "metadata", m->metadata);
  put_key_text(&o, "direction", TEXT("Inbound"));
  if (l != NULL) {
    put_key_id(&o, "conversationId", l->watch.session);
  }
  json_close_object(&o);
  ask_send(a, 200);
}

static void leave(struct ask *a, struct line *l) {
  struct command cmd = {.by = customer_of(l->watch.session)};
  record_init(&cmd.args, COMMAND_LEAVE);
  record_set_id(&cmd.args, FIELD_SESSION, l->watch.session);
  (void)submit(a, &cmd);
}

static void take_one_event(struct ask *a, struct line *l,
                           const struct json *event) {
  const struct text type = json_text_of(event, "eventType");
  const struct text typing = json_text_of(json_part(event, "typing"), "type");
  const struct text presence =
      json_text_of(json_part(event, "presence"), "type");
  if (text_equal(type, TEXT("Typing"))) {
    const struct typing how = {.role = ROLE_CUSTOMER,
                               .number = SESSION_NOBODY,
                               .author = TEXT("customer"),
                               .on = !text_equal(typing, TEXT("Off"))};
    topics_type(api_topics(a->g->api), l->watch.session, &how);
  } else if (text_equal(type, TEXT("Presence")) &&
             (text_equal(presence, TEXT("Disconnect")) ||
              text_equal(presence, TEXT("Clear")))) {
    leave(a, l);
  }
}

static void take_event(struct ask *a, struct text integration) {
  const struct json *events = ask_member(a, "events");
  struct inbound m;
  if (!read_channel(a, integration, &m)) {
    return;
  }
  if (events == NULL || events->type != JSON_LIST || events->count == 0) {
    ask_fail_field(a, "events", TEXT("events is a list with something in it."));
    return;
  }
  struct line *l = lines_find(a->g, m.to.id, m.customer);
  for (const struct json *e = events->first; e != NULL && l != NULL;
       e = e->next) {
    take_one_event(a, l, e);
  }
  answer_echo(a, &m, l, "Event");
}

void genesys_inbound_event(struct ask *a) {
  take_event(a, a->params[0]);
}

static void take_receipt(struct ask *a, struct text integration) {
  static const char *const words[] = {
      "Sent", "Delivered", "Read", "Failed", "Published", "Removed", NULL};
  struct inbound m;
  if (!read_channel(a, integration, &m)) {
    return;
  }
  if (!is_among(ask_text(a, "status"), words)) {
    ask_fail_field(a, "status",
                   TEXT("status is Sent, Delivered, Read, Failed, Published or "
                        "Removed."));
    return;
  }
  answer_echo(a, &m, lines_find(a->g, m.to.id, m.customer), "Receipt");
}

void genesys_inbound_receipt(struct ask *a) {
  take_receipt(a, a->params[0]);
}

/* ---- the older form of all three */

void genesys_inbound(struct ask *a) {
  const struct json *channel = ask_member(a, "channel");
  const struct text to = json_text_of(json_part(channel, "to"), "id");
  const struct text type = ask_text(a, "type");
  if (text_equal(type, TEXT("Event"))) {
    take_event(a, to);
  } else if (text_equal(type, TEXT("Receipt"))) {
    take_receipt(a, to);
  } else {
    take_message(a, to);
  }
}
