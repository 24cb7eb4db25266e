/* A person, or one session, is erased: the keys of what the journal holds of it
 * first, then its files and its rows in the history, on another thread.
 *
 * Only what is over can be erased: a session that goes on is ended first.
 */
#include "api/serve_priv.h"
#include "domain/heap.h"
#include "files/store.h"

enum { VIEW_DEPTH = 64, BEHIND_RETRY_MS = 1000, NAMED_MAX = 6 };

/* On its way to the disk and back. */
struct erasing {
  struct api *api; /* NULL: it was freed meanwhile */
  struct call *call;
  struct vault *vault;
  struct history *history;
  const char *files;       /* NULL: there are none */
  struct textbuf customer; /* or empty: only @ids */
  struct id *ids;
  size_t count, cap, erased;
  const char *where; /* it went wrong */
  enum bt_err err;
};

static void erasing_free(struct erasing *e) {
  textbuf_free(&e->customer);
  mem_free(heap_mem(), e->ids, e->cap * sizeof *e->ids);
  mem_free(heap_mem(), e, sizeof *e);
}

static bool add_id(struct erasing *e, struct id id) {
  for (size_t i = 0; i < e->count; i++) {
    if (id_equal(e->ids[i], id)) {
      return true;
    }
  }
  if (!mem_grow(heap_mem(), &e->ids, &e->cap, e->count + 1, sizeof *e->ids)) {
    return false;
  }
  e->ids[e->count++] = id;
  return true;
}

/* ---- on the other thread */

static bool on_row(void *ctx, const struct history_row *row) {
  struct erasing *e = ctx;
  e->err = add_id(e, row->session) ? BT_ERR_OK : BT_ERR_NOMEM;
  return e->err == BT_ERR_OK;
}

static enum bt_err find_finished(struct erasing *e) {
  const struct history_query q = {.customer = textbuf_text(&e->customer),
                                  .to_us = INT64_MAX,
                                  .before_us = INT64_MAX,
                                  .limit = UINT32_MAX};
  if (q.customer.len == 0) {
    return BT_ERR_OK;
  }
  const enum bt_err err = history_find(e->history, &q, on_row, e);
  return err == BT_ERR_OK ? e->err : err;
}

static enum bt_err drop_files(const struct erasing *e) {
  enum bt_err err = BT_ERR_OK;
  for (size_t i = 0; i < e->count && e->files != NULL && err == BT_ERR_OK;
       i++) {
    const struct file_place at = {e->files, e->ids[i]};
    err = file_drop_all(&at);
  }
  return err;
}

/* The history last: as long as a row is there, it can be asked for again. */
static void erase(void *ctx) {
  struct erasing *e = ctx;
  e->where = "the history";
  e->err = find_finished(e);
  if (e->err == BT_ERR_OK && e->count > 0) {
    e->where = "the keys";
    e->err = vault_erase(e->vault, e->ids, e->count, &e->erased);
  }
  if (e->err == BT_ERR_OK) {
    e->where = "the files";
    e->err = drop_files(e);
  }
  if (e->err == BT_ERR_OK && e->count > 0) {
    e->where = "the history";
    e->err = history_erase(e->history, e->ids, e->count);
  }
}

/* ---- and back */

/* The audit log must not keep who was erased: it names the sessions. */
static void name_for_audit(struct call *c, const struct erasing *e) {
  struct textbuf names;
  textbuf_init(&names, c->api->mem);
  for (size_t i = 0; i < e->count && i < NAMED_MAX; i++) {
    char id[ID_TEXT_LEN];
    id_to_text(e->ids[i], id);
    textbuf_addf(&names, "%s%.*s", i == 0 ? "" : " ", ID_TEXT_LEN, id);
  }
  if (e->count > NAMED_MAX) {
    textbuf_addf(&names, " and %zu more", e->count - NAMED_MAX);
  }
  c->params[0] = call_format(c, "%.*s", TEXT_ARG(textbuf_text(&names)));
  textbuf_free(&names);
}

