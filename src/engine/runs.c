/* Runs as they are kept: which ones a session has, and what events change of
 * them.
 *
 * A session has at most one script of its own. Others run beside it (Spawn),
 * and each may wait for one that it called (RunSub), which may have called
 * another. All of them are in the session's list, the oldest first. */
#include "base/check.h"
#include "engine/debug_priv.h"
#include "engine/engine_priv.h"
#include "studio/image.h"

/* ---- versions of scripts */

const struct program *engine_program(const struct engine *e, uint64_t hash) {
  for (size_t i = 0; i < e->version_count; i++) {
    if (e->versions[i].hash == hash) {
      return e->versions[i].program;
    }
  }
  return NULL;
}

const struct program *engine_version(struct engine *e, struct text name,
                                     struct text source) {
  for (size_t i = 0; i < e->version_count; i++) {
    if (text_equal(program_source(e->versions[i].program), source)) {
      return e->versions[i].program;
    }
  }
  struct diagnostics diags;
  struct program *program = NULL;
  diagnostics_init(&diags, &e->mem);
  const enum bt_err err =
      program_compile(&e->mem, name, source, &diags, &program);
  diagnostics_free(&diags);
  if (err != BT_ERR_OK) {
    return NULL;
  }
  const bool room = mem_grow(&e->mem, &e->versions, &e->version_cap,
                             e->version_count + 1, sizeof *e->versions);
  bt_check(room);
  e->versions[e->version_count++] =
      (struct version){program, program_hash(program)};
  return program;
}

/* ---- the list of a session */

uint32_t run_after(const struct engine *e, const struct live *l,
                   uint64_t number) {
  uint32_t run = l->run;
  while (run != SESSION_NOBODY && e->runs[run].number <= number) {
    run = e->runs[run].next;
  }
  return run;
}

uint32_t run_find(const struct engine *e, const struct live *l,
                  uint64_t number) {
  const uint32_t run = number == 0 ? l->run : run_after(e, l, number - 1);
  return run != SESSION_NOBODY && e->runs[run].number == number
             ? run
             : SESSION_NOBODY;
}

uint32_t run_called_by(const struct engine *e, const struct live *l,
                       uint64_t number) {
  uint32_t run = run_after(e, l, number);
  while (run != SESSION_NOBODY && e->runs[run].parent != number) {
    run = e->runs[run].next;
  }
  return run;
}

struct run *engine_run(const struct engine *e, const struct live *l) {
  uint32_t run = l->run;
  while (run != SESSION_NOBODY &&
         (e->runs[run].beside || e->runs[run].parent != 0)) {
    run = e->runs[run].next;
  }
  return run == SESSION_NOBODY ? NULL : &e->runs[run];
}

/* ---- folding */

static uint32_t new_run(struct engine *e) {
  e->run_count++;
  for (uint32_t i = e->run_hint; i < e->run_used; i++) {
    if (e->runs[i].session == SESSION_NOBODY) {
      e->run_hint = i + 1;
      return i;
    }
  }
  e->run_hint = (uint32_t)e->run_used;
  const bool room = mem_grow(&e->mem, &e->runs, &e->run_cap, e->run_used + 1,
                             sizeof *e->runs);
  bt_check(room);
  return (uint32_t)e->run_used++;
}

static uint32_t *link_to(struct engine *e, struct live *l, uint32_t run) {
  uint32_t *link = &l->run;
  while (*link != run) {
    link = &e->runs[*link].next;
  }
  return link;
}

/* ---- who waits for another session */

/* In the list of watchers: where a run of this number stands, or would. */
static uint32_t *watcher_link(struct engine *e, struct live *l,
                              uint64_t number) {
  uint32_t *link = &l->watchers;
  while (*link != SESSION_NOBODY && e->runs[*link].number < number) {
    link = &e->runs[*link].next_watcher;
  }
  return link;
}

/* By number, so that the order in which they wake survives a restart. */
void run_watch(struct engine *e, uint32_t run, uint32_t slot) {
  struct run *r = &e->runs[run];
  run_unwatch(e, run);
  if (slot != SESSION_NOBODY) {
    uint32_t *link = watcher_link(e, e->lives[slot], r->number);
    r->watched = slot;
    r->next_watcher = *link;
    *link = run;
  }
}

void run_unwatch(struct engine *e, uint32_t run) {
  struct run *r = &e->runs[run];
  if (r->watched != SESSION_NOBODY) {
    uint32_t *link = watcher_link(e, e->lives[r->watched], r->number);
    bt_check(*link == run);
    *link = r->next_watcher;
    r->watched = SESSION_NOBODY;
  }
}

uint32_t run_subject(const struct run *r) {
  return r->watched == SESSION_NOBODY ? r->session : r->watched;
}

/* ---- folding */

void run_unload(struct engine *e, struct run *r) {
  debug_forget(e, r);
  vm_free(r->vm);
  r->vm = NULL;
}

void run_free(struct engine *e, uint32_t run) {
  struct run *r = &e->runs[run];
  timers_stop(&e->timers, r->timer);
  live_own(&e->mem, &r->image, TEXT(""));
  live_own(&e->mem, &r->params, TEXT(""));
  live_own(&e->mem, &r->globals, TEXT(""));
  run_unload(e, r);
  run_unwatch(e, run);
  *link_to(e, e->lives[r->session], run) = r->next;
  *r = (struct run){.session = SESSION_NOBODY, .watched = SESSION_NOBODY};
  e->run_count--;
  e->run_hint = run < e->run_hint ? run : e->run_hint;
}

