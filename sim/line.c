/* line.c - bytes on their way: pieces, delays, windows, resets. */
#include "line.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "domain/heap.h"
#include "uv/played.h"
#include "world.h"

enum {
  WINDOW_BYTES = 32768,
  TRICKLE_BYTES = 400, /* so many come one by one */
  TRICKLE_US = 4000,
  ONE_IN_PIECES = 8
};

/* What arrives; letter.type of a plan. who: the line, life: its generation,
 * word: how many bytes. */
enum arrival {
  ARRIVES_SYN,
  ARRIVES_OPEN,
  ARRIVES_REFUSAL,
  ARRIVES_UP,
  ARRIVES_UP_END,
  ARRIVES_UP_RESET,
  ARRIVES_DOWN,
  ARRIVES_DOWN_END,
  ARRIVES_DOWN_RESET,
  ARRIVES_WAKE
};

/* ---- bytes */

static void stream_add(struct stream *f, struct text bytes) {
  if (bytes.len == 0) {
    return;
  }
  if (f->from > 0) {
    memmove(f->bytes, f->bytes + f->from, f->len);
    f->from = 0;
  }
  const bool room = mem_grow(heap_mem(), &f->bytes, &f->cap, f->len + bytes.len,
                             sizeof *f->bytes);
  bt_check(room);
  memcpy(f->bytes + f->len, bytes.ptr, bytes.len);
  f->len += bytes.len;
}

static void stream_drop(struct stream *f, size_t len) {
  bt_check(len <= f->here);
  f->from += len;
  f->len -= len;
  f->here -= len;
}

static void stream_free(struct stream *f) {
  mem_free(heap_mem(), f->bytes, f->cap * sizeof *f->bytes);
}

/* ---- life */

static struct line *take_line(struct world *w) {
  uint32_t i = 0;
  while (i < w->line_count && w->lines[i]->used) {
    i++;
  }
  if (i == w->line_count) {
    const bool room = mem_grow(heap_mem(), &w->lines, &w->line_cap, i + 1,
                               sizeof(struct line *));
    bt_check(room);
    w->lines[i] = calloc(1, sizeof **w->lines);
    bt_check(w->lines[i] != NULL);
    w->line_count++;
  }
  struct line *l = w->lines[i];
  const struct stream up = {.bytes = l->up.bytes, .cap = l->up.cap};
  const struct stream down = {.bytes = l->down.bytes, .cap = l->down.cap};
  *l = (struct line){.world = w,
                     .number = i,
                     .generation = l->generation + 1,
                     .up = up,
                     .down = down,
                     .used = true};
  return l;
}

static void let_slot_go(struct line *l) {
  l->used = l->held || l->served || l->waits;
}

void lines_free(struct world *w) {
  for (uint32_t i = 0; i < w->line_count; i++) {
    stream_free(&w->lines[i]->up);
    stream_free(&w->lines[i]->down);
    free(w->lines[i]);
  }
  mem_free(heap_mem(), w->lines, w->line_cap * sizeof(struct line *));
  mem_free(heap_mem(), w->backlog, w->backlog_cap * sizeof *w->backlog);
}

uint32_t lines_served(const struct world *w) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < w->line_count; i++) {
    count += w->lines[i]->used && w->lines[i]->served;
  }
  return count;
}

uint32_t lines_held(const struct world *w) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < w->line_count; i++) {
    count += w->lines[i]->used && w->lines[i]->held;
  }
  return count;
}

/* ---- pieces on their way */

static plan_fn arrive;

/* After all that was sent in the same direction before. */
static void send_on(struct line *l, struct stream *f, enum arrival what,
                    size_t len) {
  struct world *w = l->world;
  const int64_t least_us = l->trickles ? TRICKLE_US : 1;
  const int64_t at_us =
      w->now_us +
      (l->trickles && f->last_us > w->now_us ? TRICKLE_US : wire_delay_us(w));
  f->last_us = at_us > f->last_us ? at_us : f->last_us + least_us;
  const struct letter letter = {.type = (uint32_t)what,
                                .who = l->number,
                                .life = l->generation,
                                .word = (uint32_t)len};
  world_plan_letter(w, f->last_us - w->now_us, arrive, &letter);
}

static size_t piece_of(struct line *l, size_t left, size_t trickled) {
  if (l->trickles && trickled < TRICKLE_BYTES) {
    return 1;
  }
  if (left > 1 && world_one_in(&l->world->rand, ONE_IN_PIECES)) {
    return 1 + (size_t)rand_below(&l->world->rand, left - 1);
  }
  return left;
}

