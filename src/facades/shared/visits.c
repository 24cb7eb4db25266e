#include "facades/shared/visits.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

enum { SWEEP_US = 30000000, KEY_MAX = 200 };

/* ---- addresses */

static struct text address_of(const struct visit *v) {
  return (struct text){v->address, v->address_len};
}

static bool same_address(const void *ctx, uint32_t value, const void *key) {
  const struct visits *all = ctx;
  return text_equal(address_of(all->list[value]), *(const struct text *)key);
}

/* "cognigy:web:SESSION": the kind and the id of the facade come first. */
static void put_prefix(const struct visits *all, struct textbuf *out) {
  textbuf_addf(out, "%s:%.*s:", facade_kind_wire(all->facade->settings.kind),
               TEXT_ARG(all->facade->settings.id));
}

static void put_name(const struct visit *v, const struct visit_said *said,
                     struct json_out *o) {
  json_key(o, "id");
  json_put_text(o, said->user.len > 0 ? said->user : address_of(v));
  if (said->name.len > 0) {
    json_key(o, "name");
    json_put_text(o, said->name);
  }
}

static void put_about(struct text about, struct json_out *o) {
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, o->buf->mem, 0);
  if (json_parse(&arena, about, JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK) {
    for (const struct json *m = tree->first; m != NULL; m = m->next) {
      if (!text_equal(m->key, TEXT("address"))) {
        json_key_text(o, m->key);
        json_put_tree(o, m);
      }
    }
  }
  arena_free(&arena);
}

static void put_customer(const struct visit *v, const struct visit_said *said,
                         struct textbuf *out) {
  struct textbuf address;
  struct json_out o;
  textbuf_init(&address, out->mem);
  put_prefix(v->visits, &address);
  textbuf_add(&address, address_of(v));
  json_out_init(&o, out);
  json_open_object(&o);
  if (said->about.len > 0) {
    put_about(said->about, &o);
  } else {
    put_name(v, said, &o);
  }
  json_key(&o, "address");
  json_put_text(&o, textbuf_text(&address));
  json_close_object(&o);
  out->failed = out->failed || address.failed;
  textbuf_free(&address);
}

/* ---- what happens to the session */

static void forget_session(struct visit *v) {
  topics_remove(api_topics(v->visits->facade->api), &v->watch);
  v->last = id_is_null(v->session) ? v->last : v->session;
  v->session = (struct id){0};
}

static void linger(struct visit *v) {
  v->until_us = loop_now_us() + v->visits->ops->linger_us;
  if (!v->lingers) {
    v->lingers = true;
    visit_hold(v);
  }
}

static void on_event(struct watch *w, uint64_t seq,
                     const struct record *event) {
  struct visit *v = w->owner;
  visit_hold(v);
  v->visits->ops->on_event(v, seq, event);
  if (event->type == EVENT_OF_SESSION(WRAPPING) ||
      event->type == EVENT_OF_SESSION(ENDED)) {
    forget_session(v);
    linger(v);
  }
  visit_drop(v);
}

static void on_typing(struct watch *w, const struct typing *how) {
  struct visit *v = w->owner;
  if (how->role != ROLE_CUSTOMER && v->visits->ops->on_typing != NULL) {
    v->visits->ops->on_typing(v, how);
  }
}

static const struct watch_ops watch_ops = {.on_event = on_event,
                                           .on_typing = on_typing};

static bool follow(struct visit *v, struct id session) {
  v->session = session;
  v->watch = (struct watch){.ops = &watch_ops, .owner = v, .session = session};
  return topics_add(api_topics(v->visits->facade->api), &v->watch);
}

bool visit_is_open(const struct visit *v, uint32_t *slot) {
  const struct engine *e = api_engine(v->visits->facade->api);
  if (id_is_null(v->session) || !engine_find(e, v->session, slot)) {
    return false;
  }
  const uint32_t status = engine_session(e, *slot)->status;
  return status != SESSION_WRAPUP && status != SESSION_COMPLETED;
}

/* ---- life */

struct visit *visits_find(const struct visits *all, struct text address) {
  const uint32_t i = map_get(&all->by_address, hash_text(address), &address);
  return i == MAP_NONE ? NULL : all->list[i];
}

static uint32_t free_number(struct visits *all) {
  if (all->count == all->used) {
    return mem_grow(all->facade->mem, &all->list, &all->cap, all->used + 1,
                    sizeof(struct visit *))
               ? (uint32_t)all->used
               : MAP_NONE;
  }
  uint32_t i = (uint32_t)all->used;
  while (i > 0 && all->list[i - 1] != NULL) {
    i--;
  }
  return i - 1;
}

