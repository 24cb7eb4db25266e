/* The transcript by mail: written here, handed to the mail server on another
 * thread, and answered when that has taken it.
 *
 * Whoever opens sessions could have words of their own sent to strangers. So a
 * session, an address and the whole server send no more than a few. */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/serve_priv.h"
#include "base/check.h"
#include "domain/heap.h"
#include "net/errand.h"
#include "net/mail_address.h"

enum {
  LOG_SIZE = 512,
  OF_ONE_MAX = 3, /* of a session, and to an address, in an hour */
  MINUTE_MAX = 30,
  MINUTE_MS = 60000,
  HOUR_MS = 3600000,
  MAIL_TIMEOUT_MS = 30000,
  MAIL_RETRY_MS = 30000,
  LINE_BYTES = 57, /* 76 characters of base64 */
  AT_ONCE_MAX = 2
};

/* ---- how much was sent */

struct mail_entry {
  struct id session;
  uint64_t to;  /* hash of the address */
  uint64_t key; /* of the Idempotency-Key; 0: none */
  int64_t at_us;
};

/* The last ones, the oldest overwritten. */
struct mail_log {
  struct mail_entry list[LOG_SIZE];
  size_t next;
};

static bool is_within(const struct mail_entry *e, int64_t now_us, int64_t ms) {
  return e->at_us != 0 && now_us - e->at_us < ms * 1000;
}

static bool same_request(const struct mail_entry *e,
                         const struct mail_entry *f) {
  return f->key != 0 && e->key == f->key && id_equal(e->session, f->session);
}

/* How long until there is room for @e; 0: there is. *@again: it was sent. */
static int64_t wait_ms(const struct mail_log *log, const struct mail_entry *e,
                       bool *again) {
  size_t session = 0, to = 0, all = 0;
  for (size_t i = 0; i < LOG_SIZE; i++) {
    const struct mail_entry *f = &log->list[i];
    if (is_within(f, e->at_us, HOUR_MS)) {
      session += id_equal(f->session, e->session);
      to += f->to == e->to;
      *again = *again || same_request(e, f);
    }
    all += is_within(f, e->at_us, MINUTE_MS);
  }
  return session >= OF_ONE_MAX || to >= OF_ONE_MAX ? HOUR_MS
         : all >= MINUTE_MAX                       ? MINUTE_MS
                                                   : 0;
}

static void note_begun(struct mail_log *log, const struct mail_entry *e) {
  log->list[log->next] = *e;
  log->list[log->next].key = 0;
  log->next = (log->next + 1) % LOG_SIZE;
}

/* What was not taken counts for nothing; what was is known by its key. */
static void note_ended(struct mail_log *log, const struct mail_entry *e,
                       bool sent) {
  for (size_t i = 0; i < LOG_SIZE; i++) {
    struct mail_entry *f = &log->list[i];
    if (f->at_us == e->at_us && f->to == e->to &&
        id_equal(f->session, e->session)) {
      *f = sent ? *e : (struct mail_entry){.at_us = 0};
    }
  }
}

/* ---- the mail */

struct mail_job {
  struct api *api; /* NULL: it is gone */
  struct call *call;
  struct mail_job *next;
  struct arena arena;
  struct errand_mail mail;
  struct textbuf message;
  struct mail_entry entry;
  bool sent;
  char why[256];
};

static void job_free(struct mail_job *j) {
  textbuf_free(&j->message);
  arena_free(&j->arena);
  mem_free(heap_mem(), j, sizeof *j);
}

void mail_jobs_free(struct api *api) {
  for (struct mail_job *j = api->mail_jobs; j != NULL; j = j->next) {
    j->api = NULL; /* its thread is still at it: it frees itself */
  }
  mem_free(api->mem, api->mail_log, sizeof *api->mail_log);
}

void api_set_mail(struct api *api, const struct api_mail *mail) {
  api->options.mail = *mail;
}

/* RFC 2045, 6.8. */
static void put_base64(struct text bytes, struct textbuf *out) {
  char line[LINE_BYTES / 3 * 4 + 1];
  while (bytes.len > 0) {
    const struct text part = text_sub(bytes, 0, LINE_BYTES);
    const int len = EVP_EncodeBlock(
        (unsigned char *)line, (const unsigned char *)part.ptr, (int)part.len);
    textbuf_add(out, (struct text){line, (size_t)len});
    textbuf_add(out, TEXT("\r\n"));
    bytes = text_sub(bytes, part.len, bytes.len);
  }
}

