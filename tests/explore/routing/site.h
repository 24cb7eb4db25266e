/* site.h - a place with its engine: a moment of it, told, saved, put back. */
#ifndef BATON_TESTS_SITE_H
#define BATON_TESTS_SITE_H

#include "base/text.h"
#include "engine/engine_priv.h"
#include "region.h"
#include "setting.h"

/* When something happens. Within one unit of time commands are a microsecond
 * apart: all that lasts is due in the unit that comes after. */
struct site_time {
  int64_t unit_us; /* the unit began */
  int64_t now_us;
};

/* Begins anew: the centre is configured, and nobody is there. There is one
 * site at a time. */
void site_begin(const struct setting *p);
void site_end(void);

const struct engine *site_engine(void);
struct site_time site_time(void);
/* The open sessions by their slots; returns how many. */
uint32_t site_sessions(uint32_t slots[SETTING_SESSIONS]);

/* False: it could not happen here. A law that does not hold is told to
 * law_broken(). */
bool site_do(struct act act);

/* The moment as bytes, behind what is in @out; and back. Finished sessions,
 * figures and what was said are left out. */
void site_save(struct textbuf *out);
void site_restore(struct site_time t, struct text bytes);
/* The same from a copy of its memory, which is quicker. */
void site_put_back(struct site_time t, const struct region_copy *copy);

/* Tells the law, how one came there, and ends the program. */
_Noreturn void law_broken(const char *law);

#endif
