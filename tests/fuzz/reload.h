/* reload.h - a run that goes through its image, as when a server restarts. */
#ifndef BATON_TESTS_RELOAD_H
#define BATON_TESTS_RELOAD_H

#include "base/check.h"
#include "studio/image.h"
#include "studio/vm.h"

/* What was saved must load when nothing else is left of the run, which is
 * freed. */
static struct vm *reload(const struct mem *mem, struct vm *vm) {
  const struct program *program = vm_program(vm);
  struct textbuf image;
  struct vm *loaded = NULL;
  textbuf_init(&image, mem);
  bt_check(image_save(vm, &image) == BT_ERR_OK);
  vm_free(vm);
  bt_check(image_load(mem, program, textbuf_text(&image), &loaded) ==
           BT_ERR_OK);
  textbuf_free(&image);
  return loaded;
}

#endif
