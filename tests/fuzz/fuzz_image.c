/* fuzz_image.c - any bytes as a sleeping run.
 *
 * The head of an image names the program and is put before the bytes, so that
 * what follows is reached. What loads must run without harm; what was loaded
 * must be saved as an image that loads.
 */
#include <stdint.h>

#include "reload.h"
#include "rich_script.h"
#include "studio/code_priv.h"
#include "studio/image.h"
#include "studio/vm_priv.h"

enum { IMAGE_MAX = 4096, STEPS = 1000, RUNS_MAX = 8 };

/* Everything in front of the state: the same in each image of the program. */
static size_t head_size(struct text image) {
  size_t at = 3 + 1 + 8;
  while (at < image.len && ((unsigned char)image.ptr[at] & 0x80) != 0) {
    at++;
  }
  return at + 1;
}

static void put_head(const struct mem *mem, const struct program *program,
                     struct textbuf *out) {
  struct vm *vm = NULL;
  bt_check(vm_start(mem, program, &vm) == BT_ERR_OK);
  bt_check(image_save(vm, out) == BT_ERR_OK);
  out->len = head_size(textbuf_text(out));
  vm_free(vm);
}

static void run(const struct mem *mem, struct vm *vm) {
  const struct vm_env env = {.now_us = 1, .entropy = 2};
  vm = reload(mem, vm);
  for (unsigned i = 0; i < RUNS_MAX; i++) {
    if (vm_is_waiting(vm)) {
      rich_answer(vm, i);
    }
    vm->slept = false; /* keeps the small budget */
    vm->steps = vm->steps < STEPS ? vm->steps : STEPS;
    const enum vm_status status = vm_run(vm, &env);
    vm = reload(mem, vm);
    if (status != VM_ACTION) {
      break;
    }
  }
  vm_free(vm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct test_mem tm;
  struct textbuf image;
  struct vm *vm = NULL;
  if (size > IMAGE_MAX) {
    return 0;
  }
  test_mem_init(&tm);
  const struct program *program = rich_program();
  textbuf_init(&image, &tm.mem);
  put_head(&tm.mem, program, &image);
  textbuf_add(&image, (struct text){(const char *)data, size});
  const enum bt_err err =
      image_load(&tm.mem, program, textbuf_text(&image), &vm);
  bt_check(err == BT_ERR_OK || err == BT_ERR_CORRUPT);
  textbuf_free(&image);
  if (err == BT_ERR_OK) {
    run(&tm.mem, vm);
  }
  bt_check(tm.live_bytes == 0);
  return 0;
}
