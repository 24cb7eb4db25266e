#include "base/check.h"
#include "domain/reports_priv.h"

/* Beyond so many the disk has had no room for very long. */
enum { REPORTS_MAX = 16384 };

struct report {
  struct report *next;
  struct command cmd;
  struct arena texts;
};

bool reports_take(const struct command *cmd) {
  switch (cmd->args.type) {
  case COMMAND_CUSTOMER_JOINED:
  case COMMAND_CUSTOMER_DROPPED:
  case COMMAND_AGENT_JOINED:
  case COMMAND_AGENT_DROPPED:
  case COMMAND_BOT_JOINED:
  case COMMAND_BOT_DROPPED:
  case COMMAND_BOT_CLOSED:
  case COMMAND_REST_REPLY:
  case COMMAND_BOT_REPLY:
  case COMMAND_RECOVERED:
    return true;
  default:
    return false;
  }
}

static bool copy_text(struct report *r, struct text *t) {
  const bool empty = t->len == 0;
  *t = arena_copy_text(&r->texts, *t);
  return empty || t->ptr != NULL;
}

static bool copy_texts(struct report *r) {
  return copy_text(r, &r->cmd.by.name) && copy_text(r, &r->cmd.by.request) &&
         record_keep_texts(&r->cmd.args, &r->texts);
}

static void discard(const struct mem *mem, struct report *r) {
  arena_free(&r->texts);
  mem_free(mem, r, sizeof *r);
}

bool reports_keep(struct reports *list, const struct mem *mem,
                  const struct command *cmd) {
  struct report *r = list->count < REPORTS_MAX ? mem_new(mem, sizeof *r) : NULL;
  if (r == NULL) {
    return false;
  }
  r->cmd = *cmd;
  arena_init(&r->texts, mem, 0);
  if (!copy_texts(r)) {
    discard(mem, r);
    return false;
  }
  if (list->last == NULL) {
    list->first = r;
  } else {
    list->last->next = r;
  }
  list->last = r;
  list->count++;
  return true;
}

const struct command *reports_first(const struct reports *list) {
  return list->first == NULL ? NULL : &list->first->cmd;
}

void reports_drop_first(struct reports *list, const struct mem *mem) {
  struct report *r = list->first;
  bt_check(r != NULL);
  list->first = r->next;
  list->last = list->first == NULL ? NULL : list->last;
  list->count--;
  discard(mem, r);
}

void reports_free(struct reports *list, const struct mem *mem) {
  while (list->first != NULL) {
    reports_drop_first(list, mem);
  }
}
