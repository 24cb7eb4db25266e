/* mutate_session.c - breaks session_fsm.def one entry at a time, and sees
 * whether the explorer notices.
 *
 * A mutant that survives is a law that nobody has stated yet. One that no
 * command in any reachable world can tell from the original (the explorer's
 * digest is the same) is no mutant: it says the same in other words.
 *
 * That every row must fire is not counted as noticing; else the removal of a
 * row would always be seen, whether or not anybody misses it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "session/table_priv.h"
#include "session/walk.h"
#include "trial.h"

enum { MUTANTS_MAX = 1 << 14, AT_ONCE = 2, SCORE_MIN = 95, SECONDS_MAX = 30 };

enum change {
  EFFECT_CHANGED, /* dropped, or added */
  TARGET_CHANGED,
  HOLDER_CHANGED,
  GUARD_CHANGED,
  EVENT_CHANGED,
  ROW_REMOVED,
  ROWS_SWAPPED,
  REFUSE_CHANGED,
  REFUSE_GUARD_CHANGED,
  REFUSE_REMOVED,
  REFUSES_SWAPPED,
  OWN_REFUSAL_CHANGED,
  TIMER_CHANGED,
  CHANGES
};

struct mutant {
  uint8_t change; /* enum change */
  uint8_t at;     /* the row, line, command or status that is broken */
  uint8_t value;  /* what it says instead */
  pid_t runs_as;
};

enum verdict { KILLED, SURVIVED, EQUAL, VERDICTS };

static struct mutant mutants[MUTANTS_MAX];
static size_t mutant_count;

/* --- the list --------------------------------------------------------------*/

static void add(enum change change, size_t at, size_t value) {
  bt_check(mutant_count < MUTANTS_MAX);
  mutants[mutant_count++] = (struct mutant){
      .change = (uint8_t)change, .at = (uint8_t)at, .value = (uint8_t)value};
}

/* Every value from @first to before @end but the one that is there. */
static void add_others(enum change change, size_t at, size_t now,
                       const size_t range[2]) {
  for (size_t value = range[0]; value < range[1]; value++) {
    if (value != now) {
      add(change, at, value);
    }
  }
}

#define RANGE(first, end) ((const size_t[2]){(first), (end)})

static void list_rows(void) {
  for (size_t i = 0; i < SESSION_ROWS; i++) {
    const struct session_row_def *r = &session_rows[i];
    for (size_t bit = 0; bit < SESSION_FX_BITS; bit++) {
      add(EFFECT_CHANGED, i, bit);
    }
    add_others(TARGET_CHANGED, i, r->to,
               RANGE(SESSION_NONE + 1, SESSION_STATUSES));
    add_others(HOLDER_CHANGED, i, r->holder,
               RANGE(0, SESSION_NEW_HOLDER_SAME + 1));
    add_others(GUARD_CHANGED, i, r->guard, RANGE(0, SESSION_GUARDS));
    add_others(EVENT_CHANGED, i, r->event, RANGE(0, SESSION_EVENTS));
    add(ROW_REMOVED, i, 0);
    if (i + 1 < SESSION_ROWS && r[1].from == r->from && r[1].cmd == r->cmd) {
      add(ROWS_SWAPPED, i, 0);
    }
  }
}

static bool is_used(uint32_t refusal) {
  for (size_t i = 0; i < SESSION_CMDS; i++) {
    if (session_cmd_refusals[i] == refusal) {
      return true;
    }
  }
  for (size_t i = 0; i < SESSION_REFUSES; i++) {
    if (session_refuses[i].refusal == refusal) {
      return true;
    }
  }
  return false;
}

static void add_refusals(enum change change, size_t at, uint8_t now) {
  for (uint32_t other = REFUSAL_NONE + 1; other < REFUSALS; other++) {
    if (other != now && is_used(other)) {
      add(change, at, other);
    }
  }
}

static void list_refusals(void) {
  for (size_t i = 0; i < SESSION_REFUSES; i++) {
    const struct session_refuse_def *r = &session_refuses[i];
    add_refusals(REFUSE_CHANGED, i, r->refusal);
    add_others(REFUSE_GUARD_CHANGED, i, r->guard, RANGE(0, SESSION_GUARDS));
    add(REFUSE_REMOVED, i, 0);
    if (i + 1 < SESSION_REFUSES && r[1].status == r->status &&
        r[1].cmd == r->cmd) {
      add(REFUSES_SWAPPED, i, 0);
    }
  }
  for (size_t i = 0; i < SESSION_CMDS; i++) {
    add_refusals(OWN_REFUSAL_CHANGED, i, session_cmd_refusals[i]);
  }
}

