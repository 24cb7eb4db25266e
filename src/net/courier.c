#include "net/courier.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/check.h"
#include "net/backoff.h"
#include "net/breaker.h"
#include "net/link_priv.h"

enum { MS_US = 1000, ALL_FAILED = 500 };

struct courier_call {
  struct link link; /* in one of its target's lists, or among the orphans */
  struct courier *courier;
  struct courier_target *target; /* NULL: gone, while the call is under way */
  struct arena arena;
  struct outbound_request request;
  struct backoff backoff;
  unsigned tries;
  bool may_repeat, waits, running;
  bool unheard;     /* nobody waits for the answer any more */
  int64_t due_us;   /* of one that rests */
  int64_t lasts_us; /* until when it is tried on */
  outbound_fn *fn, *late;
  void *ctx;
};

struct courier_target {
  struct link link; /* of all targets */
  struct courier *courier;
  struct courier_policy policy;
  struct breaker breaker;
  struct link waiting, resting, running;
  unsigned waiting_count, running_count;
};

struct courier {
  struct courier_world world;
  struct rand chance;
  struct link targets, orphans;
};

static int64_t now_us(const struct courier *c) {
  return c->world.now_us(c->world.ctx);
}

static void free_call(struct courier_call *call) {
  const struct mem *mem = call->courier->world.mem;
  link_remove(&call->link);
  arena_free(&call->arena);
  mem_free(mem, call, sizeof *call);
}

static struct courier_call *first_of(struct link *list) {
  return LINK_OWNER(list->next, struct courier_call, link);
}

static void move_to(struct courier_call *call, struct link *list) {
  link_remove(&call->link);
  link_add_last(list, &call->link);
}

/* ---- the end of a call */

static void answer(struct courier_call *call,
                   const struct outbound_reply *reply) {
  outbound_fn *fn = call->fn;
  void *ctx = call->ctx;
  /* The reply may borrow from the world, not from the call. */
  free_call(call);
  fn(ctx, reply);
}

/* Did the host answer for itself? A refusal by our own rules says nothing about
 * it, and is no better the next time. */
static bool is_ours(const struct outbound_reply *reply) {
  return reply->status < 0 &&
         (text_starts(reply->reason, TEXT("blocked by policy")) ||
          text_starts(reply->reason, TEXT("too large")));
}

static bool has_failed(const struct outbound_reply *reply) {
  return reply->status < 0 || reply->status >= ALL_FAILED ||
         reply->status == 429;
}

/* Nothing of the request can have reached the host. */
static bool has_not_arrived(const struct outbound_reply *reply) {
  return reply->status < 0 && (text_starts(reply->reason, TEXT("refused")) ||
                               text_starts(reply->reason, TEXT("DNS")));
}

static bool lasts(const struct courier_call *call) {
  return now_us(call->courier) < call->lasts_us;
}

static bool is_worth_another(const struct courier_call *call,
                             const struct outbound_reply *reply) {
  return (call->tries < call->target->policy.attempts || lasts(call)) &&
         !is_ours(reply) && has_failed(reply) &&
         (call->may_repeat || has_not_arrived(reply));
}

/* It is tried again, after a pause. */
static void rest(struct courier_call *call,
                 const struct outbound_reply *reply) {
  struct courier_target *t = call->target;
  struct courier *c = call->courier;
  const int64_t pause_ms = backoff_next_ms(&call->backoff, &c->chance);
  outbound_fn *late = call->late;
  call->due_us = now_us(c) + MS_US * (pause_ms > reply->retry_after_ms
                                          ? pause_ms
                                          : reply->retry_after_ms);
  move_to(call, &t->resting);
  if (call->tries >= t->policy.attempts && late != NULL) {
    call->late = NULL;
    late(call->ctx, reply);
  }
}

/* It does not leave now: it rests as if it had failed, or has failed. */
static void refuse(struct courier_call *call, const char *why) {
  const struct outbound_reply reply = {.status = -1, .reason = text_from(why)};
  if (lasts(call)) {
    call->waits = false;
    call->tries++;
    rest(call, &reply);
  } else {
    answer(call, &reply);
  }
}

static void wake_soon(struct courier *c) {
  c->world.wake_at(c->world.ctx, now_us(c));
}

