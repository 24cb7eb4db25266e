#include "bench/metrics.h"

#include "bench/machine.h"
#include "net/client.h"

enum { WAIT_NS = 1000000000, TURN_US = 5000 };

/* The value behind "\nNAME ". */
static double value_of(struct text page, struct text name) {
  double value = 0;
  for (size_t at = text_find(page, name, 0); at < page.len;
       at = text_find(page, name, at + 1)) {
    const bool begins = at == 0 || page.ptr[at - 1] == '\n';
    const struct text rest = text_sub(page, at + name.len, page.len);
    if (begins && text_starts(rest, TEXT(" "))) {
      const size_t end = text_find(rest, TEXT("\n"), 0);
      (void)text_to_double(text_sub(rest, 1, end - 1), &value);
      break;
    }
  }
  return value;
}

struct metrics metrics_read(struct text page) {
  return (struct metrics){
      .batches = value_of(page, TEXT("baton_journal_batches_total")),
      .bytes = value_of(page, TEXT("baton_journal_bytes_total")),
      .groups = value_of(page, TEXT("baton_journal_groups_total")),
      .commit_p50_s = value_of(
          page, TEXT("baton_journal_commit_seconds{quantile=\"0.5\"}")),
      .commit_p99_s = value_of(
          page, TEXT("baton_journal_commit_seconds{quantile=\"0.99\"}"))};
}

struct asked {
  struct metrics found;
  int status;
  bool answered;
};

static void on_response(void *ctx, const struct client_response *response) {
  struct asked *a = ctx;
  a->answered = true;
  a->status = response->err == BT_ERR_OK ? response->status : 0;
  if (a->status == 200) {
    a->found = metrics_read(response->body);
  }
}

enum bt_err metrics_fetch(struct bench *b, struct loop *loop, struct text host,
                          uint16_t port, struct metrics *out) {
  const struct client_target target = {.method = HTTP_GET,
                                       .path = TEXT("/metrics")};
  struct asked asked = {.answered = false};
  struct client *client = NULL;
  enum bt_err err = client_create(loop, host, port, NULL, &client);
  if (err == BT_ERR_OK) {
    err = client_request(client, &target, TEXT(""), on_response, &asked);
  }
  const int64_t end_ns = machine_now_ns() + 10 * (int64_t)WAIT_NS;
  while (err == BT_ERR_OK && !asked.answered && machine_now_ns() < end_ns) {
    loop_turn(loop, TURN_US);
  }
  client_free(client);
  if (err != BT_ERR_OK || asked.status != 200) {
    return bench_fail(b, BT_ERR_IO, "the server does not answer /metrics");
  }
  *out = asked.found;
  return BT_ERR_OK;
}
