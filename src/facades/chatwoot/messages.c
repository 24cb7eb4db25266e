/* Messages: what was said, and saying it. */
#include "domain/domain.h"
#include "facades/chatwoot/chatwoot_priv.h"

enum { PAGE = 20 };

/* ---- the past */

struct past {
  struct ask *a;
  struct message_ids ids;
  int64_t before, after, count;
  struct text last[PAGE]; /* a ring: what the page holds */
};

static bool on_past(void *ctx, uint64_t seq, const struct record *event) {
  struct past *p = ctx;
  struct textbuf b;
  struct json_out o;
  if (event->type != EVENT_MESSAGE) {
    return true;
  }
  const int64_t id = message_id(&p->ids, seq);
  if (id <= p->after || id >= p->before) {
    return true;
  }
  textbuf_init(&b, p->a->c->facade.mem);
  json_out_init(&o, &b);
  put_message(&o, p->a->chat, event, id);
  p->last[p->count++ % PAGE] = arena_copy_text(&p->a->arena, textbuf_text(&b));
  textbuf_free(&b);
  /* Behind a message the next ones are wanted, else the last ones. */
  return p->after == 0 || p->count < PAGE;
}

static void reply_list(struct ask *a, const struct answer *answer) {
  struct past p = {.a = a, .before = INT64_MAX};
  (void)answer;
  (void)text_to_i64(query_text(&a->arena, a->query, TEXT("before")), &p.before);
  (void)text_to_i64(query_text(&a->arena, a->query, TEXT("after")), &p.after);
  if (domain_timeline(api_domain(a->c->facade.api), chat_session(a->chat),
                      on_past, &p) != BT_ERR_OK) {
    chatwoot_fail(a, 503, TEXT("The journal cannot be read now."));
    return;
  }
  struct json_out *o = chatwoot_begin(a);
  json_open_object(o);
  json_key(o, "meta");
  json_open_object(o);
  json_key(o, "contact");
  put_contact(o, textbuf_text(&a->chat->customer));
  json_close_object(o);
  json_key(o, "payload");
  json_open_list(o);
  for (int64_t i = p.count > PAGE ? p.count - PAGE : 0; i < p.count; i++) {
    json_put_raw(o, p.last[i % PAGE]);
  }
  json_close_list(o);
  json_close_object(o);
  chatwoot_end(a);
}

void chatwoot_serve_messages(struct ask *a) {
  chatwoot_submit(a, NULL, reply_list);
}

/* ---- saying */

struct found {
  struct ask *a;
  struct id session;
  struct message_ids ids;
  int64_t number;
  bool done;
};

static bool on_said(void *ctx, uint64_t seq, const struct record *event) {
  struct found *f = ctx;
  if (event->type != EVENT_MESSAGE ||
      !id_equal(record_id(event, FIELD_SESSION), f->session)) {
    return true;
  }
  const int64_t id = message_id(&f->ids, seq);
  f->done = record_num(event, FIELD_MESSAGE) == f->number;
  if (f->done) {
    put_message(chatwoot_begin(f->a), f->a->chat, event, id);
    chatwoot_end(f->a);
  }
  return !f->done;
}

/* The message is in the batch of the request; that of one that came again is
 * somewhere before. */
static void reply_said(struct ask *a, const struct answer *answer) {
  struct domain *d = api_domain(a->c->facade.api);
  struct json *tree = NULL;
  const bool read = json_parse(&a->arena, answer->body, JSON_DEPTH_MAX, &tree,
                               NULL) == BT_ERR_OK;
  const struct json *number = read ? json_member(tree, TEXT("number")) : NULL;
  struct found f = {.a = a,
                    .session = answer->session,
                    .number = number == NULL ? 0 : number->i};
  const enum bt_err err =
      a->batch != 0 ? domain_events(d, a->batch, a->batch, on_said, &f)
                    : domain_timeline(d, answer->session, on_said, &f);
  if (!f.done) {
    chatwoot_fail(a, 503,
                  err == BT_ERR_OK
                      ? TEXT("The message is not in the journal yet.")
                      : TEXT("The journal cannot be read now."));
  }
}

/* Whispers are between colleagues: there is no message of the conversation. */
static void reply_private(struct ask *a, const struct answer *answer) {
  (void)answer;
  struct json_out *o = chatwoot_begin(a);
  json_open_object(o);
  put_text_member(o, "content", peer_text(a->body, "content"));
  put_number_member(o, "conversation_id", a->chat->number);
  put_number_member(o, "message_type", 1);
  json_key(o, "private");
  json_put_bool(o, true);
  json_close_object(o);
  chatwoot_end(a);
}

/* What goes with a message for programs: as much of it as was given. */
static struct text data_of(struct ask *a) {
  static const char *const kept[] = {"content_type", "content_attributes",
                                     "attachments"};
  struct textbuf b;
  struct json_out o;
  bool any = a->kept.len > 0;
  textbuf_init(&b, a->c->facade.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
    const struct json *m = json_member(a->body, text_from(kept[i]));
    if (m != NULL && m->type != JSON_NULL) {
      json_key(&o, kept[i]);
      json_put_tree(&o, m);
      any = true;
    }
  }
  if (a->kept.len > 0) {
    json_key(&o, "files");
    json_put_raw(&o, a->kept);
  }
  json_close_object(&o);
  const struct text copy =
      any ? arena_copy_text(&a->arena, textbuf_text(&b)) : TEXT("");
  textbuf_free(&b);
  return copy;
}

