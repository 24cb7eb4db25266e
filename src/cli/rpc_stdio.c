/* Framed JSON messages over two descriptors. */
#include "cli/rpc_stdio.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "domain/heap.h"

enum { READ_SIZE = 65536 };

void rpc_open(struct rpc_stdio *r, int in, int out) {
  *r = (struct rpc_stdio){.in = in, .out = out};
  textbuf_init(&r->ahead, heap_mem());
  (void)signal(SIGPIPE, SIG_IGN);
}

void rpc_close(struct rpc_stdio *r) {
  textbuf_free(&r->ahead);
}

__attribute__((format(printf, 3, 4))) static enum bt_err
fail(struct rpc_error *why, enum bt_err err, const char *format, ...) {
  if (why != NULL) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why->message, sizeof why->message, format, args);
    va_end(args);
  }
  return err;
}

/* ---- bytes */

static struct text unread(const struct rpc_stdio *r) {
  return text_sub(textbuf_text(&r->ahead), r->taken, SIZE_MAX);
}

/* Forgets what was taken; the rest moves to the front. */
static void close_up(struct rpc_stdio *r) {
  const struct text rest = unread(r);
  if (r->taken == 0) {
    return;
  }
  if (rest.len > 0) {
    memmove(r->ahead.ptr, rest.ptr, rest.len);
  }
  r->ahead.len = rest.len;
  r->taken = 0;
}

static int64_t clock_ms(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Is there something to read before @until_ms? */
static enum bt_err wait_for_input(const struct rpc_stdio *r, int wait_ms,
                                  int64_t until_ms) {
  struct pollfd fd = {.fd = r->in, .events = POLLIN};
  for (;;) {
    const int64_t left_ms = until_ms - clock_ms();
    const int timeout_ms = wait_ms < 0 ? -1 : left_ms < 0 ? 0 : (int)left_ms;
    const int n = poll(&fd, 1, timeout_ms);
    if (n >= 0) {
      return n == 0 ? BT_ERR_BUSY : BT_ERR_OK;
    }
    if (errno != EINTR) {
      return BT_ERR_IO;
    }
  }
}

/* One read() more behind what is there. */
static enum bt_err read_more(struct rpc_stdio *r, struct rpc_error *why) {
  close_up(r);
  if (!textbuf_reserve(&r->ahead, READ_SIZE)) {
    return fail(why, BT_ERR_NOMEM, "no memory for the message");
  }
  ssize_t n;
  do {
    n = read(r->in, r->ahead.ptr + r->ahead.len, READ_SIZE);
  } while (n < 0 && errno == EINTR);
  if (n < 0) {
    return fail(why, BT_ERR_IO, "cannot read: %s", strerror(errno));
  }
  r->ended = n == 0;
  r->ahead.len += (size_t)n;
  return BT_ERR_OK;
}

/* ---- the header */

struct header {
  size_t size;   /* of the header with its empty line */
  uint64_t body; /* of the message */
};

static enum bt_err read_length(struct text value, struct header *h,
                               struct rpc_error *why) {
  int64_t n;
  if (!text_to_i64(value, &n) || n < 0) {
    return fail(why, BT_ERR_CORRUPT,
                "Content-Length must be a whole number of bytes, not '%.*s'",
                TEXT_ARG(utf8_cut(value, 40)));
  }
  h->body = (uint64_t)n;
  return BT_ERR_OK;
}

/* Letters, digits and '-': what every header's name is made of here. */
static bool is_name(struct text t) {
  for (size_t i = 0; i < t.len; i++) {
    const char c = t.ptr[i];
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
        !(c >= '0' && c <= '9') && c != '-') {
      return false;
    }
  }
  return t.len > 0;
}

static enum bt_err read_lines(struct text lines, struct header *h,
                              struct rpc_error *why) {
  bool found = false;
  while (lines.len > 0) {
    const size_t end = text_find(lines, TEXT("\r\n"), 0);
    const struct text line = text_sub(lines, 0, end);
    const size_t colon = text_find(line, TEXT(":"), 0);
    const struct text name = text_trim(text_sub(line, 0, colon));
    if (colon == line.len || !is_name(name)) {
      return fail(why, BT_ERR_CORRUPT,
                  "'%.*s' is no header line; a message begins with "
                  "'Content-Length: N', an empty line, and N bytes of JSON",
                  TEXT_ARG(utf8_cut(line, 40)));
    }
    if (text_equal_nocase(name, TEXT("Content-Length"))) {
      const struct text value = text_sub(line, colon + 1, SIZE_MAX);
      const enum bt_err err = read_length(text_trim(value), h, why);
      if (err != BT_ERR_OK) {
        return err;
      }
      found = true;
    }
    lines = text_sub(lines, end + 2, SIZE_MAX);
  }
  return found ? BT_ERR_OK
               : fail(why, BT_ERR_CORRUPT,
                      "the header has no Content-Length, which says how many "
                      "bytes of JSON follow");
}

