/* read_priv.h - what the readers of plans share. */
#ifndef BATON_SIMULATE_READ_PRIV_H
#define BATON_SIMULATE_READ_PRIV_H

#include "simulate/read.h"

__attribute__((format(printf, 3, 4))) void
read_report(struct simulate_reader *r, struct simulate_where where,
            const char *format, ...);
/* What may stand somewhere. */
struct read_names {
  const char *what; /* "queue" */
  const struct text *items;
  size_t count;
};

/* Reports that @found is none of them, with the nearest or some of them. */
void read_unknown(struct simulate_reader *r, struct simulate_where where,
                  const struct read_names *known, struct text found);
bool read_knows(const struct read_names *known, struct text name);
/* Is it a queue or a skill? Reports if not. */
void read_target(struct simulate_reader *r, struct simulate_where where,
                 struct text name);
void read_agent(struct simulate_reader *r, struct simulate_where where,
                struct text name);
void read_skill(struct simulate_reader *r, struct simulate_where where,
                struct text name);
/* NULL when there is no memory. */
struct simulate_stream *read_new_stream(struct simulate_reader *r);
/* The section's shifts, on every day between beginning and end. */
void read_shifts(struct simulate_reader *r);

#endif