static struct visit *add(struct visits *all, struct text address) {
  const struct mem *mem = all->facade->mem;
  const uint32_t number = free_number(all);
  if (number == MAP_NONE || !map_reserve(&all->by_address, 1)) {
    return NULL;
  }
  struct visit *v = mem_new(mem, all->ops->bytes);
  char *copy = v == NULL ? NULL : mem_new(mem, address.len);
  if (copy == NULL) {
    mem_free(mem, v, all->ops->bytes);
    return NULL;
  }
  memcpy(copy, address.ptr, address.len);
  v->visits = all;
  v->address = copy;
  v->address_len = address.len;
  v->number = number;
  all->list[number] = v;
  all->used += number == all->used;
  all->count++;
  const bool put = map_put(&all->by_address, hash_text(address), number);
  bt_check(put);
  return v;
}

struct visit *visits_get(struct visits *all, struct text address) {
  if (address.len == 0 || address.len > VISIT_ADDRESS_MAX ||
      utf8_first_bad(address) < address.len) {
    return NULL;
  }
  struct visit *v = visits_find(all, address);
  v = v == NULL ? add(all, address) : v;
  if (v != NULL) {
    visit_hold(v);
  }
  return v;
}

static void free_visit(struct visit *v) {
  struct visits *all = v->visits;
  const struct mem *mem = all->facade->mem;
  all->ops->on_free(v);
  topics_remove(api_topics(all->facade->api), &v->watch);
  const bool removed =
      map_remove(&all->by_address, hash_text(address_of(v)), v->number);
  bt_check(removed);
  all->list[v->number] = NULL;
  all->count--;
  mem_free_const(mem, v->address, v->address_len);
  mem_free(mem, v, all->ops->bytes);
}

void visit_hold(struct visit *v) {
  v->uses++;
}

void visit_drop(struct visit *v) {
  bt_check(v->uses > 0);
  v->uses--;
  if (v->uses == 0 && id_is_null(v->session)) {
    free_visit(v);
  }
}

static void sweep(void *ctx) {
  struct visits *all = ctx;
  for (size_t i = 0; i < all->used; i++) {
    struct visit *v = all->list[i];
    if (v != NULL && v->lingers && v->until_us < loop_now_us()) {
      v->lingers = false;
      visit_drop(v);
    }
  }
  loop_timer_start_after(all->timer, SWEEP_US);
}

/* ---- after a restart */

/* What stands behind our prefix in the customer's address. */
static struct text address_in(const struct json *customer, struct text prefix) {
  const struct text all = json_member_text(customer, TEXT("address"));
  return text_starts(all, prefix) ? text_sub(all, prefix.len, all.len)
                                  : TEXT("");
}

static bool is_over(const struct engine *e, struct id session) {
  uint32_t slot;
  bt_check(engine_find(e, session, &slot));
  const uint32_t status = engine_session(e, slot)->status;
  return status == SESSION_WRAPUP || status == SESSION_COMPLETED;
}

/* Who came back at once has two sessions: the one that goes on counts, or the
 * later one. */
static bool counts_more(const struct engine *e, struct id a, struct id b) {
  return id_is_null(b) ||
         (is_over(e, a) != is_over(e, b) ? is_over(e, b)
                                         : id_compare(a, b) > 0);
}

static void find_one(struct visits *all, uint32_t slot, struct text prefix) {
  const struct engine *e = api_engine(all->facade->api);
  const struct id session = engine_session_id(e, slot);
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, all->facade->mem, 0);
  const bool read = json_parse(&arena, engine_session_customer(e, slot),
                               JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK;
  const struct text address = read ? address_in(tree, prefix) : TEXT("");
  struct visit *v = address.len > 0 ? visits_get(all, address) : NULL;
  if (v != NULL) {
    v->session = counts_more(e, session, v->session) ? session : v->session;
    visit_drop(v);
  }
  arena_free(&arena);
}

/* One that is over stays for what is said again, as it would have. */
static enum bt_err take_up(struct visit *v) {
  uint32_t slot;
  if (!follow(v, v->session)) {
    return BT_ERR_NOMEM;
  }
  visit_hold(v);
  const bool found =
      engine_find(api_engine(v->visits->facade->api), v->session, &slot);
  bt_check(found);
  v->visits->ops->on_found(v, slot);
  if (!visit_is_open(v, &slot)) {
    forget_session(v);
    linger(v);
  }
  visit_drop(v);
  return BT_ERR_OK;
}

static enum bt_err find_all(struct visits *all, struct text prefix) {
  const struct engine *e = api_engine(all->facade->api);
  enum bt_err err = BT_ERR_OK;
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    find_one(all, slot, prefix);
  }
  for (size_t i = 0; err == BT_ERR_OK && i < all->used; i++) {
    err = take_up(all->list[i]);
  }
  return err;
}

