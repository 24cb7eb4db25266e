/* http_parse_priv.h - what the files of the parser share. */
#ifndef BATON_NET_HTTP_PARSE_PRIV_H
#define BATON_NET_HTTP_PARSE_PRIV_H

#include "net/http_parse.h"

extern const struct text http_method_names[HTTP_METHODS];

struct text http_trim(struct text t); /* blanks and tabs, no line ends */

/* What the headers say that decides where the message ends. */
struct http_facts {
  unsigned hosts, lengths, encodings;
  bool chunked, ends_chunked, length_too_big;
  bool close, keep_alive, upgrade, expects_continue;
  uint64_t length;
};

enum http_fault http_facts_collect(struct text head, const struct http_head *h,
                                   struct http_facts *facts);
/* RFC 9112, 6.3. Whatever two readers could frame differently is refused. */
enum http_fault http_facts_framing(const struct http_facts *f,
                                   struct http_head *out);
void http_facts_persistence(const struct http_facts *f, struct http_head *out);

#endif
