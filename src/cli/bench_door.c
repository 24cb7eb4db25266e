/* The loop of the door: one client, its lines, and the journal's word. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "cli/bench_cli.h"
#include "cli/peers_door.h"
#include "domain/heap.h"

enum { LISTEN_SIZE = 65536, TICK_MS = 100 };

struct loop {
  struct door door;
  struct domain *domain;
  int wake_fd, client_fd;
  struct textbuf in; /* lines that are not whole yet */
};

/* On the journal's thread. */
static void wake(void *ctx, uint64_t seq) {
  const struct loop *l = ctx;
  const uint64_t one = 1;
  (void)seq;
  bt_check(write(l->wake_fd, &one, sizeof one) == sizeof one);
}

static void on_failed(void *ctx, const struct journal_error *why) {
  cli_error("%s", why->text);
  wake(ctx, 0);
}

/* ---- lines */

static void drop_front(struct textbuf *b, size_t n) {
  memmove(b->ptr, b->ptr + n, b->len - n);
  b->len -= n;
}

static bool take_lines(struct loop *l) {
  const struct text all = textbuf_text(&l->in);
  size_t from = 0, end;
  while ((end = text_find(all, TEXT("\n"), from)) < all.len) {
    if (!door_take(&l->door, text_sub(all, from, end - from))) {
      return false;
    }
    from = end + 1;
  }
  drop_front(&l->in, from);
  return true;
}

/* False at the end. */
static bool hear(struct loop *l) {
  char bytes[LISTEN_SIZE];
  const ssize_t n = read(l->client_fd, bytes, sizeof bytes);
  if (n <= 0) {
    return false;
  }
  textbuf_add(&l->in, (struct text){bytes, (size_t)n});
  return take_lines(l);
}

static bool say(struct loop *l) {
  struct textbuf *out = &l->door.out;
  const struct text all = textbuf_text(out);
  if (all.len == 0) {
    return true;
  }
  const ssize_t n = send(l->client_fd, all.ptr, all.len, MSG_NOSIGNAL);
  if (n < 0) {
    return errno == EAGAIN || errno == EINTR;
  }
  drop_front(out, (size_t)n);
  return true;
}

static void hear_journal(struct loop *l) {
  uint64_t count;
  bt_check(read(l->wake_fd, &count, sizeof count) == sizeof count);
  (void)domain_release(l->domain);
}

static void serve(struct loop *l) {
  bool good = true;
  while (good && !domain_failed(l->domain)) {
    const bool more = l->door.out.len > 0;
    struct pollfd fds[] = {
        {.fd = l->client_fd, .events = (short)(POLLIN | (more ? POLLOUT : 0))},
        {.fd = l->wake_fd, .events = POLLIN}};
    if (poll(fds, 2, domain_due(l->domain) ? 0 : TICK_MS) < 0) {
      continue;
    }
    if ((fds[0].revents & (POLLIN | POLLHUP)) != 0) {
      good = hear(l);
    }
    if ((fds[1].revents & POLLIN) != 0) {
      hear_journal(l);
    } else if (domain_due(l->domain)) {
      (void)domain_release(l->domain);
    }
    door_tick(&l->door);
    good = good && say(l) && l->door.why[0] == '\0';
  }
}

/* ---- opening */

/* The one client, after its port was printed; -1: said. */
static int await_client(void) {
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  int client = -1;
  if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
      listen(fd, 1) == 0 &&
      getsockname(fd, (struct sockaddr *)&at, &size) == 0) {
    printf("door 127.0.0.1:%u\n", ntohs(at.sin_port));
    (void)fflush(stdout);
    client = accept(fd, NULL, NULL);
  }
  if (client < 0) {
    cli_error("no socket on 127.0.0.1: %s", strerror(errno));
  }
  (void)close(fd);
  return client;
}

static bool open_domain(struct loop *l, const char *data) {
  const struct journal_options options = {.centre = TEXT("peers"),
                                          .ctx = l,
                                          .on_durable = wake,
                                          .on_failed = on_failed};
  const struct domain_options domain = {.engine = {.centre = TEXT("peers")},
                                        .seed = 1};
  struct journal_error why = {.code = BT_ERR_OK};
  struct journal *journal = NULL;
  if (journal_open_sqlite(data, &options, &journal, &why) != BT_ERR_OK ||
      domain_open(heap_mem(), journal, &domain, &l->domain, &why) !=
          BT_ERR_OK) {
    cli_error("%s", why.text);
    return false;
  }
  return true;
}

int bench_door(const char *data) {
  struct loop l = {.wake_fd = eventfd(0, EFD_NONBLOCK)};
  textbuf_init(&l.in, heap_mem());
  if (l.wake_fd < 0 || !open_domain(&l, data)) {
    return CLI_FAILED;
  }
  door_open(&l.door, heap_mem(), l.domain);
  l.client_fd = await_client();
  if (l.client_fd >= 0) {
    serve(&l);
    (void)close(l.client_fd);
  }
  const bool good = l.client_fd >= 0 && l.door.why[0] == '\0';
  if (l.door.why[0] != '\0') {
    cli_error("%s", l.door.why);
  }
  domain_close(l.domain, false);
  door_close(&l.door);
  textbuf_free(&l.in);
  (void)close(l.wake_fd);
  return good ? CLI_DONE : CLI_FAILED;
}
