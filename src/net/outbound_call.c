/* One call to another host: its request, its redirects, how it ended. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "net/outbound_priv.h"

/* Private parts of libcurl's interface are macros with unusual types. */
#define SET(c, option, value) (void)curl_easy_setopt((c)->easy, option, value)

enum { RETRY_AFTER_MAX_S = 3600 };

/* ---- policy */

__attribute__((format(printf, 2, 3))) static bool
refuse(struct outbound_one *c, const char *format, ...) {
  va_list args;
  va_start(args, format);
  (void)vsnprintf(c->reason, sizeof c->reason, format, args);
  va_end(args);
  return false;
}

static bool is_allowed(const struct outbound *o, struct text scheme,
                       struct text host, uint16_t port) {
  for (size_t i = 0; i < o->rule_count; i++) {
    if (outbound_rule_allows(&o->rules[i], scheme, host, port)) {
      return true;
    }
  }
  return false;
}

/* A part of the URL as libcurl reads it: what is judged is what is called. */
static char *part(const struct outbound_one *c, CURLUPart what,
                  unsigned flags) {
  char *value = NULL;
  return curl_url_get(c->url, what, &value, flags) == CURLUE_OK ? value : NULL;
}

static bool judge(struct outbound_one *c) {
  char *scheme = part(c, CURLUPART_SCHEME, 0);
  char *host = part(c, CURLUPART_HOST, 0);
  char *port = part(c, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  int64_t number = 0;
  bool good = scheme != NULL && host != NULL && port != NULL &&
              text_to_i64(text_from(port), &number);
  if (!good || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)) {
    good = refuse(c, "blocked by policy: only http:// and https:// can be "
                     "called");
  } else if (!is_allowed(c->outbound, text_from(scheme), text_from(host),
                         (uint16_t)number)) {
    const bool usual = number == 80 || number == 443;
    good = refuse(c,
                  "blocked by policy: rest.allow of the centre does not name "
                  "%s%s%s",
                  host, usual ? "" : ":", usual ? "" : port);
  }
  curl_free(scheme);
  curl_free(host);
  curl_free(port);
  return good;
}

/* An address of the inside is named with the port that is meant: a rule for one
 * service opens no other of the same machine. */
static bool is_named(const struct outbound_one *c, const struct net_address *a,
                     uint16_t port) {
  char *scheme = part(c, CURLUPART_SCHEME, 0);
  bool named = false;
  for (size_t i = 0; scheme != NULL && !named && i < c->outbound->rule_count;
       i++) {
    named =
        outbound_rule_opens(&c->outbound->rules[i], text_from(scheme), a, port);
  }
  curl_free(scheme);
  return named;
}

/* At the moment in which the socket is made, so that nothing lies between what
 * is judged and what is called. */
