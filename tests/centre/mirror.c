#include "mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "codec/batch.h"
#include "codec/snapshot.h"
#include "engine/engine_priv.h"
#include "engine/state_priv.h"

void mirror_init(struct mirror *m, const struct mem *mem) {
  const struct engine_options options = {.centre = TEXT("test")};
  *m = (struct mirror){.mem = mem};
  const enum bt_err err = engine_create(mem, &options, &m->e);
  bt_check(err == BT_ERR_OK);
}

void mirror_free(struct mirror *m) {
  engine_free(m->e);
  m->e = NULL;
}

void mirror_fold(struct mirror *m, const struct step *step) {
  struct textbuf bytes;
  struct batch_reader reader;
  struct record r;
  textbuf_init(&bytes, m->mem);
  batch_encode(step->events, step->event_count, &bytes);
  enum bt_err err = batch_open(textbuf_text(&bytes), &reader);
  bt_check(err == BT_ERR_OK && !bytes.failed);
  while ((err = batch_next(&reader, &r)) == BT_ERR_OK) {
    engine_apply(m->e, step->seq, &r);
  }
  bt_check(err == BT_ERR_NOT_FOUND);
  textbuf_free(&bytes);
}

void mirror_restore(struct mirror *m, const struct engine *e) {
  struct textbuf bytes;
  const struct mem *mem = m->mem;
  mirror_free(m);
  mirror_init(m, mem);
  textbuf_init(&bytes, mem);
  snapshot_encode(e, &bytes);
  bt_check(!bytes.failed);
  const enum bt_err err = snapshot_decode(m->e, textbuf_text(&bytes));
  bt_check(err == BT_ERR_OK);
  textbuf_free(&bytes);
}

/* ---- what an engine saves, as bytes by session */

struct part {
  struct id session; /* null: of the domain */
  size_t order;
  uint32_t type;
  bool completed;
  size_t from, len;
};

struct saved {
  const struct mem *mem;
  bool exact;
  struct part *parts;
  size_t count, cap;
  struct textbuf bytes;
};

static struct text part_text(const struct saved *s, const struct part *p) {
  return (struct text){s->bytes.ptr + p->from, p->len};
}

/* Fields that only say in which order timers were started, or until when a
 * bot's silence is watched. */
static bool is_left_out(const struct saved *s, const struct record *r,
                        enum field f) {
  if (s->exact) {
    return false;
  }
  if (f == FIELD_TIMER_ORDER || f == FIELD_TIMER_ORDER_2 ||
      f == FIELD_TIMER_ORDER_3 || f == FIELD_TIMER_ORDER_4) {
    return true;
  }
  return f == FIELD_DEADLINE &&
         (r->type == STATE_EXCLUSION ||
          (r->type == STATE_SESSION &&
           record_num(r, FIELD_STATUS) == SESSION_CONNECTED));
}

static void add_field(struct saved *s, const struct record *r, enum field f) {
  struct textbuf *b = &s->bytes;
  textbuf_add(b, text_from(field_info(f)->name));
  textbuf_add_char(b, '=');
  if (field_info(f)->kind == KIND_ID) {
    char id[ID_TEXT_LEN];
    id_to_text(record_id(r, f), id);
    textbuf_add(b, (struct text){id, ID_TEXT_LEN});
  } else if (field_is_text(f)) {
    textbuf_add(b, record_text(r, f));
  } else {
    textbuf_add_i64(b, record_num(r, f));
  }
  textbuf_add_char(b, '\n');
}

static bool collect(void *ctx, const struct record *r) {
  struct saved *s = ctx;
  const bool room =
      mem_grow(s->mem, &s->parts, &s->cap, s->count + 1, sizeof *s->parts);
  bt_check(room);
  struct part *p = &s->parts[s->count];
  *p = (struct part){
      .session = r->type == STATE_OFFER ? (struct id){0, 0}
                                        : record_id(r, FIELD_SESSION),
      .order = s->count++,
      .type = r->type,
      .completed = r->type == STATE_SESSION &&
                   record_num(r, FIELD_STATUS) == SESSION_COMPLETED,
      .from = s->bytes.len};
  for (uint32_t f = record_next(r, 0); f < FIELDS; f = record_next(r, f + 1)) {
    if (!is_left_out(s, r, (enum field)f)) {
      add_field(s, r, (enum field)f);
    }
  }
  p->len = s->bytes.len - p->from;
  return true;
}

static int compare_parts(const void *a, const void *b) {
  const struct part *x = a, *y = b;
  const int by_session = id_compare(x->session, y->session);
  return by_session != 0 ? by_session : (x->order > y->order ? 1 : -1);
}

static void save(struct saved *s, const struct engine *e, bool exact) {
  *s = (struct saved){.mem = &e->mem, .exact = exact};
  textbuf_init(&s->bytes, s->mem);
  const bool all = engine_save(e, collect, s);
  bt_check(all && !s->bytes.failed);
  /* In which slots sessions lie is no difference. */
  qsort(s->parts, s->count, sizeof *s->parts, compare_parts);
}

