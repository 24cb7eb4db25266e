/* search.c - the search, and the way to whatever it finds.
 *
 * A state is a shape. For each we keep one moment that has it, as a snapshot,
 * until everything has been tried there. That other moments of the same shape
 * have the same future is compared for some of them.
 */
#include "search.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/map.h"
#include "region.h"
#include "shape.h"
#include "support.h"

enum {
  COMPARE_EVERY = 16, /* arrivals at a known shape */
  COMPARE_MOST = 4000
};

struct node {
  struct shape normal;
  struct site_time time;
  struct text moment; /* owned */
  uint64_t future;    /* sum of the hashes of what comes next */
  uint32_t parent, depth;
  struct act act;
};

/* A second moment of a shape that is known. */
struct second {
  uint32_t node;
  struct site_time time;
  struct text moment; /* owned */
};

static struct {
  const struct setting *setting;
  struct setting_form form;
  struct node *nodes;
  size_t count, cap;
  uint32_t *table; /* node and one */
  size_t table_size;
  struct second seconds[COMPARE_MOST];
  size_t second_count, known;
  struct {
    uint32_t from, to;
  } * arrows;
  size_t arrow_count, arrow_cap;
  struct region_copy at; /* of the node that is expanded */
  size_t from;
  struct act trying;
  struct search_report report;
} search;

static const struct mem *heap(void) {
  static struct test_mem tm;
  if (tm.mem.resize == NULL) {
    test_mem_init(&tm);
  }
  return &tm.mem;
}

/* ---- moments */

static struct text moment_now(void) {
  struct textbuf b;
  textbuf_init(&b, heap());
  site_save(&b);
  char *bytes = malloc(b.len);
  bt_check(bytes != NULL);
  memcpy(bytes, b.ptr, b.len);
  const struct text t = {bytes, b.len};
  textbuf_free(&b);
  return t;
}

static void moment_free(struct text *moment) {
  free((void *)(uintptr_t)moment->ptr);
  *moment = (struct text){NULL, 0};
}

/* ---- telling */

static void tell_now(void) {
  struct shape s;
  shape_look(site_engine(), site_time(), &s);
  shape_tell(stderr, &s);
}

/* Goes the way once more: the moments on it are gone. Each state is what was
 * put back from its moment. */
static void tell_way(size_t node) {
  const struct node *n = &search.nodes[node];
  if (node == 0) {
    site_begin(search.setting);
  } else {
    tell_way(n->parent);
    fputs("  ", stderr);
    act_tell(stderr, n->act);
    (void)site_do(n->act);
  }
  struct text moment = moment_now();
  site_restore(site_time(), moment);
  moment_free(&moment);
  tell_now();
}

_Noreturn void law_broken(const char *law) {
  static bool telling;
  fprintf(stderr, "setting '%s', broken: %s\n", search.setting->name, law);
  if (search.count > 0 && !telling) {
    telling = true;
    tell_way(search.from);
    fputs("  ", stderr);
    act_tell(stderr, search.trying);
    fputs(" here\n", stderr);
  }
  exit(1);
}

/* A check of the engine's own: it is told how one came there, too. Raised in
 * our own thread. */
static void on_abort(int signal_number) {
  (void)signal_number;
  law_broken("a check that is always on");
}

static void watch_checks(void) {
  struct sigaction once = {.sa_handler = on_abort};
  once.sa_flags = (int)SA_RESETHAND;
  const int done = sigaction(SIGABRT, &once, NULL);
  bt_check(done == 0);
}

/* ---- the set */

static void normal_now(struct shape *out) {
  struct shape s;
  shape_look(site_engine(), site_time(), &s);
  shape_normal(search.setting, &s, out);
}

static void rehash(void) {
  free(search.table);
  search.table_size = search.table_size == 0 ? 1 << 14 : search.table_size * 4;
  search.table = calloc(search.table_size, sizeof *search.table);
  bt_check(search.table != NULL);
  for (size_t i = 0; i < search.count; i++) {
    const struct shape *s = &search.nodes[i].normal;
    size_t at = hash_bytes(s, sizeof *s) % search.table_size;
    while (search.table[at] != 0) {
      at = (at + 1) % search.table_size;
    }
    search.table[at] = (uint32_t)i + 1;
  }
}

/* The node of this shape; search.count if there is none yet. */
static size_t find(const struct shape *s) {
  size_t at = hash_bytes(s, sizeof *s) % search.table_size;
  for (; search.table[at] != 0; at = (at + 1) % search.table_size) {
    if (memcmp(&search.nodes[search.table[at] - 1].normal, s, sizeof *s) == 0) {
      return search.table[at] - 1;
    }
  }
  return search.count;
}

static size_t add_node(const struct shape *normal, struct act act) {
  const bool room = mem_grow(heap(), &search.nodes, &search.cap,
                             search.count + 1, sizeof *search.nodes);
  bt_check(room);
  struct node *n = &search.nodes[search.count];
  *n = (struct node){.normal = *normal,
                     .time = site_time(),
                     .moment = moment_now(),
                     .parent = (uint32_t)search.from,
                     .act = act};
  n->depth = search.count == 0 ? 0 : search.nodes[search.from].depth + 1;
  search.count++;
  size_t at = hash_bytes(normal, sizeof *normal) % search.table_size;
  while (search.table[at] != 0) {
    at = (at + 1) % search.table_size;
  }
  search.table[at] = (uint32_t)search.count;
  if (search.count * 2 > search.table_size) {
    rehash();
  }
  return search.count - 1;
}

