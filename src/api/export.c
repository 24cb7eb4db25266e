/* Everything that is kept of a person, or of one session, in one answer (in
 * pages, for whoever came for years): what the history knows, and every event
 * with what was said and known. Files are named by its messages and fetched one
 * by one.
 *
 * The journal is read a session at a time, with a turn of the loop in between:
 * nobody else waits for a person with many.
 */
#include <stdlib.h>

#include "api/person.h"
#include "api/serve_priv.h"
#include "domain/heap.h"

enum {
  LIMIT_DEFAULT = 20,
  LIMIT_MAX = 100,
  PAGE_BYTES = 8 << 20, /* a page that has as much ends early */
  BUSY_RETRY_MS = 1000
};

struct exporting {
  struct api *api; /* NULL: it was freed meanwhile */
  struct call *call;
  struct person person;
  struct loop_timer *timer;
  bool at_work; /* on the other thread */
  struct json_out out;
  struct id after; /* the last of the page before; null: from the first on */
  uint32_t limit, given;
  size_t at; /* the next session */
  enum bt_err err;
};

static void exporting_free(struct exporting *x) {
  loop_timer_free(x->timer);
  person_free(&x->person);
  mem_free(heap_mem(), x, sizeof *x);
}

void exporting_forget(struct api *api) {
  struct exporting *x = api->exporting;
  if (x == NULL) {
    return;
  }
  api->exporting = NULL;
  x->api = NULL;
  if (!x->at_work) { /* else it frees itself when it is back */
    exporting_free(x);
  }
}

static void end(struct exporting *x) {
  x->api->exporting = NULL;
  exporting_free(x);
}

/* ---- the page */

static bool is_full(const struct exporting *x) {
  return x->given >= x->limit || x->out.buf->len >= PAGE_BYTES;
}

static void put_next(struct exporting *x) {
  char id[ID_TEXT_LEN];
  json_key(&x->out, "next");
  if (x->at == x->person.count) {
    json_put_null(&x->out);
    return;
  }
  id_to_text(x->person.sessions[x->at - 1].id, id);
  json_put_text(&x->out, (struct text){id, sizeof id});
}

static void answer(struct exporting *x) {
  struct call *c = x->call;
  json_close_list(&x->out);
  put_next(x);
  json_close_object(&x->out);
  if (c->out.failed) {
    call_refuse_memory(c);
    return;
  }
  c->params[0] = person_name(c, &x->person); /* the audit log */
  const struct reply r = {.code = 200,
                          .body = textbuf_text(&c->out),
                          .file_name = TEXT("personal-data.json")};
  call_reply(c, &r);
}

static enum bt_err put_session(struct exporting *x) {
  const struct person_session *s = &x->person.sessions[x->at];
  json_open_object(&x->out);
  api_put_session_id(&x->out, s->id);
  json_key(&x->out, "history");
  s->row.len == 0 ? json_put_null(&x->out) : json_put_raw(&x->out, s->row);
  json_key(&x->out, "events");
  const enum bt_err err = story_put_events(x->api, s->id, true, &x->out);
  json_close_object(&x->out);
  /* A row whose session the journal does not know is kept all the same. */
  return err == BT_ERR_NOT_FOUND && s->row.len > 0 ? BT_ERR_OK : err;
}

static void refuse_nothing(struct call *c) {
  call_refuse(c, REFUSAL_NOT_FOUND, TEXT("Nothing is kept of it."), TEXT(""));
}

static void on_timer(void *ctx) {
  struct exporting *x = ctx;
  const enum bt_err err = put_session(x);
  if (err != BT_ERR_OK) {
    err == BT_ERR_NOT_FOUND ? refuse_nothing(x->call)
                            : call_refuse_journal(x->call, err);
    end(x);
    return;
  }
  x->at++;
  x->given++;
  if (x->at == x->person.count || is_full(x)) {
    answer(x);
    end(x);
    return;
  }
  loop_timer_start_after(x->timer, 0);
}

/* ---- whose they are */

static int compare(const void *a, const void *b) {
  const struct person_session *left = a, *right = b;
  return id_compare(left->id, right->id);
}

