/* fuzz_command.c - any bytes as the body or the options of any command.
 *
 * The first byte chooses the command, its highest bit options instead of JSON.
 * What is taken must be within the limits of field.def; what is refused must
 * say so in whole UTF-8 characters.
 */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "engine/form.h"
#include "support.h"

enum { BODY_MAX = 64 * 1024, ARENA_MAX = 16 * 1024 * 1024 };

static void check_record(const struct record *r) {
  for (uint32_t i = 0; i < FIELDS; i++) {
    const enum field f = (enum field)i;
    if (!record_has(r, f)) {
      continue;
    }
    bt_check(command_takes((enum command_type)r->type, f));
    const struct field_info *info = field_info(f);
    const int64_t measure =
        field_is_text(f) ? (int64_t)record_text(r, f).len : record_num(r, f);
    bt_check(measure >= info->min && measure <= info->max);
    if (field_is_text(f)) {
      const struct text t = record_text(r, f);
      bt_check(utf8_first_bad(t) == t.len);
    }
  }
}

static void check_error(const struct form_error *e) {
  bt_check(e->refusal != REFUSAL_NONE);
  bt_check(memchr(e->pointer, '\0', sizeof e->pointer) != NULL);
  bt_check(memchr(e->detail, '\0', sizeof e->detail) != NULL);
  const struct text detail = text_from(e->detail);
  const struct text pointer = text_from(e->pointer);
  bt_check(detail.len > 0 && utf8_first_bad(detail) == detail.len);
  bt_check(utf8_first_bad(pointer) == pointer.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0 || size > BODY_MAX) {
    return 0;
  }
  const enum command_type type =
      (enum command_type)((data[0] & 0x7f) % COMMANDS);
  const struct text body = {(const char *)data + 1, size - 1};
  struct test_mem tm;
  test_mem_init(&tm);
  struct arena arena;
  arena_init(&arena, &tm.mem, ARENA_MAX);
  struct record r;
  struct form_error e;
  const bool done = (data[0] & 0x80) != 0
                        ? form_read_options(type, body, &arena, &r, &e)
                        : form_read_json(type, body, &arena, &r, &e);
  if (done) {
    check_record(&r);
  } else {
    check_error(&e);
  }
  arena_free(&arena);
  bt_check(tm.live_bytes == 0);
  return 0;
}
