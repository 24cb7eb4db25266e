/* The last words of a connection that nobody looks after any more. */
#include "world.h"

#include "net/wire_priv.h"

/* A carrier that takes so many bytes, and then no more for ever. */
struct narrow {
  struct carrier carrier;
  int room;
  bool closed;
};

static int narrow_write(struct carrier *c, const char *bytes, size_t len) {
  struct narrow *n = LINK_OWNER(c, struct narrow, carrier);
  (void)bytes;
  const int taken = n->room < (int)len ? n->room : (int)len;
  n->room -= taken;
  return taken > 0 ? taken : UV_EAGAIN;
}

static int narrow_read(struct carrier *c, char *bytes, size_t len) {
  (void)c;
  (void)bytes;
  (void)len;
  return UV_EAGAIN;
}

static void narrow_await(struct carrier *c, bool readable, bool writable) {
  (void)c;
  (void)readable;
  (void)writable;
}

static void narrow_close(struct carrier *c) {
  LINK_OWNER(c, struct narrow, carrier)->closed = true;
}

static const struct carrier_ops narrow_ops = {.write = narrow_write,
                                              .read = narrow_read,
                                              .await = narrow_await,
                                              .close = narrow_close};

struct scene {
  struct wire wire;
  struct narrow narrow;
  bool over;
};

static size_t on_bytes(struct wire *wire, char *bytes, size_t len) {
  (void)wire;
  (void)bytes;
  return len;
}

static void ignore(struct wire *wire) {
  (void)wire;
}

static void on_closed(struct wire *wire, enum bt_err why) {
  (void)why;
  LINK_OWNER(wire, struct scene, wire)->over = true;
}

static const struct wire_user user = {.on_bytes = on_bytes,
                                      .on_end = ignore,
                                      .on_connected = ignore,
                                      .on_closed = on_closed};

/* @turns before the wire is left alone. */
static void left_alone(int room, unsigned turns) {
  struct world w;
  struct scene s = {.narrow = {.carrier = {.ops = &narrow_ops}, .room = room}};
  world_begin(&w);
  world_listen(&w);
  assert_int_equal(wire_init(&s.wire, w.loop, &w.heap.mem, &user), BT_ERR_OK);
  wire_begin_on(&s.wire, &s.narrow.carrier);
  assert_true(wire_write(&s.wire, TEXT("goodbye")));
  world_turns(&w, turns);
  wire_hurry(&s.wire);
  const int64_t deadline_us = world_deadline();
  while (!s.over) {
    world_turn(&w, deadline_us);
  }
  assert_true(s.narrow.closed);
  assert_int_equal(s.narrow.room, 0);
  world_end(&w);
}

static void last_words_leave(void **state) {
  (void)state;
  left_alone(7, 0);
}

static void a_full_carrier_keeps_no_wire_that_was_left_alone(void **state) {
  (void)state;
  left_alone(3, 0); /* it gets full with these words */
  left_alone(0, 3); /* it was before */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(last_words_leave),
      cmocka_unit_test(a_full_carrier_keeps_no_wire_that_was_left_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
