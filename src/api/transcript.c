/* What was said in a session, to be kept by its customer: as text or JSON. */
#include <string.h>

#include "api/serve_priv.h"
#include "base/check.h"

enum { VIEW_DEPTH = 64, DATE_LEN = 10, MINUTE_LEN = 16 };

const struct transcript_words *transcript_words(struct text lang) {
  static const struct transcript_words all[] = {
      {"en", "Your conversation with us", "You", "automatic assistant", "file",
       "What stood here was not kept."},
      {"de", "Ihre Unterhaltung mit uns", "Sie", "automatischer Assistent",
       "Datei", "Was hier stand, wurde nicht behalten."}};
  const struct text bare = text_sub(lang, 0, text_find(lang, TEXT("-"), 0));
  for (size_t i = 1; i < sizeof all / sizeof all[0]; i++) {
    if (text_equal_nocase(bare, text_from(all[i].lang))) {
      return &all[i];
    }
  }
  return &all[0];
}

/* "2026-11-23 09:30" of a time in UTC. */
static void put_minute(struct text at, struct textbuf *out) {
  textbuf_add(out, text_sub(at, 0, DATE_LEN));
  textbuf_add_char(out, ' ');
  textbuf_add(out, text_sub(at, DATE_LEN + 1, MINUTE_LEN - DATE_LEN - 1));
}

static void put_speaker(const struct json *m,
                        const struct transcript_words *words,
                        struct textbuf *out) {
  const struct text from = json_member_text(m, TEXT("from"));
  if (text_equal(from, TEXT("customer"))) {
    textbuf_add(out, text_from(words->customer));
    return;
  }
  textbuf_add(out, json_member_text(m, TEXT("name")));
  if (text_equal(from, TEXT("bot"))) {
    textbuf_addf(out, " (%s)", words->assistant);
  }
}

/* Further lines stand below the first. */
static void put_text(struct text text, struct textbuf *out) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] == '\n') {
      textbuf_add(out, TEXT("\n    "));
    } else if (text.ptr[i] != '\r') {
      textbuf_add_char(out, text.ptr[i]);
    }
  }
}

static void put_message(const struct json *m,
                        const struct transcript_words *words,
                        struct textbuf *out) {
  const struct json *data = json_member(m, TEXT("data"));
  const bool file = data != NULL && data->type == JSON_OBJECT &&
                    json_member(data, TEXT("files")) != NULL;
  put_minute(json_member_text(m, TEXT("at")), out);
  textbuf_add(out, TEXT("  "));
  put_speaker(m, words, out);
  textbuf_add(out, TEXT(": "));
  if (file) {
    textbuf_addf(out, "[%s] ", words->file);
  }
  const struct text said = json_member_text(m, TEXT("text"));
  put_text(text_equal(said, ENGINE_NOT_KEPT) ? text_from(words->unkept) : said,
           out);
  textbuf_add_char(out, '\n');
}

/* The session as its customer sees it. False: no memory. */
static bool read_view(struct api *api, uint32_t slot, struct arena *arena,
                      struct json **out) {
  const struct caller customer = {.role = ROLE_CUSTOMER};
  struct textbuf view;
  textbuf_init(&view, api->mem);
  api_view_session(api, slot, &customer, 0, &view);
  const struct text copy = arena_copy_text(arena, textbuf_text(&view));
  const bool good = !view.failed && copy.ptr != NULL &&
                    json_parse(arena, copy, VIEW_DEPTH, out, NULL) == BT_ERR_OK;
  textbuf_free(&view);
  return good;
}

bool transcript_write(struct api *api, uint32_t slot,
                      const struct transcript_words *words,
                      struct textbuf *out) {
  struct arena arena;
  struct json *view = NULL;
  arena_init(&arena, api->mem, 0);
  const bool good = read_view(api, slot, &arena, &view);
  const struct json *list = good ? json_member(view, TEXT("messages")) : NULL;
  if (good) {
    textbuf_addf(out, "%s, ", words->subject);
    textbuf_add(
        out, text_sub(json_member_text(view, TEXT("openedAt")), 0, DATE_LEN));
    textbuf_add(out, TEXT(" (UTC)\n\n"));
  }
  for (const struct json *m = list == NULL ? NULL : list->first; m != NULL;
       m = m->next) {
    put_message(m, words, out);
  }
  arena_free(&arena);
  return good && !out->failed;
}

/* ---- the resource */

static void show(struct call *c) {
  const bool json = text_equal(call_query(c, TEXT("format")), TEXT("json"));
  const struct reply r = {
      .code = 200,
      .type = json ? "application/json" : "text/plain; charset=utf-8",
      .body = textbuf_text(&c->out),
      .file_name = json ? TEXT("conversation.json") : TEXT("conversation.txt")};
  call_reply(c, &r);
}

void serve_transcript(struct call *c) {
  const struct text format = call_query(c, TEXT("format"));
  const bool json = text_equal(format, TEXT("json"));
  if (!json && format.len > 0 && !text_equal(format, TEXT("text"))) {
    call_refuse(c, REFUSAL_INVALID_MEMBER,
                call_format(c, "?format= is text or json; found '%.*s'.",
                            TEXT_ARG(format)),
                TEXT(""));
    return;
  }
  if (!call_find_session(c)) {
    return;
  }
  textbuf_clear(&c->out);
  if (json) {
    const struct caller customer = {.role = ROLE_CUSTOMER};
    api_view_session(c->api, c->slot, &customer, 0, &c->out);
  } else {
    c->out.failed = !transcript_write(
        c->api, c->slot, transcript_words(call_query(c, TEXT("lang"))),
        &c->out);
  }
  if (c->out.failed) {
    call_refuse_memory(c);
    return;
  }
  call_later(c, show);
}