enum bt_err visits_init(struct visits *all, struct facade *f,
                        const struct visit_ops *ops) {
  *all = (struct visits){.facade = f, .ops = ops};
  map_init(&all->by_address, f->mem, same_address, all);
  struct textbuf prefix;
  textbuf_init(&prefix, f->mem);
  put_prefix(all, &prefix);
  enum bt_err err = loop_timer_create(f->loop, sweep, all, &all->timer);
  if (err == BT_ERR_OK) {
    loop_timer_start_after(all->timer, SWEEP_US);
    err = prefix.failed ? BT_ERR_NOMEM : BT_ERR_OK;
  }
  err = err == BT_ERR_OK ? find_all(all, textbuf_text(&prefix)) : err;
  textbuf_free(&prefix);
  return err;
}

void visits_free(struct visits *all) {
  if (all->facade == NULL) {
    return;
  }
  loop_timer_free(all->timer);
  for (size_t i = 0; i < all->used; i++) {
    if (all->list[i] != NULL) {
      free_visit(all->list[i]);
    }
  }
  map_free(&all->by_address);
  mem_free(all->facade->mem, all->list, all->cap * sizeof(struct visit *));
}

/* ---- what its peer is told */

#define TOLD "facade:told"

void visit_keep_told(const struct visit *v, struct id session, int64_t told) {
  char kept[48];
  (void)snprintf(kept, sizeof kept, "{\"" TOLD "\":%lld}", (long long)told);
  api_keep(v->visits->facade->api, session, text_from(kept));
}

int64_t visit_told(const struct visit *v, uint32_t slot) {
  const struct facade *f = v->visits->facade;
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, f->mem, 0);
  const bool read =
      json_parse(&arena, engine_session_kept(api_engine(f->api), slot),
                 JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK;
  const struct json *m = read ? json_member(tree, TEXT(TOLD)) : NULL;
  const int64_t told = m != NULL && m->type == JSON_INT ? m->i : 0;
  arena_free(&arena);
  return told;
}

/* ---- what the customer does */

struct caller visit_caller(const struct visit *v) {
  return (struct caller){.role = ROLE_CUSTOMER,
                         .number = SESSION_NOBODY,
                         .session = v->session,
                         .name = TEXT("customer")};
}

static struct command begin(const struct visit *v, enum command_type type) {
  struct command cmd = {.by = visit_caller(v)};
  record_init(&cmd.args, type);
  if (!id_is_null(v->session)) {
    record_set_id(&cmd.args, FIELD_SESSION, v->session);
  }
  return cmd;
}

struct text visit_key(struct text name) {
  return name.len <= KEY_MAX ? name : TEXT("");
}

const char *visit_check(const struct visit_said *said) {
  if (said->text.len > (size_t)field_info(FIELD_TEXT)->max) {
    return "The text is longer than 16384 bytes.";
  }
  if (said->data.len > (size_t)field_info(FIELD_DATA)->max) {
    return "The data is longer than 32768 bytes.";
  }
  if (said->text.len == 0 && said->data.len == 0) {
    return "There is neither a text nor data.";
  }
  return NULL;
}

static struct id last_session(const struct facade *f) {
  const struct step *s = domain_last_step(api_domain(f->api));
  return s != NULL && s->answer.code < 400 ? s->answer.session : (struct id){0};
}

bool visit_open(struct visit *v, const struct visit_said *who,
                domain_answer_fn *fn, void *ctx) {
  const struct facade *f = v->visits->facade;
  uint32_t slot;
  if (visit_is_open(v, &slot)) {
    if (fn != NULL) {
      domain_when_durable(api_domain(f->api), fn, ctx);
    }
    return true;
  }
  forget_session(v);
  struct textbuf customer;
  textbuf_init(&customer, f->mem);
  put_customer(v, who, &customer);
  struct command cmd = begin(v, COMMAND_OPEN_SESSION);
  record_set_text(&cmd.args, FIELD_ENTRY_NAME, f->settings.entry);
  record_set_text(&cmd.args, FIELD_CUSTOMER, textbuf_text(&customer));
  record_set_given(&cmd.args, FIELD_ATTRIBUTES, who->attributes);
  cmd.terse = true;
  api_submit(f->api, &cmd, fn, ctx);
  const struct id session = last_session(f);
  textbuf_free(&customer);
  if (id_is_null(session)) {
    return false;
  }
  /* Without memory nobody would hear of it: it is not left waiting. */
  if (!follow(v, session)) {
    visit_submit(v, COMMAND_LEAVE);
    v->session = (struct id){0};
    return false;
  }
  return true;
}