/* In the order in which they were opened, behind the page before. */
static void sort(struct exporting *x) {
  struct person *p = &x->person;
  if (p->count > 0) {
    qsort(p->sessions, p->count, sizeof *p->sessions, compare);
  }
  while (x->at < p->count && id_compare(p->sessions[x->at].id, x->after) <= 0) {
    x->at++;
  }
}

static void begin_page(struct exporting *x) {
  const struct text customer = textbuf_text(&x->person.customer);
  x->out = call_json(x->call);
  json_open_object(&x->out);
  if (customer.len > 0) {
    json_key(&x->out, "customer");
    json_put_text(&x->out, customer);
  }
  api_put_time(&x->out, "exportedAt", api_now_us(x->api));
  json_key(&x->out, "sessions");
  json_open_list(&x->out);
}

/* False: answered. */
static bool gather(struct exporting *x) {
  struct call *c = x->call;
  if (x->err != BT_ERR_OK) {
    call_refuse(
        c, REFUSAL_UNAVAILABLE,
        call_format(c, "The history cannot be read: %s.", bt_err_text(x->err)),
        TEXT(""));
    return false;
  }
  if (person_add_present(&x->person, api_engine(x->api)) != BT_ERR_OK) {
    call_refuse_memory(c);
    return false;
  }
  sort(x);
  if (x->person.count == 0) {
    refuse_nothing(c);
    return false;
  }
  if (x->at == x->person.count) {
    call_refuse(c, REFUSAL_NOT_FOUND, TEXT("There is nothing behind ?after=."),
                TEXT(""));
    return false;
  }
  return true;
}

static void on_durable(struct call *c) {
  struct exporting *x = c->of_handler;
  begin_page(x);
  loop_timer_start_after(x->timer, 0);
}

static void on_looked(void *ctx) {
  struct exporting *x = ctx;
  x->at_work = false;
  if (x->api == NULL) {
    exporting_free(x);
  } else if (gather(x)) {
    x->call->of_handler = x;
    call_later(x->call, on_durable);
  } else {
    end(x);
  }
}

static void look(void *ctx) {
  struct exporting *x = ctx;
  x->err = person_look(&x->person);
}

/* ---- what is asked */

static bool may_export(struct call *c) {
  const struct api *api = c->api;
  if (api->exporting != NULL || api_is_erasing(api)) {
    call_refuse_for(c, REFUSAL_UNAVAILABLE,
                    TEXT("Sessions that ended are being written, or somebody "
                         "is being erased or exported."),
                    BUSY_RETRY_MS);
    return false;
  }
  return true;
}

static bool read_page(struct call *c, struct exporting *x) {
  const struct text after = call_query(c, TEXT("after"));
  if (after.len > 0 && !id_from_text(after, &x->after)) {
    call_refuse(c, REFUSAL_INVALID_MEMBER,
                TEXT("?after= is the \"next\" of the page before."),
                TEXT("/after"));
    return false;
  }
  return call_query_count(c, TEXT("limit"), LIMIT_MAX, &x->limit);
}

static struct exporting *exporting_new(struct call *c) {
  struct exporting *x = mem_new(heap_mem(), sizeof *x);
  if (x == NULL) {
    return NULL;
  }
  x->api = c->api;
  x->call = c;
  x->limit = LIMIT_DEFAULT;
  person_init(&x->person, c->api->options.history);
  if (loop_timer_create(c->api->options.loop, on_timer, x, &x->timer) !=
      BT_ERR_OK) {
    exporting_free(x);
    return NULL;
  }
  return x;
}

void serve_export(struct call *c) {
  if (!call_may(c) || !may_export(c)) {
    return;
  }
  struct exporting *x = exporting_new(c);
  if (x == NULL) {
    call_refuse_memory(c);
    return;
  }
  if (!read_page(c, x) || !person_read(c, &x->person)) {
    exporting_free(x);
    return;
  }
  c->api->exporting = x;
  x->at_work = true;
  if (loop_work(c->api->options.loop, look, on_looked, x) != BT_ERR_OK) {
    end(x);
    call_refuse_memory(c);
  }
}
