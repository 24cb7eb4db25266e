/* What a Direct Line client posts: activities, and files with them. */
#include <stdio.h>

#include "bots/shared/parts.h"
#include "facades/directline/directline_priv.h"

enum { CONVERSATION = DIRECTLINE_CONVERSATION };

/* The activity of a message, by what the engine said to it; 0: none is known.
 */
static uint64_t number_of(struct ask *a, const struct talk *t,
                          struct text said) {
  struct json *tree = NULL;
  const bool read =
      json_parse(&a->arena, said, JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK;
  const struct json *message = read ? json_member(tree, TEXT("number")) : NULL;
  const struct activity *found = message == NULL ? NULL : t->first;
  while (found != NULL && found->message != message->i) {
    found = found->next;
  }
  return found == NULL ? 0 : found->number;
}

static void reply_posted(struct ask *a, const struct talk *t,
                         const struct answer *answer) {
  char body[128];
  /* Its activity came before its answer. */
  const uint64_t number =
      answer->code < 400 ? number_of(a, t, answer->body) : 0;
  if (answer->code >= 400) {
    directline_fail(a, answer->code,
                    answer->code == 429 ? "TooManyRequests" : "BadArgument",
                    TEXT("The activity was not taken."));
  } else if (number == 0) {
    directline_fail(a, 503, "ServiceError",
                    TEXT("The activity cannot be told now."));
  } else {
    (void)snprintf(body, sizeof body, "{\"id\":\"%.*s|%07llu\"}", CONVERSATION,
                   talk_address(t).ptr, (unsigned long long)number);
    reply_json(a->req, 200, text_from(body));
  }
}

static void on_posted(void *ctx, const struct answer *answer) {
  struct waiting *w = ctx;
  struct ask a = directline_take_up(w);
  if (a.req != NULL) {
    reply_posted(&a, w->talk, answer);
  }
  directline_end_wait(w, &a);
}

/* Whom it is from, if that is not the user whom the conversation has. */
static const struct json *stranger_of(const struct talk *t,
                                      const struct json *activity) {
  const struct json *from = json_member(activity, TEXT("from"));
  const struct text id = peer_text(from, "id");
  return id.len == 0 || text_equal(id, (struct text){t->user, t->user_len})
             ? NULL
             : from;
}

/* What an activity has beside its text, for programs. */
static struct text data_of(struct ask *a, const struct talk *t,
                           const struct json *activity, struct text files) {
  static const char *const kept[] = {"channelData", "attachments", "value",
                                     "entities", "name"};
  const struct json *from = stranger_of(t, activity);
  struct textbuf b;
  struct json_out o;
  bool any =
      files.len > 0 || text_equal(peer_text(activity, "type"), TEXT("event"));
  textbuf_init(&b, a->d->facade.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
    const struct json *m = json_member(activity, text_from(kept[i]));
    /* Attachments that came as files are those. */
    const bool is_file =
        files.len > 0 && text_equal(text_from(kept[i]), TEXT("attachments"));
    if (m != NULL && m->type != JSON_NULL && !is_file) {
      json_key(&o, kept[i]);
      json_put_raw(&o, m->source);
      any = true;
    }
  }
  if (files.len > 0) {
    json_key(&o, "files");
    json_put_raw(&o, files);
  }
  any = any || (from != NULL && peer_text(activity, "text").len > 0);
  if (any && from != NULL) {
    json_key(&o, "from");
    json_put_raw(&o, from->source);
  }
  json_close_object(&o);
  const struct text copy =
      any ? arena_copy_text(&a->arena, textbuf_text(&b)) : TEXT("");
  textbuf_free(&b);
  return copy;
}

/* Web chats name each activity, to know it when it comes back: one whose answer
 * was lost is posted again under the same name. */
static struct text key_of(const struct json *activity) {
  return visit_key(peer_text(json_member(activity, TEXT("channelData")),
                             "clientActivityID"));
}

/* @files: what came with it and was kept, a JSON list; or empty. */
static void say(struct ask *a, struct talk *t, const struct json *activity,
                struct text files) {
  const struct visit_said said = {.text = peer_text(activity, "text"),
                                  .data = data_of(a, t, activity, files),
                                  .key = key_of(activity)};
  const struct json *text = part_of(activity, "text");
  const char *why = text != NULL && text->type != JSON_TEXT
                        ? "The text of an activity is a text."
                        : visit_check(&said);
  struct waiting *w = why == NULL ? directline_put_off(a, t) : NULL;
  if (why != NULL) {
    directline_fail(a, 400, "BadArgument", text_from(why));
  } else if (w != NULL) {
    (void)visit_say(&t->visit, &said, on_posted, w);
  }
}

void directline_post(struct ask *a, struct talk *t) {
  struct json_error error = {.message = "it is no object"};
  const struct json *activity = body_object(&a->arena, a->req, &error);
  const struct text type = peer_text(activity, "type");
  uint32_t slot;
  if (activity == NULL) {
    directline_fail(a, 400, "BadSyntax", text_from(error.message));
  } else if (!visit_is_open(&t->visit, &slot) &&
             !visit_has_said(&t->visit, key_of(activity))) {
    directline_fail(a, 404, "ConversationNotFound",
                    TEXT("The conversation is over."));
  } else if (text_equal(type, TEXT("message")) ||
             text_equal(type, TEXT("event"))) {
    say(a, t, activity, TEXT(""));
  } else if (text_equal(type, TEXT("conversationUpdate"))) {
    /* Who is there is known from the conversation. */
    reply_json(a->req, 200, TEXT("{\"id\":\"\"}"));
  } else if (text_equal(type, TEXT("typing"))) {
    visit_types(&t->visit, true);
    reply_json(a->req, 200, TEXT("{\"id\":\"\"}"));
  } else if (text_equal(type, TEXT("endOfConversation"))) {
    visit_submit(&t->visit, COMMAND_LEAVE);
    reply_json(a->req, 200, TEXT("{\"id\":\"\"}"));
  } else {
    directline_fail(a, 400, "BadArgument",
                    TEXT("The type of an activity is message, event, typing, "
                         "conversationUpdate or endOfConversation."));
  }
}

/* ---- files: parts of a form, one of which may be their activity */

#define ACTIVITY TEXT("application/vnd.microsoft.activity")

static bool is_activity(const struct form_file *file) {
  return text_equal_nocase(text_sub(file->type, 0, ACTIVITY.len), ACTIVITY);
}

/* The form's files without the activity, which is left in *activity. False: it
 * is no form, or has no file, or the activity is none. */
static bool read_upload(struct ask *a, struct form_files *files,
                        const struct json **activity) {
  struct form_files all;
  struct json *tree = NULL;
  files->count = 0;
  *activity = NULL;
  if (form_read(&a->arena, http_request_header(a->req, TEXT("Content-Type")),
                http_request_body(a->req), &all) == NULL) {
    return false;
  }
  for (size_t i = 0; i < all.count; i++) {
    if (!is_activity(&all.list[i])) {
      files->list[files->count++] = all.list[i];
    } else if (json_parse(&a->arena, all.list[i].bytes, JSON_DEPTH_DEFAULT,
                          &tree, NULL) != BT_ERR_OK ||
               tree->type != JSON_OBJECT) {
      return false;
    } else {
      *activity = tree;
    }
  }
  return files->count > 0;
}

/* An activity without words is named by its files. */
static const struct json *named_activity(struct ask *a,
                                         const struct json *activity,
                                         const struct form_files *files) {
  struct textbuf b;
  struct json_out o;
  struct json *tree = NULL;
  if (peer_text(activity, "text").len > 0) {
    return activity;
  }
  textbuf_init(&b, a->d->facade.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  for (const struct json *m = activity == NULL ? NULL : activity->first;
       m != NULL; m = m->next) {
    if (!text_equal(m->key, TEXT("text"))) {
      json_key_text(&o, m->key);
      json_put_raw(&o, m->source);
    }
  }
  json_key(&o, "text");
  json_put_text(&o, files->list[0].name.len > 0 ? files->list[0].name
                                                : TEXT("file"));
  json_close_object(&o);
  const struct text copy = arena_copy_text(&a->arena, textbuf_text(&b));
  textbuf_free(&b);
  return json_parse(&a->arena, copy, JSON_DEPTH_DEFAULT, &tree, NULL) ==
                 BT_ERR_OK
             ? tree
             : activity;
}

static void on_uploaded(void *ctx, const struct kept_files *kept) {
  struct waiting *w = ctx;
  struct ask a = directline_take_up(w);
  struct form_files files;
  const struct json *activity;
  if (a.req != NULL && kept->code != 0) {
    directline_fail(&a, kept->code, "BadArgument", kept->why);
  } else if (a.req != NULL && read_upload(&a, &files, &activity)) {
    say(&a, w->talk, named_activity(&a, activity, &files), kept->list);
  }
  directline_end_wait(w, &a);
}

static void drop_upload(void *ctx) {
  struct waiting *w = ctx;
  visit_drop(&w->talk->visit);
  mem_free(w->d->facade.mem, w, sizeof *w);
}

void directline_upload(struct ask *a, struct talk *t) {
  struct form_files files;
  const struct json *activity;
  uint32_t slot;
  if (!visit_is_open(&t->visit, &slot)) {
    directline_fail(a, 404, "ConversationNotFound",
                    TEXT("The conversation is over."));
    return;
  }
  if (!read_upload(a, &files, &activity)) {
    directline_fail(
        a, 400, "BadArgument",
        TEXT("An upload is a multipart/form-data form with files, and may "
             "hold their activity as application/vnd.microsoft.activity."));
    return;
  }
  struct waiting *w = directline_put_off(a, t);
  const struct keep_user user = {
      .ctx = w, .fn = on_uploaded, .drop = drop_upload};
  if (w != NULL && !keep_files(&a->d->keeper, &t->visit, &files, &user)) {
    const struct kept_files none = {.code = 503,
                                    .why = TEXT("There is no memory for it.")};
    on_uploaded(w, &none);
  }
}
