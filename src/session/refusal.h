/* refusal.h - the answers that are a no; see refusal.def. */
#ifndef BATON_SESSION_REFUSAL_H
#define BATON_SESSION_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REFUSAL(name, wire, http, retry, slug, title, message) REFUSAL_##name,
enum refusal {
  REFUSAL_NONE, /* not refused */
#include "session/refusal.def"
  REFUSALS
};
#undef REFUSAL

struct refusal_info {
  const char *name; /* BOT_STILL_HOLDS */
  const char *wire; /* bot_still_holds */
  const char *slug; /* last part of the problem's type */
  const char *title;
  const char *message;
  uint16_t http;
  bool retry; /* carries Retry-After */
};

struct refusal_remedy {
  const char *does;
  const char *script; /* template, or "" */
};

/* Static storage; @refusal is not REFUSAL_NONE. */
const struct refusal_info *refusal_info(enum refusal refusal);
/* The @n-th remedy, or NULL after the last. */
const struct refusal_remedy *refusal_remedy(enum refusal refusal, size_t n);
/* "Conflict" for 409 and so on; "Error" for a code without a name here. */
const char *refusal_http_text(int code);

#endif
