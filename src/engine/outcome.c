#include "engine/outcome_priv.h"

enum { SHOWN_MAX = 20 };

/* The one of that name among those to choose from; DIR_NONE: it is none. */
static uint32_t find_offered(const struct ctx *x, uint32_t slot,
                             struct text name) {
  const struct directory *d = &x->e->dir;
  const uint32_t number = directory_disposition(d, name);
  return number != DIR_NONE && directory_offers_outcome(
                                   d, engine_live(x->e, slot)->s.queue, number)
             ? number
             : DIR_NONE;
}

/* The ids to choose from, in the arena. */
static size_t list_offered(struct ctx *x, uint32_t queue,
                           const struct text **out) {
  const struct directory *d = &x->e->dir;
  struct text *ids =
      arena_alloc(ctx_arena(x), (d->disposition_count + 1) * sizeof *ids);
  size_t count = 0;
  for (uint32_t i = 0; ids != NULL && i < d->disposition_count; i++) {
    if (directory_offers_outcome(d, queue, i)) {
      ids[count++] = d->dispositions[i].id;
    }
  }
  *out = ids;
  return count;
}

static void refuse_unknown(struct ctx *x, uint32_t slot, struct text name,
                           struct answer *a) {
  const uint32_t queue = engine_live(x->e, slot)->s.queue;
  const struct text *ids = NULL;
  const size_t count = list_offered(x, queue, &ids);
  const size_t nearest = text_nearest(name, ids, count);
  struct textbuf b;
  textbuf_init(&b, x->out->arena.mem);
  textbuf_addf(&b, "'%.*s' is not among the dispositions of ", TEXT_ARG(name));
  if (queue == DIR_NONE) {
    textbuf_add(&b, TEXT("this centre"));
  } else {
    textbuf_addf(&b, "queue '%.*s'", TEXT_ARG(x->e->dir.queues[queue].id));
  }
  if (nearest < count) {
    textbuf_addf(&b, ". Did you mean '%.*s'?", TEXT_ARG(ids[nearest]));
  }
  textbuf_add(&b, nearest < count ? TEXT(" They are") : TEXT(", which are"));
  for (size_t i = 0; i < count && i < SHOWN_MAX; i++) {
    textbuf_addf(&b, "%s '%.*s'", i == 0 ? "" : ",", TEXT_ARG(ids[i]));
  }
  if (count > SHOWN_MAX) {
    textbuf_addf(&b, " and %zu more", count - SHOWN_MAX);
  }
  textbuf_add_char(&b, '.');
  answer_member(x, REFUSAL_UNKNOWN_DISPOSITION, "/disposition",
                arena_copy_text(ctx_arena(x), textbuf_text(&b)), a);
  textbuf_free(&b);
}

bool outcome_fits(struct ctx *x, uint32_t slot, const struct record *args,
                  struct answer *a) {
  const struct directory *d = &x->e->dir;
  if (!record_has(args, FIELD_DISPOSITION)) {
    return true;
  }
  const struct text name = record_text(args, FIELD_DISPOSITION);
  const uint32_t number = find_offered(x, slot, name);
  if (number == DIR_NONE) {
    const bool free =
        directory_outcome_is_free(d, engine_live(x->e, slot)->s.queue);
    if (!free) {
      refuse_unknown(x, slot, name, a);
    }
    return free;
  }
  if (!d->dispositions[number].needs_note || record_has(args, FIELD_NOTE)) {
    return true;
  }
  answer_member(x, REFUSAL_INVALID_MEMBER, "/note",
                ctx_format(x, "The disposition '%.*s' needs a note with it.",
                           TEXT_ARG(d->dispositions[number].id)),
                a);
  return false;
}

void outcome_record(struct ctx *x, uint32_t slot, const struct record *args) {
  if (!record_has(args, FIELD_DISPOSITION) && !record_has(args, FIELD_NOTE)) {
    return;
  }
  struct record ev;
  ctx_event(x, &ev, EVENT_DISPOSITION_SET, slot);
  record_copy(&ev, FIELD_DISPOSITION, args);
  record_copy(&ev, FIELD_NOTE, args);
  if (record_has(args, FIELD_DISPOSITION)) {
    const uint32_t number =
        find_offered(x, slot, record_text(args, FIELD_DISPOSITION));
    if (number != DIR_NONE) {
      record_set_text(&ev, FIELD_DISPOSITION,
                      x->e->dir.dispositions[number].id);
    }
  }
  emit(x, &ev);
}

void cmd_disposition(struct ctx *x, uint32_t slot, const struct record *args,
                     struct answer *a) {
  if (outcome_fits(x, slot, args, a)) {
    outcome_record(x, slot, args);
    answer_session(x, slot, 200, "The disposition was recorded.", a);
  }
}
