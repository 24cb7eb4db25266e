/* The page that says why somebody could not sign in. A browser is led here by
 * another site, so it is no JSON; it has no script, and its style is part of
 * it.
 */
#include "api/api_priv.h"

/* Whoever changes it changes its digest in FAULT_STYLE_SHA256, too. */
#define STYLE                                                                  \
  "main{max-width:26rem;margin:6rem auto;padding:0 1rem;"                      \
  "font:1rem/1.5 system-ui,sans-serif}"                                        \
  "h1{font-size:1.5rem;line-height:1.3}a{color:inherit}"                       \
  "small{overflow-wrap:anywhere}"

enum { DETAIL_MAX = 600 };

static void put_escaped(struct textbuf *b, struct text t) {
  for (size_t i = 0; i < t.len; i++) {
    const char ch = t.ptr[i];
    textbuf_add(b, ch == '<'   ? TEXT("&lt;")
                   : ch == '>' ? TEXT("&gt;")
                   : ch == '&' ? TEXT("&amp;")
                   : ch == '"' ? TEXT("&quot;")
                               : text_sub(t, i, 1));
  }
}

/* What the browser would rather have: the first language that it names. */
static bool wants_german(struct call *c) {
  struct http_request *req = call_request(c);
  const struct text languages =
      req == NULL ? TEXT("")
                  : http_request_header(req, TEXT("Accept-Language"));
  return text_equal_nocase(text_sub(languages, 0, 2), TEXT("de"));
}

static void put_page(struct call *c, const struct signin_fault *f) {
  const struct oidc_fault_info *info = oidc_fault_info(f->fault);
  const bool german = wants_german(c);
  const struct oidc_words *words = german ? &info->german : &info->english;
  struct textbuf *b = &c->out;
  textbuf_clear(b);
  textbuf_addf(b,
               "<!doctype html>\n<html lang=\"%s\">\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n"
               "<title>Baton</title>\n<style>" STYLE
               "</style>\n<main>\n<h1>%s</h1>\n<p>%s</p>\n"
               "<p><a href=\"",
               german ? "de" : "en", words->title, words->cure);
  put_escaped(b, f->back);
  textbuf_addf(b, "\">%s</a></p>\n<p><small>%s",
               german ? "Neu beginnen" : "Begin again", info->wire);
  if (f->detail.len > 0) {
    textbuf_add(b, TEXT(": "));
    put_escaped(b, utf8_cut(f->detail, DETAIL_MAX));
  }
  textbuf_add(b, TEXT("</small></p>\n</main>\n</html>\n"));
}

void call_show_fault(struct call *c, const struct signin_fault *fault) {
  put_page(c, fault);
  if (c->out.failed) {
    call_refuse_memory(c);
    return;
  }
  const struct reply r = {.code = oidc_fault_info(fault->fault)->http,
                          .type = "text/html; charset=utf-8",
                          .body = textbuf_text(&c->out),
                          .cookie = fault->cookie,
                          .page = true};
  call_reply(c, &r);
}
