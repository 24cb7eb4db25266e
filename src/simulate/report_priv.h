/* report_priv.h - what the forms of a report share. */
#ifndef BATON_SIMULATE_REPORT_PRIV_H
#define BATON_SIMULATE_REPORT_PRIV_H

#include "simulate/report.h"

/* Of a queue; "all" behind the last. */
struct text report_row_name(const struct simulate_report *r, size_t row);
/* The first interval that counts, and those behind it. */
size_t report_first_place(const struct simulate_report *r);
int64_t report_place_us(const struct simulate_report *r, size_t place);
/* "2026-03-02 08:00" and "08:00" on the report's clock. */
enum { REPORT_TIME_MAX = 32 };
struct text report_moment(const struct simulate_report *r, int64_t at_us,
                          char out[REPORT_TIME_MAX]);
struct text report_clock(const struct simulate_report *r, int64_t at_us,
                         char out[REPORT_TIME_MAX]);
/* A value as people read it: "83.2 %", "12.3 s", "412". */
enum { REPORT_VALUE_MAX = 64 };
void report_value(enum simulate_unit unit, double value,
                  char out[REPORT_VALUE_MAX]);

/* The ends of the interval around a measure, within what it can be: nothing is
 * below zero, no share above one. Of a difference they are not. */
double report_low(struct estimate e);
double report_high(enum simulate_unit unit, struct estimate e);

/* A cell of a table, in quotation marks. */
void report_csv_text(struct textbuf *out, struct text t);

#endif
