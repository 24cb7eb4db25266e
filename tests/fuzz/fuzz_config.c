/* fuzz_config.c - any bytes as a centre's file: the YAML in it, and what it
 * says.
 *
 * What is wrong is said at a place that is there. A tree that is taken, written
 * again, is the same tree; a configuration that is taken is the same
 * configuration when it is read from that. No file that it names is there.
 */
#include <stdint.h>

#include "server/config.h"
#include "support.h"
#include "yaml_again.h"

enum { SOURCE_MAX = 4096 };

/* Nothing is below a directory that is not there. */
#define PLACE "/nowhere/centre.yaml"

static enum bt_err read(const struct mem *mem, struct text source,
                        struct server_config *out) {
  struct findings findings;
  findings_init(&findings, mem);
  const enum bt_err err =
      server_config_read(mem, PLACE, source, &findings, out);
  bt_check(err == BT_ERR_OK || err == BT_ERR_SYNTAX);
  bt_check((err == BT_ERR_OK) == (findings.errors == 0));
  yaml_check_findings(&findings, PLACE, source);
  findings_free(&findings);
  return err;
}

static void check_same(const struct server_config *a,
                       const struct server_config *b) {
  bt_check(text_equal(a->centre, b->centre) && text_equal(a->data, b->data));
  bt_check(a->port == b->port && a->object_count == b->object_count);
  bt_check(a->token_count == b->token_count && a->bot_count == b->bot_count);
  for (size_t i = 0; i < a->object_count; i++) {
    bt_check(a->objects[i].kind == b->objects[i].kind);
    bt_check(text_equal(a->objects[i].id, b->objects[i].id));
    bt_check(text_equal(a->objects[i].json, b->objects[i].json));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct text source = {(const char *)data, size};
  struct server_config config, other;
  struct test_mem tm;
  struct textbuf again;
  /* Devices may be read for ever. */
  if (size > SOURCE_MAX || text_find(source, TEXT("/dev"), 0) < size ||
      text_find(source, TEXT("/proc"), 0) < size) {
    return 0;
  }
  test_mem_init(&tm);
  textbuf_init(&again, &tm.mem);
  const bool tree = yaml_check_tree(&tm.mem, source, &again);
  if (tree && read(&tm.mem, source, &config) == BT_ERR_OK) {
    bt_check(read(&tm.mem, textbuf_text(&again), &other) == BT_ERR_OK);
    check_same(&config, &other);
    server_config_free(&other);
    server_config_free(&config);
  }
  textbuf_free(&again);
  bt_check(tm.live_bytes == 0);
  return 0;
}
