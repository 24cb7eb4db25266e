/* url.h - percent-encoding and query strings. Pure. */
#ifndef BATON_NET_URL_H
#define BATON_NET_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Appends @encoded decoded to @out. False for a broken or forbidden triple
 * (NUL) or when the result is not UTF-8; @out then holds a part of it. */
bool url_decode(struct text encoded, struct textbuf *out);
/* The same with '+' as blank, for query strings. */
bool url_decode_query(struct text encoded, struct textbuf *out);
/* Everything but unreserved characters (RFC 3986) as triples. */
void url_encode(struct text plain, struct textbuf *out);

/* The next "name=value" of *@query, still encoded; false at the end. *@query
 * moves on. A member without '=' has an empty value. */
bool url_query_next(struct text *query, struct text *name, struct text *value);
/* The still encoded value of the first member @name (plain ASCII); ptr NULL if
 * there is none. */
struct text url_query_find(struct text query, struct text name);

/* An absolute URL of http, https, ws or wss, in parts; all borrow from it. */
struct url_parts {
  struct text scheme; /* in lower case: "https" */
  bool tls;
  struct text host; /* an IPv6 address stands in [] */
  uint16_t port;    /* the scheme's own if none is given */
  struct text path; /* with the query: "/a?b=c", or empty */
};

/* False: *why is a sentence for who wrote it. A URL with a user in it, with a
 * fragment, a blank or a control character is refused. */
bool url_split(struct text url, struct url_parts *out, const char **why);

#endif
