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

#endif