static void send_bytes(struct line *l, struct stream *f, enum arrival what,
                       struct text bytes) {
  stream_add(f, bytes);
  for (size_t done = 0; done < bytes.len;) {
    const size_t piece = piece_of(l, bytes.len - done, done);
    send_on(l, f, what, piece);
    done += piece;
  }
}

/* What is on its way arrives up to some byte, and then the reset does. */
static void send_reset(struct line *l, struct stream *f, enum arrival data,
                       enum arrival reset) {
  const size_t flying = f->len - f->here;
  const size_t left =
      flying > 0 ? (size_t)rand_below(&l->world->rand, flying + 1) : 0;
  l->generation++; /* the plans of all pieces are void */
  f->len = f->here + left;
  f->last_us = 0;
  if (left > 0) {
    send_on(l, f, data, left);
  }
  send_on(l, f, reset, 0);
}

/* ---- what arrives at the user */

/* Pieces go to the user while there are any: each call may end the line. */
static void give(struct line *l) {
  const uint32_t generation = l->generation;
  if (l->down.here > 0 && !l->stalled) {
    const struct text bytes = {l->down.bytes + l->down.from, l->down.here};
    char *copy = malloc(bytes.len); /* the user may write, and so much more */
    bt_check(copy != NULL);
    memcpy(copy, bytes.ptr, bytes.len);
    stream_drop(&l->down, bytes.len);
    l->user->on_bytes(l->ctx, l, (struct text){copy, bytes.len});
    free(copy);
  }
  if (l->used && l->generation == generation && l->end != NULL) {
    tcp_wake(l->end); /* there is room again */
  }
}

static void tell_over(struct line *l, enum line_end how) {
  if (l->held) {
    l->held = false;
    const struct line_user *user = l->user;
    user->on_over(l->ctx, l, how);
  }
  let_slot_go(l);
}

static void give_end(struct line *l) {
  if (l->down.over && l->down.here == 0 && !l->stalled) {
    const bool tells = !l->finished && l->served;
    if (tells) {
      send_on(l, &l->up, ARRIVES_UP_END, 0); /* they hang up as well */
    }
    tell_over(l, LINE_ENDED);
  }
}

/* ---- what arrives at the server */

static void knock(struct line *l) {
  struct world *w = l->world;
  l->knocked = true;
  if (!tcp_listens()) {
    l->waits = false;
    send_on(l, &l->down, ARRIVES_REFUSAL, 0);
    return;
  }
  const bool room = mem_grow(heap_mem(), &w->backlog, &w->backlog_cap,
                             w->backlog_count + 1, sizeof *w->backlog);
  bt_check(room);
  w->backlog[w->backlog_count++] = l->number;
  send_on(l, &l->down, ARRIVES_OPEN, 0); /* the system answers it */
  tcp_knock();
}

static void wake_end(struct line *l) {
  if (l->end != NULL) {
    tcp_wake(l->end);
  }
}

static void reach_server(struct line *l, enum arrival what, size_t len) {
  if (!l->served && !l->waits) {
    return;
  }
  if (what == ARRIVES_UP) {
    l->up.here += len;
  } else {
    l->up.over = l->up.over || what == ARRIVES_UP_END;
    if (what == ARRIVES_UP_RESET && l->end != NULL) {
      tcp_reset(l->end);
    } else if (what == ARRIVES_UP_RESET) {
      l->up.over = true; /* whoever accepts it reads its end */
    }
  }
  wake_end(l);
}

static void reach_user(struct line *l, enum arrival what, size_t len) {
  if (what == ARRIVES_DOWN) {
    l->down.here += len;
  }
  if (!l->held) {
    l->down.from += l->down.here; /* nobody reads it: it is gone */
    l->down.len -= l->down.here;
    l->down.here = 0;
    return;
  }
  if (what == ARRIVES_DOWN_RESET || what == ARRIVES_REFUSAL) {
    give(l);
    if (l->held) {
      tell_over(l, what == ARRIVES_REFUSAL ? LINE_REFUSED : LINE_WAS_RESET);
    }
    return;
  }
  if (what == ARRIVES_OPEN) {
    l->open = true;
    l->user->on_open(l->ctx, l);
    return;
  }
  l->down.over = l->down.over || what == ARRIVES_DOWN_END;
  if (what == ARRIVES_WAKE) {
    l->stalled = false;
  }
  give(l);
  if (l->held) {
    give_end(l);
  }
}