/* RFC 5322, 3.3. */
static void put_date(int64_t at_us, struct textbuf *out) {
  char day[8], rest[32]; /* in English: the locale is never set */
  struct tm t;
  const time_t s = (time_t)(at_us / 1000000);
  bt_check(gmtime_r(&s, &t) != NULL);
  bt_check(strftime(day, sizeof day, "%a", &t) > 0);
  bt_check(strftime(rest, sizeof rest, "%b %Y %H:%M:%S", &t) > 0);
  textbuf_addf(out, "Date: %s, %d %s +0000\r\n", day, t.tm_mday, rest);
}

/* The words of its head are ASCII, and the addresses were looked at. */
static void write_mail(struct mail_job *j, const struct transcript_words *words,
                       struct text transcript) {
  struct textbuf *out = &j->message;
  uint64_t random[2];
  const char *at = strrchr(j->mail.from, '@');
  api_random(j->api, random, sizeof random);
  textbuf_addf(out, "From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\n", j->mail.from,
               j->mail.to, words->subject);
  put_date(api_now_us(j->api), out);
  textbuf_addf(out, "Message-ID: <%016llx%016llx%s>\r\n",
               (unsigned long long)random[0], (unsigned long long)random[1],
               at);
  textbuf_add(out, TEXT("MIME-Version: 1.0\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: base64\r\n"
                        "Auto-Submitted: auto-generated\r\n\r\n"));
  put_base64(transcript, out);
}

static void work(void *ctx) {
  struct mail_job *j = ctx;
  j->sent = errand_mail(&j->mail, j->why, sizeof j->why);
}

static void reply_sent(struct call *c, bool replayed) {
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "code");
  json_put_i64(&o, 200);
  json_key(&o, "status");
  json_put_text(&o, TEXT("OK"));
  json_key(&o, "message");
  json_put_text(&o, TEXT("The mail server has taken the transcript."));
  json_close_object(&o);
  const struct reply r = {
      .code = 200, .body = textbuf_text(&c->out), .replayed = replayed};
  call_reply(c, &r);
}

static void refuse_failed(struct mail_job *j) {
  const struct api_log entry = {.level = API_LOG_WARNING,
                                .what = "mail.failed",
                                .request = j->call->by.request,
                                .detail = text_from(j->why)};
  api_note(j->api, &entry);
  call_refuse_for(j->call, REFUSAL_MAIL_FAILED,
                  TEXT("The mail server has not taken the transcript."),
                  MAIL_RETRY_MS);
}

static void on_done(void *ctx) {
  struct mail_job *j = ctx;
  if (j->api != NULL) {
    struct mail_job **at = &j->api->mail_jobs;
    while (*at != j) {
      at = &(*at)->next;
    }
    *at = j->next;
    note_ended(j->api->mail_log, &j->entry, j->sent);
    j->sent ? reply_sent(j->call, false) : refuse_failed(j);
  }
  job_free(j);
}

/* ---- asking */

struct wish {
  struct text to;
  struct mail_entry entry;
  const struct transcript_words *words;
};

static bool refuse_member(struct call *c, const char *pointer,
                          struct text why) {
  call_refuse(c, REFUSAL_INVALID_MEMBER, why, text_from(pointer));
  return false;
}

/* False: answered. */
static bool read_wish(struct call *c, struct wish *w) {
  const struct json *tree = call_read_object(c);
  struct text lang = {"", 0};
  *w = (struct wish){.to = {"", 0}};
  for (const struct json *m = tree == NULL ? NULL : tree->first; m != NULL;
       m = m->next) {
    const bool to = text_equal(m->key, TEXT("to"));
    if (!to && !text_equal(m->key, TEXT("lang"))) {
      return refuse_member(c, call_format(c, "/%.*s", TEXT_ARG(m->key)).ptr,
                           TEXT("A mail has the members \"to\" and "
                                "\"lang\"."));
    }
    *(to ? &w->to : &lang) = m->type == JSON_TEXT ? m->text : TEXT("");
  }
  if (tree == NULL) {
    return false;
  }
  w->to = text_trim(w->to);
  w->words = transcript_words(lang);
  return mail_address_is_good(w->to) ||
         refuse_member(c, "/to",
                       TEXT("\"to\" must be a mail address such as "
                            "anna@shop.example."));
}

