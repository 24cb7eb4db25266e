/* A person, or one session, is erased (retention/erase.h), on another thread.
 *
 * Only what is over can be erased, a session that goes on is ended first; and
 * only what no hold keeps.
 */
#include "api/serve_priv.h"
#include "domain/heap.h"

enum { VIEW_DEPTH = 64, BEHIND_RETRY_MS = 1000, NAMED_MAX = 6 };

/* On its way to the disk, back to be judged, to the disk again and back. */
struct erasing {
  struct api *api; /* NULL: it was freed meanwhile */
  struct call *call;
  struct erase_places places;
  struct textbuf customer; /* or empty: only @session */
  struct id session;
  struct arena arena; /* of what was found */
  struct erase_item *items;
  struct text *customers; /* of each */
  size_t count, cap, customer_cap;
  struct erase_done done;
  enum bt_err err;
};

static void erasing_free(struct erasing *e) {
  textbuf_free(&e->customer);
  arena_free(&e->arena);
  mem_free(heap_mem(), e->items, e->cap * sizeof *e->items);
  mem_free(heap_mem(), e->customers, e->customer_cap * sizeof *e->customers);
  mem_free(heap_mem(), e, sizeof *e);
}

static bool is_among(const struct erasing *e, struct id id) {
  size_t i = 0;
  while (i < e->count && !id_equal(e->items[i].session, id)) {
    i++;
  }
  return i < e->count;
}

static bool add(struct erasing *e, struct id id, struct text customer) {
  const struct text copy = arena_copy_text(&e->arena, customer);
  if (copy.ptr == NULL ||
      !mem_grow(heap_mem(), &e->items, &e->cap, e->count + 1,
                sizeof *e->items) ||
      !mem_grow(heap_mem(), &e->customers, &e->customer_cap, e->count + 1,
                sizeof *e->customers)) {
    return false;
  }
  e->customers[e->count] = copy;
  e->items[e->count++] = (struct erase_item){id, ERASE_ALL};
  return true;
}

/* ---- on the other thread */

static bool on_row(void *ctx, const struct history_row *row) {
  struct erasing *e = ctx;
  e->err = add(e, row->session, row->customer) ? BT_ERR_OK : BT_ERR_NOMEM;
  return e->err == BT_ERR_OK;
}

static void look(void *ctx) {
  struct erasing *e = ctx;
  const struct history_query q = {.customer = textbuf_text(&e->customer),
                                  .to_us = INT64_MAX,
                                  .before_us = INT64_MAX,
                                  .limit = UINT32_MAX};
  const enum bt_err err =
      q.customer.len > 0
          ? history_find(e->places.history, &q, on_row, e)
          : history_read(e->places.history, e->session, on_row, e);
  e->err = err == BT_ERR_OK ? e->err : err;
}

static void erase(void *ctx) {
  struct erasing *e = ctx;
  e->err = erase_items(&e->places, e->items, e->count, &e->done);
  if (e->err == BT_ERR_OK) {
    e->err = history_write_anew(e->places.history);
  }
}

/* ---- and back */

/* The audit log must not keep who was erased: it names the sessions. */
static void name_for_audit(struct call *c, const struct erasing *e) {
  struct textbuf names;
  textbuf_init(&names, c->api->mem);
  for (size_t i = 0; i < e->count && i < NAMED_MAX; i++) {
    char id[ID_TEXT_LEN];
    id_to_text(e->items[i].session, id);
    textbuf_addf(&names, "%s%.*s", i == 0 ? "" : " ", ID_TEXT_LEN, id);
  }
  if (e->count > NAMED_MAX) {
    textbuf_addf(&names, " and %zu more", e->count - NAMED_MAX);
  }
  c->params[0] = call_format(c, "%.*s", TEXT_ARG(textbuf_text(&names)));
  textbuf_free(&names);
}

static void refuse_err(struct erasing *e) {
  struct call *c = e->call;
  call_refuse(c, REFUSAL_UNAVAILABLE,
              call_format(c, "Not everything is erased: %s, %s; ask again.",
                          e->done.where, bt_err_text(e->err)),
              TEXT(""));
}

static void answer(struct erasing *e) {
  struct call *c = e->call;
  name_for_audit(c, e);
  if (e->err != BT_ERR_OK) {
    refuse_err(e);
    return;
  }
  if (e->count == 0 || (e->done.keys == 0 && e->customer.len == 0)) {
    call_refuse(c, REFUSAL_NOT_FOUND,
                TEXT("Nothing is kept of it that could be erased."), TEXT(""));
    return;
  }
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "sessions");
  json_put_u64(&o, e->count);
  json_key(&o, "keysDestroyed");
  json_put_u64(&o, e->done.keys);
  json_close_object(&o);
  const struct reply r = {.code = 200, .body = textbuf_text(&c->out)};
  call_reply(c, &r);
}

static void on_erased(void *ctx) {
  struct erasing *e = ctx;
  if (e->api != NULL) {
    e->api->erasing = NULL;
    answer(e);
  }
  erasing_free(e);
}

void erasing_forget(struct api *api) {
  if (api->erasing != NULL) {
    api->erasing->api = NULL; /* its thread is at it: it frees itself */
  }
}

/* ---- may they go? */

/* The customer.id of a session that the engine has, in @arena; or empty. */
static struct text customer_of(const struct engine *engine, uint32_t slot,
                               struct arena *arena) {
  const struct text known = engine_session_customer(engine, slot);
  struct json *tree = NULL;
  arena_reset(arena);
  return known.len > 0 &&
                 json_parse(arena, known, VIEW_DEPTH, &tree, NULL) == BT_ERR_OK
             ? json_member_text(tree, TEXT("id"))
             : TEXT("");
}

