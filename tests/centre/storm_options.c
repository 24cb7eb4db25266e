/* storm_options.c - what a transfer asks for, and a session that waits. */
#include "storm.h"

static uint64_t below(struct storm *s, uint64_t bound) {
  return rand_below(&s->rand, bound);
}

static bool one_in(struct storm *s, uint64_t n) {
  return below(s, n) == 0;
}

/* Few ways, so that sessions share some. */
static void add_ageing(struct storm *s, struct record *r) {
  if (one_in(s, 4)) {
    record_set_num(r, FIELD_ACCELERATION, (int64_t)below(s, 4) * 2500);
  }
  if (one_in(s, 4)) {
    record_set_num(r, FIELD_MAX_PRIORITY, (int64_t)below(s, 3) * 6);
  }
}

void storm_transfer_options(struct storm *s, struct record *r) {
  add_ageing(s, r);
  if (one_in(s, 3)) {
    record_set_num(r, FIELD_PRIORITY, (int64_t)below(s, 10));
  }
  if (one_in(s, 6)) {
    record_set_num(r, FIELD_SKIP_QUEUE, 1);
  }
  if (one_in(s, 2)) {
    record_set_num(r, FIELD_WHEN, WHEN_RELEASED);
  }
  if (one_in(s, 5)) {
    record_set_num(r, FIELD_RELEASE, 1);
  }
  if (one_in(s, 3)) {
    record_set_num(r, FIELD_TIMEOUT, 1 + (int64_t)below(s, 8));
  }
  if (one_in(s, 6)) {
    record_set_num(r, FIELD_REQUIRE, (int64_t)below(s, REQUIRES));
  }
  if (one_in(s, 6)) {
    record_set_text(r, FIELD_SKILLS,
                    one_in(s, 2)
                        ? TEXT("[{\"name\":\"billing\",\"minProficiency\":3}]")
                        : TEXT("[{\"name\":\"billing\",\"minProficiency\":9,"
                               "\"maxProficiency\":2}]"));
  }
  if (one_in(s, 5)) {
    static const char *const agents[] = {"anna", "bert", "cleo"};
    record_set_text(r, FIELD_PREFER, text_from(agents[below(s, 3)]));
    if (one_in(s, 2)) {
      record_set_num(r, FIELD_PREFER_FOR, (int64_t)below(s, 9));
    }
  }
  if (one_in(s, 8)) {
    record_set_text(r, FIELD_REASON, TEXT("Bot handover"));
    record_set_text(r, FIELD_NOTE, TEXT("be kind"));
  }
}

void storm_wait_options(struct storm *s, struct record *r) {
  add_ageing(s, r);
  if (!one_in(s, 3)) {
    record_set_num(r, FIELD_PRIORITY, (int64_t)below(s, 1001));
  }
  if (one_in(s, 4)) {
    record_set_text(r, FIELD_SKILLS,
                    one_in(s, 2) ? TEXT("[]")
                                 : TEXT("[{\"name\":\"billing\","
                                        "\"maxProficiency\":2}]"));
  }
}
