/* fuzz_format.c - any bytes as a script to be laid out.
 *
 * What has no syntax error is laid out; the second time changes nothing, and
 * the compiled program is the same.
 */
#include <stdint.h>

#include "base/check.h"
#include "same_program.h"
#include "studio/format.h"
#include "support.h"

enum { SOURCE_MAX = 4096 };

static struct program *compile(const struct mem *mem, struct text source) {
  struct diagnostics diags;
  struct program *program = NULL;
  diagnostics_init(&diags, mem);
  const enum bt_err err =
      program_compile(mem, TEXT("f"), source, &diags, &program);
  bt_check(err == BT_ERR_OK || err == BT_ERR_SYNTAX);
  diagnostics_free(&diags);
  return program;
}

static enum bt_err format(const struct mem *mem, struct text source,
                          struct textbuf *out) {
  struct diagnostics diags;
  diagnostics_init(&diags, mem);
  const enum bt_err err = format_script(mem, TEXT("f"), source, &diags, out);
  diagnostics_free(&diags);
  return err;
}

static void check_result(const struct mem *mem, struct text before,
                         struct text after) {
  struct textbuf again;
  textbuf_init(&again, mem);
  bt_check(format(mem, after, &again) == BT_ERR_OK);
  bt_check(text_equal(after, textbuf_text(&again)));
  textbuf_free(&again);
  struct program *a = compile(mem, before), *b = compile(mem, after);
  bt_check((a == NULL) == (b == NULL));
  bt_check(a == NULL || same_program(a, b));
  program_free(a);
  program_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct test_mem tm;
  struct textbuf out;
  if (size > SOURCE_MAX) {
    return 0;
  }
  test_mem_init(&tm);
  textbuf_init(&out, &tm.mem);
  const struct text source = {(const char *)data, size};
  const enum bt_err err = format(&tm.mem, source, &out);
  bt_check(err == BT_ERR_OK || err == BT_ERR_SYNTAX);
  if (err == BT_ERR_OK) {
    check_result(&tm.mem, source, textbuf_text(&out));
  }
  textbuf_free(&out);
  bt_check(tm.live_bytes == 0);
  return 0;
}
