/* What an expression is worth in a frame of a run: computed on a copy. */
#include "base/check.h"
#include "studio/action.h"
#include "studio/expression_priv.h"
#include "studio/image.h"
#include "studio/inspect.h"
#include "studio/vm_priv.h"

void inspect_result_init(struct inspect_result *r, const struct mem *mem) {
  *r = (struct inspect_result){.kind = VM_KIND_NULL};
  textbuf_init(&r->text, mem);
  textbuf_init(&r->json, mem);
}

void inspect_result_free(struct inspect_result *r) {
  textbuf_free(&r->text);
  textbuf_free(&r->json);
}

static void say_first(const struct diagnostics *diags, struct textbuf *out) {
  for (size_t i = 0; i < diags->count; i++) {
    const struct diagnostic *d = &diags->items[i];
    if (d->severity == DIAGNOSTIC_ERROR) {
      textbuf_addf(out, "column %u: %.*s", d->column, TEXT_ARG(d->message));
      return;
    }
  }
}

/* The part whose names the frame knows: the main one when nothing runs. */
static uint32_t part_of(const struct vm *vm, size_t frame) {
  if (vm->frame_count == 0) {
    return 0;
  }
  bt_check(frame < vm->frame_count);
  return vm->frames[vm->frame_count - 1 - frame].part;
}

static enum bt_err copy_run(const struct vm *vm, const struct expression *e,
                            struct vm **out) {
  struct textbuf image;
  textbuf_init(&image, vm->mem);
  enum bt_err err = image_save(vm, &image);
  if (err == BT_ERR_OK) {
    err = image_load(vm->mem, &e->program, textbuf_text(&image), out);
  }
  textbuf_free(&image);
  return err;
}

/* The expression's part takes the place of whatever the frame was doing. */
static bool enter(struct vm *copy, const struct expression *e, size_t frame) {
  uint32_t base = 0;
  if (copy->frame_count > 0) {
    copy->frame_count -= frame;
    base = vm_frame(copy)->base;
  }
  const struct part *part = &e->program.parts[e->part];
  const uint32_t variables = part->unit->kind == UNIT_FUNCTION
                                 ? part->unit->local_count
                                 : e->program.script.variable_count;
  if (!vm_enter(copy, e->part, base, variables)) {
    return false;
  }
  copy->state = VM_STATE_READY;
  copy->line_shown = false;
  copy->steps = INSPECT_STEPS_MAX;
  return true;
}

static enum bt_err refuse_action(const struct vm *copy,
                                 struct inspect_result *out) {
  const struct vm_action a = vm_action(copy);
  textbuf_addf(&out->text,
               "%.*s() asks the session, and looking must not: let the script "
               "run it, and look at its result",
               TEXT_ARG(action_info(a.id)->name));
  return BT_ERR_UNSUPPORTED;
}

static enum bt_err take_result(const struct vm *copy, struct value v,
                               struct inspect_result *out) {
  out->kind = vm_kind_of(v);
  out->truth = value_is_true(v);
  vm_print_limited(copy, v, false, &out->text);
  vm_print_limited(copy, v, true, &out->json);
  if (out->text.failed || out->json.failed) {
    textbuf_clear(&out->json);
    textbuf_clear(&out->text);
    textbuf_add(&out->text, TEXT("the value is too large to be shown"));
    return BT_ERR_STATE;
  }
  return BT_ERR_OK;
}

static enum bt_err compute(struct vm *copy, const struct expression *e,
                           size_t frame, struct inspect_result *out) {
  if (!enter(copy, e, frame)) {
    return BT_ERR_NOMEM;
  }
  const uint32_t base = vm_frame(copy)->base;
  switch (vm_loop(copy, false)) {
  case VM_DONE:
    return take_result(copy, copy->stack[base + e->result], out);
  case VM_ACTION:
    return refuse_action(copy, out);
  case VM_ERROR:
    if (copy->failure == FAILURE_MEMORY) {
      return BT_ERR_NOMEM;
    }
    if (copy->failure == FAILURE_STEPS) {
      textbuf_addf(&out->text, "it takes more than %d statements",
                   INSPECT_STEPS_MAX);
    } else {
      textbuf_add(&out->text, textbuf_text(&copy->failure_text));
    }
    return BT_ERR_STATE;
  case VM_LINE:
    break;
  }
  bt_check_failed("a line without a trace", __FILE__, __LINE__, __func__);
}

enum bt_err inspect_evaluate(const struct vm *vm, size_t frame,
                             struct text expression,
                             struct inspect_result *out) {
  struct diagnostics diags;
  struct expression e;
  struct vm *copy = NULL;
  const struct expression_source from = {
      .program = vm->program, .of = part_of(vm, frame), .source = expression};
  textbuf_clear(&out->text);
  textbuf_clear(&out->json);
  diagnostics_init(&diags, vm->mem);
  enum bt_err err = expression_compile(vm->mem, &from, &diags, &e);
  if (err != BT_ERR_OK) {
    say_first(&diags, &out->text);
    diagnostics_free(&diags);
    return err;
  }
  err = copy_run(vm, &e, &copy);
  if (err == BT_ERR_OK) {
    err = compute(copy, &e, frame, out);
  }
  vm_free(copy);
  expression_free(&e);
  diagnostics_free(&diags);
  return err;
}
