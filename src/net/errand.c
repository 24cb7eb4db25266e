#include "net/errand.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

/* Private parts of libcurl's interface are macros with unusual types. */
#define SET(easy, option, value) (void)curl_easy_setopt(easy, option, value)

enum { CONNECT_MS = 10000 };

/* ---- what both have in common */

static CURL *errand_begin(const char *url, const char *protocols,
                          int64_t timeout_ms) {
  CURL *easy = curl_easy_init();
  if (easy != NULL) {
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    SET(easy, CURLOPT_URL, url);
    SET(easy, CURLOPT_PROTOCOLS_STR, protocols);
    SET(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    SET(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    SET(easy, CURLOPT_PROXY, ""); /* the operator named the host itself */
  }
  return easy;
}

/* ---- HTTP */

struct listener {
  char *said;
  size_t room, len;
};

/* libcurl says how it looks. */
/* NOLINTNEXTLINE(readability-non-const-parameter) */
static size_t on_said(char *bytes, size_t size, size_t count, void *ctx) {
  struct listener *l = ctx;
  const size_t len = size * count;
  const size_t left = l->room - l->len - 1;
  const size_t kept = len < left ? len : left;
  memcpy(l->said + l->len, bytes, kept);
  l->len += kept;
  l->said[l->len] = '\0';
  return len;
}

int errand_post(const struct errand_post *post, char *said, size_t room) {
  struct listener l = {.said = said, .room = room};
  long status = -1;
  said[0] = '\0';
  CURL *easy = errand_begin(post->url, "http,https", post->timeout_ms);
  struct curl_slist *headers =
      curl_slist_append(NULL, "Content-Type: application/octet-stream");
  if (easy != NULL && headers != NULL) {
    SET(easy, CURLOPT_POST, 1L);
    SET(easy, CURLOPT_POSTFIELDS, post->body.ptr);
    SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.len);
    SET(easy, CURLOPT_HTTPHEADER, headers);
    SET(easy, CURLOPT_WRITEFUNCTION, on_said);
    SET(easy, CURLOPT_WRITEDATA, &l);
    if (curl_easy_perform(easy) != CURLE_OK ||
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK) {
      status = -1;
    }
  }
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
  return (int)status;
}

/* ---- SMTP */

struct sender {
  struct text left;
};

static size_t on_send(char *room, size_t size, size_t count, void *ctx) {
  struct sender *s = ctx;
  const struct text part = text_sub(s->left, 0, size * count);
  memcpy(room, part.ptr, part.len);
  s->left = text_sub(s->left, part.len, s->left.len);
  return part.len;
}

static bool is_this_machine(const char *url) {
  const struct text t = text_from(url);
  return text_starts(t, TEXT("smtp://127.0.0.1")) ||
         text_starts(t, TEXT("smtp://localhost")) ||
         text_starts(t, TEXT("smtp://[::1]"));
}

static void set_sign_in(CURL *easy, const struct errand_mail *mail) {
  const bool clear_is_fine = mail->user == NULL || is_this_machine(mail->url);
  SET(easy, CURLOPT_USE_SSL,
      (long)(clear_is_fine ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (mail->user != NULL) {
    SET(easy, CURLOPT_USERNAME, mail->user);
    SET(easy, CURLOPT_PASSWORD, mail->password);
  }
}

bool errand_mail(const struct errand_mail *mail, char *why, size_t room) {
  struct sender s = {mail->message};
  char from[512], error[CURL_ERROR_SIZE] = "";
  CURL *easy = errand_begin(mail->url, "smtp,smtps", mail->timeout_ms);
  struct curl_slist *to = curl_slist_append(NULL, mail->to);
  CURLcode code = CURLE_OUT_OF_MEMORY;
  (void)snprintf(from, sizeof from, "<%s>", mail->from);
  if (easy != NULL && to != NULL) {
    set_sign_in(easy, mail);
    SET(easy, CURLOPT_ERRORBUFFER, error);
    SET(easy, CURLOPT_MAIL_FROM, from);
    SET(easy, CURLOPT_MAIL_RCPT, to);
    SET(easy, CURLOPT_UPLOAD, 1L);
    SET(easy, CURLOPT_READFUNCTION, on_send);
    SET(easy, CURLOPT_READDATA, &s);
    code = curl_easy_perform(easy);
  }
  (void)snprintf(why, room, "%s",
                 code == CURLE_OK   ? ""
                 : error[0] != '\0' ? error
                                    : curl_easy_strerror(code));
  curl_slist_free_all(to);
  curl_easy_cleanup(easy);
  return code == CURLE_OK;
}
