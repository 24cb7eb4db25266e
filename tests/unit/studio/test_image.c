/* A run as bytes: what comes back is the same run, and what does not verify
 * does not come back. */
#include "host.h"

#include "base/rand.h"

static const char script[] = "DYNAMIC o\n"
                             "o.name = \"Ann\"\n"
                             "o.list[1] = 1.5\n"
                             "o.self = o\n"
                             "joined = \"a\" + o.name\n"
                             "FUNCTION deep(n) {\n"
                             "  IF n = 0 { Wait(1) }\n"
                             "  ELSE { deep(n - 1) }\n"
                             "  TRACE \"{n} {o.name} {o.self.self.list[1]}\"\n"
                             "}\n"
                             "FOREACH x IN \"p|q\" {\n"
                             "  FOR i = 1 TO 2 {\n"
                             "    Ask(x, i)\n"
                             "    TRACE \"{x}{i}\"\n"
                             "  }\n"
                             "}\n"
                             "deep(3)\n"
                             "TRACE joined + o.name\n"
                             "p = GetRESTProxy()\n"
                             "r = p.MakeRestRequest(\"/x\", \"\", 0, \"GET\")\n"
                             "TRACE p.StatusCode\n"
                             "ON Error { TRACE _ERR }\n";

struct fixture {
  struct host host;
  struct diagnostics diags;
  struct program *program;
};

static void setup(struct fixture *f) {
  host_init(&f->host);
  diagnostics_init(&f->diags, &f->host.tm.mem);
  assert_int_equal(program_compile(&f->host.tm.mem, TEXT("image"),
                                   text_from(script), &f->diags, &f->program),
                   BT_ERR_OK);
}

static void teardown(struct fixture *f) {
  program_free(f->program);
  diagnostics_free(&f->diags);
  host_free(&f->host);
}

static struct vm *start(struct fixture *f) {
  struct vm *vm = NULL;
  assert_int_equal(vm_start(&f->host.tm.mem, f->program, &vm), BT_ERR_OK);
  return vm;
}

/* The run as it sleeps for the @n-th time. */
static struct vm *run_to_sleep(struct fixture *f, int n) {
  struct vm *vm = start(f);
  for (;;) {
    assert_int_equal(vm_run(vm, &f->host.env), VM_ACTION);
    if (--n == 0) {
      return vm;
    }
    host_act(&f->host, vm);
  }
}

static void save(const struct vm *vm, struct textbuf *out,
                 const struct mem *mem) {
  textbuf_init(out, mem);
  assert_int_equal(image_save(vm, out), BT_ERR_OK);
}

static void test_same_output(void **state) {
  (void)state;
  struct textbuf plain;
  for (int reload = 0; reload < 2; reload++) {
    struct fixture f;
    setup(&f);
    f.host.save_and_load = reload == 1;
    struct vm *vm = start(&f);
    assert_int_equal(host_run(&f.host, &vm), VM_DONE);
    vm_free(vm);
    const struct text found = textbuf_text(&f.host.out);
    assert_true(text_ends(found, TEXT("0 Ann 1.5\n1 Ann 1.5\n2 Ann 1.5\n"
                                      "3 Ann 1.5\naAnnAnn\n200\n")));
    if (reload == 0) {
      static struct test_mem keep;
      test_mem_init(&keep);
      textbuf_init(&plain, &keep.mem);
      textbuf_add(&plain, found);
    } else {
      assert_true(text_equal(found, textbuf_text(&plain)));
      textbuf_free(&plain);
    }
    teardown(&f);
  }
}

static void test_saved_again_is_the_same_bytes(void **state) {
  (void)state;
  struct fixture f;
  setup(&f);
  struct textbuf first, second;
  struct vm *vm = run_to_sleep(&f, 9); /* deep in calls */
  save(vm, &first, &f.host.tm.mem);
  vm = host_reload(&f.host, vm);
  save(vm, &second, &f.host.tm.mem);
  assert_true(text_equal(textbuf_text(&first), textbuf_text(&second)));
  assert_in_range(first.len, 1, 1024);
  textbuf_free(&first);
  textbuf_free(&second);
  vm_free(vm);
  teardown(&f);
}

static void test_foreign_images(void **state) {
  (void)state;
  struct fixture f;
  struct textbuf image;
  struct vm *out = NULL;
  uint64_t hash = 0;
  setup(&f);
  struct vm *vm = run_to_sleep(&f, 1);
  save(vm, &image, &f.host.tm.mem);
  vm_free(vm);
  assert_int_equal(image_program_hash(textbuf_text(&image), &hash), BT_ERR_OK);
  assert_true(hash == program_hash(f.program));
  image.ptr[5] ^= 1; /* another program's */
  assert_int_equal(
      image_load(&f.host.tm.mem, f.program, textbuf_text(&image), &out),
      BT_ERR_FOREIGN);
  image.ptr[5] ^= 1;
  image.ptr[12] ^= 1; /* other registers */
  assert_int_equal(
      image_load(&f.host.tm.mem, f.program, textbuf_text(&image), &out),
      BT_ERR_FOREIGN);
  image.ptr[12] ^= 1;
  image.ptr[3] = 2; /* of before a release */
  assert_int_equal(
      image_load(&f.host.tm.mem, f.program, textbuf_text(&image), &out),
      BT_ERR_FOREIGN);
  image.ptr[3] = 99; /* a later version */
  assert_int_equal(
      image_load(&f.host.tm.mem, f.program, textbuf_text(&image), &out),
      BT_ERR_FOREIGN);
  assert_null(out);
  textbuf_free(&image);
  teardown(&f);
}

