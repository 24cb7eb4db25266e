#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "routing/figures.h"
#include "support.h"

#define MINUTE_US (INT64_C(60) * 1000000)
#define NINE_US   (INT64_C(1700000100) * 1000000) /* begins no interval */

struct given {
  struct test_mem tm;
  struct figures f;
};

static void give(struct given *g) {
  test_mem_init(&g->tm);
  figures_init(&g->f, &g->tm.mem);
}

static void done(struct given *g) {
  figures_free(&g->f);
  assert_int_equal(g->tm.live_bytes, 0);
}

static int64_t value(const struct given *g, enum figures_of of, uint32_t number,
                     uint32_t figure, int64_t at_us) {
  const struct figures_interval *i = figures_get(
      &g->f, (struct figures_key){of, number}, figures_begin_us(at_us));
  return i == NULL ? 0 : i->v[figure];
}

static void sums_and_maxima_of_an_interval(void **state) {
  (void)state;
  struct given g;
  give(&g);
  for (int64_t i = 1; i <= 3; i++) {
    figures_add(&g.f, (struct figures_key){FIGURES_QUEUE, 7}, QUEUE_ANSWER_US,
                NINE_US, i);
    figures_add(&g.f, (struct figures_key){FIGURES_QUEUE, 7}, QUEUE_LONGEST_US,
                NINE_US, 4 - i);
  }
  assert_int_equal(value(&g, FIGURES_QUEUE, 7, QUEUE_ANSWER_US, NINE_US), 6);
  assert_int_equal(value(&g, FIGURES_QUEUE, 7, QUEUE_LONGEST_US, NINE_US), 3);
  assert_int_equal(value(&g, FIGURES_QUEUE, 6, QUEUE_ANSWER_US, NINE_US), 0);
  assert_int_equal(value(&g, FIGURES_SKILL, 7, QUEUE_ANSWER_US, NINE_US), 0);
  assert_null(figures_get(&g.f, (struct figures_key){FIGURES_QUEUE, 7},
                          figures_begin_us(NINE_US) - FIGURES_INTERVAL_US));
  done(&g);
}

static void a_stretch_of_time_lies_in_its_intervals(void **state) {
  (void)state;
  struct given g;
  give(&g);
  const int64_t begin_us = figures_begin_us(NINE_US);
  figures_add_span(&g.f, (struct figures_key){FIGURES_AGENT, 0},
                   AGENT_FIG_IDLE_US, begin_us + 10 * MINUTE_US,
                   begin_us + 35 * MINUTE_US);
  for (int64_t i = 0; i < 3; i++) {
    assert_int_equal(value(&g, FIGURES_AGENT, 0, AGENT_FIG_IDLE_US,
                           begin_us + i * FIGURES_INTERVAL_US),
                     (i == 1 ? 15 : 5) * MINUTE_US);
  }
  done(&g);
}

/* A year of nothing but idling: the newest day is kept, and it costs no more
 * than that. */
static void a_long_stretch_is_the_newest_day(void **state) {
  (void)state;
  struct given g;
  give(&g);
  const int64_t begin_us = figures_begin_us(NINE_US);
  figures_add_span(&g.f, (struct figures_key){FIGURES_AGENT, 0},
                   AGENT_FIG_IDLE_US,
                   begin_us - INT64_C(365) * 24 * 60 * MINUTE_US, begin_us);
  assert_int_equal(g.f.series[FIGURES_AGENT][0].count, FIGURES_KEPT - 1);
  figures_add(&g.f, (struct figures_key){FIGURES_AGENT, 0}, AGENT_FIG_OFFERS,
              begin_us, 1);
  figures_add(&g.f, (struct figures_key){FIGURES_AGENT, 0}, AGENT_FIG_OFFERS,
              begin_us + FIGURES_INTERVAL_US, 1);
  assert_int_equal(g.f.series[FIGURES_AGENT][0].count, FIGURES_KEPT);
  assert_int_equal(value(&g, FIGURES_AGENT, 0, AGENT_FIG_IDLE_US,
                         begin_us - (FIGURES_KEPT - 1) * FIGURES_INTERVAL_US),
                   0);
  assert_int_equal(value(&g, FIGURES_AGENT, 0, AGENT_FIG_IDLE_US,
                         begin_us - FIGURES_INTERVAL_US),
                   FIGURES_INTERVAL_US);
  done(&g);
}