static void list_timers(void) {
  for (size_t i = 0; i < SESSION_STATUSES; i++) {
    add_others(TIMER_CHANGED, i, session_status_timers[i],
               RANGE(0, SESSION_TIMERS));
  }
}

/* --- one of them -----------------------------------------------------------*/

static void swap_rows(size_t i) {
  const struct session_row_def row = session_rows[i];
  session_rows[i] = session_rows[i + 1];
  session_rows[i + 1] = row;
}

static void swap_refuses(size_t i) {
  const struct session_refuse_def line = session_refuses[i];
  session_refuses[i] = session_refuses[i + 1];
  session_refuses[i + 1] = line;
}

static void break_row(const struct mutant *m) {
  struct session_row_def *r = &session_rows[m->at];
  switch (m->change) {
  case EFFECT_CHANGED:
    r->effects ^= 1u << m->value;
    return;
  case TARGET_CHANGED:
    r->to = m->value;
    return;
  case HOLDER_CHANGED:
    r->holder = m->value;
    return;
  case GUARD_CHANGED:
    r->guard = m->value;
    return;
  case EVENT_CHANGED:
    r->event = m->value;
    return;
  case ROWS_SWAPPED:
    swap_rows(m->at);
    return;
  default:
    r->from = SESSION_STATUSES; /* nobody is ever there */
    return;
  }
}

static void break_refusal(const struct mutant *m) {
  switch (m->change) {
  case REFUSE_CHANGED:
    session_refuses[m->at].refusal = m->value;
    return;
  case REFUSE_GUARD_CHANGED:
    session_refuses[m->at].guard = m->value;
    return;
  case REFUSES_SWAPPED:
    swap_refuses(m->at);
    return;
  case OWN_REFUSAL_CHANGED:
    session_cmd_refusals[m->at] = m->value;
    return;
  default:
    session_refuses[m->at].status = SESSION_STATUSES;
    return;
  }
}

static void break_table(const struct mutant *m) {
  if (m->change == TIMER_CHANGED) {
    session_status_timers[m->at] = m->value;
  } else if (m->change <= ROWS_SWAPPED) {
    break_row(m);
  } else {
    break_refusal(m);
  }
}

/* --- names, as they stand in the table -------------------------------------*/

#define STATUS(n, w, k, t, d) #n,
static const char *const status_names[] = {
#include "session/session_fsm.def"
};
#undef STATUS
#define GUARD(n, d) #n,
static const char *const guard_names[] = {
#include "session/session_fsm.def"
};
#undef GUARD
#define EFFECT(n, d) #n,
static const char *const effect_names[] = {
#include "session/session_fsm.def"
};
#undef EFFECT
#define EVENT(n, w, d) #n,
static const char *const event_names[] = {
#include "session/session_fsm.def"
};
#undef EVENT
#define HOLDER(n, w, d) #n,
static const char *const holder_names[] = {
#include "session/session_fsm.def"
    "SAME"};
#undef HOLDER

static void print_row(const struct mutant *m) {
  const struct session_row_def *r = &session_rows[m->at];
  printf("  %s %s %s: ", status_names[r->from], session_cmd_name(r->cmd),
         guard_names[r->guard]);
  switch (m->change) {
  case EFFECT_CHANGED:
    printf("%s %s\n", r->effects & 1u << m->value ? "without" : "with",
           effect_names[m->value]);
    return;
  case TARGET_CHANGED:
    printf("to %s\n", status_names[m->value]);
    return;
  case HOLDER_CHANGED:
    printf("held by %s\n", holder_names[m->value]);
    return;
  case GUARD_CHANGED:
    printf("if %s\n", guard_names[m->value]);
    return;
  case EVENT_CHANGED:
    printf("event %s\n", event_names[m->value]);
    return;
  default:
    puts(m->change == ROW_REMOVED ? "removed" : "after the next row");
    return;
  }
}

