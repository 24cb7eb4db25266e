/* loop.c - loops, timers and wake-ups of libuv under virtual time. The order
 * of a turn is libuv's: timers, idle, prepare, what is ready, closes. */
#include <arpa/inet.h>
#include <string.h>

#include "base/check.h"
#include "played.h"
#include "world.h"

enum { TURNS_MOST = 10000, NS_PER_US = 1000, US_PER_MS = 1000 };

struct played played;

void played_begin(struct world *w) {
  bt_check(played.loop == NULL);
  played = (struct played){.world = w, .ready_last = &played.ready};
}

/* ---- lists of handles */

static uv_handle_t *next_of(const uv_handle_t *h) {
  return h->u.reserved[0];
}

static void list_add(uv_handle_t **list, uv_handle_t *h) {
  while (*list != NULL) {
    list = (uv_handle_t **)&(*list)->u.reserved[0];
  }
  h->u.reserved[0] = NULL;
  *list = h;
}

static void list_remove(uv_handle_t **list, const uv_handle_t *h) {
  while (*list != NULL && *list != h) {
    list = (uv_handle_t **)&(*list)->u.reserved[0];
  }
  if (*list != NULL) {
    *list = next_of(h);
  }
}

static void start(uv_handle_t **list, uv_handle_t *h) {
  if ((h->flags & PLAYED_ACTIVE) == 0) {
    h->flags |= PLAYED_ACTIVE;
    list_add(list, h);
  }
}

static void stop(uv_handle_t **list, uv_handle_t *h) {
  if ((h->flags & PLAYED_ACTIVE) != 0) {
    h->flags &= ~(unsigned)PLAYED_ACTIVE;
    list_remove(list, h);
  }
}

static int init(uv_loop_t *loop, uv_handle_t *h, uv_handle_type type) {
  void *data = h->data;
  h->loop = loop;
  h->type = type;
  h->flags = 0;
  h->close_cb = NULL;
  h->data = data;
  memset(&h->u, 0, sizeof h->u);
  played.handles++;
  return 0;
}

static uv_handle_t **list_of(uv_handle_type type) {
  switch ((int)type) {
  case UV_TIMER:
    return &played.timers;
  case UV_IDLE:
    return &played.idles;
  case UV_PREPARE:
    return &played.prepares;
  case UV_ASYNC:
    return &played.asyncs;
  default:
    return NULL;
  }
}

/* ---- the clock */

uint64_t uv_hrtime(void) {
  const struct world *w = played.world;
  return (uint64_t)(w->now_us - w->start_us + SECOND + played.ahead_us) *
         NS_PER_US;
}

void uv_update_time(uv_loop_t *loop) {
  loop->time = uv_hrtime() / NS_PER_US / US_PER_MS;
}

uint64_t uv_now(const uv_loop_t *loop) {
  return loop->time;
}

/* ---- loops */

int uv_loop_init(uv_loop_t *loop) {
  bt_check(played.loop == NULL);
  memset(loop, 0, sizeof *loop);
  played.loop = loop;
  uv_update_time(loop);
  return 0;
}

int uv_loop_close(uv_loop_t *loop) {
  if (played.handles > 0) {
    return UV_EBUSY;
  }
  bt_check(played.loop == loop && played.work == NULL);
  played.loop = NULL;
  return 0;
}

void uv_stop(uv_loop_t *loop) {
  loop->stop_flag = 1;
}

static void turn_timers(uv_loop_t *loop) {
  for (;;) {
    uv_timer_t *first = NULL;
    for (uv_handle_t *h = played.timers; h != NULL; h = next_of(h)) {
      uv_timer_t *t = (uv_timer_t *)h;
      if (t->timeout <= loop->time &&
          (first == NULL || t->timeout < first->timeout ||
           (t->timeout == first->timeout && t->start_id < first->start_id))) {
        first = t;
      }
    }
    if (first == NULL) {
      return;
    }
    uv_timer_stop(first);
    if (first->repeat > 0) {
      uv_timer_start(first, first->timer_cb, first->repeat, first->repeat);
    }
    first->timer_cb(first);
  }
}

static void turn_hooks(void) {
  for (uv_handle_t *h = played.idles, *next; h != NULL; h = next) {
    next = next_of(h);
    ((uv_idle_t *)h)->idle_cb((uv_idle_t *)h);
  }
  for (uv_handle_t *h = played.prepares, *next; h != NULL; h = next) {
    next = next_of(h);
    ((uv_prepare_t *)h)->prepare_cb((uv_prepare_t *)h);
  }
}

static void turn_asyncs(void) {
  for (uv_handle_t *h = played.asyncs, *next; h != NULL; h = next) {
    uv_async_t *a = (uv_async_t *)h;
    next = next_of(h);
    if (a->pending != 0) {
      a->pending = 0;
      played.called = true;
      a->async_cb(a);
    }
  }
}

/* What others do on threads is done here, in order. */
static void turn_work(void) {
  uv_work_t *list = played.work;
  played.work = NULL;
  while (list != NULL) {
    uv_work_t *w = list;
    list = w->reserved[0];
    played.called = true;
    w->work_cb(w);
    w->after_work_cb(w, 0);
  }
}

static void turn_closing(void) {
  uv_handle_t *list = played.closing;
  played.closing = NULL;
  while (list != NULL) {
    uv_handle_t *h = list;
    list = next_of(h);
    played.handles--;
    played.called = true;
    if (h->type == UV_TCP) {
      tcp_closed(h);
    }
    if (h->close_cb != NULL) {
      h->close_cb(h);
    }
  }
}

static void turn(uv_loop_t *loop) {
  uv_update_time(loop);
  turn_timers(loop);
  turn_hooks();
  played.called = false;
  turn_asyncs();
  turn_work();
  tcp_turn();
  turn_closing();
}