static bool refuse_open(struct call *c, struct id session) {
  char id[ID_TEXT_LEN];
  id_to_text(session, id);
  call_refuse(c, REFUSAL_IN_USE,
              call_format(c,
                          "The session %.*s goes on; end it first (POST "
                          "/api/v1/sessions/%.*s/end), and its wrap-up.",
                          ID_TEXT_LEN, id, ID_TEXT_LEN, id),
              TEXT(""));
  return false;
}

/* One that the engine still has. False: answered. */
static bool take_slot(struct erasing *e, uint32_t slot, struct arena *scratch) {
  const struct engine *engine = api_engine(e->api);
  const struct text wanted = textbuf_text(&e->customer);
  const struct id id = engine_session_id(engine, slot);
  const bool found = is_among(e, id);
  const bool named = found || id_equal(id, e->session);
  if (!named && wanted.len == 0) {
    return true;
  }
  const struct text customer = customer_of(engine, slot, scratch);
  if (!named && !text_equal(customer, wanted)) {
    return true;
  }
  if (engine_session(engine, slot)->status != SESSION_COMPLETED) {
    return refuse_open(e->call, id);
  }
  if (!found && !add(e, id, customer)) {
    call_refuse_memory(e->call);
    return false;
  }
  return true;
}

static bool take_present(struct erasing *e) {
  const struct engine *engine = api_engine(e->api);
  struct arena scratch;
  bool good = true;
  arena_init(&scratch, heap_mem(), 0);
  for (uint32_t slot = 0; good && engine_next_session(engine, &slot); slot++) {
    good = take_slot(e, slot, &scratch);
  }
  arena_free(&scratch);
  return good;
}

/* All of them or none: half a person is no answer. False: answered. */
static bool check_holds(struct erasing *e) {
  const struct holds *holds = e->api->options.holds;
  for (size_t i = 0; holds != NULL && i < e->count; i++) {
    const struct hold *hold =
        holds_find(holds, e->items[i].session, e->customers[i]);
    if (hold != NULL) {
      call_refuse_held(e->call, hold, e->items[i].session);
      return false;
    }
  }
  return true;
}

static bool may_go(struct erasing *e) {
  if (e->err != BT_ERR_OK) {
    e->done.where = "the history";
    refuse_err(e);
    return false;
  }
  if (!take_present(e)) {
    return false;
  }
  /* One that no history knows: the disk says whether it has a key. */
  if (e->customer.len == 0 && e->count == 0 && !add(e, e->session, TEXT(""))) {
    call_refuse_memory(e->call);
    return false;
  }
  name_for_audit(e->call, e);
  return check_holds(e);
}

static void on_looked(void *ctx) {
  struct erasing *e = ctx;
  if (e->api != NULL && may_go(e)) {
    if (loop_work(e->api->options.loop, erase, on_erased, e) == BT_ERR_OK) {
      return;
    }
    call_refuse_memory(e->call);
  }
  if (e->api != NULL) {
    e->api->erasing = NULL;
  }
  erasing_free(e);
}

/* ---- what is asked */

struct erase_places api_erase_places(const struct api *api) {
  return (struct erase_places){.vault = api->options.vault,
                               .history = api->options.history,
                               .files = api->options.files.directory};
}

bool api_is_erasing(const struct api *api) {
  return api->erasing != NULL || history_is_behind(api) ||
         retain_is_sweeping(api);
}

/* {customer} or {session}. False: answered. */
static bool read_whom(struct call *c, struct erasing *e) {
  const struct json *tree = call_read_object(c);
  struct text customer = TEXT("");
  if (tree == NULL || !call_read_whom(c, tree, &customer, &e->session)) {
    return false;
  }
  if (tree->count != 1) {
    call_refuse(c, REFUSAL_INVALID_MEMBER,
                TEXT("The body has \"customer\" or \"session\", and nothing "
                     "else."),
                TEXT(""));
    return false;
  }
  textbuf_add(&e->customer, customer);
  return true;
}

static bool may_erase(struct call *c) {
  const struct api *api = c->api;
  if (api->options.vault == NULL || api->options.history == NULL) {
    call_refuse(c, REFUSAL_NOT_FOUND,
                TEXT("A centre in memory keeps nothing that could be erased."),
                TEXT(""));
    return false;
  }
  if (api_is_erasing(api)) {
    call_refuse_for(c, REFUSAL_UNAVAILABLE,
                    TEXT("Sessions that ended are being written, or others "
                         "are being erased."),
                    BEHIND_RETRY_MS);
    return false;
  }
  return true;
}

static struct erasing *erasing_new(struct call *c) {
  struct erasing *e = mem_new(heap_mem(), sizeof *e);
  if (e != NULL) {
    e->api = c->api;
    e->call = c;
    e->places = api_erase_places(c->api);
    textbuf_init(&e->customer, heap_mem());
    arena_init(&e->arena, heap_mem(), 0);
  }
  return e;
}

void serve_erase(struct call *c) {
  if (!call_may(c) || !may_erase(c)) {
    return;
  }
  struct erasing *e = erasing_new(c);
  if (e == NULL) {
    call_refuse_memory(c);
    return;
  }
  if (!read_whom(c, e)) {
    erasing_free(e);
    return;
  }
  c->api->erasing = e;
  if (e->customer.failed ||
      loop_work(c->api->options.loop, look, on_looked, e) != BT_ERR_OK) {
    c->api->erasing = NULL;
    erasing_free(e);
    call_refuse_memory(c);
  }
}