static void print_refusal(const struct mutant *m) {
  if (m->change == OWN_REFUSAL_CHANGED) {
    printf("  %s: refused %s\n", session_cmd_name(m->at),
           refusal_info((enum refusal)m->value)->name);
    return;
  }
  const struct session_refuse_def *r = &session_refuses[m->at];
  printf("  refuse %s %s %s: ", status_names[r->status],
         session_cmd_name(r->cmd), guard_names[r->guard]);
  if (m->change == REFUSE_CHANGED) {
    puts(refusal_info((enum refusal)m->value)->name);
  } else if (m->change == REFUSE_GUARD_CHANGED) {
    printf("if %s\n", guard_names[m->value]);
  } else {
    puts(m->change == REFUSE_REMOVED ? "removed" : "after the next line");
  }
}

static void print_mutant(const struct mutant *m) {
  if (m->change == TIMER_CHANGED) {
    printf("  %s: timer %s\n", status_names[m->at],
           session_timer_name(m->value));
  } else if (m->change <= ROWS_SWAPPED) {
    print_row(m);
  } else {
    print_refusal(m);
  }
}

/* --- running them ----------------------------------------------------------*/

static uint64_t explore(void) {
  const struct walk_report r = walk_worlds();
  walk_check_futures();
  return r.digest;
}

static uint64_t sound; /* the digest of the sound table */

static int try_mutant(const void *ctx) {
  break_table(ctx);
  return explore() == sound ? EQUAL : SURVIVED;
}

static struct mutant *mutant_of(pid_t pid) {
  for (size_t i = 0; i < mutant_count; i++) {
    if (mutants[i].runs_as == pid) {
      return &mutants[i];
    }
  }
  bt_check_failed("a child of ours", __FILE__, __LINE__, __func__);
}

static void collect(size_t counts[VERDICTS], bool tell_equal) {
  pid_t pid;
  const int answer = trial_wait(&pid);
  const enum verdict v = answer >= TRIAL_BROKEN ? KILLED : (enum verdict)answer;
  struct mutant *m = mutant_of(pid);
  m->runs_as = 0;
  counts[v]++;
  if (v == SURVIVED || (v == EQUAL && tell_equal)) {
    printf(v == EQUAL ? "equal" : "survived");
    print_mutant(m);
  }
}

/* The sound table's digest, found in a child: the explorer starts but once. */
static uint64_t digest_of_sound_table(void) {
  int ends[2];
  bt_check(pipe(ends) == 0);
  const pid_t pid = fork();
  bt_check(pid >= 0);
  uint64_t digest = 0;
  if (pid == 0) {
    digest = explore();
    _exit(write(ends[1], &digest, sizeof digest) == sizeof digest ? 0 : 1);
  }
  close(ends[1]);
  const ssize_t got = read(ends[0], &digest, sizeof digest);
  close(ends[0]);
  int status;
  bt_check(waitpid(pid, &status, 0) == pid && status == 0);
  bt_check(got == sizeof digest);
  return digest;
}

int main(int argc, char **argv) {
  const bool tell_equal = argc == 2 && strcmp(argv[1], "--equal") == 0;
  if (argc > 1 && !tell_equal) {
    fputs("usage: mutate_session [--equal]   (lists those that say the same)\n",
          stderr);
    return 2;
  }
  list_rows();
  list_refusals();
  list_timers();
  sound = digest_of_sound_table();
  size_t counts[VERDICTS] = {0};
  for (size_t i = 0; i < mutant_count; i++) {
    if (i >= AT_ONCE) {
      collect(counts, tell_equal);
    }
    mutants[i].runs_as = trial_start(try_mutant, &mutants[i], SECONDS_MAX);
  }
  for (size_t i = 0; i < AT_ONCE; i++) {
    collect(counts, tell_equal);
  }
  const size_t real = counts[KILLED] + counts[SURVIVED];
  printf("%zu mutants, %zu of them the same in other words; of the other %zu "
         "%zu killed, %zu survived: %zu.%zu %%\n",
         mutant_count, counts[EQUAL], real, counts[KILLED], counts[SURVIVED],
         counts[KILLED] * 100 / real, counts[KILLED] * 1000 / real % 10);
  return counts[KILLED] * 100 >= real * SCORE_MIN ? 0 : 1;
}
