/* What happens in a session on a running server, told to the editor. */
#include <stdio.h>
#include <string.h>

#include "cli/dap_live.h"
#include "domain/heap.h"

uint64_t dap_live_run_at_hand(const struct dap *d) {
  return d->live->run;
}

/* ---- the record of lines */

static void add_mark(struct dap_live *l, struct text event, uint64_t run) {
  if (l->mark_count == LIVE_MARKS_MAX) {
    memmove(l->marks, l->marks + 1, --l->mark_count * sizeof *l->marks);
  }
  if (!mem_grow(heap_mem(), &l->marks, &l->mark_cap, l->mark_count + 1,
                sizeof *l->marks)) {
    return;
  }
  struct live_mark *m = &l->marks[l->mark_count++];
  m->run = run;
  (void)snprintf(m->event, sizeof m->event, "%.*s", TEXT_ARG(event));
}

/* The lines of the paused run; the last one is where it stands. */
static size_t lines_of_run(const struct dap_live *l) {
  size_t n = 0;
  for (size_t i = 0; i < l->mark_count; i++) {
    n += l->marks[i].run == l->run;
  }
  return n;
}

size_t live_lines_back(const struct dap_live *l) {
  const size_t n = lines_of_run(l);
  return n == 0 ? 0 : n - 1;
}

const struct live_mark *live_shown(const struct dap_live *l) {
  size_t left = l->back;
  for (size_t i = l->mark_count; l->back > 0 && i > 0; i--) {
    if (l->marks[i - 1].run == l->run && left-- == 0) {
      return &l->marks[i - 1];
    }
  }
  return NULL;
}

/* ---- standing still */

void live_stopped(struct dap *d, const char *reason, const char *text) {
  dap_close(d); /* what was open belongs to the stop before */
  d->live->frames = NULL;
  dap_stopped(d, reason, text);
}

static void stop(struct dap *d, uint64_t run, struct text said) {
  char whole[256];
  const bool breakpoint = text_starts(said, TEXT("breakpoint"));
  const bool plain = text_equal(said, TEXT("breakpoint"));
  (void)snprintf(whole, sizeof whole, "%.*s", TEXT_ARG(said));
  d->paused = true;
  d->live->run = run;
  d->live->back = 0;
  live_stopped(d, breakpoint ? "breakpoint" : whole,
               breakpoint && !plain ? whole : "");
}

/* Somebody else, or an event of the session, has let it go on. */
static void go_on(struct dap *d, uint64_t run) {
  if (!d->paused || d->live->run != run) {
    return;
  }
  d->paused = false;
  struct json_out o = dap_begin_event(d, "continued");
  json_key(&o, "threadId");
  json_put_u64(&o, run);
  dap_end(d, &o);
}

/* ---- events */

static void tell_log(struct dap *d, const struct json *ev) {
  enum { LEVEL_WARN = 3 };
  const struct json *cause = json_member(ev, TEXT("cause"));
  const bool own = d->script != NULL &&
                   text_equal(live_text(cause, "who"), text_from(d->script));
  dap_tell(d, live_num(ev, "level") >= LEVEL_WARN ? "stderr" : "stdout",
           live_text(ev, "text"), own ? (uint32_t)live_num(cause, "line") : 0);
}

static void tell_failure(struct dap *d, const struct json *ev) {
  char text[1200];
  (void)snprintf(text, sizeof text, "%.*s.studio:%lld: error: %.*s",
                 TEXT_ARG(live_text(ev, "script")),
                 (long long)live_num(json_member(ev, TEXT("cause")), "line"),
                 TEXT_ARG(live_text(ev, "detail")));
  dap_tell(d, "stderr", text_from(text), 0);
}

static void leave(struct dap *d, const struct json *ev) {
  d->live->gone = true;
  (void)snprintf(d->live->why, sizeof d->live->why,
                 "the server has taken the debugger away: %.*s",
                 TEXT_ARG(live_text(ev, "reason")));
}

static void tell_event(struct dap *d, const struct json *ev) {
  const struct text type = live_text(ev, "type");
  const uint64_t run = (uint64_t)live_num(ev, "run");
  const struct text reason = live_text(ev, "reason");
  if (text_equal(type, TEXT("script.started"))) {
    dap_add_thread(d, run, live_text(ev, "script"));
  } else if (text_equal(type, TEXT("script.slept")) && reason.len > 0) {
    stop(d, run, reason);
  } else if (text_equal(type, TEXT("script.resumed"))) {
    go_on(d, run);
  } else if (text_equal(type, TEXT("script.log"))) {
    tell_log(d, ev);
  } else if (text_equal(type, TEXT("script.failed"))) {
    tell_failure(d, ev);
    dap_remove_thread(d, run);
  } else if (text_equal(type, TEXT("script.ended"))) {
    dap_remove_thread(d, run);
  } else if (text_equal(type, TEXT("debugger.gone"))) {
    leave(d, ev);
  }
}

/* {"type":"event","id":…,"event":{…}} */
static void tell_message(struct dap *d, struct arena *arena,
                         struct text message) {
  struct json *tree = NULL;
  if (json_parse(arena, message, JSON_DEPTH_MAX, &tree, NULL) != BT_ERR_OK ||
      !text_equal(live_text(tree, "type"), TEXT("event"))) {
    return;
  }
  const struct json *ev = json_member(tree, TEXT("event"));
  if (text_equal(live_text(ev, "type"), TEXT("script.line"))) {
    add_mark(d->live, live_text(tree, "id"), (uint64_t)live_num(ev, "run"));
  } else if (ev != NULL) {
    tell_event(d, ev);
  }
}

void live_tell_events(struct dap *d) {
  struct textbuf now = d->live->events;
  struct arena arena;
  textbuf_init(&d->live->events, heap_mem()); /* more may come meanwhile */
  arena_init(&arena, heap_mem(), 0);
  struct text rest = textbuf_text(&now);
  while (rest.len > 0 && !d->over) {
    const size_t end = text_find(rest, TEXT("\n"), 0);
    arena_reset(&arena);
    tell_message(d, &arena, text_sub(rest, 0, end));
    rest = text_sub(rest, end + 1, rest.len);
  }
  arena_free(&arena);
  textbuf_free(&now);
}

void live_tell_present(struct dap *d) {
  char path[128];
  struct json *tree = NULL;
  (void)snprintf(path, sizeof path, "/sessions/%s/debugger", d->live->session);
  const struct live_request q = {HTTP_GET, text_from(path), TEXT("")};
  struct arena arena;
  arena_init(&arena, heap_mem(), 0);
  if (live_ask(d, NULL, &q, &arena, &tree)) {
    const struct json *runs = json_member(tree, TEXT("runs"));
    const struct json *paused = NULL;
    for (const struct json *run = runs == NULL ? NULL : runs->first;
         run != NULL; run = run->next) {
      const struct json *is = json_member(run, TEXT("paused"));
      dap_add_thread(d, (uint64_t)live_num(run, "run"),
                     live_text(run, "script"));
      paused = is != NULL && is->type == JSON_TRUE ? run : paused;
    }
    if (paused != NULL) {
      stop(d, (uint64_t)live_num(paused, "run"), TEXT("pause"));
    }
  }
  arena_free(&arena);
}
