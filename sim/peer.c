/* peer.c - HTTP/1.1 and WebSocket as a client reads and writes them. */
#include "peer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/digest.h"
#include "domain/heap.h"

#define PATIENCE_US (25 * SECOND)

enum {
  ONE_FRAGMENTED = 16,
  OP_MORE = 0,
  OP_TEXT = 1,
  OP_CLOSE = 8,
  OP_PING = 9,
  OP_PONG = 10,
  FIN = 0x80,
  MASKED = 0x80,
  BODY_MOST = 1 << 20
};

static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

void peer_break(struct peer *p, const char *format, ...) {
  char line[256];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(line, sizeof line, format, args);
  va_end(args);
  check_break(p->world, CHECK_WIRE, p->letter.session, "%s", line);
  p->phase = PEER_OVER;
}

/* ---- life */

static void free_peer(struct peer *p) {
  struct world *w = p->world;
  if (p->prev != NULL) {
    p->prev->next = p->next;
  } else {
    w->peers = p->next;
  }
  if (p->next != NULL) {
    p->next->prev = p->prev;
  }
  textbuf_free(&p->out);
  textbuf_free(&p->in);
  textbuf_free(&p->body);
  mem_free(heap_mem(), p->heard, p->heard_cap * sizeof *p->heard);
  free(p);
}

void peers_free(struct world *w) {
  while (w->peers != NULL) {
    free_peer(w->peers);
  }
}

/* Not while one of its own calls goes on. */
static void let_go(struct peer *p) {
  p->left = true;
  p->line = NULL;
  if (!p->busy) {
    free_peer(p);
  }
}

static struct peer *find(struct world *w, uint64_t life) {
  struct peer *p = w->peers;
  while (p != NULL && p->life != life) {
    p = p->next;
  }
  return p;
}

/* Requests without an answer, sockets that do not open, closes that nobody
 * answers. */
static void lose_patience(struct world *w, const struct plan *plan) {
  struct peer *p = find(w, plan->letter.life);
  if (p == NULL || p->line == NULL || (p->phase == PEER_FRAMES && !p->closes)) {
    return;
  }
  line_reset(p->line);
  p->line = NULL;
  if (!p->left) {
    hear_over(p);
  }
  free_peer(p);
}

static void be_patient(struct peer *p) {
  const struct letter l = {.life = p->life};
  world_plan_letter(p->world, PATIENCE_US, lose_patience, &l);
}

static const struct line_user user;

static struct peer *new_peer(struct world *w, const struct letter *l) {
  struct peer *p = calloc(1, sizeof *p);
  bt_check(p != NULL);
  p->world = w;
  p->letter = *l;
  p->life = ++w->lives;
  p->expects = 1;
  textbuf_init(&p->out, heap_mem());
  textbuf_init(&p->in, heap_mem());
  textbuf_init(&p->body, heap_mem());
  p->next = w->peers;
  if (p->next != NULL) {
    p->next->prev = p;
  }
  w->peers = p;
  p->line = line_dial(w, &user, p);
  p->cut_short = world_fault(w, FAULT_HALF_ASKED) && world_one_in(&w->rand, 2);
  be_patient(p);
  return p;
}

struct peer *peer_ask(struct world *w, const struct letter *l,
                      struct text request, uint32_t count) {
  struct peer *p = new_peer(w, l);
  p->expects = count;
  for (uint32_t i = 0; i < count; i++) {
    textbuf_add(&p->out, request);
  }
  return p;
}

/* ---- WebSocket: the handshake */

static void base64(const uint8_t *bytes, size_t len, char *out) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstu"
                               "vwxyz0123456789+/";
  for (size_t i = 0; i < len; i += 3) {
    uint32_t three = (uint32_t)bytes[i] << 16;
    three |= i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0;
    three |= i + 2 < len ? bytes[i + 2] : 0;
    *out++ = digits[three >> 18];
    *out++ = digits[three >> 12 & 63];
    *out++ = '=';
    *out++ = '=';
    if (i + 1 < len) {
      out[-2] = digits[three >> 6 & 63];
    }
    if (i + 2 < len) {
      out[-1] = digits[three & 63];
    }
  }
}