static void answer(struct erasing *e) {
  struct call *c = e->call;
  name_for_audit(c, e);
  if (e->err != BT_ERR_OK) {
    call_refuse(c, REFUSAL_UNAVAILABLE,
                call_format(c,
                            "Not everything is erased, for %s cannot be "
                            "written (%s); ask again.",
                            e->where, bt_err_text(e->err)),
                TEXT(""));
    return;
  }
  if (e->count == 0 || (e->erased == 0 && e->customer.len == 0)) {
    call_refuse(c, REFUSAL_NOT_FOUND,
                TEXT("Nothing is kept of it that could be erased."), TEXT(""));
    return;
  }
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "sessions");
  json_put_u64(&o, e->count);
  json_key(&o, "keysDestroyed");
  json_put_u64(&o, e->erased);
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

/* ---- what is asked */

static bool is_customers(struct call *c, uint32_t slot, struct text customer) {
  const struct text known = engine_session_customer(api_engine(c->api), slot);
  struct json *tree = NULL;
  return known.len > 0 &&
         json_parse(&c->arena, known, VIEW_DEPTH, &tree, NULL) == BT_ERR_OK &&
         text_equal(json_member_text(tree, TEXT("id")), customer);
}

static bool is_meant(struct call *c, const struct erasing *e, uint32_t slot) {
  return e->customer.len > 0
             ? is_customers(c, slot, textbuf_text(&e->customer))
             : id_equal(engine_session_id(api_engine(c->api), slot), e->ids[0]);
}

static void refuse_open(struct call *c, struct id session) {
  char id[ID_TEXT_LEN];
  id_to_text(session, id);
  call_refuse(c, REFUSAL_IN_USE,
              call_format(c,
                          "The session %.*s goes on; end it first (POST "
                          "/api/v1/sessions/%.*s/end), and its wrap-up.",
                          ID_TEXT_LEN, id, ID_TEXT_LEN, id),
              TEXT(""));
}

/* Those that the engine still has. False: answered. */
static bool take_present(struct call *c, struct erasing *e) {
  const struct engine *engine = api_engine(c->api);
  for (uint32_t slot = 0; engine_next_session(engine, &slot); slot++) {
    const struct id id = engine_session_id(engine, slot);
    if (!is_meant(c, e, slot)) {
      continue;
    }
    if (engine_session(engine, slot)->status != SESSION_COMPLETED) {
      refuse_open(c, id);
      return false;
    }
    if (!add_id(e, id)) {
      call_refuse_memory(c);
      return false;
    }
  }
  return true;
}

/* {customer} or {session}. False: answered. */
static bool read_whom(struct call *c, struct erasing *e) {
  const struct json *tree = call_read_object(c);
  struct id id;
  if (tree == NULL) {
    return false;
  }
  const struct text customer = json_member_text(tree, TEXT("customer"));
  const struct text session = json_member_text(tree, TEXT("session"));
  if (tree->count != 1 || (customer.len == 0 && session.len == 0)) {
    call_refuse(
        c, REFUSAL_INVALID_MEMBER,
        TEXT("The body is {\"customer\": its id} or {\"session\": its id}."),
        TEXT(""));
    return false;
  }
  if (session.len > 0 && (!id_from_text(session, &id) || !add_id(e, id))) {
    call_refuse(c, REFUSAL_INVALID_MEMBER,
                TEXT("\"session\" is no id of a session."), TEXT("/session"));
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
  if (api->erasing != NULL || history_is_behind(api)) {
    call_refuse_for(c, REFUSAL_UNAVAILABLE,
                    TEXT("Sessions that ended are being written, or another is "
                         "being erased."),
                    BEHIND_RETRY_MS);
    return false;
  }
  return true;
}

static struct erasing *erasing_new(struct call *c) {
  const struct api_options *o = &c->api->options;
  struct erasing *e = mem_new(heap_mem(), sizeof *e);
  if (e != NULL) {
    e->api = c->api;
    e->call = c;
    e->vault = o->vault;
    e->history = o->history;
    e->files = o->files.directory;
    textbuf_init(&e->customer, heap_mem());
  }
  return e;
}

static void begin(struct call *c, struct erasing *e) {
  c->api->erasing = e;
  if (e->customer.failed ||
      loop_work(c->api->options.loop, erase, on_erased, e) != BT_ERR_OK) {
    c->api->erasing = NULL;
    erasing_free(e);
    call_refuse_memory(c);
  }
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
  if (take_present(c, e)) {
    begin(c, e);
  } else {
    erasing_free(e);
  }
}
