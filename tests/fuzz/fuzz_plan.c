/* fuzz_plan.c - sections, tables of contacts and changes of a simulation: what
 * is refused has a sentence, and what is taken makes a plan that can be played.
 *
 * The first byte says which of them the rest is.
 */
#include <stdlib.h>

#include "base/check.h"
#include "simulate/change.h"
#include "simulate/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEVERAL = 2, CONTACTS_MAX = 100000 };

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size) {
  (void)ctx;
  (void)old_size;
  if (new_size == 0) {
    free(old);
    return NULL;
  }
  return realloc(old, new_size);
}

static const struct mem heap = {.resize = resize};
static const struct text queues[SEVERAL] = {{"sales", 5}, {"billing", 7}};
static const struct text agents[SEVERAL] = {{"anna", 4}, {"bert", 4}};
static const struct text skills[SEVERAL] = {{"french", 6}, {"vip", 3}};

static void report(void *ctx, struct simulate_where where,
                   const char *sentence) {
  (void)ctx;
  bt_check(sentence[0] != '\0');
  bt_check(where.node == NULL || where.line == 0);
}

static void open(struct simulate_reader *r, struct arena *arena) {
  arena_init(arena, &heap, 0);
  simulate_read_init(r, arena);
  r->queues = queues;
  r->agents = agents;
  r->skills = skills;
  r->queue_count = r->agent_count = r->skill_count = SEVERAL;
  r->report = report;
}

static double expected(const struct simulate_plan *p) {
  double sum = (double)p->contact_count;
  for (size_t i = 0; i < p->stream_count; i++) {
    for (size_t k = 0; k < p->streams[i].piece_count; k++) {
      sum += p->streams[i].pieces[k].contacts;
    }
  }
  return sum;
}

static void check(const struct simulate_plan *p) {
  bt_check(p->to_us > p->from_us && p->interval_us > 0);
  bt_check(simulate_interval_count(p) > 0);
  for (size_t i = 0; i < p->contact_count; i++) {
    bt_check(p->contacts[i].stream < p->stream_count);
    bt_check(simulate_interval_of(p, p->contacts[i].at_us) <
             simulate_interval_count(p));
  }
  struct simulate_arrivals a;
  const struct simulate_draw draw = {1, 0};
  if (expected(p) < CONTACTS_MAX &&
      simulate_arrive(&heap, p, draw, &a) == BT_ERR_OK) {
    for (size_t i = 1; i < a.count; i++) {
      bt_check(a.items[a.order[i - 1]].at_us <= a.items[a.order[i]].at_us);
    }
    simulate_arrivals_free(&heap, &a);
  }
}

static void read(struct text t, bool table) {
  struct simulate_reader r;
  struct arena arena;
  struct json *tree = NULL;
  open(&r, &arena);
  if (table) {
    simulate_read_table(&r, t);
  } else if (json_parse(&arena, t, JSON_DEPTH_DEFAULT, &tree, NULL) ==
                 BT_ERR_OK &&
             tree->type == JSON_OBJECT) {
    simulate_read_section(&r, tree, true);
  } else {
    r.errors++;
  }
  if (r.errors == 0) {
    simulate_read_close(&r);
  }
  if (r.errors == 0 && !r.no_memory) {
    check(&r.plan);
  }
  simulate_read_free(&r);
  arena_free(&arena);
}

static void change(struct text t) {
  const struct simulate_object objects[] = {
      {.kind = CONFIG_QUEUE,
       .id = TEXT("sales"),
       .json = TEXT("{\"id\":\"sales\",\"skills\":[\"french\"]}")},
      {.kind = CONFIG_AGENT,
       .id = TEXT("anna"),
       .json = TEXT("{\"id\":\"anna\",\"skills\":[\"french\"]}")}};
  const struct simulate_stream stream = {.form = {.target = TEXT("sales")}};
  const struct simulate_plan plan = {.from_us = 0,
                                     .to_us = 1000000,
                                     .interval_us = 1000000,
                                     .streams = &stream,
                                     .stream_count = 1};
  const struct simulate_setting setting = {objects, SEVERAL, &plan};
  struct simulate_changed c;
  struct simulate_error why = {""};
  struct arena arena;
  arena_init(&arena, &heap, 0);
  if (simulate_change_begin(&c, &arena, &setting) == BT_ERR_OK) {
    const enum bt_err err = simulate_change_apply(&c, t, &why);
    bt_check(err != BT_ERR_SYNTAX || why.text[0] != '\0');
    const struct simulate_setting other = simulate_change_end(&c);
    for (size_t i = 0; err == BT_ERR_OK && i < other.object_count; i++) {
      struct json *v = NULL;
      struct config_error error;
      bt_check(json_parse(&arena, other.objects[i].json, JSON_DEPTH_DEFAULT, &v,
                          NULL) == BT_ERR_OK);
      bt_check(config_check(other.objects[i].kind, v, 0, &error));
    }
  }
  arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const struct text t = {(const char *)data + 1, size - 1};
  if (data[0] == 'c') {
    change(t);
  } else {
    read(t, data[0] == 't');
  }
  return 0;
}
