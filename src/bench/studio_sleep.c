/* Many scripts asleep at once, each in the middle of a function with what it
 * knows of its caller. Ours are images, as the engine keeps them and writes
 * them to its journal; Lua's are coroutines, which only its process has. */
#include <malloc.h>
#include <string.h>

#include "bench/studio_priv.h"
#include "studio/image.h"

static const char source[] =
    "FUNCTION choose(caller, language) {\n"
    "  greeting = \"Hello \" + caller\n"
    "  choice = Menu(greeting, \"1|2|3\", 30)\n"
    "  RETURN language + \":\" + choice\n"
    "}\n"
    "name = \"Anna Schmidt\"\n"
    "number = \"+49 30 1234567\"\n"
    "tries = 2\n"
    "vip = true\n"
    "DYNAMIC order\n"
    "order.id = 4711\n"
    "order.state = \"sent\"\n"
    "order.total = 19.5\n"
    "wanted = choose(name, \"de\")\n"
    "result = wanted + \" \" + order.id + \" \" + tries\n";

static const char lua[] =
    "local function choose(caller, language)\n"
    "  local greeting = 'Hello ' .. caller\n"
    "  local choice = coroutine.yield(greeting, '1|2|3', 30)\n"
    "  return language .. ':' .. choice\n"
    "end\n"
    "local function flow()\n"
    "  local name, number = 'Anna Schmidt', '+49 30 1234567'\n"
    "  local tries, vip = 2, true\n"
    "  local order = {}\n"
    "  order.id = 4711\n"
    "  order.state = 'sent'\n"
    "  order.total = 19.5\n"
    "  local wanted = choose(name, 'de')\n"
    "  return wanted .. ' ' .. order.id .. ' ' .. tries, number, vip\n"
    "end\n"
    "local all = {}\n"
    "for i = 1, COUNT do all[i] = false end\n"
    "collectgarbage()\n"
    "local before, at = collectgarbage('count'), os.clock()\n"
    "for i = 1, COUNT do\n"
    "  local co = coroutine.create(flow)\n"
    "  coroutine.resume(co)\n"
    "  all[i] = co\n"
    "end\n"
    "local slept = os.clock() - at\n"
    "collectgarbage()\n"
    "local bytes = (collectgarbage('count') - before) * 1024 / COUNT\n"
    "at = os.clock()\n"
    "local result\n"
    "for i = 1, COUNT do\n"
    "  _, result = coroutine.resume(all[i], '2')\n"
    "  all[i] = false\n"
    "end\n"
    "local woke = os.clock() - at\n"
    "io.write(bytes, ' ', slept * 1e9 / COUNT, ' ', woke * 1e9 / COUNT, ' ',\n"
    "         (slept + woke) * 1e9 / COUNT, ' ', result)\n";

struct sleeper {
  char *bytes;
  size_t len;
};

static bool fall_asleep(struct bench *b, const struct program *program,
                        struct textbuf *image, struct sleeper *out) {
  static const struct vm_env env = {.now_us = 1};
  struct vm *vm = NULL;
  textbuf_clear(image);
  const bool good = vm_start(b->mem, program, &vm) == BT_ERR_OK &&
                    vm_run(vm, &env) == VM_ACTION &&
                    image_save(vm, image) == BT_ERR_OK;
  vm_free(vm);
  out->bytes = good ? mem_new(b->mem, image->len) : NULL;
  if (out->bytes == NULL) {
    return false;
  }
  out->len = image->len;
  memcpy(out->bytes, image->ptr, image->len);
  return true;
}

static bool wake(struct bench *b, const struct program *program,
                 struct sleeper *s, struct textbuf *result) {
  static const struct vm_env env = {.now_us = 2};
  struct vm *vm = NULL;
  const bool good = image_load(b->mem, program, (struct text){s->bytes, s->len},
                               &vm) == BT_ERR_OK &&
                    vm_resume_text(vm, TEXT("2")) == BT_ERR_OK &&
                    vm_run(vm, &env) == VM_DONE;
  if (good && result != NULL) {
    studio_result(vm, result);
  }
  vm_free(vm);
  mem_free(b->mem, s->bytes, s->len);
  s->bytes = NULL;
  return good;
}

static enum bt_err measure(struct bench *b, const struct studio_work *work,
                           const struct program *program, uint32_t count,
                           struct studio_measure *out) {
  (void)work;
  struct sleeper *all = mem_new(b->mem, count * sizeof *all);
  struct textbuf image;
  bool good = all != NULL;
  textbuf_init(&image, b->mem);
  const size_t before = mallinfo2().uordblks;
  const int64_t began_ns = studio_cpu_ns();
  for (uint32_t i = 0; i < count && good; i++) {
    good = fall_asleep(b, program, &image, &all[i]);
  }
  const int64_t slept_ns = studio_cpu_ns();
  const size_t after = mallinfo2().uordblks;
  const int64_t waking_ns = studio_cpu_ns();
  for (uint32_t i = 0; i < count && good; i++) {
    good = wake(b, program, &all[i], i + 1 == count ? &out->result : NULL);
  }
  out->figures[0] = (double)(after - before) / count;
  out->figures[1] = (double)(slept_ns - began_ns) / count;
  out->figures[2] = (double)(studio_cpu_ns() - waking_ns) / count;
  out->figures[3] = out->figures[1] + out->figures[2];
  for (uint32_t i = 0; all != NULL && i < count; i++) {
    mem_free(b->mem, all[i].bytes, all[i].len);
  }
  mem_free(b->mem, all, count * sizeof *all);
  textbuf_free(&image);
  return good ? BT_ERR_OK
              : bench_fail(b, BT_ERR_CORRUPT, "a sleeper did not wake well");
}

const struct studio_work studio_sleep = {
    .source = source,
    .lua = lua,
    .per = 1,
    .many = true,
    .rows = {{.name = "asleep",
              .unit = "bytes",
              .doc = "a sleeping script with all of its variables"},
             {.name = "fall asleep",
              .unit = "ns",
              .doc = "begin, run to the first sleep, and for ours: save"},
             {.name = "wake",
              .unit = "ns",
              .doc = "for ours: load; answer, and run to the end"},
             {.name = "sleep, wake",
              .unit = "ns",
              .doc = "both: all that a script costs that sleeps once"}},
    .row_count = 4,
    .measure = measure};
