/* Conversations: opened, listed, handed to people, assigned, resolved. */
#include <string.h>

#include "bots/bot.h"
#include "domain/domain.h"
#include "facades/chatwoot/chatwoot_priv.h"

enum { PAGE = 25 };

/* ---- lists */

struct counts {
  int64_t assigned, unassigned, all;
};

struct filter {
  struct text status, assignee, q;
};

static struct filter filter_of(struct ask *a) {
  struct filter f = {.status = query_text(&a->arena, a->query, TEXT("status")),
                     .assignee =
                         query_text(&a->arena, a->query, TEXT("assignee_type")),
                     .q = query_text(&a->arena, a->query, TEXT("q"))};
  f.status = f.status.len == 0 ? TEXT("open") : f.status;
  return f;
}

static bool fits(const struct filter *f, const struct chat *chat) {
  const struct text customer = textbuf_text(&chat->customer);
  return (text_equal(f->status, TEXT("all")) ||
          text_equal(f->status, text_from(chat_status(chat)))) &&
         (f->q.len == 0 || text_find(customer, f->q, 0) < customer.len);
}

static bool is_for(const struct filter *f, const struct chat *chat) {
  uint32_t agent;
  const bool assigned = chat_agent(chat, &agent);
  return text_equal(f->assignee, TEXT("assigned"))     ? assigned
         : text_equal(f->assignee, TEXT("unassigned")) ? !assigned
                                                       : true;
}

static struct counts count(const struct ask *a, const struct filter *f) {
  struct counts n = {0};
  for (size_t i = 0; i < a->c->visits.used; i++) {
    const struct chat *chat = (struct chat *)(void *)a->c->visits.list[i];
    uint32_t agent;
    if (chat != NULL && fits(f, chat)) {
      const bool assigned = chat_agent(chat, &agent);
      n.assigned += assigned;
      n.unassigned += !assigned;
      n.all++;
    }
  }
  return n;
}

static void put_counts(struct json_out *o, const struct counts *n) {
  json_key(o, "meta");
  json_open_object(o);
  put_number_member(o, "mine_count", 0); /* a token is no agent's */
  put_number_member(o, "assigned_count", n->assigned);
  put_number_member(o, "unassigned_count", n->unassigned);
  put_number_member(o, "all_count", n->all);
  json_close_object(o);
}

static void put_page(struct ask *a, const struct filter *f,
                     struct json_out *o) {
  int64_t page = 1, seen = 0;
  (void)text_to_i64(query_text(&a->arena, a->query, TEXT("page")), &page);
  json_key(o, "payload");
  json_open_list(o);
  for (size_t i = a->c->visits.used; i > 0; i--) { /* the newest first */
    const struct chat *chat = (struct chat *)(void *)a->c->visits.list[i - 1];
    if (chat != NULL && fits(f, chat) && is_for(f, chat)) {
      if (seen / PAGE == page - 1) {
        put_chat(o, chat);
      }
      seen++;
    }
  }
  json_close_list(o);
}

static void serve_list(struct ask *a, bool with_chats) {
  const struct filter f = filter_of(a);
  const struct counts n = count(a, &f);
  struct json_out *o = chatwoot_begin(a);
  json_open_object(o);
  if (with_chats) {
    json_key(o, "data");
    json_open_object(o);
  }
  put_counts(o, &n);
  if (with_chats) {
    put_page(a, &f, o);
    json_close_object(o);
  }
  json_close_object(o);
  chatwoot_end(a);
}

void chatwoot_serve_chats(struct ask *a) {
  serve_list(a, true);
}

void chatwoot_serve_chats_meta(struct ask *a) {
  serve_list(a, false);
}

/* ---- one */

static void reply_chat(struct ask *a, const struct answer *answer) {
  (void)answer;
  struct json_out *o = chatwoot_begin(a);
  put_chat(o, a->chat);
  chatwoot_end(a);
}

void chatwoot_serve_chat(struct ask *a) {
  chatwoot_submit(a, NULL, reply_chat);
}

static int64_t number_member(const struct json *object, const char *key) {
  const struct json *m = json_member(object, text_from(key));
  int64_t n = -1;
  if (m != NULL && m->type == JSON_INT) {
    return m->i;
  }
  return m != NULL && m->type == JSON_TEXT && text_to_i64(m->text, &n) ? n : -1;
}

