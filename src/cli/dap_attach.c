/* Attaching to a session on a running server, and what goes on until somebody
 * leaves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/dap_live.h"
#include "domain/heap.h"

/* ---- the debugger's wishes */

static void wishes(struct dap *d, struct textbuf *body) {
  struct record args;
  struct textbuf list;
  textbuf_init(&list, heap_mem());
  record_init(&args, COMMAND_DEBUG);
  dap_put_wishes(d, &args, &list);
  textbuf_addf(body,
               "{\"breakpoints\":%.*s,\"trace\":true,\"pauseLimit\":%lld}",
               TEXT_ARG(textbuf_text(&list)), (long long)d->live->pause_limit);
  textbuf_free(&list);
}

static bool put_debugger(struct dap *d, const struct dap_request *r) {
  struct textbuf body;
  textbuf_init(&body, heap_mem());
  wishes(d, &body);
  const bool good =
      live_ask_session(d, r, HTTP_PUT, "/debugger", textbuf_text(&body));
  textbuf_free(&body);
  return good;
}

void dap_live_tell(struct dap *d) {
  if (!d->live->gone && !put_debugger(d, NULL)) {
    dap_tell(d, "stderr", TEXT("the server did not take the breakpoints"), 0);
  }
}

/* ---- which session */

static bool is_id(struct text t) {
  for (size_t i = 0; i < t.len; i++) {
    if (strchr("0123456789abcdefABCDEF-", t.ptr[i]) == NULL) {
      return false;
    }
  }
  return t.len > 0 && t.len < sizeof((struct dap_live *)NULL)->session;
}

/* Does a script of this name run for the session at hand? */
static bool runs_script(struct dap *d, struct text script,
                        struct arena *arena) {
  char path[128];
  struct json *tree = NULL;
  (void)snprintf(path, sizeof path, "/sessions/%s/debugger", d->live->session);
  const struct live_request q = {HTTP_GET, text_from(path), TEXT("")};
  if (!live_ask(d, NULL, &q, arena, &tree)) {
    return false;
  }
  const struct json *runs = json_member(tree, TEXT("runs"));
  for (const struct json *run = runs == NULL ? NULL : runs->first; run != NULL;
       run = run->next) {
    if (text_equal_nocase(live_text(run, "script"), script)) {
      return true;
    }
  }
  return false;
}

/* The first open session for which the script runs. */
static bool find_session(struct dap *d, const struct dap_request *r,
                         struct text script, struct arena *arena) {
  struct json *tree = NULL;
  const struct live_request q = {HTTP_GET, TEXT("/sessions?limit=500"),
                                 TEXT("")};
  if (!live_ask(d, r, &q, arena, &tree)) {
    return false;
  }
  const struct json *sessions = json_member(tree, TEXT("sessions"));
  for (const struct json *s = sessions == NULL ? NULL : sessions->first;
       s != NULL; s = s->next) {
    (void)snprintf(d->live->session, sizeof d->live->session, "%.*s",
                   TEXT_ARG(live_text(s, "id")));
    if (runs_script(d, script, arena)) {
      return true;
    }
  }
  dap_refuse(d, r,
             "no open session runs the script '%.*s' now: name the \"session\"",
             TEXT_ARG(script));
  return false;
}

static bool choose_session(struct dap *d, const struct dap_request *r) {
  const struct text id = dap_text(r, "session");
  const struct text script = dap_text(r, "script");
  if (id.len > 0 && is_id(id)) {
    (void)snprintf(d->live->session, sizeof d->live->session, "%.*s",
                   TEXT_ARG(id));
    return true;
  }
  if (id.len > 0 || script.len == 0) {
    dap_refuse(d, r,
               id.len > 0 ? "'%.*s' is not the id of a session"
                          : "attach needs \"session\", the id of one, or "
                            "\"script\", which runs for one%.*s",
               TEXT_ARG(id));
    return false;
  }
  struct arena arena;
  arena_init(&arena, heap_mem(), 0);
  const bool found = find_session(d, r, script, &arena);
  arena_free(&arena);
  return found;
}

/* ---- attach */

/* "program" is the script's file here, "script" its name there: that of the
 * file, unless it is given. */
static void take_files(struct dap *d, const struct dap_request *r) {
  const struct text path = dap_text(r, "program");
  const struct text script = dap_text(r, "script");
  const struct text name = script.len > 0 ? script : dap_script_of(d, path);
  d->script = strndup(name.ptr, name.len);
  d->path = path.len == 0 ? NULL : strndup(path.ptr, path.len);
}

static bool attach(struct dap *d, const struct dap_request *r) {
  const int64_t limit = dap_num(r, "pauseLimit", LIVE_PAUSE_LIMIT_S);
  if (!live_connect(d, r) || !choose_session(d, r)) {
    return false;
  }
  d->live->pause_limit = limit;
  take_files(d, r);
  if (d->script == NULL || !put_debugger(d, r)) {
    return false;
  }
  d->live->attached = true;
  return live_listen(d, r);
}

void dap_do_attach(struct dap *d, const struct dap_request *r) {
  if (d->launched) {
    dap_refuse(d, r, "one script is debugged already");
    return;
  }
  if (!attach(d, r)) {
    dap_live_close(d);
    return;
  }
  d->launched = true;
  dap_answer(d, r);
  struct json_out o = dap_begin_event(d, "initialized");
  dap_end(d, &o);
}

/* ---- until somebody goes */

void dap_live_run(struct dap *d) {
  struct dap_live *l = d->live;
  live_tell_present(d);
  while (!d->over && !d->ended && !l->gone) {
    loop_turn(l->loop, 0);
    live_tell_events(d);
    (void)dap_serve(d, LIVE_TURN_MS);
  }
  live_tell_events(d);
  if (l->gone) {
    dap_tell(d, "important", text_from(l->why), 0);
  }
  d->paused = false;
  d->ended = true;
  dap_tell_terminated(d);
}
