/* wording_priv.h - the words of messages about input that does not fit.
 *
 * Messages live in fixed arrays: what is too long for one is cut between two
 * characters, and what a peer sent is quoted in part, never in full.
 */
#ifndef BATON_ENGINE_WORDING_PRIV_H
#define BATON_ENGINE_WORDING_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/text.h"

/* A C string that grows inside an array of the caller's. */
struct wording {
  char *ptr;
  size_t cap; /* of the array, the NUL included */
  size_t len;
};

/* Forgets what was in @array. */
void wording_begin(struct wording *w, char *array, size_t cap);
__attribute__((format(printf, 2, 3))) void
wording_addf(struct wording *w, const char *format, ...);
/* In double quotes, at most 40 bytes of it. */
void wording_add_quoted(struct wording *w, struct text t);
/* One step of a JSON Pointer (RFC 6901): "/key", escaped; "/3". */
void wording_add_step(struct wording *w, struct text key);
void wording_add_index(struct wording *w, size_t index);
/* What stands there: `"later"`, `1001`, "a list". */
void wording_add_found(struct wording *w, const struct json *v);
/* `unknown member "prioirty"; did you mean "priority"?`, or the names that
 * there are. */
void wording_add_unknown(struct wording *w, struct text name,
                         const struct text *known, size_t count);
/* "is empty, expected 1 … 128 bytes"; @len is outside. */
void wording_add_length(struct wording *w, size_t len, int64_t min,
                        int64_t max);
/* "a, b or c" */
void wording_add_names(struct wording *w, const struct text *names,
                       size_t count);

#endif
