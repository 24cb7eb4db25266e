/* pages.h - the web pages, out of the program itself.
 *
 * They were built by `./dev build` and stand in the binary, compressed. A page
 * is asked for anew each time (ETag); what it loads has a hash in its name and
 * is kept for good. Every answer forbids whatever the pages do not need
 * (Content-Security-Policy).
 */
#ifndef BATON_PAGES_PAGES_H
#define BATON_PAGES_PAGES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/server.h"

struct pages;

/* BT_ERR_NOMEM. The pages may be none, if the program was built without. */
enum bt_err pages_create(const struct mem *mem,
                         struct pages **out) BT_USE_RESULT;
void pages_free(struct pages *p); /* NULL is fine */

/* Answers @req if its path is a page's and its method GET or HEAD; false: it is
 * somebody else's, and untouched. */
bool pages_serve(struct pages *p, struct http_request *req);

#endif
