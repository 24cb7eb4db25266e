/* origin.h - whose web pages may use the API from a browser (CORS).
 *
 * Whoever asks shows a token in a header, never a cookie: the answer says only
 * which pages a browser lets read it. Source: the Fetch standard, 3.2.
 */
#ifndef BATON_API_ORIGIN_H
#define BATON_API_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "net/server.h"

struct origins {
  struct arena arena;
  struct text *list;
  size_t count;
};

/* Copies @list. BT_ERR_NOMEM. */
enum bt_err origins_init(struct origins *o, const struct mem *mem,
                         const struct text *list, size_t count) BT_USE_RESULT;
void origins_free(struct origins *o);

/* "https://shop.example", "http://localhost:5173", or "*" for all. False:
 * *why says what is wrong with it. */
bool origin_check(struct text origin, const char **why);
/* Is @origin, as a browser sent it, on the list? */
bool origins_allow(const struct origins *o, struct text origin);

/* Answers a browser that asks beforehand what it may do; false: @req is none of
 * these, or its origin is not on the list. */
bool origins_answer(const struct origins *o, struct http_request *req);

#endif