static void forget(struct saved *s) {
  mem_free(s->mem, s->parts, s->cap * sizeof *s->parts);
  textbuf_free(&s->bytes);
}

static bool differ(const struct saved *a, size_t i, const struct saved *b,
                   size_t j, struct difference *why) {
  const struct text x =
      i < a->count ? part_text(a, &a->parts[i]) : TEXT("(nothing)");
  const struct text y =
      j < b->count ? part_text(b, &b->parts[j]) : TEXT("(nothing)");
  const uint32_t type = i < a->count   ? a->parts[i].type
                        : j < b->count ? b->parts[j].type
                                       : 0;
  (void)snprintf(why->text, sizeof why->text,
                 "record %u\n%.*s--- and ---\n%.*s", type, TEXT_ARG(x),
                 TEXT_ARG(y));
  return false;
}

/* Only the folded engine still knows it. */
static bool is_forgotten(const struct saved *a, size_t i,
                         const struct part *extra) {
  if (extra->type == EVENT_ANSWER_KEPT) {
    return true;
  }
  const bool known =
      i < a->count && id_equal(a->parts[i].session, extra->session);
  return !known && !id_is_null(extra->session);
}

/* All parts of a session that is completed. */
static bool skip_session(const struct saved *b, size_t *j) {
  const struct id id = b->parts[*j].session;
  bool completed = false;
  for (; *j < b->count && id_equal(b->parts[*j].session, id); (*j)++) {
    completed = completed || b->parts[*j].completed;
  }
  return completed;
}

static bool saved_equal(const struct saved *a, const struct saved *b,
                        struct difference *why) {
  size_t i = 0, j = 0;
  while (i < a->count || j < b->count) {
    if (i < a->count && j < b->count && a->parts[i].type == b->parts[j].type &&
        text_equal(part_text(a, &a->parts[i]), part_text(b, &b->parts[j]))) {
      i++;
      j++;
      continue;
    }
    const size_t at = j;
    if (a->exact || j == b->count || !is_forgotten(a, i, &b->parts[j])) {
      return differ(a, i, b, j, why);
    }
    if (b->parts[j].type == EVENT_ANSWER_KEPT) {
      j++;
    } else if (!skip_session(b, &j)) {
      return differ(a, i, b, at, why);
    }
  }
  return true;
}

bool mirror_equal(const struct engine *a, const struct engine *b, bool exact,
                  struct difference *why) {
  struct saved x, y;
  save(&x, a, exact);
  save(&y, b, exact);
  const bool equal = saved_equal(&x, &y, why);
  forget(&x);
  forget(&y);
  return equal;
}

/* ---- steps */

static bool fields_equal(const struct record *a, const struct record *b,
                         enum field f) {
  if (!record_has(a, f) || !record_has(b, f)) {
    return record_has(a, f) == record_has(b, f);
  }
  if (field_info(f)->kind == KIND_ID) {
    return id_equal(a->v[f].id, b->v[f].id);
  }
  return field_is_text(f) ? text_equal(a->v[f].text, b->v[f].text)
                          : a->v[f].num == b->v[f].num;
}

static bool records_equal(const struct record *a, const struct record *b,
                          struct difference *why) {
  if (a->type != b->type) {
    (void)snprintf(why->text, sizeof why->text, "%u and %u", a->type, b->type);
    return false;
  }
  for (uint32_t i = 0; i < FIELDS; i++) {
    if (!fields_equal(a, b, (enum field)i)) {
      (void)snprintf(why->text, sizeof why->text,
                     "%u differs in %s: %lld and %lld", a->type,
                     field_info((enum field)i)->name, (long long)a->v[i].num,
                     (long long)b->v[i].num);
      return false;
    }
  }
  return true;
}

/* The events, or the effects, of a step. */
struct list {
  const struct record *records;
  size_t count;
};

static bool lists_equal(struct list a, struct list b, struct difference *why) {
  for (size_t i = 0; i < a.count && i < b.count; i++) {
    if (!records_equal(&a.records[i], &b.records[i], why)) {
      return false;
    }
  }
  if (a.count != b.count) {
    (void)snprintf(why->text, sizeof why->text, "%zu records and %zu", a.count,
                   b.count);
  }
  return a.count == b.count;
}

bool mirror_steps_equal(const struct step *a, const struct step *b,
                        struct difference *why) {
  const struct list events[] = {{a->events, a->event_count},
                                {b->events, b->event_count}};
  const struct list effects[] = {{a->effects, a->effect_count},
                                 {b->effects, b->effect_count}};
  if (!lists_equal(events[0], events[1], why) ||
      !lists_equal(effects[0], effects[1], why)) {
    return false;
  }
  if (a->answer.code != b->answer.code ||
      !text_equal(a->answer.body, b->answer.body)) {
    (void)snprintf(why->text, sizeof why->text, "answers %d %.*s and %d %.*s",
                   a->answer.code, TEXT_ARG(a->answer.body), b->answer.code,
                   TEXT_ARG(b->answer.body));
    return false;
  }
  return true;
}
