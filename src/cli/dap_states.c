/* The states that one can step back to, and the one that is shown. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "cli/dap.h"
#include "domain/heap.h"

static struct dap_state *last_state(struct dap *d) {
  return d->state_count == 0 ? NULL : &d->states[d->state_count - 1];
}

static void drop_text(struct text t) {
  mem_free_const(heap_mem(), t.ptr, t.len);
}

static void drop_first(struct dap *d) {
  bt_check(d->state_count > 0);
  d->state_bytes -= d->states[0].image.len;
  drop_text(d->states[0].image);
  d->state_count--;
  memmove(&d->states[0], &d->states[1], d->state_count * sizeof *d->states);
}

void dap_states_free(struct dap *d) {
  while (d->state_count > 0) {
    drop_text(d->states[--d->state_count].image);
  }
  mem_free(heap_mem(), d->states, d->state_cap * sizeof *d->states);
  d->states = NULL;
  d->state_cap = d->state_bytes = 0;
}

/* What is forgotten for want of room is what is longest ago. */
static void add_state(struct dap *d, uint64_t run, struct text image) {
  while (
      d->state_count >= DAP_STATES_MAX ||
      (d->state_count > 0 && d->state_bytes + image.len > DAP_STATES_BYTES)) {
    drop_first(d);
  }
  char *copy = image.len == 0 ? NULL : mem_new(heap_mem(), image.len);
  if (copy == NULL || !mem_grow(heap_mem(), &d->states, &d->state_cap,
                                d->state_count + 1, sizeof *d->states)) {
    mem_free(heap_mem(), copy, image.len);
    return;
  }
  memcpy(copy, image.ptr, image.len);
  d->states[d->state_count++] =
      (struct dap_state){.run = run, .image = {copy, image.len}};
  d->state_bytes += image.len;
}

/* A pause stands where the line before it left the run: it is one state. */
static void note_state(struct dap *d, const struct record *ev) {
  const struct text image = record_text(ev, FIELD_IMAGE);
  const uint64_t run = (uint64_t)record_num(ev, FIELD_RUN);
  const struct dap_state *last = last_state(d);
  if (last == NULL || last->run != run || !text_equal(last->image, image)) {
    add_state(d, run, image);
  }
}

static void note_change(struct dap *d, const struct record *ev) {
  if (d->state_count > 0) {
    d->state_count--;
    d->state_bytes -= d->states[d->state_count].image.len;
    drop_text(d->states[d->state_count].image);
  }
  add_state(d, (uint64_t)record_num(ev, FIELD_RUN),
            record_text(ev, FIELD_IMAGE));
}

void dap_note(struct dap *d, const struct record *ev) {
  if (ev->type == EVENT_SCRIPT_CHANGED) {
    note_change(d, ev);
  } else if (record_has(ev, FIELD_IMAGE)) {
    note_state(d, ev);
  }
}

/* ---- the state at hand */

void dap_close(struct dap *d) {
  vm_free(d->vm);
  d->vm = NULL;
  d->handle_count = 0;
  arena_reset(&d->shown);
}

static bool open_state(struct dap *d) {
  if (d->at >= d->state_count) {
    return false;
  }
  const struct engine_run_state which = {.image = d->states[d->at].image};
  return engine_open_run(domain_engine(world_domain(d->world)), &which,
                         heap_mem(), &d->vm) == BT_ERR_OK;
}

bool dap_open(struct dap *d) {
  dap_close(d);
  return open_state(d);
}

bool dap_open_again(struct dap *d) {
  vm_free(d->vm);
  d->vm = NULL;
  return open_state(d);
}