static void ratios_are_null_where_there_is_nothing(void **state) {
  (void)state;
  struct figures_interval i = {0};
  const char *wire = NULL;
  double out = -1;
  assert_false(figures_ratio(FIGURES_QUEUE, &i, 0, &wire, &out));
  assert_string_equal(wire, "serviceLevel");
  i.v[QUEUE_ANSWERED] = 7;
  i.v[QUEUE_IN_TARGET] = 6;
  i.v[QUEUE_ABANDONED] = 2;
  i.v[QUEUE_SHORT] = 1;
  assert_true(figures_ratio(FIGURES_QUEUE, &i, 0, &wire, &out));
  assert_true(out == 0.75);
  size_t ratios = 0;
  do {
    (void)figures_ratio(FIGURES_AGENT, &i, ratios, &wire, &out);
    ratios++;
  } while (wire != NULL);
  assert_int_equal(ratios, 3); /* adherence, occupancy, and the end */
}

static void as_bytes_and_back(void **state) {
  (void)state;
  struct given g, other;
  struct textbuf bytes, again;
  give(&g);
  give(&other);
  textbuf_init(&bytes, &g.tm.mem);
  textbuf_init(&again, &g.tm.mem);
  figures_add_span(&g.f, (struct figures_key){FIGURES_AGENT, 3},
                   AGENT_FIG_TALK_US, NINE_US, NINE_US + 100 * MINUTE_US);
  figures_encode(&g.f, (struct figures_key){FIGURES_AGENT, 2}, &bytes);
  assert_int_equal(bytes.len, 0);
  figures_encode(&g.f, (struct figures_key){FIGURES_AGENT, 3}, &bytes);
  const struct text all = textbuf_text(&bytes);
  assert_true(
      figures_decode(&other.f, (struct figures_key){FIGURES_AGENT, 3}, all));
  figures_encode(&other.f, (struct figures_key){FIGURES_AGENT, 3}, &again);
  assert_true(text_equal(all, textbuf_text(&again)));
  for (size_t len = 0; len < all.len; len++) {
    assert_false(figures_decode(&other.f,
                                (struct figures_key){FIGURES_AGENT, 1},
                                text_sub(all, 0, len)));
  }
  assert_true(other.f.caps[FIGURES_AGENT] <= 1 ||
              other.f.series[FIGURES_AGENT][1].count == 0);
  textbuf_free(&bytes);
  textbuf_free(&again);
  done(&g);
  done(&other);
}

static void without_memory_it_says_that_it_lost_some(void **state) {
  (void)state;
  struct given g;
  give(&g);
  for (size_t nth = 1; nth <= 2; nth++) {
    g.tm.fail_at = nth;
    g.tm.calls = 0;
    figures_add(&g.f, (struct figures_key){FIGURES_QUEUE, 0}, QUEUE_ENTERED,
                NINE_US, 1);
    assert_int_equal(g.f.lost, 1);
    figures_free(&g.f);
  }
  g.tm.fail_at = 0;
  done(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sums_and_maxima_of_an_interval),
      cmocka_unit_test(a_stretch_of_time_lies_in_its_intervals),
      cmocka_unit_test(a_long_stretch_is_the_newest_day),
      cmocka_unit_test(ratios_are_null_where_there_is_nothing),
      cmocka_unit_test(as_bytes_and_back),
      cmocka_unit_test(without_memory_it_says_that_it_lost_some),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
