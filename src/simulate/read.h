/* read.h - plans from what people write: the section `simulation` of a centre's
 * file, and tables of contacts (CSV). */
#ifndef BATON_SIMULATE_READ_H
#define BATON_SIMULATE_READ_H

#include "base/arena.h"
#include "base/json.h"
#include "base/tz.h"
#include "simulate/plan.h"

#define SIMULATE_INTERVAL_US INT64_C(1800000000)

/* Where a sentence belongs: a node of the section, or a line of a table. */
struct simulate_where {
  const struct json *node;
  uint32_t line, column; /* of a table, from 1; 0 of a node */
};

/* What reading needs, and what has been read. All of it lives in the arena, or
 * is borrowed from what was read. */
struct simulate_reader {
  struct arena *arena;
  const struct tz *zone;                       /* the centre's; NULL is UTC */
  const struct text *queues, *agents, *skills; /* names that may stand there */
  size_t queue_count, agent_count, skill_count;
  void *ctx;
  void (*report)(void *ctx, struct simulate_where where, const char *sentence);
  unsigned errors;
  bool no_memory;
  /* what has been read */
  struct simulate_plan plan;
  struct simulate_stream *streams;
  size_t stream_count, stream_cap;
  struct simulate_contact *contacts;
  size_t contact_count, contact_cap;
  struct simulate_shift *shifts;
  size_t shift_count, shift_cap;
  const struct json *shift_rules; /* days are known at the end */
  bool has_from, has_to, has_people;
  struct simulate_law laws[SIMULATE_TIMES]; /* of who does not say them */
};

void simulate_read_init(struct simulate_reader *r, struct arena *arena);
void simulate_read_free(struct simulate_reader *r);
/* The section; what is wrong is reported. @with_contacts: without them its
 * streams only say how long things take. */
void simulate_read_section(struct simulate_reader *r,
                           const struct json *section, bool with_contacts);
/* A table with a head of names, one contact or one forecast a line. */
void simulate_read_table(struct simulate_reader *r, struct text csv);
/* A contact that was seen; what is not known of it is drawn by the laws of its
 * target. */
void simulate_read_contact(struct simulate_reader *r,
                           const struct simulate_contact *c);
/* Puts the plan together: beginning and end, laws that are not stated. What is
 * missing is reported at no place. */
void simulate_read_close(struct simulate_reader *r);

/* "2026-03-02 08:00", with seconds and a T or not, on that clock; or RFC 3339.
 * "08:00" alone is of the day @day_us. */
bool simulate_read_time(struct text t, const struct tz *zone, int64_t day_us,
                        int64_t *out_us);

#endif