struct peer *peer_open(struct world *w, const struct letter *l,
                       struct text head) {
  struct peer *p = new_peer(w, l);
  uint8_t nonce[16];
  for (size_t i = 0; i < sizeof nonce; i++) {
    nonce[i] = (uint8_t)rand_below(&w->rand, 256);
  }
  base64(nonce, sizeof nonce, p->key);
  p->is_socket = true;
  textbuf_add(&p->out, head);
  textbuf_addf(&p->out,
               "Upgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %.*s\r\n\r\n",
               PEER_KEY, p->key);
  return p;
}

static bool accepts(const struct peer *p) {
  char both[PEER_KEY + sizeof guid], want[28];
  uint8_t digest[DIGEST_SHA1_SIZE];
  const int len = snprintf(both, sizeof both, "%.*s%s", PEER_KEY, p->key, guid);
  digest_sha1((struct text){both, (size_t)len}, digest);
  base64(digest, sizeof digest, want);
  return memcmp(want, p->head.accept, sizeof want) == 0;
}

/* ---- WebSocket: frames out */

static void say_frame(struct peer *p, uint8_t first, struct text payload) {
  struct textbuf b;
  char mask[4];
  const uint64_t drawn = rand_u64(&p->world->rand);
  memcpy(mask, &drawn, sizeof mask);
  textbuf_init(&b, heap_mem());
  textbuf_add_char(&b, (char)first);
  if (payload.len < 126) {
    textbuf_add_char(&b, (char)(MASKED | payload.len));
  } else {
    bt_check(payload.len < 65536);
    textbuf_add_char(&b, (char)(MASKED | 126));
    textbuf_add_char(&b, (char)(payload.len >> 8));
    textbuf_add_char(&b, (char)(payload.len & 255));
  }
  textbuf_add(&b, (struct text){mask, sizeof mask});
  for (size_t i = 0; i < payload.len; i++) {
    textbuf_add_char(&b, (char)(payload.ptr[i] ^ mask[i % 4]));
  }
  line_write(p->line, textbuf_text(&b));
  textbuf_free(&b);
}

/* In one frame, or in two with a ping between them. */
void peer_say(struct peer *p, struct text message) {
  if (p->line == NULL || p->phase != PEER_FRAMES || p->closes) {
    return;
  }
  if (!world_one_in(&p->world->rand, ONE_FRAGMENTED)) {
    say_frame(p, FIN | OP_TEXT, message);
    return;
  }
  const size_t cut = (size_t)rand_below(&p->world->rand, message.len + 1);
  say_frame(p, OP_TEXT, text_sub(message, 0, cut));
  say_frame(p, FIN | OP_PING, TEXT("there?"));
  say_frame(p, FIN | OP_MORE, text_sub(message, cut, message.len));
}

static void say_close(struct peer *p, uint16_t code) {
  const char payload[2] = {(char)(code >> 8), (char)(code & 255)};
  p->closes = true;
  say_frame(p, FIN | OP_CLOSE, (struct text){payload, sizeof payload});
}

void peer_leave(struct peer *p, enum peer_leave how) {
  struct line *line = p->line;
  p->left = true;
  if (line == NULL) {
    return;
  }
  if (how == LEAVE_IN_ORDER && p->phase == PEER_FRAMES) {
    if (!p->closes) {
      say_close(p, 1000);
      be_patient(p);
    }
    return;
  }
  if (how == LEAVE_ENDED && p->phase == PEER_FRAMES) {
    line_finish(line);
    p->closes = true;
    be_patient(p);
    return;
  }
  how == LEAVE_ABANDONED ? line_abandon(line) : line_reset(line);
  let_go(p);
}

void peer_give_up(struct peer *p) {
  line_abandon(p->line);
  p->line = NULL;
  if (!p->left) {
    hear_over(p);
  }
  free_peer(p);
}

/* ---- WebSocket: frames in */

static void take_close(struct peer *p, struct text payload) {
  if (payload.len == 1) {
    peer_break(p, "a close frame with half a code");
  }
  if (!p->closes) {
    say_close(p, 1000);
  }
  p->phase = PEER_OVER;
  line_finish(p->line);
}