/* Whom a new conversation is with: a contact, by its number or source. */
static const struct contact *contact_of(struct ask *a) {
  const int64_t number = number_member(a->body, "contact_id");
  const struct contact *p = contact_find(&a->c->contacts, number);
  if (p == NULL) {
    p = contact_find_source(&a->c->contacts, peer_text(a->body, "source_id"));
  }
  if (p == NULL) {
    chatwoot_fail(
        a, 404,
        TEXT("Resource could not be found: a conversation has the "
             "contact_id or source_id of a contact that was created."));
  }
  return p;
}

/* What is known of the session from its beginning. */
static struct text attributes_of(const struct ask *a) {
  const struct json *m = json_member(a->body, TEXT("custom_attributes"));
  return m != NULL && m->type == JSON_OBJECT && m->count > 0 ? m->source
                                                             : TEXT("");
}

static void say_first(const struct ask *a, struct chat *chat) {
  const struct json *message = json_member(a->body, TEXT("message"));
  const struct visit_said said = {.text = peer_text(message, "content")};
  if (said.text.len > 0 && visit_check(&said) == NULL) {
    (void)visit_say(&chat->visit, &said, NULL, NULL);
  }
}

/* ---- whom it is for, and what it is to be */

/* The agent or queue with that number of the API, or DIR_NONE. */
static uint32_t find_agent(const struct ask *a, int64_t number) {
  const struct directory *d = engine_directory(api_engine(a->c->facade.api));
  return number < 1 || (uint64_t)number > d->agent_count ||
                 d->agents[number - 1].origin.removed
             ? DIR_NONE
             : (uint32_t)(number - 1);
}

static uint32_t find_team(const struct ask *a, int64_t number) {
  const struct directory *d = engine_directory(api_engine(a->c->facade.api));
  return number < 1 || (uint64_t)number > d->queue_count ||
                 d->queues[number - 1].origin.removed ||
                 directory_queue(d, d->queues[number - 1].id) != number - 1
             ? DIR_NONE
             : (uint32_t)(number - 1);
}

static void refuse_agent(struct ask *a) {
  chatwoot_fail(a, 404,
                TEXT("Resource could not be found: no agent has this "
                     "assignee_id."));
}

static void refuse_team(struct ask *a) {
  chatwoot_fail(a, 404,
                TEXT("Resource could not be found: no team has this team_id."));
}

static bool is_status(struct text t) {
  return text_equal(t, TEXT("open")) || text_equal(t, TEXT("pending")) ||
         text_equal(t, TEXT("resolved"));
}

static bool is_given(const struct ask *a, const char *key) {
  const struct json *m = json_member(a->body, text_from(key));
  return m != NULL && m->type != JSON_NULL;
}

/* A new conversation may be somebody's at once. */
struct wish {
  struct text status;
  uint32_t agent, queue; /* or DIR_NONE */
};

/* Before anything is opened. False: refused. */
static bool read_wish(struct ask *a, struct wish *out) {
  out->status = peer_text(a->body, "status");
  out->agent = find_agent(a, number_member(a->body, "assignee_id"));
  out->queue = find_team(a, number_member(a->body, "team_id"));
  if (is_given(a, "status") && !is_status(out->status)) {
    chatwoot_fail(a, 422, TEXT("status is open, pending or resolved."));
  } else if (is_given(a, "assignee_id") && out->agent == DIR_NONE) {
    refuse_agent(a);
  } else if (is_given(a, "team_id") && out->queue == DIR_NONE) {
    refuse_team(a);
  } else {
    return true;
  }
  return false;
}

/* What the engine refuses of it stands in the timeline, and the answer shows
 * the conversation as it is. */
static void grant(const struct ask *a, const struct wish *w) {
  const struct directory *d = engine_directory(api_engine(a->c->facade.api));
  struct command cmd;
  if (w->agent != DIR_NONE) {
    chat_begin(a->chat, COMMAND_RELEASE, false, &cmd); /* of the agent bot */
    api_submit(a->c->facade.api, &cmd, NULL, NULL);
    chat_begin(a->chat, COMMAND_ASSIGN, false, &cmd);
    record_set_text(&cmd.args, FIELD_AGENT_ID, d->agents[w->agent].id);
  } else if (w->queue != DIR_NONE) {
    chat_begin(a->chat, COMMAND_TRANSFER, false, &cmd);
    record_set_text(&cmd.args, FIELD_QUEUE_NAME, d->queues[w->queue].id);
    record_set_num(&cmd.args, FIELD_RELEASE, 1); /* of a bot that is invited */
  } else if (text_equal(w->status, TEXT("open"))) {
    chat_begin(a->chat, COMMAND_RELEASE, false, &cmd);
  } else if (text_equal(w->status, TEXT("resolved"))) {
    chat_begin(a->chat, COMMAND_END, false, &cmd);
  } else {
    return;
  }
  api_submit(a->c->facade.api, &cmd, NULL, NULL);
}

