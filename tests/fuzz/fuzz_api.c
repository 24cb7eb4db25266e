/* fuzz_api.c - any bytes as a request to the API: path, query and body.
 *
 * The first byte chooses method and role, the line after it is the path with
 * its query, the rest the body. One centre with an open session serves some
 * hundred requests, then a fresh one does. What comes back must be JSON, and a
 * problem document when it is a refusal; the engine's own checks watch the
 * rest.
 */
#include <string.h>

#include "api/api.h"
#include "base/check.h"
#include "support.h"

enum { REQUEST_MAX = 16 * 1024, DEPTH = 64, REQUESTS_EACH = 200 };

static struct test_mem heap;
static struct domain *domain;
static struct api *api;
static struct loop *loop;
static struct http_server *http;
static unsigned served;
static struct id session;
static bool answered;

static void on_opened(void *ctx, const struct answer *a) {
  (void)ctx;
  session = a->session;
}

static struct command own(enum command_type type) {
  struct command cmd = {.by = {.role = ROLE_SYSTEM, .number = SESSION_NOBODY},
                        .now_us = INT64_C(1790000000000000),
                        .entropy = {1, 2}};
  record_init(&cmd.args, type);
  return cmd;
}

static void put(enum command_type type, const char *config) {
  struct command cmd = own(type);
  record_set_text(&cmd.args, FIELD_CONFIG, text_from(config));
  domain_submit(domain, &cmd, NULL, NULL);
}

static void furnish(void) {
  put(COMMAND_PUT_QUEUE, "{\"id\":\"support\",\"skills\":[\"English\"]}");
  put(COMMAND_PUT_AGENT, "{\"id\":\"anna\",\"skills\":[\"English\"]}");
  put(COMMAND_PUT_BOT, "{\"id\":\"cognigy\"}");
  put(COMMAND_PUT_ENTRY, "{\"id\":\"main\",\"bot\":\"cognigy\"}");
  const struct command open = own(COMMAND_OPEN_SESSION);
  domain_submit(domain, &open, on_opened, NULL);
  (void)domain_release(domain);
}

static int64_t unix_us(void *ctx) {
  (void)ctx;
  return INT64_C(1790000001000000);
}

static void entropy(void *ctx, void *bytes, size_t size) {
  (void)ctx;
  memset(bytes, 7, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void start(void) {
  struct journal *journal = NULL;
  struct journal_error why;
  const struct journal_options memory = {.centre = TEXT("acme")};
  const struct domain_options options = {.engine = {.centre = TEXT("acme")}};
  test_mem_init(&heap);
  bt_check(journal_open_memory(&memory, &journal) == BT_ERR_OK);
  bt_check(domain_open(&heap.mem, journal, &options, &domain, &why) ==
           BT_ERR_OK);
  bt_check(loop_create(&heap.mem, &loop) == BT_ERR_OK);
  const struct api_options api_options = {
      .domain = domain,
      .loop = loop,
      .secret = TEXT("a secret of more than thirty-two bytes"),
      .unix_us = unix_us,
      .entropy = entropy};
  bt_check(api_create(&heap.mem, &api_options, &api) == BT_ERR_OK);
  bt_check(http_server_create(loop, NULL, api_http_handlers(), api, &http) ==
           BT_ERR_OK);
  api_attach(api, http); /* it has limits and counters, and does not listen */
  furnish();
}

static void end(void) {
  http_server_free(http);
  api_free(api);
  domain_close(domain, false);
  loop_free(loop);
  bt_check(heap.live_bytes == 0);
}

static void check_reply(const struct api_reply *reply) {
  struct arena arena;
  struct json *tree = NULL;
  bt_check(reply->code >= 200 && reply->code < 600);
  if (!text_starts(reply->content_type, TEXT("application/"))) {
    return;
  }
  arena_init(&arena, &heap.mem, 0);
  bt_check(json_parse(&arena, reply->body, DEPTH, &tree, NULL) == BT_ERR_OK);
  if (reply->code >= 400) {
    bt_check(text_equal(reply->content_type, TEXT("application/problem+json")));
    bt_check(json_member(tree, TEXT("code"))->i == reply->code);
    bt_check(json_member(tree, TEXT("refusal")) != NULL);
  }
  arena_free(&arena);
}

static void on_reply(void *ctx, const struct api_reply *reply) {
  (void)ctx;
  answered = true;
  check_reply(reply);
}

/* "{s}" stands for the open session, so that a path can name it. */
static void put_path(struct text raw, struct textbuf *out) {
  char id[ID_TEXT_LEN];
  id_to_text(session, id);
  const size_t at = text_find(raw, TEXT("{s}"), 0);
  textbuf_add(out, text_sub(raw, 0, at));
  if (at < raw.len) {
    textbuf_add(out, (struct text){id, ID_TEXT_LEN});
    textbuf_add(out, text_sub(raw, at + 3, raw.len));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2 || size > REQUEST_MAX) {
    return 0;
  }
  const struct text all = {(const char *)data + 1, size - 1};
  const size_t line = text_find(all, TEXT("\n"), 0);
  if (served++ % REQUESTS_EACH == 0) {
    if (served > 1) {
      end();
    }
    start();
  }
  struct textbuf path;
  textbuf_init(&path, &heap.mem);
  put_path(text_sub(all, 0, line), &path);
  const struct api_request request = {
      .by = {.role = (enum role)(ROLE_CUSTOMER + (data[0] >> 4) % 6),
             .number = 0,
             .session = session,
             .name = TEXT("fuzz")},
      .method = (enum http_method)((data[0] & 15) % HTTP_METHODS),
      .path = textbuf_text(&path),
      .content_type = TEXT("application/json"),
      .body = text_sub(all, line + 1, all.len)};
  answered = false;
  bt_check(api_call(api, &request, on_reply, NULL) == BT_ERR_OK);
  for (int i = 0; i < 8 && !answered; i++) {
    (void)domain_release(domain);
  }
  bt_check(answered);
  textbuf_free(&path);
  return 0;
}