static void take_data(struct peer *p, bool fin, uint8_t opcode,
                      struct text payload) {
  if ((opcode == OP_MORE) != (p->opcode != 0)) {
    peer_break(p, "a frame of opcode %u %s a message", opcode,
               p->opcode != 0 ? "inside of" : "without");
    return;
  }
  p->opcode = OP_TEXT;
  textbuf_add(&p->body, payload);
  if (!fin) {
    return;
  }
  p->opcode = 0;
  if (utf8_first_bad(textbuf_text(&p->body)) < p->body.len) {
    peer_break(p, "a message that is not UTF-8");
  } else if (!p->left) {
    hear_message(p, textbuf_text(&p->body));
  }
  textbuf_clear(&p->body);
}

static void take_frame(struct peer *p, uint8_t first, struct text payload) {
  const uint8_t opcode = first & 15;
  const bool fin = (first & FIN) != 0;
  if (opcode >= OP_CLOSE && (!fin || payload.len > 125)) {
    peer_break(p, "a control frame in pieces, or too long");
  } else if (opcode == OP_CLOSE) {
    take_close(p, payload);
  } else if (opcode == OP_PING && !p->closes) {
    say_frame(p, FIN | OP_PONG, payload);
  } else if (opcode == OP_TEXT || opcode == OP_MORE) {
    take_data(p, fin, opcode, payload);
  } else if (opcode != OP_PONG && opcode != OP_PING) {
    peer_break(p, "a frame of opcode %u", opcode);
  }
}

/* How many bytes of @in were a frame; 0: it is not whole. */
static size_t read_frame(struct peer *p, struct text in) {
  const uint8_t *b = (const uint8_t *)in.ptr;
  if (in.len < 2) {
    return 0;
  }
  size_t head = 2;
  uint64_t len = b[1] & 127;
  if ((b[0] & 0x70) != 0 || (b[1] & MASKED) != 0 || len == 127) {
    peer_break(p, "a frame that begins with %02x %02x", b[0], b[1]);
    return 0;
  }
  if (len == 126) {
    head = 4;
    len = in.len < head ? UINT64_MAX : (uint64_t)b[2] << 8 | b[3];
  }
  if (len > in.len - (in.len < head ? in.len : head)) {
    return 0;
  }
  if (head == 4 && len < 126) {
    peer_break(p, "a length of %u in two bytes", (unsigned)len);
    return 0;
  }
  take_frame(p, b[0], text_sub(in, head, (size_t)len));
  return head + (size_t)len;
}

/* ---- HTTP */

static bool has_token(struct text value, const char *token) {
  return text_equal_nocase(value, text_from(token));
}

static void take_header(struct peer *p, struct text name, struct text value) {
  int64_t n;
  if (has_token(name, "content-length")) {
    if (!text_to_i64(value, &n) || n < 0 || n > BODY_MOST) {
      peer_break(p, "Content-Length: %.*s", TEXT_ARG(value));
    } else {
      p->head.length = n;
    }
  } else if (has_token(name, "transfer-encoding")) {
    p->head.chunked = true;
  } else if (has_token(name, "content-type")) {
    p->head.json = text_find(value, TEXT("json"), 0) < value.len;
  } else if (has_token(name, "connection")) {
    p->head.close = has_token(value, "close");
  } else if (has_token(name, "sec-websocket-accept") &&
             value.len == sizeof p->head.accept) {
    memcpy(p->head.accept, value.ptr, value.len);
  } else if (has_token(name, "location") &&
             value.len < sizeof p->head.location) {
    memcpy(p->head.location, value.ptr, value.len);
    p->head.location[value.len] = '\0';
  }
}

static void read_headers(struct peer *p, struct text rest) {
  while (rest.len > 0) {
    const size_t end = text_find(rest, TEXT("\r\n"), 0);
    const struct text line = text_sub(rest, 0, end);
    const size_t colon = text_find(line, TEXT(":"), 0);
    if (colon == 0 || colon == line.len || end == rest.len) {
      peer_break(p, "a header line \"%.*s\"", TEXT_ARG(line));
      return;
    }
    take_header(p, text_sub(line, 0, colon),
                text_trim(text_sub(line, colon + 1, line.len)));
    rest = text_sub(rest, end + 2, rest.len);
  }
}