static curl_socket_t on_open(void *ctx, curlsocktype purpose,
                             struct curl_sockaddr *to) {
  struct outbound_one *c = ctx;
  struct net_address a;
  uint16_t port = 0;
  (void)purpose;
  if (!outbound_address_of(&to->addr, &a, &port) ||
      (outbound_is_inside(&a) && !is_named(c, &a, port))) {
    c->blocked = true;
    return CURL_SOCKET_BAD;
  }
  return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* ---- the request */

/* libcurl says how it looks. */
/* NOLINTNEXTLINE(readability-non-const-parameter) */
static size_t on_body(char *bytes, size_t size, size_t count, void *ctx) {
  struct outbound_one *c = ctx;
  const size_t len = size * count;
  if (c->body.len + len > c->outbound->reply_bytes) {
    c->too_large = true;
    return 0;
  }
  textbuf_add(&c->body, (struct text){bytes, len});
  return c->body.failed ? 0 : len;
}

static bool add_header(struct outbound_one *c, struct text name,
                       struct text value) {
  struct textbuf line;
  textbuf_init(&line, c->outbound->loop->mem);
  textbuf_add(&line, name);
  /* libcurl's form of a header without a value */
  textbuf_add(&line, value.len == 0 ? TEXT(";") : TEXT(": "));
  textbuf_add(&line, value);
  textbuf_add_char(&line, '\0');
  struct curl_slist *more =
      line.failed ? NULL : curl_slist_append(c->headers, line.ptr);
  textbuf_free(&line);
  c->headers = more != NULL ? more : c->headers;
  return more != NULL;
}

static bool is_clean(struct text t) {
  for (size_t i = 0; i < t.len; i++) {
    const unsigned char b = (unsigned char)t.ptr[i];
    if (b < 0x20 && b != '\t') {
      return false;
    }
  }
  return true;
}

/* Any other header may hold a key that is for the first server alone. */
static bool goes_elsewhere(struct text name) {
  return text_equal_nocase(name, TEXT("Accept")) ||
         text_equal_nocase(name, TEXT("Content-Type"));
}

/* libcurl's own Expect: 100-continue would cost a second with some servers. */
static bool add_headers(struct outbound_one *c) {
  c->headers = curl_slist_append(NULL, "Expect:");
  bool good = c->headers != NULL;
  for (size_t i = 0; i < c->request.header_count && good; i++) {
    const struct http_header *h = &c->request.headers[i];
    if (h->name.len == 0 || !is_clean(h->name) || !is_clean(h->value) ||
        text_find(h->name, TEXT(":"), 0) < h->name.len) {
      return refuse(c,
                    "failed: the header '%.*s' holds a line end, a colon in "
                    "its name, or nothing",
                    TEXT_ARG(utf8_cut(h->name, 40)));
    }
    if (!c->elsewhere || goes_elsewhere(h->name)) {
      good = add_header(c, h->name, h->value);
    }
  }
  return good || refuse(c, "failed: out of memory");
}

static void set_method(struct outbound_one *c) {
  const struct text method = c->request.method;
  if (text_equal(method, TEXT("GET"))) {
    SET(c, CURLOPT_HTTPGET, 1L);
    return;
  }
  if (text_equal(method, TEXT("HEAD"))) {
    SET(c, CURLOPT_NOBODY, 1L);
    return;
  }
  if (c->request.body.len > 0 || text_equal(method, TEXT("POST")) ||
      text_equal(method, TEXT("PUT")) || text_equal(method, TEXT("PATCH"))) {
    SET(c, CURLOPT_POST, 1L);
    SET(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->request.body.len);
    SET(c, CURLOPT_POSTFIELDS, c->request.body.ptr);
  }
  SET(c, CURLOPT_CUSTOMREQUEST, method.ptr); /* ends in NUL: see copy_text() */
}

/* What is left of the call's time, which its redirects share. */
static long left_ms(const struct outbound_one *c) {
  const int64_t left_us = c->until_us - loop_now_us();
  return c->until_us == 0 ? 0 : left_us < 1000 ? 1 : (long)(left_us / 1000);
}

static void set_options(struct outbound_one *c) {
  SET(c, CURLOPT_CURLU, c->url);
  SET(c, CURLOPT_PRIVATE, c);
  SET(c, CURLOPT_PROXY, ""); /* whatever the environment says */
  SET(c, CURLOPT_PROTOCOLS_STR, "http,https");
  SET(c, CURLOPT_FOLLOWLOCATION, 0L);
  SET(c, CURLOPT_NOSIGNAL, 1L);
  SET(c, CURLOPT_TIMEOUT_MS, left_ms(c));
  SET(c, CURLOPT_ERRORBUFFER, c->error);
  SET(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
  SET(c, CURLOPT_OPENSOCKETDATA, c);
  SET(c, CURLOPT_WRITEFUNCTION, on_body);
  SET(c, CURLOPT_WRITEDATA, c);
  SET(c, CURLOPT_HTTPHEADER, c->headers);
  SET(c, CURLOPT_USERAGENT, "Baton");
  SET(c, CURLOPT_FRESH_CONNECT, 1L);
  if (c->tunnels) {
    SET(c, CURLOPT_CONNECT_ONLY, 1L);
    SET(c, CURLOPT_SSL_ENABLE_ALPN, 0L); /* HTTP/1.1 is spoken by us */
  } else {
    /* A kept connection would not be judged again by other rules. */
    SET(c, CURLOPT_FORBID_REUSE, 1L);
  }
  if (c->outbound->authorities.len > 0) {
    SET(c, CURLOPT_CAINFO, c->outbound->authorities.ptr);
  }
  set_method(c);
}

bool outbound_begin(struct outbound_one *c) {
  if (c->url == NULL) {
    c->url = curl_url();
    if (c->url == NULL) {
      return refuse(c, "failed: out of memory");
    }
    if (c->request.timeout_ms > 0) {
      c->until_us = loop_now_us() + c->request.timeout_ms * 1000;
    }
    const CURLUcode code =
        curl_url_set(c->url, CURLUPART_URL, c->request.url.ptr, 0);
    if (code != CURLUE_OK) {
      return refuse(c, "failed: this is no URL: %s", curl_url_strerror(code));
    }
  }
  if (!judge(c) || !add_headers(c)) {
    return false;
  }
  c->easy = outbound_prepare(c->outbound) ? curl_easy_init() : NULL;
  if (c->easy == NULL) {
    return refuse(c, "failed: out of memory");
  }
  set_options(c);
  return curl_multi_add_handle(c->outbound->multi, c->easy) == CURLM_OK ||
         refuse(c, "failed: out of memory");
}

/* ---- its end */

static void end_request(struct outbound_one *c) {
  if (c->easy != NULL) {
    (void)curl_multi_remove_handle(c->outbound->multi, c->easy);
    curl_easy_cleanup(c->easy);
    c->easy = NULL;
  }
  curl_slist_free_all(c->headers);
  c->headers = NULL;
}

void outbound_one_free(struct outbound_one *c) {
  end_request(c);
  curl_url_cleanup(c->url);
  link_remove(&c->link);
  textbuf_free(&c->body);
  const struct mem *mem = c->outbound->loop->mem;
  arena_free(&c->arena);
  mem_free(mem, c, sizeof *c);
}

static const char *kind_of(const struct outbound_one *c, CURLcode result) {
  switch ((int)result) {
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_RESOLVE_PROXY:
    return "DNS";
  case CURLE_COULDNT_CONNECT:
    return c->blocked ? "blocked by policy" : "refused";
  case CURLE_OPERATION_TIMEDOUT:
    return "timeout";
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
    return "TLS";
  default:
    return "failed";
  }
}

static void explain(struct outbound_one *c, CURLcode result) {
  const char *why = c->error[0] != '\0' ? c->error : curl_easy_strerror(result);
  if (c->too_large) {
    (void)refuse(c, "too large: a reply holds %zu bytes at most",
                 c->outbound->reply_bytes);
  } else if (result == CURLE_COULDNT_CONNECT && c->blocked) {
    (void)refuse(c, "blocked by policy: the host's address is one of this "
                    "machine or its networks; list the address in rest.allow "
                    "if it is meant");
  } else {
    (void)refuse(c, "%s: %s", kind_of(c, result), why);
  }
}

/* The status says that the reply is elsewhere. */
static bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 ||
         status == 308;
}

/* Scheme, host and port of the URL: "https://crm.example:443". Empty when there
 * is no memory. */
static struct text server_of(struct outbound_one *c) {
  char *scheme = part(c, CURLUPART_SCHEME, 0);
  char *host = part(c, CURLUPART_HOST, 0);
  char *port = part(c, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  struct text server = TEXT("");
  if (scheme != NULL && host != NULL && port != NULL) {
    struct textbuf b;
    textbuf_init(&b, c->outbound->loop->mem);
    textbuf_addf(&b, "%s://%s:%s", scheme, host, port);
    server = arena_copy_text(&c->arena, textbuf_text(&b));
    textbuf_free(&b);
  }
  curl_free(scheme);
  curl_free(host);
  curl_free(port);
  return server.ptr == NULL ? TEXT("") : server;
}

/* Only POST becomes GET on 301 and 302; 303 asks for GET of everything but HEAD
 * (RFC 9110, 15.4.2 to 15.4.4). */
static void change_method(struct outbound_one *c, long status) {
  const struct text method = c->request.method;
  const bool posts = text_equal(method, TEXT("POST"));
  if ((status == 303 && !text_equal(method, TEXT("HEAD"))) ||
      (status < 303 && posts)) {
    c->request.method = TEXT("GET");
    c->request.body = TEXT("");
  }
}

/* False: .reason says why it is not followed. */
static bool follow(struct outbound_one *c, long status, const char *to) {
  if (++c->redirects > OUTBOUND_REDIRECTS_MAX) {
    return refuse(c, "failed: more than %d redirects", OUTBOUND_REDIRECTS_MAX);
  }
  change_method(c, status);
  const struct text from = server_of(c);
  const CURLUcode code = curl_url_set(c->url, CURLUPART_URL, to, 0);
  if (code != CURLUE_OK) {
    return refuse(c, "failed: the redirect leads nowhere");
  }
  /* What is secret is for the server that it was meant for. */
  c->elsewhere =
      c->elsewhere || from.len == 0 || !text_equal_nocase(from, server_of(c));
  if (c->elsewhere && c->request.body.len > 0) {
    return refuse(c,
                  "blocked by policy: a redirect (%ld) would send the "
                  "request's body to another server",
                  status);
  }
  end_request(c);
  textbuf_clear(&c->body);
  c->error[0] = '\0';
  c->blocked = false;
  return outbound_begin(c);
}

static struct text content_type(struct outbound_one *c) {
  const char *type = NULL;
  (void)curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &type);
  const struct text copy = arena_copy_text(&c->arena, text_from(type));
  return copy.ptr == NULL ? TEXT("") : copy;
}

static int64_t retry_after_ms(struct outbound_one *c) {
  curl_off_t seconds = 0;
  (void)curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &seconds);
  return seconds > 0 && seconds < RETRY_AFTER_MAX_S ? (int64_t)seconds * 1000
         : seconds > 0 ? INT64_C(1000) * RETRY_AFTER_MAX_S
                       : 0;
}

bool outbound_go_on(struct outbound_one *c, CURLcode result,
                    struct outbound_reply *reply) {
  long status = 0;
  char *to = NULL;
  *reply = (struct outbound_reply){.status = -1};
  if (result == CURLE_OK) {
    (void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(c->easy, CURLINFO_REDIRECT_URL, &to);
  }
  if (result == CURLE_OK && is_redirect(status) && to != NULL &&
      !c->request.stays) {
    if (follow(c, status, to)) {
      return true;
    }
  } else if (result == CURLE_OK) {
    reply->status = (int)status;
    reply->retry_after_ms = retry_after_ms(c);
    reply->content_type = content_type(c);
    reply->body = textbuf_text(&c->body);
    return false;
  } else {
    explain(c, result);
  }
  reply->reason = text_from(c->reason);
  return false;
}