void chatwoot_serve_new_chat(struct ask *a) {
  struct wish wish;
  const struct contact *who = contact_of(a);
  if (who == NULL || !read_wish(a, &wish)) {
    return;
  }
  struct chat *chat = chat_new(a->c, who);
  const struct visit_said said = {.about = who->json,
                                  .attributes = attributes_of(a)};
  if (chat == NULL || !visit_open(&chat->visit, &said, NULL, NULL)) {
    chatwoot_fail(a, 503, TEXT("No session can be opened now."));
  } else {
    chat->account = a->account;
    say_first(a, chat);
    a->chat = chat;
    grant(a, &wish);
    chatwoot_submit(a, NULL, reply_chat);
  }
  if (chat != NULL) {
    visit_drop(&chat->visit);
  }
}

/* ---- its status */

static void reply_toggled(struct ask *a, const struct answer *answer) {
  (void)answer;
  struct json_out *o = chatwoot_begin(a);
  json_open_object(o);
  json_key(o, "meta");
  json_put_raw(o, TEXT("{}"));
  json_key(o, "payload");
  json_open_object(o);
  json_key(o, "success");
  json_put_bool(o, true);
  put_text_member(o, "current_status", text_from(chat_status(a->chat)));
  put_number_member(o, "conversation_id", a->chat->number);
  json_close_object(o);
  json_close_object(o);
  chatwoot_end(a);
}

/* The agent bot says goodbye, if one holds it; any other holder is told by
 * @type to end its part, or the session. */
static void end_part(struct ask *a, enum command_type type, bool ends) {
  struct bot_talk *t = chat_bot(a->chat);
  struct command cmd;
  if (t == NULL) {
    chat_begin(a->chat, type, false, &cmd);
    chatwoot_submit(a, &cmd, reply_toggled);
    return;
  }
  const struct bot_farewell farewell = {.ends = ends,
                                        .reason = TEXT("toggle_status")};
  bot_goodbye(t, &farewell);
  bot_close_talk(t);
  chatwoot_submit(a, NULL, reply_toggled);
}

static void back_to_bot(struct ask *a) {
  const struct facade *f = &a->c->facade;
  const struct directory *d = engine_directory(api_engine(f->api));
  const uint32_t entry = directory_entry(d, f->settings.entry);
  struct command cmd;
  if (entry == DIR_NONE || d->entries[entry].bot.len == 0) {
    chatwoot_fail(a, 422,
                  TEXT("The entry point has no bot: a conversation cannot "
                       "become pending."));
    return;
  }
  chat_begin(a->chat, COMMAND_TRANSFER, false, &cmd);
  record_set_text(&cmd.args, FIELD_BOT_ID, d->entries[entry].bot);
  chatwoot_submit(a, &cmd, reply_toggled);
}

/* A conversation that is over begins anew, with a new session. */
static void reopen(struct ask *a) {
  const struct visit_said said = {.about = textbuf_text(&a->chat->customer)};
  if (visit_open(&a->chat->visit, &said, NULL, NULL)) {
    chatwoot_submit(a, NULL, reply_toggled);
  } else {
    chatwoot_fail(a, 503, TEXT("No session can be opened now."));
  }
}

void chatwoot_serve_toggle(struct ask *a) {
  const struct text now = text_from(chat_status(a->chat));
  struct text to = peer_text(a->body, "status");
  if (to.len == 0) {
    to = text_equal(now, TEXT("open")) ? TEXT("resolved") : TEXT("open");
  }
  if (!is_status(to)) {
    chatwoot_fail(a, 422, TEXT("status is open, pending or resolved."));
  } else if (text_equal(to, now)) {
    chatwoot_submit(a, NULL, reply_toggled);
  } else if (text_equal(now, TEXT("resolved"))) {
    reopen(a);
  } else if (text_equal(to, TEXT("resolved"))) {
    end_part(a, COMMAND_END, true);
  } else if (text_equal(to, TEXT("open"))) {
    /* The handoff: what the entry point says takes it from there. */
    end_part(a, COMMAND_RELEASE, false);
  } else {
    back_to_bot(a);
  }
}

