/* host.h - a host for scripts under test: answers at once, writes down what it
 * was asked.
 *
 * What a script prints is a line each in .out. Actions are shown as
 * "> Name(arguments)" when .show_actions is set, and answered with the texts
 * of .answers in turn (JSON), or with a plain success when there is none left.
 */
#ifndef BATON_TESTS_STUDIO_HOST_H
#define BATON_TESTS_STUDIO_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "studio/image.h"
#include "studio/program.h"
#include "studio/vm.h"
#include "support.h"

enum { HOST_ANSWERS_MAX = 32 };

struct host {
  struct test_mem tm;
  struct textbuf out;
  struct text answers[HOST_ANSWERS_MAX];
  size_t answer_count, next_answer;
  bool show_actions;
  bool save_and_load; /* the run goes through its image at each action */
  struct vm_env env;
};

static inline void host_init(struct host *h) {
  *h = (struct host){.env = {.now_us = 1000000, .entropy = 7}};
  test_mem_init(&h->tm);
  textbuf_init(&h->out, &h->tm.mem);
}

static inline void host_free(struct host *h) {
  textbuf_free(&h->out);
  assert_int_equal(h->tm.live_blocks, 0);
  assert_int_equal(h->tm.live_bytes, 0);
}

static inline void host_show(struct host *h, const struct vm *vm,
                             struct vm_action a) {
  textbuf_addf(&h->out, "> %s(", action_info(a.id)->name.ptr);
  for (unsigned i = 0; i < a.argc; i++) {
    textbuf_add(&h->out, i > 0 ? TEXT(", ") : TEXT(""));
    vm_arg_json(vm, i, &h->out);
  }
  textbuf_add(&h->out, TEXT(")\n"));
}

static inline void host_answer(struct host *h, struct vm *vm,
                               struct vm_action a) {
  const bool queued = h->next_answer < h->answer_count;
  if (a.id == ACTION_REST_REQUEST) {
    const struct text body = queued ? h->answers[h->next_answer++] : TEXT("");
    assert_int_equal(vm_resume_rest(vm, 200, TEXT("OK"), body), BT_ERR_OK);
  } else if (queued) {
    assert_int_equal(vm_resume_json(vm, h->answers[h->next_answer++]),
                     BT_ERR_OK);
  } else if (a.id == ACTION_GET_SESSION_INFO) {
    assert_int_equal(
        vm_resume_json(vm, TEXT("{\"code\":200,\"id\":\"s-1\",\"status\":"
                                "\"idle\",\"channel\":\"chat\"}")),
        BT_ERR_OK);
  } else {
    assert_int_equal(
        vm_resume_json(
            vm, TEXT("{\"code\":200,\"status\":\"OK\",\"message\":\"done\"}")),
        BT_ERR_OK);
  }
}

static inline void host_act(struct host *h, struct vm *vm) {
  const struct vm_action a = vm_action(vm);
  switch ((unsigned)a.id) {
  case ACTION_TRACE:
  case ACTION_LOG:
  case ACTION_LOG_INFO:
  case ACTION_LOG_WARN:
  case ACTION_LOG_ERROR:
    vm_arg_text(vm, 0, &h->out);
    textbuf_add(&h->out, TEXT("\n"));
    vm_resume_null(vm);
    break;
  default:
    h->env.now_us += 1000000;
    if (h->show_actions) {
      host_show(h, vm, a);
    }
    host_answer(h, vm, a);
  }
}

/* The same run, taken out of its own bytes. */
static inline struct vm *host_reload(struct host *h, struct vm *vm) {
  const struct program *program = vm_program(vm);
  struct textbuf image;
  struct vm *loaded = NULL;
  textbuf_init(&image, &h->tm.mem);
  assert_int_equal(image_save(vm, &image), BT_ERR_OK);
  vm_free(vm);
  assert_int_equal(
      image_load(&h->tm.mem, program, textbuf_text(&image), &loaded),
      BT_ERR_OK);
  textbuf_free(&image);
  return loaded;
}

/* Runs to the end of the part; VM_DONE or VM_ERROR. */
static inline enum vm_status host_run(struct host *h, struct vm **vm) {
  for (;;) {
    const enum vm_status status = vm_run(*vm, &h->env);
    if (status == VM_DONE || status == VM_ERROR) {
      return status;
    }
    if (status == VM_ACTION) {
      if (h->save_and_load) {
        *vm = host_reload(h, *vm);
      }
      host_act(h, *vm);
    }
  }
}

/* The failure as "line: slug: message". */
static inline void host_print_failure(struct host *h, const struct vm *vm) {
  const struct vm_failure f = vm_failure(vm);
  textbuf_addf(&h->out, "!%u: %s: %.*s\n", f.line, f.slug, TEXT_ARG(f.message));
}

#endif