static void on_reply(void *ctx, const struct outbound_reply *reply) {
  struct courier_call *call = ctx;
  struct courier *c = call->courier;
  struct courier_target *t = call->target;
  if (t == NULL) {
    free_call(call);
    return;
  }
  call->running = false;
  t->running_count--;
  wake_soon(c);
  if (is_ours(reply)) {
    breaker_forget(&t->breaker);
  } else {
    breaker_note(&t->breaker, !has_failed(reply), now_us(c));
  }
  if (call->unheard) {
    free_call(call);
  } else if (is_worth_another(call, reply)) {
    rest(call, reply);
  } else {
    answer(call, reply);
  }
}

/* ---- sending */

static void send_first(struct courier_target *t) {
  struct courier *c = t->courier;
  struct courier_call *call = first_of(&t->waiting);
  t->waiting_count--;
  call->waits = false;
  if (!breaker_allows(&t->breaker, now_us(c))) {
    char why[120];
    const int64_t left_ms = (t->breaker.open_until_us - now_us(c)) / MS_US;
    (void)snprintf(why, sizeof why,
                   "left alone: the host has failed %u times in a row; it is "
                   "tried again in %lld ms",
                   t->breaker.failures, (long long)(left_ms > 0 ? left_ms : 0));
    refuse(call, why);
    return;
  }
  move_to(call, &t->running);
  call->running = true;
  call->tries++;
  t->running_count++;
  if (c->world.call(c->world.ctx, &call->request, on_reply, call) !=
      BT_ERR_OK) {
    const struct outbound_reply reply = {
        .status = -1, .reason = TEXT("failed: out of memory")};
    on_reply(call, &reply);
  }
}

/* The newest of those that are too many. */
static void refuse_surplus(struct courier_target *t) {
  char why[100];
  struct courier_call *last =
      LINK_OWNER(t->waiting.prev, struct courier_call, link);
  (void)snprintf(why, sizeof why, "busy: %u calls wait for this host already",
                 t->policy.waiting_max);
  t->waiting_count--;
  refuse(last, why);
}

/* One step of what can be done at once; false if there is nothing. */
static bool go_on(struct courier_target *t) {
  const bool room = t->running_count < t->policy.at_once_max;
  if (room && !link_is_alone(&t->waiting)) {
    send_first(t);
    return true;
  }
  if (t->waiting_count > t->policy.waiting_max) {
    refuse_surplus(t);
    return true;
  }
  return false;
}

/* What has rested long enough goes before what has never been sent. */
static int64_t take_rested(struct courier_target *t, int64_t now) {
  int64_t next_us = INT64_MAX;
  struct link *l = t->resting.next;
  while (l != &t->resting) {
    struct courier_call *call = LINK_OWNER(l, struct courier_call, link);
    l = l->next;
    if (call->due_us <= now) {
      link_remove(&call->link);
      link_add_last(t->waiting.next, &call->link); /* before the first */
      t->waiting_count++;
      call->waits = true;
    } else if (call->due_us < next_us) {
      next_us = call->due_us;
    }
  }
  return next_us;
}

void courier_wake(struct courier *c) {
  int64_t next_us = INT64_MAX;
  struct link *l = c->targets.next;
  while (l != &c->targets) {
    struct courier_target *t = LINK_OWNER(l, struct courier_target, link);
    const int64_t due_us = take_rested(t, now_us(c));
    next_us = due_us < next_us ? due_us : next_us;
    if (go_on(t)) {
      l = c->targets.next; /* an answer may have done anything: begin anew */
      next_us = INT64_MAX;
    } else {
      l = l->next;
    }
  }
  if (next_us != INT64_MAX) {
    c->world.wake_at(c->world.ctx, next_us);
  }
}

/* Ends in NUL. */
static struct text copy_to(struct arena *a, struct text t) {
  return arena_copy_text(a, t.ptr == NULL ? TEXT("") : t);
}

static bool copy_request(struct courier_call *call,
                         const struct outbound_request *from) {
  struct arena *a = &call->arena;
  struct http_header *headers =
      arena_alloc(a, (from->header_count + 1) * sizeof *headers);
  call->request = *from;
  call->request.method = copy_to(a, from->method);
  call->request.url = copy_to(a, from->url);
  call->request.body = copy_to(a, from->body);
  call->request.headers = headers;
  bool good = headers != NULL && call->request.method.ptr != NULL &&
              call->request.url.ptr != NULL && call->request.body.ptr != NULL;
  for (size_t i = 0; good && i < from->header_count; i++) {
    headers[i].name = copy_to(a, from->headers[i].name);
    headers[i].value = copy_to(a, from->headers[i].value);
    good = headers[i].name.ptr != NULL && headers[i].value.ptr != NULL;
  }
  return good;
}