static void take_in(struct ask *a, const struct visit_said *said) {
  struct pending *p = chatwoot_put_off(a, reply_said);
  if (p != NULL && visit_say(&a->chat->visit, said, chatwoot_take_up, p)) {
    chatwoot_note_batch(p);
  }
}

/* A program tells its messages apart within a conversation, and notes from what
 * the customer sees. */
static struct text key_of(struct ask *a, struct text source, bool whispers) {
  struct textbuf b;
  textbuf_init(&b, a->c->facade.mem);
  if (source.len > 0) {
    textbuf_addf(&b, "%lld %s%.*s", (long long)a->chat->number,
                 whispers ? "private " : "", TEXT_ARG(source));
  }
  const struct text key = arena_copy_text(&a->arena, textbuf_text(&b));
  textbuf_free(&b);
  return key;
}

/* Said before by @by: then @cmd is that, whatever the session is by now. */
static bool was_said_by(const struct ask *a, const struct caller *by,
                        struct command *cmd) {
  const struct engine *e = api_engine(a->c->facade.api);
  struct id session;
  struct text unused;
  if (!engine_find_kept(e, by, record_text(&cmd->args, FIELD_KEY), &session,
                        &unused)) {
    return false;
  }
  cmd->by = *by;
  record_set_id(&cmd->args, FIELD_SESSION, session);
  return true;
}

/* A message comes again when its answer was lost. By then an agent may have
 * the session, or nobody: it is still what the agent bot said. */
static void find_said(const struct ask *a, struct command *cmd) {
  const struct directory *d = engine_directory(api_engine(a->c->facade.api));
  for (uint32_t i = 0; i < d->bot_count; i++) {
    const struct caller bot = {
        .role = ROLE_BOT, .number = i, .name = d->bots[i].id};
    if (was_said_by(a, &bot, cmd)) {
      return;
    }
  }
  const struct caller program = chatwoot_caller(&a->c->facade);
  (void)was_said_by(a, &program, cmd);
}

/* In the words of Rails, which casts what programs send: what is meant for
 * colleagues must not go to the customer for the sake of a type. */
static bool is_private(const struct json *body) {
  const struct json *m = json_member(body, TEXT("private"));
  return m != NULL &&
         (m->type == JSON_TRUE || (m->type == JSON_INT && m->i == 1) ||
          (m->type == JSON_TEXT && (text_equal_nocase(m->text, TEXT("true")) ||
                                    text_equal(m->text, TEXT("1")))));
}

static void send_out(struct ask *a, const struct visit_said *said) {
  const bool whispers = is_private(a->body);
  const struct text key = key_of(a, said->key, whispers);
  struct command cmd;
  chat_begin(a->chat, whispers ? COMMAND_WHISPER : COMMAND_SAY, !whispers,
             &cmd);
  record_set_text(&cmd.args, FIELD_TEXT, said->text);
  if (!whispers) {
    record_set_given(&cmd.args, FIELD_DATA, said->data);
  }
  if (key.len > 0) {
    record_set_text(&cmd.args, FIELD_KEY, key);
    record_set_num(&cmd.args, FIELD_HASH, (int64_t)hash_text(said->text));
    find_said(a, &cmd);
  }
  chatwoot_submit(a, &cmd, whispers ? reply_private : reply_said);
}

void chatwoot_serve_new_message(struct ask *a) {
  if (a->files.count > 0) {
    chatwoot_keep_files(a);
  } else {
    chatwoot_say_message(a);
  }
}

/* Its word, or its number as messages are shown; outgoing if there is none. */
static struct text type_of(const struct json *body) {
  const struct json *m = json_member(body, TEXT("message_type"));
  if (m == NULL || m->type == JSON_NULL) {
    return TEXT("outgoing");
  }
  if (m->type == JSON_INT) {
    return m->i == 0   ? TEXT("incoming")
           : m->i == 1 ? TEXT("outgoing")
                       : TEXT("");
  }
  return m->type == JSON_TEXT ? m->text : TEXT("");
}

void chatwoot_say_message(struct ask *a) {
  const struct text type = type_of(a->body);
  const struct visit_said said = {
      .text = peer_text(a->body, "content"),
      .data = data_of(a),
      .about = textbuf_text(&a->chat->customer),
      .key = visit_key(peer_text(a->body, "source_id"))};
  const char *why = visit_check(&said);
  if (why != NULL) {
    chatwoot_fail(a, 422, text_from(why));
  } else if (text_equal(type, TEXT("incoming"))) {
    take_in(a, &said);
  } else if (text_equal(type, TEXT("outgoing"))) {
    send_out(a, &said);
  } else {
    chatwoot_fail(a, 422, TEXT("message_type is incoming or outgoing."));
  }
}