static void fold_started(struct engine *e, uint32_t slot,
                         const struct record *ev) {
  struct live *l = e->lives[slot];
  const uint32_t run = new_run(e);
  struct run *r = &e->runs[run];
  *r = (struct run){.number = (uint64_t)record_num(ev, FIELD_RUN),
                    .session = slot,
                    .next = SESSION_NOBODY,
                    .watched = SESSION_NOBODY,
                    .parent = (uint64_t)record_num(ev, FIELD_PARENT),
                    .beside = record_num(ev, FIELD_SPAWNED) != 0,
                    .script = (uint32_t)record_num(ev, FIELD_SCRIPT)};
  r->program = engine_program(e, (uint64_t)record_num(ev, FIELD_PROGRAM));
  bt_check(r->program != NULL);
  live_own(&e->mem, &r->params, record_text(ev, FIELD_VALUE));
  live_own(&e->mem, &r->globals, record_text(ev, FIELD_GLOBALS));
  r->after_end = l->s.status == SESSION_COMPLETED;
  *link_to(e, l, SESSION_NOBODY) = run;
  l->spawned += record_num(ev, FIELD_SPAWNED) == 1;
}

static void fold_slept(struct engine *e, uint32_t run,
                       const struct record *ev) {
  struct run *r = &e->runs[run];
  r->sleep = (uint8_t)record_num(ev, FIELD_SLEEP);
  r->wake_us = record_num(ev, FIELD_WAKE);
  r->slept_us = record_num(ev, FIELD_AT);
  r->transfer = (uint64_t)record_num(ev, FIELD_TRANSFER);
  r->question = (uint64_t)record_num(ev, FIELD_QUESTION);
  e->next_question =
      e->next_question > r->question ? e->next_question : r->question + 1;
  r->status = (uint32_t)record_num(ev, FIELD_FROM_STATUS);
  r->seen = (uint32_t)record_num(ev, FIELD_SEEN);
  r->epoch = (uint32_t)record_num(ev, FIELD_EPOCH);
  uint32_t watched = SESSION_NOBODY;
  if (record_has(ev, FIELD_WATCHED)) {
    const bool there = engine_find(e, record_id(ev, FIELD_WATCHED), &watched);
    bt_check(there);
  }
  run_watch(e, run, watched);
  r->after_end = e->lives[r->session]->s.status == SESSION_COMPLETED;
  live_own(&e->mem, &r->image, record_text(ev, FIELD_IMAGE));
  live_own(&e->mem, &r->params, TEXT(""));
  timers_stop(&e->timers, r->timer);
  r->timer = TIMER_NONE;
  if (r->wake_us != 0) {
    r->timer =
        timers_start(&e->timers, (struct timer){.deadline_us = r->wake_us,
                                                .kind = TIMER_RUN,
                                                .owner = run});
    bt_check(r->timer != TIMER_NONE);
  }
}

/* What the called script gives back passes through who called it. */
static void fold_ended(struct engine *e, const struct live *l, uint32_t run,
                       const struct record *ev) {
  const uint32_t parent = run_find(e, l, e->runs[run].parent);
  if (parent != SESSION_NOBODY && record_has(ev, FIELD_GLOBALS)) {
    live_own(&e->mem, &e->runs[parent].globals, record_text(ev, FIELD_GLOBALS));
  }
  run_free(e, run);
}

void run_apply(struct engine *e, const struct record *ev) {
  uint32_t slot = SESSION_NOBODY;
  const bool there = engine_find(e, record_id(ev, FIELD_SESSION), &slot);
  bt_check(there);
  if (ev->type == EVENT_SCRIPT_STARTED) {
    fold_started(e, slot, ev);
    return;
  }
  /* Before a session could have several, an end did not name its run. */
  const struct live *l = e->lives[slot];
  const uint32_t run = record_has(ev, FIELD_RUN)
                           ? run_find(e, l, (uint64_t)record_num(ev, FIELD_RUN))
                           : l->run;
  bt_check(run != SESSION_NOBODY);
  if (ev->type == EVENT_SCRIPT_SLEPT) {
    fold_slept(e, run, ev);
  } else {
    fold_ended(e, l, run, ev);
  }
}

/* ---- the VM */

bool run_has_begun(const struct run *r) {
  return r->image.len > 0;
}

/* What a script is given when it begins. False: no room for it. */
static bool give(struct vm *vm, struct text json) {
  const enum bt_err err = json.len == 0 ? BT_ERR_OK : vm_give(vm, json);
  bt_check(err == BT_ERR_OK || err == BT_ERR_FULL);
  return err == BT_ERR_OK;
}

void run_load(struct engine *e, struct run *r) {
  const bool begun = run_has_begun(r);
  enum bt_err err = BT_ERR_FOREIGN;
  if (begun) {
    err = image_load(&e->mem, r->program, r->image, &r->vm);
  }
  /* What another version put to sleep can be more than this one understands:
   * the script then fails, so that its fallback takes the session. */
  r->foreign = begun && err != BT_ERR_OK && err != BT_ERR_NOMEM;
  if (!begun || r->foreign) {
    err = vm_start(&e->mem, r->program, &r->vm);
  }
  bt_check(err == BT_ERR_OK);
  if (!begun) {
    const bool params = give(r->vm, r->params);
    r->overfull = !give(r->vm, r->globals) || !params;
  }
}

struct vm *run_copy(const struct engine *e, const struct run *r) {
  struct vm *vm = NULL;
  const enum bt_err err = image_load(&e->mem, r->program, r->image, &vm);
  bt_check(err == BT_ERR_OK); /* the image is ours */
  return vm;
}