/* ---- its agent or team */

static void reply_agent(struct ask *a, const struct answer *answer) {
  (void)answer;
  struct json_out *o = chatwoot_begin(a);
  put_agent(o, &a->c->facade, (uint32_t)a->numbers[1], a->account);
  chatwoot_end(a);
}

static void reply_team(struct ask *a, const struct answer *answer) {
  (void)answer;
  struct json_out *o = chatwoot_begin(a);
  put_team(o, &a->c->facade, (uint32_t)a->numbers[1], a->account);
  chatwoot_end(a);
}

static void assign_agent(struct ask *a, int64_t number) {
  const struct directory *d = engine_directory(api_engine(a->c->facade.api));
  const uint32_t agent = find_agent(a, number);
  struct command cmd;
  if (agent == DIR_NONE) {
    refuse_agent(a);
    return;
  }
  a->numbers[1] = agent;
  chat_begin(a->chat, COMMAND_ASSIGN, false, &cmd);
  record_set_text(&cmd.args, FIELD_AGENT_ID, d->agents[agent].id);
  chatwoot_submit(a, &cmd, reply_agent);
}

static void assign_team(struct ask *a, int64_t number) {
  const struct directory *d = engine_directory(api_engine(a->c->facade.api));
  const uint32_t queue = find_team(a, number);
  struct command cmd;
  if (queue == DIR_NONE) {
    refuse_team(a);
    return;
  }
  a->numbers[1] = queue;
  chat_begin(a->chat, chat_waits(a->chat) ? COMMAND_MOVE : COMMAND_TRANSFER,
             true, &cmd);
  record_set_text(&cmd.args, FIELD_QUEUE_NAME, d->queues[queue].id);
  chatwoot_submit(a, &cmd, reply_team);
}

void chatwoot_serve_assign(struct ask *a) {
  const struct json *who = json_member(a->body, TEXT("assignee_id"));
  if (who != NULL && who->type != JSON_NULL) {
    assign_agent(a, number_member(a->body, "assignee_id"));
  } else if (json_member(a->body, TEXT("team_id")) != NULL) {
    assign_team(a, number_member(a->body, "team_id"));
  } else {
    chatwoot_fail(a, 422, TEXT("assignee_id or team_id must be there."));
  }
}

/* ---- what is known of it */

static void set_attributes(struct ask *a, struct text attributes,
                           ask_fn *reply) {
  struct command cmd;
  chat_begin(a->chat, COMMAND_SET_ATTRIBUTES, true, &cmd);
  record_set_text(&cmd.args, FIELD_ATTRIBUTES, attributes);
  chatwoot_submit(a, &cmd, reply);
}

void chatwoot_serve_attributes(struct ask *a) {
  const struct text given = attributes_of(a);
  if (given.len == 0) {
    chatwoot_fail(a, 422, TEXT("custom_attributes must be an object."));
  } else {
    set_attributes(a, given, reply_chat);
  }
}

static void reply_labels(struct ask *a, const struct answer *answer) {
  const struct engine *e = api_engine(a->c->facade.api);
  struct json *tree = NULL;
  uint32_t slot;
  (void)answer;
  const bool read =
      visit_is_open(&a->chat->visit, &slot) &&
      json_parse(&a->arena,
                 arena_copy_text(&a->arena, engine_session_attributes(e, slot)),
                 JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK;
  const struct json *labels = read ? json_member(tree, TEXT("labels")) : NULL;
  struct json_out *o = chatwoot_begin(a);
  json_open_object(o);
  json_key(o, "payload");
  json_put_raw(o, labels != NULL ? labels->source : TEXT("[]"));
  json_close_object(o);
  chatwoot_end(a);
}

void chatwoot_serve_labels(struct ask *a) {
  chatwoot_submit(a, NULL, reply_labels);
}

void chatwoot_serve_new_labels(struct ask *a) {
  const struct json *labels = json_member(a->body, TEXT("labels"));
  struct textbuf b;
  if (labels == NULL || labels->type != JSON_LIST) {
    chatwoot_fail(a, 422, TEXT("labels must be a list."));
    return;
  }
  textbuf_init(&b, a->c->facade.mem);
  textbuf_addf(&b, "{\"labels\":%.*s}", TEXT_ARG(labels->source));
  set_attributes(a, textbuf_text(&b), reply_labels);
  textbuf_free(&b);
}