int uv_run(uv_loop_t *loop, uv_run_mode mode) {
  uint32_t turns = 0;
  do {
    turn(loop);
    bt_check(++turns < TURNS_MOST); /* nobody outside of it has a turn */
  } while (mode == UV_RUN_DEFAULT && loop->stop_flag == 0 &&
           played.handles > 0);
  loop->stop_flag = 0;
  return played.handles > 0;
}

bool played_is_busy(void) {
  bool busy = played.called || played.idles != NULL || played.ready != NULL ||
              played.closing != NULL || played.work != NULL;
  for (const uv_handle_t *h = played.asyncs; h != NULL; h = next_of(h)) {
    busy = busy || ((const uv_async_t *)h)->pending != 0;
  }
  return busy;
}

int64_t played_due_us(void) {
  const struct world *w = played.world;
  int64_t due_us = INT64_MAX;
  if (played.loop == NULL) {
    return due_us;
  }
  if (played_is_busy()) {
    return w->now_us;
  }
  for (const uv_handle_t *h = played.timers; h != NULL; h = next_of(h)) {
    const int64_t at_us =
        (int64_t)((const uv_timer_t *)h)->timeout * US_PER_MS + w->start_us -
        SECOND;
    due_us = at_us < due_us ? at_us : due_us;
  }
  return due_us;
}

/* ---- handles */

int uv_timer_init(uv_loop_t *loop, uv_timer_t *t) {
  return init(loop, (uv_handle_t *)t, UV_TIMER);
}

int uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t timeout,
                   uint64_t repeat) {
  (void)uv_timer_stop(t);
  t->timer_cb = cb;
  t->timeout = t->loop->time + timeout;
  t->repeat = repeat;
  t->start_id = t->loop->timer_counter++;
  start(&played.timers, (uv_handle_t *)t);
  return 0;
}

int uv_timer_stop(uv_timer_t *t) {
  stop(&played.timers, (uv_handle_t *)t);
  return 0;
}

int uv_prepare_init(uv_loop_t *loop, uv_prepare_t *p) {
  return init(loop, (uv_handle_t *)p, UV_PREPARE);
}

int uv_prepare_start(uv_prepare_t *p, uv_prepare_cb cb) {
  p->prepare_cb = cb;
  start(&played.prepares, (uv_handle_t *)p);
  return 0;
}

int uv_idle_init(uv_loop_t *loop, uv_idle_t *i) {
  return init(loop, (uv_handle_t *)i, UV_IDLE);
}

int uv_idle_start(uv_idle_t *i, uv_idle_cb cb) {
  i->idle_cb = cb;
  start(&played.idles, (uv_handle_t *)i);
  return 0;
}

int uv_idle_stop(uv_idle_t *i) {
  stop(&played.idles, (uv_handle_t *)i);
  return 0;
}

int uv_async_init(uv_loop_t *loop, uv_async_t *a, uv_async_cb cb) {
  a->async_cb = cb;
  a->pending = 0;
  (void)init(loop, (uv_handle_t *)a, UV_ASYNC);
  start(&played.asyncs, (uv_handle_t *)a);
  return 0;
}

int uv_async_send(uv_async_t *a) {
  a->pending = 1;
  return 0;
}

/* No signal ever comes. */
int uv_signal_init(uv_loop_t *loop, uv_signal_t *s) {
  return init(loop, (uv_handle_t *)s, UV_SIGNAL);
}

int uv_signal_start(uv_signal_t *s, uv_signal_cb cb, int number) {
  s->signal_cb = cb;
  s->signum = number;
  return 0;
}

int uv_queue_work(uv_loop_t *loop, uv_work_t *w, uv_work_cb work,
                  uv_after_work_cb done) {
  uv_work_t **at = &played.work;
  w->loop = loop;
  w->work_cb = work;
  w->after_work_cb = done;
  w->reserved[0] = NULL;
  while (*at != NULL) {
    at = (uv_work_t **)&(*at)->reserved[0];
  }
  *at = w;
  return 0;
}

void uv_close(uv_handle_t *h, uv_close_cb cb) {
  bt_check((h->flags & PLAYED_CLOSING) == 0);
  uv_handle_t **list = list_of(h->type);
  if (list != NULL) {
    stop(list, h);
  } else if (h->type == UV_TCP) {
    tcp_close(h);
  }
  h->flags |= PLAYED_CLOSING;
  h->close_cb = cb;
  list_add(&played.closing, h);
}

/* ---- what is the same in every libuv */

uv_buf_t uv_buf_init(char *base, unsigned len) {
  return (uv_buf_t){.base = base, .len = len};
}

int uv_ip4_addr(const char *ip, int port, struct sockaddr_in *out) {
  *out = (struct sockaddr_in){.sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port)};
  return inet_pton(AF_INET, ip, &out->sin_addr) == 1 ? 0 : UV_EINVAL;
}

int uv_ip6_addr(const char *ip, int port, struct sockaddr_in6 *out) {
  *out = (struct sockaddr_in6){.sin6_family = AF_INET6,
                               .sin6_port = htons((uint16_t)port)};
  return inet_pton(AF_INET6, ip, &out->sin6_addr) == 1 ? 0 : UV_EINVAL;
}

int uv_ip4_name(const struct sockaddr_in *from, char *out, size_t size) {
  return inet_ntop(AF_INET, &from->sin_addr, out, (socklen_t)size) == NULL
             ? UV_ENOSPC
             : 0;
}

int uv_ip6_name(const struct sockaddr_in6 *from, char *out, size_t size) {
  return inet_ntop(AF_INET6, &from->sin6_addr, out, (socklen_t)size) == NULL
             ? UV_ENOSPC
             : 0;
}
