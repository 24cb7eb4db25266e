/* dap.h - the Debug Adapter Protocol over standard input and output, shared by
 * its files. The protocol: microsoft.github.io/debug-adapter-protocol (1.68).
 *
 * The script runs in the virtual world of `baton run`, watched by the engine's
 * own debugger: what the adapter asks are the commands DEBUG, DEBUG_STEP and
 * DEBUG_CHANGE, and what it shows are the session's events. While the script
 * stands still, so does the world's clock. Each executed line leaves its state
 * in an event: stepping back looks at an earlier one.
 */
#ifndef BATON_CLI_DAP_H
#define BATON_CLI_DAP_H

#include "cli/rpc_stdio.h"
#include "engine/debug.h"
#include "scenario/world.h"
#include "studio/debug.h"
#include "studio/inspect.h"

enum {
  DAP_STATES_MAX = 10000,              /* that one can step back to */
  DAP_STATES_BYTES = 32 * 1024 * 1024, /* of them together */
  DAP_HANDLES_MAX = 100000,            /* variables opened in one stop */
  DAP_THREADS_MAX = 64,
  DAP_BREAKPOINTS_MAX = 100
};

/* A run before a line, as an event told it. */
struct dap_state {
  uint64_t run;
  struct text image; /* owned */
};

/* What a variablesReference stands for. */
struct dap_handle {
  bool is_scope;
  size_t frame;
  enum inspect_scope scope;
  const struct json *value; /* an object or a list, in the stop's arena */
};

struct dap_thread {
  uint64_t run;
  char name[128];
};

struct dap_breakpoint {
  uint32_t line;
  char *script, *condition, *hits, *log; /* owned; "" for none */
};

struct dap {
  struct rpc_stdio rpc;
  struct arena arena; /* of one message */
  struct textbuf out, wishes;
  int64_t seq;
  bool first_line_0, first_column_0;
  bool over;   /* the client has gone */
  bool broken; /* what it sent cannot be read any more */
  bool ended;  /* it wants the end of the play */
  bool launched, configured;
  struct dap_live *live; /* a session on a running server, or NULL */

  /* what is debugged */
  char *path;     /* of the script, as the client named it; owned */
  char *script;   /* its name on the server that is attached to; owned */
  char *scenario; /* or NULL: the ticket's world; owned */
  bool loaded;    /* .file */
  struct scenario_file file;
  const struct scenario *played; /* the first of the file */
  const struct program *program;
  struct world *world;
  bool stop_on_entry, no_debug;
  int exit_code;
  struct dap_breakpoint breakpoints[DAP_BREAKPOINTS_MAX];
  size_t breakpoint_count;
  struct dap_thread threads[DAP_THREADS_MAX];
  size_t thread_count;

  /* where it stands */
  bool paused;
  char reason[256]; /* of the last pause */
  struct dap_state *states;
  size_t state_count, state_cap, state_bytes;
  size_t at; /* the state that is shown; the last one is the present */

  /* what is shown of it, until it goes on */
  struct vm *vm; /* of the state at hand, or NULL */
  struct arena shown;
  struct dap_handle *handles;
  size_t handle_count, handle_cap;
};

/* One request: its arguments may be NULL. */
struct dap_request {
  int64_t seq;
  struct text command;
  const struct json *arguments;
};

typedef void dap_handler(struct dap *d, const struct dap_request *r);

/* ---- cmd_dap.c */
/* Waits up to @wait_ms for a request and answers it; false: none came. */
bool dap_serve(struct dap *d, int wait_ms);

/* ---- dap_out.c: an answer or an event, with its body between the two */
struct json_out dap_begin_answer(struct dap *d, const struct dap_request *r);
struct json_out dap_begin_event(struct dap *d, const char *event);
void dap_end(struct dap *d, struct json_out *o);
void dap_answer(struct dap *d, const struct dap_request *r); /* no body */
__attribute__((format(printf, 3, 4))) void
dap_refuse(struct dap *d, const struct dap_request *r, const char *format, ...);
void dap_tell(struct dap *d, const char *category, struct text text,
              uint32_t line);
/* A member of the arguments. */
struct text dap_text(const struct dap_request *r, const char *name);
int64_t dap_num(const struct dap_request *r, const char *name, int64_t missing);
bool dap_flag(const struct dap_request *r, const char *name);
void dap_put_source(struct dap *d, struct json_out *o, struct text script);

/* ---- dap_breakpoints.c */
/* What the client has asked for, as members of the engine's command; *@list
 * holds some of them. */
void dap_put_wishes(struct dap *d, struct record *args, struct textbuf *list);
/* Would the run at hand, which stands before a line, stop there? */
bool dap_is_breakpoint(const struct dap *d, const struct vm *vm);
/* The name under which the world knows the script of this file. */
struct text dap_script_of(const struct dap *d, struct text path);
void dap_breakpoints_free(struct dap *d);

/* ---- dap_play.c */
void dap_play(struct dap *d);
/* "stopped", with what the debugger said. */
void dap_stopped(struct dap *d, const char *reason, const char *text);

void dap_add_thread(struct dap *d, uint64_t run, struct text name);
void dap_remove_thread(struct dap *d, uint64_t run);
void dap_tell_terminated(struct dap *d);

/* ---- dap_values.c: what can be opened */
/* A value as it is shown. */
struct dap_shown {
  struct text name;
  const char *kind;
  struct text json;         /* the value */
  const struct json *value; /* parsed, if it can be opened */
  bool is_path;             /* its name is an expression of the script */
};

/* 0, which means that nothing can be opened, when there is no more room. */
uint64_t dap_new_handle(struct dap *d, struct dap_handle h);
/* NULL: refused. */
const struct dap_handle *dap_find_handle(struct dap *d,
                                         const struct dap_request *r);
/* Under the name @member in an object that is open. */
void dap_put_shown(struct dap *d, const struct dap_shown *s, const char *member,
                   struct json_out *o);
void dap_put_variable(struct dap *d, const struct dap_shown *s,
                      struct json_out *o);
void dap_put_children(struct dap *d, const struct json *parent,
                      struct json_out *o);
/* @json lives as long as the stop; NULL: it cannot be taken apart. */
const struct json *dap_parse_value(struct dap *d, struct text json,
                                   struct text *kept);
/* ASSIGN name = expression, typed into the console: it is asked for, so it is
 * done. */
bool dap_read_assignment(struct text t, struct inspect_change *out);

/* ---- dap_live.c, dap_attach.c: a session on a running server */
void dap_live_run(struct dap *d); /* until somebody goes */
/* What was paused goes on: nobody is there who would let it. Nothing without a
 * session on a server. */
void dap_live_detach(struct dap *d);
void dap_live_close(struct dap *d);
uint64_t dap_live_run_at_hand(const struct dap *d);
/* Tells the server the breakpoints. */
void dap_live_tell(struct dap *d);

/* ---- dap_states.c */
void dap_note(struct dap *d, const struct record *ev);
/* Shows the state at d->at; false: it cannot be opened. */
bool dap_open(struct dap *d);
/* The same after a change: what the client has open stays open. */
bool dap_open_again(struct dap *d);
void dap_close(struct dap *d);
void dap_states_free(struct dap *d);

/* ---- handlers, by request */
#define REQUEST(name, handler) dap_handler dap_do_##handler;
#define LIVE(handler)          dap_handler dap_live_##handler;
#include "cli/dap_requests.def"
#undef REQUEST
#undef LIVE

#endif