static void after_head(struct peer *p) {
  if (p->head.code == 101) {
    if (!p->is_socket || !accepts(p)) {
      peer_break(p, "an upgrade that nobody asked for so");
      return;
    }
    p->phase = PEER_FRAMES;
    if (!p->left) {
      hear_open(p);
    }
  } else if (p->head.code < 200) {
    p->phase = PEER_HEAD;
  } else if (p->head.chunked || p->head.length < 0) {
    peer_break(p, "an answer %d without a length", p->head.code);
  } else {
    p->phase = PEER_BODY;
  }
}

static size_t read_head(struct peer *p, struct text in) {
  int64_t code = 0;
  const size_t end = text_find(in, TEXT("\r\n\r\n"), 0);
  if (end == in.len) {
    return 0;
  }
  p->head.length = -1;
  p->head.chunked = p->head.close = p->head.json = false;
  p->head.location[0] = '\0';
  if (p->expects == 0 || !text_starts(in, TEXT("HTTP/1.1 ")) ||
      !text_to_i64(text_sub(in, 9, 3), &code) || in.ptr[12] != ' ') {
    peer_break(p, "an answer \"%.*s\"%s", (int)(end < 60 ? end : 60), in.ptr,
               p->expects == 0 ? " to nothing" : "");
    return 0;
  }
  p->head.code = (int)code;
  const size_t first = text_find(in, TEXT("\r\n"), 0) + 2;
  read_headers(p, text_sub(in, first, end + 2 - first));
  if (p->phase == PEER_HEAD) {
    after_head(p);
  }
  return end + 4;
}

/* The line is kept for the next answer, or ended: by us, if the server does not
 * want to. */
static void next_answer(struct peer *p) {
  p->expects--;
  p->phase = PEER_HEAD;
  if (p->expects == 0 && p->line != NULL && !p->head.close) {
    line_finish(p->line);
  }
}

static size_t read_body(struct peer *p, struct text in) {
  const size_t len = (size_t)p->head.length;
  if (in.len < len) {
    return 0;
  }
  if (!p->left) {
    p->left = p->is_socket;
    hear_answer(p, p->head.code, text_sub(in, 0, len));
  }
  if (p->phase == PEER_BODY) {
    next_answer(p);
  }
  return len;
}

/* ---- the line */

static void read_all(struct peer *p) {
  size_t at = 0;
  for (bool goes = true; goes && p->line != NULL && p->phase != PEER_OVER;) {
    const struct text in = text_sub(textbuf_text(&p->in), at, p->in.len - at);
    const enum peer_phase phase = p->phase;
    const size_t used = phase == PEER_HEAD   ? read_head(p, in)
                        : phase == PEER_BODY ? read_body(p, in)
                                             : read_frame(p, in);
    at += used;
    goes = used > 0 || p->phase != phase;
  }
  memmove(p->in.ptr, p->in.ptr + at, p->in.len - at);
  p->in.len -= at;
}

static void on_bytes(void *ctx, struct line *line, struct text bytes) {
  struct peer *p = ctx;
  struct sim_result *r = p->world->result;
  (void)line;
  r->hash = hash_u64(r->hash ^ hash_text(bytes));
  r->bytes += bytes.len;
  textbuf_add(&p->in, bytes);
  bt_check(!p->in.failed);
  p->busy = true;
  read_all(p);
  p->busy = false;
  if (p->line == NULL) {
    free_peer(p);
  }
}

static void on_open(void *ctx, struct line *line) {
  struct peer *p = ctx;
  struct text all = textbuf_text(&p->out);
  if (p->cut_short) {
    all = text_sub(all, 0, (size_t)rand_below(&p->world->rand, all.len));
  }
  line_write(line, all);
  if (p->cut_short) {
    line_reset(line);
    p->line = NULL;
    if (!p->left) {
      hear_over(p);
    }
    free_peer(p);
  }
}

/* Whatever was not whole by then is no answer: who reads too slowly is left. */
static void on_over(void *ctx, struct line *line, enum line_end how) {
  struct peer *p = ctx;
  (void)line;
  (void)how;
  p->line = NULL;
  if (!p->left) {
    hear_over(p);
  }
  if (!p->busy) {
    free_peer(p);
  }
}

static const struct line_user user = {
    .on_open = on_open, .on_bytes = on_bytes, .on_over = on_over};
