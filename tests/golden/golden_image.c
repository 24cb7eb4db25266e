/* golden_image.c - a script that an earlier version put to sleep goes on.
 *
 * usage: golden_image check PREFIX    the sleep in PREFIX.hex, of the script
 *                                     PREFIX.studio, must go on and print
 *                                     PREFIX.txt; torn images must be errors
 *        golden_image make PREFIX     writes both, for a new version of the
 *                                     format; those of old versions stay
 */
#include <stdio.h>
#include <string.h>

#include "golden.h"
#include "studio/image.h"
#include "studio/vm.h"
#include "support.h"

/* The sleep that is kept: in the second round of the inner loops. */
enum { SLEEPS_BEFORE = 9, SLEEPS_MAX = 1000 };

static const struct vm_env env = {.now_us = 1700000000000000, .entropy = 1};

/* Prints what the script traces, until it sleeps or ends. */
static enum vm_status run_on(struct vm *vm, struct textbuf *out) {
  enum vm_status status;
  while ((status = vm_run(vm, &env)) == VM_ACTION &&
         vm_action(vm).id == ACTION_TRACE) {
    vm_arg_text(vm, 0, out);
    textbuf_add_char(out, '\n');
    vm_resume_null(vm);
  }
  return status;
}

static bool answer(struct vm *vm) {
  return vm_resume_json(vm, TEXT("{\"code\":200}")) == BT_ERR_OK;
}

static bool run_to_end(struct vm *vm, struct textbuf *out) {
  enum vm_status status = VM_ACTION;
  for (int i = 0; i < SLEEPS_MAX && status == VM_ACTION; i++) {
    if (!answer(vm)) {
      return false;
    }
    status = run_on(vm, out);
  }
  return status == VM_DONE;
}

static struct program *compile(const struct mem *mem, const char *prefix) {
  struct textbuf source;
  struct diagnostics diags;
  struct program *program = NULL;
  textbuf_init(&source, mem);
  diagnostics_init(&diags, mem);
  if (golden_read(prefix, ".studio", &source) &&
      program_compile(mem, TEXT("golden"), textbuf_text(&source), &diags,
                      &program) != BT_ERR_OK) {
    fputs("the script does not compile\n", stderr);
  }
  diagnostics_free(&diags);
  textbuf_free(&source);
  return program;
}

struct files {
  struct textbuf image, hex, text;
};

static bool make(const struct program *program, const struct mem *mem,
                 const char *prefix, struct files *f) {
  struct vm *vm = NULL;
  bool good = vm_start(mem, program, &vm) == BT_ERR_OK;
  for (int i = 0; i < SLEEPS_BEFORE && good; i++) {
    good = run_on(vm, &f->text) == VM_ACTION && answer(vm);
  }
  textbuf_clear(&f->text); /* what it said before it slept */
  good = good && run_on(vm, &f->text) == VM_ACTION &&
         image_save(vm, &f->image) == BT_ERR_OK && run_to_end(vm, &f->text);
  vm_free(vm);
  golden_print_hex(textbuf_text(&f->image), &f->hex);
  return good && golden_write(prefix, ".hex", &f->hex) &&
         golden_write(prefix, ".txt", &f->text);
}

static bool goes_on(const struct program *program, const struct mem *mem,
                    const struct files *f) {
  struct textbuf out;
  struct vm *vm = NULL;
  textbuf_init(&out, mem);
  const enum bt_err err =
      image_load(mem, program, textbuf_text(&f->image), &vm);
  if (err != BT_ERR_OK) {
    fprintf(stderr, "the image: %s\n", bt_err_text(err));
  }
  const bool ended = err == BT_ERR_OK && run_to_end(vm, &out);
  const bool same =
      ended && text_equal(textbuf_text(&out), textbuf_text(&f->text));
  if (ended && !same) {
    fprintf(stderr, "it prints:\n%.*s", TEXT_ARG(textbuf_text(&out)));
  }
  vm_free(vm);
  textbuf_free(&out);
  return same;
}

/* No part of an image is one. */
static bool torn_is_refused(const struct program *program,
                            const struct mem *mem, const struct files *f) {
  for (size_t len = 0; len < f->image.len; len++) {
    struct vm *vm = NULL;
    const enum bt_err err =
        image_load(mem, program, (struct text){f->image.ptr, len}, &vm);
    if (err != BT_ERR_CORRUPT) {
      fprintf(stderr, "%zu bytes of it: %s\n", len, bt_err_text(err));
      vm_free(vm);
      return false;
    }
  }
  return true;
}

static bool check(const struct program *program, const struct mem *mem,
                  const char *prefix, struct files *f) {
  if (!golden_read(prefix, ".hex", &f->hex) ||
      !golden_read(prefix, ".txt", &f->text)) {
    return false;
  }
  golden_parse_hex(textbuf_text(&f->hex), &f->image);
  return f->text.len > 0 && goes_on(program, mem, f) &&
         torn_is_refused(program, mem, f);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fputs("usage: golden_image check|make PREFIX\n", stderr);
    return 2;
  }
  struct test_mem tm;
  struct files f;
  test_mem_init(&tm);
  textbuf_init(&f.image, &tm.mem);
  textbuf_init(&f.hex, &tm.mem);
  textbuf_init(&f.text, &tm.mem);
  struct program *program = compile(&tm.mem, argv[2]);
  const bool made = strcmp(argv[1], "make") == 0;
  const bool done =
      program != NULL && (made ? make(program, &tm.mem, argv[2], &f)
                               : check(program, &tm.mem, argv[2], &f));
  program_free(program);
  textbuf_free(&f.image);
  textbuf_free(&f.hex);
  textbuf_free(&f.text);
  return done ? 0 : 1;
}
