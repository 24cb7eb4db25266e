/* errand.h - one transfer to a host that the operator has named, for a worker
 * thread: blocking, with libcurl.
 *
 * What scripts and customers name is called with outbound.h, which judges where
 * a URL leads; these URLs come from the centre's file.
 */
#ifndef BATON_NET_ERRAND_H
#define BATON_NET_ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct errand_post {
  const char *url;
  struct text body; /* application/octet-stream */
  int64_t timeout_ms;
};

/* The status of the answer, whose beginning goes to @said with a NUL; -1: there
 * is none. Redirects are not followed. */
int errand_post(const struct errand_post *post, char *said, size_t room);

/* One mail over SMTP. Addresses are bare ("anna@shop.example"), without line
 * ends, as the caller has checked; @message is whole (RFC 5322), its lines end
 * in CR LF.
 */
struct errand_mail {
  const char *url;             /* smtp://HOST:PORT, or smtps: */
  const char *user, *password; /* or NULL */
  const char *from, *to;
  struct text message;
  int64_t timeout_ms;
};

/* True: the mail server has taken it. Else @why has a sentence. Without smtps
 * the line is encrypted if the server offers it; a password never leaves in
 * clear, except to this machine itself. */
bool errand_mail(const struct errand_mail *mail, char *why, size_t room);

#endif
