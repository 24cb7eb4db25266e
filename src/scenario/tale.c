#include "scenario/tale.h"

#include <string.h>

#include "base/check.h"
#include "domain/heap.h"

void tale_init(struct tale *t) {
  *t = (struct tale){0};
  arena_init(&t->arena, heap_mem(), 0);
  t->events.size = sizeof(struct tale_event);
  t->messages.size = sizeof(struct tale_message);
  t->requests.size = sizeof(struct tale_request);
  t->calls.size = sizeof(struct tale_call);
  t->output.size = sizeof(struct text);
  t->statuses.size = sizeof(struct text);
  t->troubles.size = sizeof(struct text);
}

void tale_free(struct tale *t) {
  arena_free(&t->arena);
}

/* The old place stays in the arena, which goes with the tale. */
void *tale_add(struct tale *t, struct tale_list *list) {
  if (list->count == list->cap) {
    const size_t cap = list->cap == 0 ? 16 : list->cap * 2;
    char *grown = arena_alloc(&t->arena, cap * list->size);
    if (grown == NULL) {
      return NULL;
    }
    if (list->count > 0) {
      memcpy(grown, list->items, list->count * list->size);
    }
    list->items = grown;
    list->cap = cap;
  }
  return (char *)list->items + list->size * list->count++;
}
