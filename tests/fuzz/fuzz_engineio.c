/* fuzz_engineio.c - any bytes as a polling payload of Engine.IO, with packets
 * of Socket.IO in it: as our line to a bot hears them, and as a page sends
 * them.
 *
 * Packets that are read, put together again, are the same packets. What the
 * line answers is a payload that can be read, and what it hands on is a list
 * that begins with a name. An input that a facade would take is one that has a
 * text, or data that are an object.
 */
#include <stdint.h>

#include "base/check.h"
#include "bots/cognigy/line_priv.h"
#include "facades/cognigy/cognigy_priv.h"
#include "support.h"

enum { PAYLOAD_MAX = 4096 };

/* ---- packets alone */

static bool is_same(const struct packet *a, const struct packet *b) {
  return a->type == b->type && a->has_id == b->has_id && a->id == b->id &&
         text_equal(a->body, b->body) && text_equal(a->wants, b->wants);
}

static void check_input(const struct mem *mem, const struct packet *p) {
  struct arena arena;
  struct json *list = NULL;
  struct visit_said said;
  arena_init(&arena, mem, 0);
  if (p->type == PACKET_EVENT &&
      json_parse(&arena, p->body, JSON_DEPTH_DEFAULT, &list, NULL) ==
          BT_ERR_OK &&
      list->type == JSON_LIST && list->first != NULL &&
      list->first->next != NULL &&
      cognigy_read_input(list->first->next, &said)) {
    const char *why = visit_check(&said);
    bt_check(why == NULL || why[0] != '\0');
    bt_check(said.data.len == 0 || said.data.ptr[0] == '{');
  }
  arena_free(&arena);
}

static void check_packet(const struct mem *mem, struct text bytes) {
  struct packet p, again;
  if (!packet_read(bytes, &p)) {
    bt_check(bytes.len == 0 || bytes.ptr[0] < '0' || bytes.ptr[0] > '6' ||
             bytes.ptr[0] == '4');
    return;
  }
  bt_check(p.body.len <= bytes.len && p.wants.len <= bytes.len);
  bt_check(packet_read(bytes, &again) && is_same(&p, &again));
  check_input(mem, &p);
}

/* Malformed bytes count one each, on both ways. */
static void check_payload(const struct mem *mem, struct text payload) {
  struct text rest = payload, packet, back;
  while (packet_next(&rest, &packet)) {
    struct textbuf b;
    textbuf_init(&b, mem);
    packet_add(&b, packet);
    struct text again = textbuf_text(&b);
    bt_check(packet_next(&again, &back));
    bt_check(text_equal(packet, back) && again.len == 0);
    check_packet(mem, packet);
    textbuf_free(&b);
  }
  bt_check(rest.len <= payload.len);
}

/* ---- the line to a bot */

static bool down;

static void on_up(void *ctx) {
  (void)ctx;
}

static void on_event(void *ctx, const struct line_event *event) {
  (void)ctx;
  bt_check(event->name.ptr != NULL);
}

static void on_down(void *ctx, bool in_order, struct text why) {
  (void)ctx;
  (void)in_order;
  bt_check(why.len > 0);
  down = true;
}

/* A POST is under way for ever, so that what is answered gathers behind it. */
static void begin(struct line *l, const struct mem *mem,
                  struct loop_timer *timer) {
  static char call;
  *l = (struct line){
      .user = {.on_up = on_up, .on_event = on_event, .on_down = on_down},
      .mem = mem,
      .timer = timer,
      .polling = true,
      .post = (struct courier_call *)(void *)&call};
  textbuf_init(&l->sid, mem);
  textbuf_init(&l->outgoing, mem);
  down = false;
}

static void hear(struct line *l, struct text payload) {
  struct text packet;
  struct packet said;
  while (!down && packet_next(&payload, &packet)) {
    line_take(l, packet);
  }
  struct text answer = textbuf_text(&l->outgoing);
  while (packet_next(&answer, &packet)) {
    bt_check(packet_read(packet, &said));
    bt_check(said.type == PACKET_PONG || said.type == PACKET_ACK);
  }
  bt_check(answer.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct test_mem loops;
  static struct loop *loop;
  static struct loop_timer *timer; /* a loop gives timers back when it turns */
  const struct text payload = {(const char *)data, size};
  struct test_mem tm;
  struct line line;
  if (size > PAYLOAD_MAX) {
    return 0;
  }
  if (loop == NULL) {
    test_mem_init(&loops);
    bt_check(loop_create(&loops.mem, &loop) == BT_ERR_OK);
    bt_check(loop_timer_create(loop, on_up, NULL, &timer) == BT_ERR_OK);
  }
  test_mem_init(&tm);
  check_packet(&tm.mem, payload);
  check_payload(&tm.mem, payload);
  begin(&line, &tm.mem, timer);
  hear(&line, payload);
  loop_timer_stop(timer);
  textbuf_free(&line.sid);
  textbuf_free(&line.outgoing);
  bt_check(tm.live_bytes == 0);
  return 0;
}
