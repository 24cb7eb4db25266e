/* pack.h - the files of the web pages in one piece of bytes. Pure.
 *
 * tools/pages.mjs writes it. Lines of text, then the bytes:
 *
 *   BATON-PAGES 1
 *   path TAB type TAB etag TAB page|asset TAB encoding TAB length
 *   …                                       one line for each form of a file
 *   (an empty line)
 *   bytes of the first line, of the second, …
 *
 * The forms of one file follow one another, best first: br, gzip, identity. An
 * asset has a hash in its name and never changes.
 */
#ifndef BATON_PAGES_PACK_H
#define BATON_PAGES_PACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

enum { PAGES_MAX = 512 }; /* forms of files in a pack */

struct page {
  struct text path;     /* "/desk", "/assets/desk-1a2b3c4d.js" */
  struct text type;     /* of its content */
  struct text etag;     /* with its quotes */
  struct text encoding; /* "br", "gzip", "identity" */
  struct text bytes;
  bool asset;
};

struct pack {
  const struct mem *mem;
  struct page *pages; /* in the order of the pack */
  size_t count;
};

/* Everything in @out points into @bytes, which outlive it. BT_ERR_SYNTAX: no
 * such pack, or it is cut; BT_ERR_FULL: more than PAGES_MAX; BT_ERR_NOMEM. */
enum bt_err pack_open(struct pack *out, const struct mem *mem,
                      struct text bytes) BT_USE_RESULT;
void pack_close(struct pack *p);

/* The best form of @path for a peer that sent @accepts ("Accept-Encoding";
 * empty: it takes identity alone); NULL if there is no such file. A coding with
 * q=0 is not taken. */
const struct page *pack_find(const struct pack *p, struct text path,
                             struct text accepts);

#endif
