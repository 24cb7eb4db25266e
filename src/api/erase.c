/* A person, or one session, is erased (retention/erase.h), on another thread.
 *
 * Only what is over can be erased, a session that goes on is ended first; and
 * only what no hold keeps.
 */
#include "api/person.h"
#include "api/serve_priv.h"
#include "domain/heap.h"

enum { BEHIND_RETRY_MS = 1000 };

/* On its way to the disk, back to be judged, to the disk again and back. */
struct erasing {
  struct api *api; /* NULL: it was freed meanwhile */
  struct call *call;
  struct erase_places places;
  struct person person;
  struct erase_item *items; /* one for each of its sessions; or NULL */
  struct erase_done done;
  enum bt_err err;
};

static void erasing_free(struct erasing *e) {
  mem_free(heap_mem(), e->items,
           e->items == NULL ? 0 : e->person.count * sizeof *e->items);
  person_free(&e->person);
  mem_free(heap_mem(), e, sizeof *e);
}

/* ---- on the other thread */

static void look(void *ctx) {
  struct erasing *e = ctx;
  e->err = person_look(&e->person);
}

static void erase(void *ctx) {
  struct erasing *e = ctx;
  e->err = erase_items(&e->places, e->items, e->person.count, &e->done);
  if (e->err == BT_ERR_OK) {
    e->err = history_write_anew(e->places.history);
  }
}

/* ---- and back */

static void refuse_err(struct erasing *e) {
  struct call *c = e->call;
  call_refuse(c, REFUSAL_UNAVAILABLE,
              call_format(c, "Not everything is erased: %s, %s; ask again.",
                          e->done.where, bt_err_text(e->err)),
              TEXT(""));
}

static void answer(struct erasing *e) {
  struct call *c = e->call;
  if (e->err != BT_ERR_OK) {
    refuse_err(e);
    return;
  }
  /* Of a customer without sessions nobody knows any more whether they were
   * erased, by an answer that was lost or an erasure that was stopped, or never
   * here: nothing is kept of them, and that is what was asked for. */
  if (e->person.customer.len == 0 && e->done.content.known == 0) {
    call_refuse(c, REFUSAL_NOT_FOUND,
                TEXT("Nothing was ever kept of it that could be erased."),
                TEXT(""));
    return;
  }
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "sessions");
  json_put_u64(&o, e->person.count);
  json_key(&o, "keysDestroyed");
  json_put_u64(&o, e->done.content.keys);
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

/* Nothing of it goes on. False: answered. */
static bool check_over(struct erasing *e) {
  const struct engine *engine = api_engine(e->api);
  for (size_t i = 0; i < e->person.count; i++) {
    const struct id id = e->person.sessions[i].id;
    uint32_t slot;
    if (engine_find(engine, id, &slot) &&
        engine_session(engine, slot)->status != SESSION_COMPLETED) {
      return refuse_open(e->call, id);
    }
  }
  return true;
}

/* All of them or none: half a person is no answer. False: answered. */
static bool check_holds(struct erasing *e) {
  const struct holds *holds = e->api->options.holds;
  for (size_t i = 0; holds != NULL && i < e->person.count; i++) {
    const struct person_session *s = &e->person.sessions[i];
    const struct hold *hold = holds_find(holds, s->id, s->customer);
    if (hold != NULL) {
      call_refuse_held(e->call, hold, s->id);
      return false;
    }
  }
  return true;
}

/* False: no memory. */
static bool list_items(struct erasing *e) {
  const size_t count = e->person.count;
  e->items = count == 0 ? NULL : mem_new(heap_mem(), count * sizeof *e->items);
  for (size_t i = 0; e->items != NULL && i < count; i++) {
    e->items[i] = (struct erase_item){e->person.sessions[i].id, ERASE_ALL};
  }
  return count == 0 || e->items != NULL;
}

static bool may_go(struct erasing *e) {
  if (e->err != BT_ERR_OK) {
    e->done.where = "the history";
    refuse_err(e);
    return false;
  }
  if (person_add_present(&e->person, api_engine(e->api)) != BT_ERR_OK ||
      !list_items(e)) {
    call_refuse_memory(e->call);
    return false;
  }
  e->call->params[0] = person_name(e->call, &e->person); /* the audit log */
  return check_over(e) && check_holds(e);
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
    person_init(&e->person, e->places.history);
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
  if (!person_read(c, &e->person)) {
    erasing_free(e);
    return;
  }
  c->api->erasing = e;
  if (loop_work(c->api->options.loop, look, on_looked, e) != BT_ERR_OK) {
    c->api->erasing = NULL;
    erasing_free(e);
    call_refuse_memory(c);
  }
}