/* As a customer's frames count, or those of visitors of one token: before there
 * is a session, all of the facade count together. */
static bool is_within_rate(const struct visit *v, domain_answer_fn *fn,
                           void *ctx) {
  const struct facade *f = v->visits->facade;
  struct caller by = visit_caller(v);
  char why[160];
  struct answer a = {.code = 429, .refusal = REFUSAL_RATE_LIMITED};
  by.name = id_is_null(by.session) ? f->settings.id : by.name;
  if (api_within_rate(f->api, &by, why, &a.retry_after_ms)) {
    return true;
  }
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, f->mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "detail");
  json_put_text(&o, text_from(why));
  json_close_object(&o);
  a.body = b.failed ? TEXT("{}") : textbuf_text(&b);
  if (fn != NULL) {
    fn(ctx, &a);
  }
  textbuf_free(&b);
  return false;
}

/* It could not be opened: what the engine said, or that it says nothing now. */
static void answer_failure(const struct facade *f, domain_answer_fn *fn,
                           void *ctx) {
  const struct step *s = domain_last_step(api_domain(f->api));
  const struct answer none = {
      .code = 503, .refusal = REFUSAL_UNAVAILABLE, .body = TEXT("{}")};
  if (fn != NULL) {
    fn(ctx, s != NULL && s->answer.code >= 400 ? &s->answer : &none);
  }
}

/* That its session is over may be known before it is heard of. */
static struct id session_before(const struct visit *v) {
  uint32_t slot;
  return visit_is_open(v, &slot)  ? (struct id){0}
         : id_is_null(v->session) ? v->last
                                  : v->session;
}

bool visit_has_said(const struct visit *v, struct text key) {
  struct caller by = visit_caller(v);
  struct id unused;
  struct text body;
  by.session = session_before(v);
  return key.len > 0 && !id_is_null(by.session) &&
         engine_find_kept(api_engine(v->visits->facade->api), &by, key, &unused,
                          &body);
}

static void submit_said(struct visit *v, const struct visit_said *said,
                        struct id session, domain_answer_fn *fn, void *ctx) {
  struct command cmd = begin(v, COMMAND_SAY);
  cmd.by.session = session;
  record_set_id(&cmd.args, FIELD_SESSION, session);
  record_set_text(&cmd.args, FIELD_TEXT, said->text);
  record_set_given(&cmd.args, FIELD_DATA, said->data);
  if (said->key.len > 0) {
    record_set_text(&cmd.args, FIELD_KEY, said->key);
    record_set_num(&cmd.args, FIELD_HASH, (int64_t)hash_text(said->text));
  }
  cmd.terse = fn == NULL;
  api_submit(v->visits->facade->api, &cmd, fn, ctx);
}

bool visit_say(struct visit *v, const struct visit_said *said,
               domain_answer_fn *fn, void *ctx) {
  uint32_t slot;
  bt_check(visit_check(said) == NULL);
  if (!is_within_rate(v, fn, ctx)) {
    return false;
  }
  if (visit_has_said(v, said->key)) {
    submit_said(v, said, session_before(v), fn, ctx);
    return true;
  }
  if (!visit_is_open(v, &slot)) {
    if (!visit_open(v, said, NULL, NULL)) {
      answer_failure(v->visits->facade, fn, ctx);
      return false;
    }
    if (v->here) {
      visit_submit(v, COMMAND_CUSTOMER_JOINED);
    }
  }
  submit_said(v, said, v->session, fn, ctx);
  return true;
}

void visit_types(struct visit *v, bool on) {
  const struct typing how = {.role = ROLE_CUSTOMER,
                             .number = SESSION_NOBODY,
                             .author = TEXT("customer"),
                             .on = on};
  if (!id_is_null(v->session)) {
    topics_type(api_topics(v->visits->facade->api), v->session, &how);
  }
}

void visit_submit(struct visit *v, enum command_type type) {
  struct command cmd = begin(v, type);
  if (!id_is_null(v->session)) {
    api_submit(v->visits->facade->api, &cmd, NULL, NULL);
  }
}

void visit_joined(struct visit *v) {
  v->here = true;
  visit_submit(v, COMMAND_CUSTOMER_JOINED);
}

void visit_gone(struct visit *v) {
  struct command cmd = api_own_command(COMMAND_CUSTOMER_DROPPED);
  v->here = false;
  if (!id_is_null(v->session)) {
    record_set_id(&cmd.args, FIELD_SESSION, v->session);
    api_submit_gone(v->visits->facade->api, &cmd);
  }
}