/* A run that came from forged bytes may fail, and must not do anything else. */
static void run_forged(struct fixture *f, struct vm *vm) {
  for (int i = 0; i < 50; i++) {
    if (vm_is_waiting(vm)) {
      vm_resume_null(vm);
    }
    const enum vm_status status = vm_run(vm, &f->host.env);
    if (status != VM_ACTION) {
      break;
    }
  }
  vm_free(vm);
}

static void test_every_cut_is_found(void **state) {
  (void)state;
  struct fixture f;
  struct textbuf image;
  setup(&f);
  struct vm *vm = run_to_sleep(&f, 9);
  save(vm, &image, &f.host.tm.mem);
  vm_free(vm);
  for (size_t len = 0; len < image.len; len++) {
    struct vm *out = NULL;
    assert_int_equal(image_load(&f.host.tm.mem, f.program,
                                (struct text){image.ptr, len}, &out),
                     BT_ERR_CORRUPT);
  }
  textbuf_free(&image);
  teardown(&f);
}

static void test_flipped_bytes_do_no_harm(void **state) {
  (void)state;
  struct fixture f;
  struct textbuf image;
  struct rand r;
  rand_seed(&r, 11);
  setup(&f);
  struct vm *vm = run_to_sleep(&f, 9);
  save(vm, &image, &f.host.tm.mem);
  vm_free(vm);
  for (int i = 0; i < 3000; i++) {
    struct vm *out = NULL;
    const size_t at = 12 + (size_t)rand_below(&r, image.len - 12);
    const char before = image.ptr[at];
    image.ptr[at] = (char)(unsigned char)rand_below(&r, 256);
    if (image_load(&f.host.tm.mem, f.program, textbuf_text(&image), &out) ==
        BT_ERR_OK) {
      run_forged(&f, out);
    }
    image.ptr[at] = before;
  }
  textbuf_free(&image);
  teardown(&f);
}

static void test_ended_runs_can_be_saved(void **state) {
  (void)state;
  struct fixture f;
  setup(&f);
  struct vm *vm = start(&f);
  assert_int_equal(host_run(&f.host, &vm), VM_DONE);
  vm = host_reload(&f.host, vm);
  assert_int_equal(vm_run(vm, &f.host.env), VM_DONE);
  assert_int_equal(vm_start_section(vm, TEXT("Error"), TEXT("")), BT_ERR_OK);
  assert_int_equal(host_run(&f.host, &vm), VM_DONE);
  vm_free(vm);
  teardown(&f);
}

static void test_without_memory(void **state) {
  (void)state;
  struct fixture f;
  struct textbuf image;
  enum bt_err err = BT_ERR_NOMEM;
  setup(&f);
  struct vm *vm = run_to_sleep(&f, 9);
  save(vm, &image, &f.host.tm.mem);
  vm_free(vm);
  for (uint64_t n = 1; err == BT_ERR_NOMEM; n++) {
    struct test_mem tm;
    struct vm *out = NULL;
    test_mem_init(&tm);
    tm.fail_at = n;
    err = image_load(&tm.mem, f.program, textbuf_text(&image), &out);
    vm_free(out);
    assert_int_equal(tm.live_bytes, 0);
  }
  assert_int_equal(err, BT_ERR_OK);
  textbuf_free(&image);
  teardown(&f);
}

/* Both cut a text: what an operator quotes, and what is thrown. An image whose
 * sentence ends inside a character does not load. */
static void test_a_failure_that_quotes_half_a_character(void **state) {
  (void)state;
  static const char *const before[] = {"x = 1 - \"", "\""};
  static const char *const behind[] = {"\"\n", "\".throw()\n"};
  for (size_t i = 0; i < 2; i++) {
    for (size_t shift = 0; shift < 4; shift++) {
      struct textbuf source;
      struct fixture f;
      host_init(&f.host);
      diagnostics_init(&f.diags, &f.host.tm.mem);
      textbuf_init(&source, &f.host.tm.mem);
      textbuf_addf(&source, "%s%.*s", before[i], (int)shift, "aaaa");
      for (int n = 0; n < 200; n++) {
        textbuf_add(&source, TEXT("😀"));
      }
      textbuf_addf(&source, "%s", behind[i]);
      assert_int_equal(program_compile(&f.host.tm.mem, TEXT("image"),
                                       textbuf_text(&source), &f.diags,
                                       &f.program),
                       BT_ERR_OK);
      textbuf_free(&source);
      struct vm *vm = start(&f);
      assert_int_equal(vm_run(vm, &f.host.env), VM_ERROR);
      vm = host_reload(&f.host, vm);
      vm_free(vm);
      teardown(&f);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_same_output),
      cmocka_unit_test(test_saved_again_is_the_same_bytes),
      cmocka_unit_test(test_foreign_images),
      cmocka_unit_test(test_every_cut_is_found),
      cmocka_unit_test(test_flipped_bytes_do_no_harm),
      cmocka_unit_test(test_ended_runs_can_be_saved),
      cmocka_unit_test(test_without_memory),
      cmocka_unit_test(test_a_failure_that_quotes_half_a_character),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
