/* test_report.h - what `baton test` prints, for people and for machines. */
#ifndef BATON_CLI_TEST_REPORT_H
#define BATON_CLI_TEST_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/* One case. Texts are copied. */
struct test_case {
  struct text file, title;
  uint64_t seed;      /* with which it was shaken last; 0: it was not */
  uint64_t runs;      /* how often it was played */
  size_t failures;    /* things that were not as expected */
  bool broken;        /* the file cannot be played */
  int64_t virtual_us; /* how long it took in the scenario's time */
  int64_t real_us;    /* and in ours */
  struct text report; /* what was not as expected */
};

struct test_report {
  bool json, colour;
  struct arena arena;
  struct test_case *cases;
  size_t count, cap, failed, broken;
};

void test_report_init(struct test_report *r, bool json, bool colour);
void test_report_free(struct test_report *r);

/* One line, and what was not as expected. */
void test_report_case(struct test_report *r, const struct test_case *c);
/* A file that cannot be played; @why is printed as it is. */
void test_report_broken(struct test_report *r, struct text file,
                        struct text why);
/* The summary; with json everything. */
void test_report_close(struct test_report *r);
/* Writes all as JUnit XML; false and an errno if it cannot be written. */
bool test_report_junit(const struct test_report *r, const char *path);

#endif
