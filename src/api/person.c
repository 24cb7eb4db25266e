#include "api/person.h"

#include "api/serve_priv.h"
#include "domain/heap.h"

enum { VIEW_DEPTH = 64, NAMED_MAX = 6 };

void person_init(struct person *p, struct history *history) {
  *p = (struct person){.history = history};
  textbuf_init(&p->customer, heap_mem());
  arena_init(&p->arena, heap_mem(), 0);
}

void person_free(struct person *p) {
  textbuf_free(&p->customer);
  arena_free(&p->arena);
  mem_free(heap_mem(), p->sessions, p->cap * sizeof *p->sessions);
}

bool person_read(struct call *c, struct person *p) {
  const struct json *tree = call_read_object(c);
  struct text customer = TEXT("");
  if (tree == NULL || !call_read_whom(c, tree, &customer, &p->session)) {
    return false;
  }
  if (tree->count != 1) {
    call_refuse(c, REFUSAL_INVALID_MEMBER,
                TEXT("The body has \"customer\" or \"session\", and nothing "
                     "else."),
                TEXT(""));
    return false;
  }
  textbuf_add(&p->customer, customer);
  if (p->customer.failed) {
    call_refuse_memory(c);
  }
  return !p->customer.failed;
}

static enum bt_err add(struct person *p, const struct person_session *s) {
  const struct text customer = arena_copy_text(&p->arena, s->customer);
  const struct text row = arena_copy_text(&p->arena, s->row);
  if (customer.ptr == NULL || row.ptr == NULL ||
      !mem_grow(heap_mem(), &p->sessions, &p->cap, p->count + 1,
                sizeof *p->sessions)) {
    return BT_ERR_NOMEM;
  }
  p->sessions[p->count++] = (struct person_session){s->id, customer, row};
  return BT_ERR_OK;
}

/* ---- in the history */

struct look {
  struct person *person;
  enum bt_err err;
};

static bool on_row(void *ctx, const struct history_row *row) {
  struct look *l = ctx;
  struct textbuf json;
  struct json_out o;
  textbuf_init(&json, heap_mem());
  json_out_init(&o, &json);
  history_put_row(&o, row);
  const struct person_session s = {row->session, row->customer,
                                   textbuf_text(&json)};
  l->err = json.failed ? BT_ERR_NOMEM : add(l->person, &s);
  textbuf_free(&json);
  return l->err == BT_ERR_OK;
}

enum bt_err person_look(struct person *p) {
  struct look l = {.person = p};
  const struct history_query q = {.customer = textbuf_text(&p->customer),
                                  .to_us = INT64_MAX,
                                  .before_us = INT64_MAX,
                                  .limit = UINT32_MAX};
  if (p->history == NULL) {
    return BT_ERR_OK;
  }
  const enum bt_err err =
      q.customer.len > 0 ? history_find(p->history, &q, on_row, &l)
                         : history_read(p->history, p->session, on_row, &l);
  return err == BT_ERR_OK ? l.err : err;
}

/* ---- in the engine */

static bool is_among(const struct person *p, struct id id) {
  size_t i = 0;
  while (i < p->count && !id_equal(p->sessions[i].id, id)) {
    i++;
  }
  return i < p->count;
}

/* The customer.id of a session that the engine has, in @arena; or empty. */
static struct text customer_of(const struct engine *e, uint32_t slot,
                               struct arena *arena) {
  const struct text known = engine_session_customer(e, slot);
  struct json *tree = NULL;
  arena_reset(arena);
  return known.len > 0 &&
                 json_parse(arena, known, VIEW_DEPTH, &tree, NULL) == BT_ERR_OK
             ? json_member_text(tree, TEXT("id"))
             : TEXT("");
}

enum bt_err person_add_present(struct person *p, const struct engine *e) {
  const struct text wanted = textbuf_text(&p->customer);
  struct arena scratch;
  enum bt_err err = BT_ERR_OK;
  arena_init(&scratch, heap_mem(), 0);
  for (uint32_t slot = 0; err == BT_ERR_OK && engine_next_session(e, &slot);
       slot++) {
    const struct id id = engine_session_id(e, slot);
    const bool named = id_equal(id, p->session);
    if (!named && wanted.len == 0) {
      continue;
    }
    const struct text customer = customer_of(e, slot, &scratch);
    if ((named || text_equal(customer, wanted)) && !is_among(p, id)) {
      err = add(p, &(struct person_session){id, customer, TEXT("")});
    }
  }
  arena_free(&scratch);
  return err == BT_ERR_OK && wanted.len == 0 && p->count == 0
             ? add(p, &(struct person_session){.id = p->session})
             : err;
}

/* ---- named */

struct text person_name(struct call *c, const struct person *p) {
  struct textbuf names;
  textbuf_init(&names, c->api->mem);
  for (size_t i = 0; i < p->count && i < NAMED_MAX; i++) {
    char id[ID_TEXT_LEN];
    id_to_text(p->sessions[i].id, id);
    textbuf_addf(&names, "%s%.*s", i == 0 ? "" : " ", ID_TEXT_LEN, id);
  }
  if (p->count > NAMED_MAX) {
    textbuf_addf(&names, " and %zu more", p->count - NAMED_MAX);
  }
  const struct text copy =
      call_format(c, "%.*s", TEXT_ARG(textbuf_text(&names)));
  textbuf_free(&names);
  return copy;
}
