/* audit_priv.h - one line of the log, for who writes and who reads it. */
#ifndef BATON_AUDIT_AUDIT_PRIV_H
#define BATON_AUDIT_AUDIT_PRIV_H

#include "audit/audit.h"
#include "base/arena.h"
#include "base/json.h"

/* A text may become six times as long in JSON. */
enum { AUDIT_LINE_MAX = 16384, AUDIT_BLOCK = 65536 };

/* Appends `"digest":"…"}` to a line that is @begun so far; @head is that of the
 * line before and becomes its own. */
void audit_end_line(struct textbuf *line, struct audit_head *head);

/* Is @line the entry that comes after @head? Then that is its own. Else *@why
 * says what is wrong. */
bool audit_take_line(struct text line, struct audit_head *head,
                     const char **why);

/* The number and the digest that a line says it has; false: it is no entry. */
bool audit_read_end(struct text line, struct arena *arena, struct json **entry,
                    struct audit_head *out);

/* ---- sealed files */

enum { SEGMENT_PATH = 4096, SEGMENT_DIGITS = 12 };

#define ACT_SEGMENT TEXT("auditSegment")
#define ACT_REMOVED TEXT("auditRemoved")

/* The numbers of their first entries, in order. */
struct segments {
  uint64_t *first;
  size_t count, cap;
};

enum bt_err segments_list(const struct mem *mem, const char *path,
                          struct segments *out) BT_USE_RESULT;
void segments_free(const struct mem *mem, struct segments *s);
/* False: it is too long. */
bool segments_path(const char *path, uint64_t first, char out[SEGMENT_PATH]);

/* One entry, as its line has it. */
struct audit_line {
  struct audit_head head; /* its own */
  int64_t at_us;
  char before[AUDIT_DIGEST + 1]; /* of an auditSegment; else empty */
};
enum bt_err audit_read_line(const struct mem *mem, struct text line,
                            struct audit_line *out) BT_USE_RESULT;
/* The first and the last line of the file; BT_ERR_NOT_FOUND: it has none.
 * BT_ERR_CORRUPT: one of them is no entry. Behind the last something may be
 * half written. */
enum bt_err audit_read_ends(const struct mem *mem, int fd,
                            struct audit_line *first,
                            struct audit_line *last) BT_USE_RESULT;

/* "1-870 870 DIGEST 2026-01-01T… 2026-01-31T…": what an auditRemoved says. */
struct audit_removal {
  uint64_t from, to;
  char digest[AUDIT_DIGEST + 1]; /* of the last */
};
bool audit_read_removal(struct text of, struct audit_removal *out);

#endif
