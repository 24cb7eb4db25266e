/* fuzz_parse.c - any bytes as a script that is read, and never run.
 *
 * Whatever is wrong with it is said at a place that is there, with its line and
 * a caret; what is not wrong compiles and verifies. Nothing is run, so that ten
 * million take an hour and not a week: fuzz_studio.c runs.
 */
#include <stdint.h>

#include "base/check.h"
#include "studio/code_priv.h"
#include "support.h"

enum { SOURCE_MAX = 4096 };

/* Lines and columns count from 1; the line behind the last is the end. */
static void check_place(const struct diagnostic *d, struct text source) {
  bt_check(d->line >= 1 && d->line <= source.len + 1);
  bt_check(d->column >= 1 && d->column <= source.len + 1);
}

static void check_diagnostics(const struct mem *mem, struct diagnostics *diags,
                              struct text source) {
  struct textbuf out;
  textbuf_init(&out, mem);
  for (size_t i = 0; i < diags->count; i++) {
    check_place(&diags->items[i], source);
  }
  diagnostics_print(diags, TEXT("fuzz"), &out);
  bt_check((out.len > 0) == (diags->count > 0));
  textbuf_clear(&out);
  diagnostics_print_json(diags, TEXT("fuzz"), &out);
  bt_check(utf8_first_bad(textbuf_text(&out)) == out.len);
  textbuf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct test_mem tm;
  struct diagnostics diags;
  struct program *program = NULL;
  if (size > SOURCE_MAX) {
    return 0;
  }
  const struct text source = {(const char *)data, size};
  test_mem_init(&tm);
  diagnostics_init(&diags, &tm.mem);
  const enum bt_err err =
      program_compile(&tm.mem, TEXT("fuzz"), source, &diags, &program);
  bt_check(err == BT_ERR_OK || err == BT_ERR_SYNTAX);
  bt_check((err == BT_ERR_SYNTAX) == (diags.errors > 0));
  bt_check(err != BT_ERR_OK || program_verify(program));
  check_diagnostics(&tm.mem, &diags, source);
  program_free(program);
  diagnostics_free(&diags);
  bt_check(tm.live_bytes == 0);
  return 0;
}
