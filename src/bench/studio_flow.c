/* A flow step: ask the customer, decide by the answer, say what was decided.
 * The host reads what is asked and answers at once. */
#include "bench/studio_priv.h"

enum { STEPS = 100000 };

static const char source[] = "asked = 0\n"
                             "REPEAT 100000\n"
                             "  answer = Menu(\"Where to?\", \"1|2|3\", 30)\n"
                             "  asked = asked + 1\n"
                             "  IF answer = \"1\"\n"
                             "    queue = \"Sales\"\n"
                             "  ELSE IF answer = \"2\"\n"
                             "    queue = \"Support\"\n"
                             "  ELSE\n"
                             "    queue = \"Reception\"\n"
                             "  END IF\n"
                             "  line = \"caller \" + asked + \" to \" + queue\n"
                             "END REPEAT\n"
                             "result = line\n";

static const char lua[] =
    "local function flow()\n"
    "  local asked, line = 0, nil\n"
    "  for _ = 1, 100000 do\n"
    "    local answer = coroutine.yield('menu', 'Where to?', '1|2|3', 30)\n"
    "    asked = asked + 1\n"
    "    local queue\n"
    "    if answer == '1' then queue = 'Sales'\n"
    "    elseif answer == '2' then queue = 'Support'\n"
    "    else queue = 'Reception' end\n"
    "    line = 'caller ' .. asked .. ' to ' .. queue\n"
    "  end\n"
    "  return 'done', line\n"
    "end\n"
    "local answers = {[0] = '1', '2', '3'}\n"
    "local function run()\n"
    "  local co, at = coroutine.create(flow), 0\n"
    "  local _, what, text = coroutine.resume(co)\n"
    "  while what == 'menu' do\n"
    "    _, what, text = coroutine.resume(co, answers[at % 3])\n"
    "    at = at + 1\n"
    "  end\n"
    "  return text\n"
    "end\n"
    "run()\n"
    "local at = os.clock()\n"
    "for _ = 1, COUNT do result = run() end\n"
    "io.write((os.clock() - at) * 1e9 / COUNT / 100000, ' ', result)\n";

/* False: it failed. */
static bool run(struct vm *vm, struct textbuf *choices) {
  static const struct text answers[] = {{"1", 1}, {"2", 1}, {"3", 1}};
  struct vm_env env = {.now_us = 1};
  unsigned at = 0;
  enum vm_status status = vm_run(vm, &env);
  while (status == VM_ACTION) {
    const struct vm_action action = vm_action(vm);
    textbuf_clear(choices);
    vm_arg_text(vm, 1, choices);
    if (action.id != ACTION_MENU ||
        vm_resume_text(vm, answers[at]) != BT_ERR_OK) {
      return false;
    }
    at = at == 2 ? 0 : at + 1;
    env.now_us++;
    status = vm_run(vm, &env);
  }
  return status == VM_DONE;
}

static enum bt_err measure(struct bench *b, const struct studio_work *work,
                           const struct program *program, uint32_t count,
                           struct studio_measure *out) {
  struct textbuf choices;
  bool good = true;
  int64_t began_ns = 0;
  textbuf_init(&choices, b->mem);
  for (uint32_t i = 0; i <= count && good; i++) { /* the first to warm up */
    struct vm *vm = NULL;
    began_ns = i == 1 ? studio_cpu_ns() : began_ns;
    good = vm_start(b->mem, program, &vm) == BT_ERR_OK && run(vm, &choices);
    if (good && i == count) {
      studio_result(vm, &out->result);
    }
    vm_free(vm);
  }
  const double spent_ns = (double)(studio_cpu_ns() - began_ns);
  out->figures[0] = spent_ns / count / work->per;
  textbuf_free(&choices);
  return good ? BT_ERR_OK
              : bench_fail(b, BT_ERR_CORRUPT, "the flow did not end well");
}

const struct studio_work studio_flow = {
    .source = source,
    .lua = lua,
    .per = STEPS,
    .rows = {{.name = "flow step",
              .unit = "ns",
              .doc = "ask, take the answer, decide, build a line"}},
    .row_count = 1,
    .measure = measure};