/* ---- expanding */

static void add_arrow(size_t to) {
  const bool room = mem_grow(heap(), &search.arrows, &search.arrow_cap,
                             search.arrow_count + 1, sizeof *search.arrows);
  bt_check(room);
  search.arrows[search.arrow_count].from = (uint32_t)search.from;
  search.arrows[search.arrow_count++].to = (uint32_t)to;
}

static void keep_second(size_t node) {
  if (search.known++ % COMPARE_EVERY == 0 &&
      search.second_count < COMPARE_MOST) {
    search.seconds[search.second_count++] =
        (struct second){(uint32_t)node, site_time(), moment_now()};
  }
}

/* The search goes there, too. */
static void grow_to(const struct shape *after, struct act act) {
  const size_t known = find(after), was = search.count;
  add_arrow(known == was ? add_node(after, act) : known);
  if (known < was) {
    keep_second(known);
  }
}

/* Everything that can be done at the moment that is there. Returns the sum of
 * what it leads to; @grow: that is added. */
static uint64_t expand(bool grow) {
  struct act acts[ACTS_MAX];
  uint32_t slots[SETTING_SESSIONS];
  const size_t n = setting_acts(&search.form, site_sessions(slots), acts);
  const struct site_time t = site_time();
  struct shape before;
  uint64_t future = 0;
  normal_now(&before);
  region_save(&search.at);
  for (size_t i = 0; i < n; i++) {
    search.trying = acts[i];
    struct shape after;
    const bool done = site_do(acts[i]);
    search.report.steps++;
    normal_now(&after);
    const bool moved = done && memcmp(&before, &after, sizeof after) != 0;
    if (moved) {
      future += hash_bytes(&after, sizeof after);
    }
    if (moved && grow) {
      grow_to(&after, acts[i]);
    }
    site_put_back(t, &search.at);
  }
  return future;
}

static void expand_node(size_t i) {
  struct shape now;
  search.from = i;
  site_restore(search.nodes[i].time, search.nodes[i].moment);
  normal_now(&now);
  if (memcmp(&now, &search.nodes[i].normal, sizeof now) != 0) {
    law_broken("law 4: the snapshot is not the engine");
  }
  const uint64_t future = expand(true);
  moment_free(&search.nodes[i].moment);
  search.nodes[i].future = future;
  if (search.nodes[i].depth > search.report.deepest) {
    search.report.deepest = search.nodes[i].depth;
  }
}

/* ---- when all is seen */

static void compare_futures(size_t expanded) {
  for (size_t i = 0; i < search.second_count; i++) {
    const struct second *s = &search.seconds[i];
    if (s->node < expanded) {
      search.from = s->node;
      site_restore(s->time, s->moment);
      if (expand(false) != search.nodes[s->node].future) {
        law_broken("two moments of one shape have different futures");
      }
      search.report.compared++;
    }
  }
}

/* From everywhere every session can come to its end. */
static void check_way_home(void) {
  bt_check(search.count > 0); /* the first moment, at least */
  unsigned char *home = calloc(search.count, 1);
  bt_check(home != NULL);
  for (size_t i = 0; i < search.count; i++) {
    const struct shape *s = &search.nodes[i].normal;
    home[i] = s->sessions[0].status == 0; /* they come first */
  }
  for (bool grew = true; grew;) {
    grew = false;
    for (size_t i = search.arrow_count; i-- > 0;) {
      if (home[search.arrows[i].to] && !home[search.arrows[i].from]) {
        home[search.arrows[i].from] = 1;
        grew = true;
      }
    }
  }
  for (size_t i = 0; i < search.count; i++) {
    if (!home[i]) {
      search.from = i;
      law_broken("there is no way to the end of all sessions");
    }
  }
  free(home);
}

static void clean_up(void) {
  for (size_t i = 0; i < search.count; i++) {
    moment_free(&search.nodes[i].moment);
  }
  for (size_t i = 0; i < search.second_count; i++) {
    moment_free(&search.seconds[i].moment);
  }
  mem_free(heap(), search.nodes, search.cap * sizeof *search.nodes);
  mem_free(heap(), search.arrows, search.arrow_cap * sizeof *search.arrows);
  free(search.table);
  region_copy_free(&search.at);
  site_end();
}

struct search_report search_setting(const struct setting *s,
                                    const struct setting_form *form,
                                    size_t limit) {
  const clock_t began = clock();
  watch_checks();
  memset(&search, 0, sizeof search);
  search.setting = s;
  search.form = *form;
  site_begin(s);
  rehash();
  struct shape first;
  normal_now(&first);
  (void)add_node(&first, (struct act){0});
  size_t i = 0;
  for (; i < search.count && search.count < limit; i++) {
    expand_node(i);
  }
  search.report.whole = i == search.count;
  compare_futures(i);
  if (search.report.whole) {
    check_way_home();
  }
  search.report.states = search.count;
  search.report.transitions = search.arrow_count;
  search.report.seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
  const struct search_report report = search.report;
  clean_up();
  return report;
}