static struct courier_call *new_call(struct courier_target *t,
                                     const struct courier_request *request) {
  struct courier *c = t->courier;
  struct courier_call *call = mem_new(c->world.mem, sizeof *call);
  if (call == NULL) {
    return NULL;
  }
  *call = (struct courier_call){
      .courier = c,
      .target = t,
      .may_repeat = request->may_repeat,
      .late = request->late,
      .lasts_us =
          t->policy.lasts_ms == 0 ? 0 : now_us(c) + t->policy.lasts_ms * MS_US,
      .backoff = {.first_ms = t->policy.first_pause_ms,
                  .most_ms = t->policy.longest_pause_ms}};
  link_init(&call->link);
  arena_init(&call->arena, c->world.mem, 0);
  if (!copy_request(call, &request->request)) {
    free_call(call);
    return NULL;
  }
  return call;
}

enum bt_err courier_send(struct courier_target *t,
                         const struct courier_request *request, outbound_fn *fn,
                         void *ctx, struct courier_call **out) {
  struct courier_call *call = new_call(t, request);
  if (call == NULL) {
    return BT_ERR_NOMEM;
  }
  call->fn = fn;
  call->ctx = ctx;
  move_to(call, &t->waiting);
  t->waiting_count++;
  call->waits = true;
  wake_soon(t->courier);
  if (out != NULL) {
    *out = call;
  }
  return BT_ERR_OK;
}

/* A call that is under way keeps its place until the host has answered: else
 * who comes and goes would have any number of calls made at once. */
void courier_cancel(struct courier_call *call) {
  call->target->waiting_count -= call->waits;
  wake_soon(call->courier);
  if (call->running) {
    call->unheard = true;
  } else {
    free_call(call);
  }
}

/* ---- life */

enum bt_err courier_create(const struct courier_world *world,
                           struct courier **out) {
  struct courier *c = mem_new(world->mem, sizeof *c);
  if (c == NULL) {
    return BT_ERR_NOMEM;
  }
  c->world = *world;
  rand_seed(&c->chance, world->seed);
  link_init(&c->targets);
  link_init(&c->orphans);
  *out = c;
  return BT_ERR_OK;
}

enum bt_err courier_add_target(struct courier *c,
                               const struct courier_policy *policy,
                               struct courier_target **out) {
  struct courier_target *t = mem_new(c->world.mem, sizeof *t);
  if (t == NULL) {
    return BT_ERR_NOMEM;
  }
  bt_check(policy->attempts > 0 && policy->at_once_max > 0);
  t->courier = c;
  t->policy = *policy;
  t->breaker = (struct breaker){.failures_max = policy->failures_max,
                                .open_us = policy->alone_ms * MS_US};
  link_init(&t->waiting);
  link_init(&t->resting);
  link_init(&t->running);
  link_init(&t->link);
  link_add_last(&c->targets, &t->link);
  *out = t;
  return BT_ERR_OK;
}

/* The target goes, and its count with it. */
static void orphan(struct courier_call *call) {
  if (call->running) {
    call->target = NULL;
    move_to(call, &call->courier->orphans);
  } else {
    free_call(call);
  }
}

static void orphan_all(struct link *list) {
  while (!link_is_alone(list)) {
    orphan(first_of(list));
  }
}

void courier_drop_target(struct courier_target *t) {
  if (t == NULL) {
    return;
  }
  orphan_all(&t->waiting);
  orphan_all(&t->resting);
  orphan_all(&t->running);
  link_remove(&t->link);
  mem_free(t->courier->world.mem, t, sizeof *t);
}

void courier_free(struct courier *c) {
  if (c == NULL) {
    return;
  }
  while (!link_is_alone(&c->targets)) {
    courier_drop_target(
        LINK_OWNER(c->targets.next, struct courier_target, link));
  }
  while (!link_is_alone(&c->orphans)) {
    free_call(first_of(&c->orphans));
  }
  mem_free(c->world.mem, c, sizeof *c);
}
