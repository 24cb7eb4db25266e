#include "bots/cognigy/early.h"

#include <string.h>

enum { COUNT_MAX = 32, BYTES_MAX = 1 << 20 };

struct early_event {
  struct early_event *next;
  bool numbered;
  uint64_t number;
  size_t name_len, len;
  char bytes[]; /* its name, then its argument */
};

bool early_keep(struct early *list, const struct line_event *event) {
  const struct text argument =
      event->argument == NULL ? TEXT("null") : event->argument->source;
  const size_t len = event->name.len + argument.len;
  struct early_event *e =
      list->count < COUNT_MAX && list->bytes + len <= BYTES_MAX
          ? mem_new(list->mem, sizeof *e + len)
          : NULL;
  if (e == NULL) {
    return false;
  }
  e->numbered = event->numbered;
  e->number = event->number;
  e->name_len = event->name.len;
  e->len = argument.len;
  memcpy(e->bytes, event->name.ptr, e->name_len);
  memcpy(e->bytes + e->name_len, argument.ptr, e->len);
  if (list->last == NULL) {
    list->first = e;
  } else {
    list->last->next = e;
  }
  list->last = e;
  list->count++;
  list->bytes += len;
  return true;
}

static struct early_event *take(struct early *list) {
  struct early_event *e = list->first;
  if (e != NULL) {
    list->first = e->next;
    list->last = list->first == NULL ? NULL : list->last;
    list->count--;
    list->bytes -= e->name_len + e->len;
  }
  return e;
}

static void drop(const struct mem *mem, struct early_event *e) {
  mem_free(mem, e, sizeof *e + e->name_len + e->len);
}

void early_give(struct early *list,
                void (*fn)(void *ctx, const struct line_event *event),
                void *ctx) {
  const struct mem *mem = list->mem;
  for (struct early_event *e; (e = take(list)) != NULL; drop(mem, e)) {
    struct arena arena;
    struct json *argument = NULL;
    arena_init(&arena, mem, 0);
    if (json_parse(&arena, (struct text){e->bytes + e->name_len, e->len},
                   JSON_DEPTH_DEFAULT, &argument, NULL) == BT_ERR_OK) {
      const struct line_event event = {.name = {e->bytes, e->name_len},
                                       .argument = argument,
                                       .numbered = e->numbered,
                                       .number = e->number};
      fn(ctx, &event);
    }
    arena_free(&arena);
  }
}

void early_clear(struct early *list) {
  for (struct early_event *e; (e = take(list)) != NULL;) {
    drop(list->mem, e);
  }
}