/* BT_ERR_BUSY: not all of it is there yet. */
static enum bt_err take_header(const struct rpc_stdio *r, struct header *h,
                               struct rpc_error *why) {
  const struct text t = unread(r);
  const size_t end = text_find(t, TEXT("\r\n\r\n"), 0);
  if (end < t.len && end <= RPC_HEADER_MAX) {
    h->size = end + 4;
    return read_lines(text_sub(t, 0, end + 2), h, why);
  }
  /* A line that ends in a bare \n is a frequent mistake of a new client. */
  if (text_find(t, TEXT("\n\n"), 0) < t.len && end == t.len) {
    return fail(why, BT_ERR_CORRUPT,
                "the header's lines must end in CR LF, not in LF alone");
  }
  if (t.len > RPC_HEADER_MAX) {
    return fail(why, BT_ERR_CORRUPT, "the header is longer than %d bytes",
                RPC_HEADER_MAX);
  }
  return BT_ERR_BUSY;
}

/* ---- the message */

static enum bt_err parse(struct rpc_stdio *r, const struct header *h,
                         struct arena *arena, struct json **out,
                         struct rpc_error *why) {
  struct json_error bad;
  const struct text body =
      arena_copy_text(arena, text_sub(unread(r), h->size, (size_t)h->body));
  r->taken += h->size + (size_t)h->body;
  if (body.ptr == NULL) {
    return fail(why, BT_ERR_NOMEM, "no memory for the message");
  }
  const enum bt_err err =
      json_parse(arena, body, JSON_DEPTH_DEFAULT, out, &bad);
  return err == BT_ERR_OK
             ? BT_ERR_OK
             : fail(why, err, "the message is not good JSON, at byte %zu: %s",
                    bad.offset, bad.message);
}

static void pass_over(struct rpc_stdio *r) {
  const size_t there = unread(r).len;
  const size_t n = r->skip < there ? (size_t)r->skip : there;
  r->taken += n;
  r->skip -= n;
}

/* What is there, taken; BT_ERR_BUSY: more must be read first. */
static enum bt_err take(struct rpc_stdio *r, struct arena *arena,
                        struct json **out, struct rpc_error *why) {
  struct header h = {0};
  pass_over(r);
  const enum bt_err err = r->skip > 0 ? BT_ERR_BUSY : take_header(r, &h, why);
  if (err != BT_ERR_OK) {
    return err;
  }
  if (h.body > RPC_MESSAGE_MAX) {
    r->taken += h.size;
    r->skip = h.body;
    return fail(why, BT_ERR_RANGE,
                "a message of %llu bytes was passed over; the limit is %d",
                (unsigned long long)h.body, RPC_MESSAGE_MAX);
  }
  if (unread(r).len < h.size + h.body) {
    return BT_ERR_BUSY;
  }
  return parse(r, &h, arena, out, why);
}

static enum bt_err at_end(const struct rpc_stdio *r, struct rpc_error *why) {
  return unread(r).len == 0 && r->skip == 0
             ? BT_ERR_CLOSED
             : fail(why, BT_ERR_CORRUPT,
                    "the input ended in the middle of a message");
}

enum bt_err rpc_read(struct rpc_stdio *r, int wait_ms, struct arena *arena,
                     struct json **out, struct rpc_error *why) {
  const int64_t until_ms = clock_ms() + (wait_ms > 0 ? wait_ms : 0);
  for (;;) {
    enum bt_err err = take(r, arena, out, why);
    if (err != BT_ERR_BUSY) {
      return err;
    }
    if (r->ended) {
      return at_end(r, why);
    }
    err = wait_for_input(r, wait_ms, until_ms);
    if (err == BT_ERR_OK) {
      err = read_more(r, why);
    }
    if (err != BT_ERR_OK) {
      return err;
    }
  }
}

/* ---- writing */

static enum bt_err write_all(int fd, struct text t) {
  while (t.len > 0) {
    const ssize_t n = write(fd, t.ptr, t.len);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return BT_ERR_IO;
    }
    t = text_sub(t, (size_t)n, SIZE_MAX);
  }
  return BT_ERR_OK;
}

enum bt_err rpc_write(struct rpc_stdio *r, struct text json) {
  char header[64];
  const int n =
      snprintf(header, sizeof header, "Content-Length: %zu\r\n\r\n", json.len);
  const enum bt_err err = write_all(r->out, (struct text){header, (size_t)n});
  return err == BT_ERR_OK ? write_all(r->out, json) : err;
}