static void arrive(struct world *w, const struct plan *p) {
  struct line *l = w->lines[p->letter.who];
  const enum arrival what = (enum arrival)p->letter.type;
  if (!l->used || l->generation != p->letter.life || l->dead) {
    return;
  }
  switch (what) {
  case ARRIVES_SYN:
    knock(l);
    break;
  case ARRIVES_UP:
  case ARRIVES_UP_END:
  case ARRIVES_UP_RESET:
    reach_server(l, what, p->letter.word);
    break;
  case ARRIVES_OPEN:
  case ARRIVES_REFUSAL:
  case ARRIVES_DOWN:
  case ARRIVES_DOWN_END:
  case ARRIVES_DOWN_RESET:
  case ARRIVES_WAKE:
    reach_user(l, what, p->letter.word);
    break;
  }
}

/* ---- the user's end */

struct line *line_dial(struct world *w, const struct line_user *user,
                       void *ctx) {
  struct line *l = take_line(w);
  l->user = user;
  l->ctx = ctx;
  l->held = l->waits = true;
  l->trickles = world_fault(w, FAULT_TRICKLE) && world_one_in(&w->rand, 3);
  send_on(l, &l->up, ARRIVES_SYN, 0);
  return l;
}

void line_write(struct line *l, struct text bytes) {
  if (l->held && !l->finished) {
    send_bytes(l, &l->up, ARRIVES_UP, bytes);
  }
}

void line_finish(struct line *l) {
  if (l->held && !l->finished) {
    l->finished = true;
    send_on(l, &l->up, ARRIVES_UP_END, 0);
  }
}

/* What has not even reached the listener never does. */
static void let_go(struct line *l) {
  l->held = false;
  l->waits = l->waits && l->knocked;
}

void line_reset(struct line *l) {
  if (l->held) {
    let_go(l);
    send_reset(l, &l->up, ARRIVES_UP, ARRIVES_UP_RESET);
    let_slot_go(l);
  }
}

void line_abandon(struct line *l) {
  let_go(l);
  l->dead = true;
  let_slot_go(l);
}

void line_stall(struct line *l, int64_t for_us) {
  if (l->held && !l->stalled) {
    const struct letter letter = {
        .type = ARRIVES_WAKE, .who = l->number, .life = l->generation};
    l->stalled = true;
    world_plan_letter(l->world, for_us, arrive, &letter);
  }
}

/* ---- the server's end */

size_t line_room(const struct line *l) {
  return l->down.len < WINDOW_BYTES ? WINDOW_BYTES - l->down.len : 0;
}

void line_put(struct line *l, const char *bytes, size_t len) {
  faults_see_answer(l->world);
  send_bytes(l, &l->down, ARRIVES_DOWN, (struct text){bytes, len});
}

size_t line_read(struct line *l, char *bytes, size_t len) {
  size_t taken = len < l->up.here ? len : l->up.here;
  if (taken > 1 && world_one_in(&l->world->rand, ONE_IN_PIECES)) {
    taken = 1 + (size_t)rand_below(&l->world->rand, taken);
  }
  if (taken > 0) {
    memcpy(bytes, l->up.bytes + l->up.from, taken);
    stream_drop(&l->up, taken);
  }
  return taken;
}

void line_shut(struct line *l) {
  send_on(l, &l->down, ARRIVES_DOWN_END, 0);
}

/* As the system does: a socket that is closed before all was read is reset. */
void line_drop(struct line *l) {
  const bool was_shut = tcp_is_shut(l->end);
  l->end = NULL;
  l->served = false;
  if (l->up.here > 0) {
    l->up.from += l->up.here;
    l->up.len -= l->up.here;
    l->up.here = 0;
    send_on(l, &l->down, ARRIVES_DOWN_RESET, 0);
  } else if (!was_shut) {
    send_on(l, &l->down, ARRIVES_DOWN_END, 0);
  }
  let_slot_go(l);
}

static void lose_server(struct line *l) {
  if (!l->served && !l->waits) {
    return;
  }
  l->end = NULL;
  l->served = l->waits = l->stalled = false;
  send_reset(l, &l->down, ARRIVES_DOWN, ARRIVES_DOWN_RESET);
  let_slot_go(l);
}

void lines_lose_server(struct world *w) {
  w->backlog_count = 0;
  for (uint32_t i = 0; i < w->line_count; i++) {
    if (w->lines[i]->used) {
      lose_server(w->lines[i]);
    }
  }
}