static bool refuse_busy(struct call *c, int64_t ms) {
  call_refuse_for(c, REFUSAL_RATE_LIMITED,
                  ms == HOUR_MS
                      ? TEXT("A conversation is sent three times an hour at "
                             "most, and no more to one address.")
                      : TEXT("Too many transcripts are being sent."),
                  ms);
  return false;
}

/* May it be sent now? False: answered. */
static bool has_room(struct call *c, struct wish *w) {
  struct api *api = c->api;
  const struct mail_entry e = {
      .session = c->session,
      .to = hash_text_nocase(w->to),
      .key = c->key.len > 0 ? hash_text(c->key) ^ hash_text(w->to) : 0,
      .at_us = api_now_us(api)};
  bool again = false;
  size_t jobs = 0;
  if (api->mail_log == NULL) {
    api->mail_log = mem_new(api->mem, sizeof *api->mail_log);
  }
  if (api->mail_log == NULL) {
    call_refuse_memory(c);
    return false;
  }
  for (const struct mail_job *j = api->mail_jobs; j != NULL; j = j->next) {
    jobs++;
  }
  const int64_t ms = wait_ms(api->mail_log, &e, &again);
  if (again) {
    reply_sent(c, true);
    return false;
  }
  if (ms != 0 || jobs >= AT_ONCE_MAX) {
    return refuse_busy(c, ms != 0 ? ms : MAIL_RETRY_MS);
  }
  note_begun(api->mail_log, &e);
  w->entry = e;
  return true;
}

static const char *copy_string(struct mail_job *j, struct text t) {
  return arena_copy_text(&j->arena, t).ptr;
}

/* False: no memory. */
static bool fill(struct mail_job *j, const struct wish *w) {
  const struct api_mail *m = &j->api->options.mail;
  struct textbuf transcript;
  j->mail = (struct errand_mail){.url = copy_string(j, text_from(m->url)),
                                 .from = copy_string(j, text_from(m->from)),
                                 .to = copy_string(j, w->to),
                                 .timeout_ms = MAIL_TIMEOUT_MS};
  if (m->user != NULL) {
    j->mail.user = copy_string(j, text_from(m->user));
    j->mail.password = copy_string(j, text_from(m->password));
  }
  textbuf_init(&transcript, heap_mem());
  const bool good =
      j->mail.url != NULL && j->mail.from != NULL && j->mail.to != NULL &&
      (m->user == NULL || (j->mail.user != NULL && j->mail.password != NULL)) &&
      transcript_write(j->api, j->call->slot, w->words, &transcript);
  if (good) {
    write_mail(j, w->words, textbuf_text(&transcript));
  }
  textbuf_free(&transcript);
  j->mail.message = textbuf_text(&j->message);
  return good && !j->message.failed;
}

static void send(struct call *c, const struct wish *w) {
  struct api *api = c->api;
  struct mail_job *j = mem_new(heap_mem(), sizeof *j);
  if (j == NULL) {
    call_refuse_memory(c);
    return;
  }
  j->api = api;
  j->call = c;
  j->entry = w->entry;
  arena_init(&j->arena, heap_mem(), 0);
  textbuf_init(&j->message, heap_mem());
  if (!fill(j, w) ||
      loop_work(api->options.loop, work, on_done, j) != BT_ERR_OK) {
    note_ended(api->mail_log, &j->entry, false);
    job_free(j);
    call_refuse_memory(c);
    return;
  }
  j->next = api->mail_jobs;
  api->mail_jobs = j;
}

/* What was said is on disk. */
static void send_now(struct call *c) {
  struct wish *w = c->of_handler;
  if (call_find_session(c) && has_room(c, w)) {
    send(c, w);
  }
}

void serve_mail_transcript(struct call *c) {
  struct wish w;
  if (!read_wish(c, &w) || !call_may(c) || !call_find_session(c)) {
    return;
  }
  if (c->api->options.mail.url == NULL) {
    call_refuse(c, REFUSAL_NO_MAIL,
                TEXT("This centre has no mail server: save the transcript "
                     "instead."),
                TEXT(""));
    return;
  }
  struct wish *kept = arena_alloc(&c->arena, sizeof *kept);
  if (kept == NULL) {
    call_refuse_memory(c);
    return;
  }
  *kept = w;
  c->of_handler = kept;
  call_later(c, send_now);
}
