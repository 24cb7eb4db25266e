/* staff_report.h - how many agents are needed, for people and for machines. */
#ifndef BATON_SIMULATE_STAFF_REPORT_H
#define BATON_SIMULATE_STAFF_REPORT_H

#include "simulate/report.h"
#include "simulate/staff.h"

/* Of @r centre, zone, plan and seed count; the answer is @s->best. */
void staff_report_table(const struct simulate_report *r,
                        const struct simulate_staff *s, struct textbuf *out);
/* A sentence about where the goal was missed. */
void staff_report_missed(const struct simulate_report *r,
                         const struct simulate_staff *s, struct textbuf *out);
void staff_report_json(const struct simulate_report *r,
                       const struct simulate_staff *s, struct textbuf *out);
void staff_report_csv(const struct simulate_report *r,
                      const struct simulate_staff *s, struct textbuf *out);

#endif
