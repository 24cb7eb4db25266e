/* vm.h - one run of a script, as a value that can be saved at any sleep.
 *
 * There are no callbacks. vm_run() goes on until the script has ended, has
 * failed, or wants something from the world: then it returns VM_ACTION, the
 * host reads what is wanted, and answers with one of vm_resume_*() at once or
 * days later (see image.h for the time between). A run holds no thread, no
 * clock and no source of randomness: those come in with each vm_run().
 *
 * Actions of actions.def that the script itself can carry out (GetRESTProxy)
 * never reach the host; TRACE does, as ACTION_TRACE with its text.
 */
#ifndef BATON_STUDIO_VM_H
#define BATON_STUDIO_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/tz.h"
#include "studio/action.h"
#include "studio/program.h"

enum {
  VM_STEPS_MAX = 1000000,      /* statements between two sleeps */
  VM_CALLS_MAX = 200,          /* depth of calls */
  VM_VALUES_MAX = 1024 * 1024, /* bytes of values of one run */
  VM_JSON_TEXT_MAX =
      32 * 1024 /* bytes of JSON that a script may make or read */
};

enum vm_status {
  VM_DONE,   /* the running part has ended; a section may be started later */
  VM_ACTION, /* the host is asked for something: see vm_action() */
  VM_ERROR,  /* the running part failed and no ON Error takes it */
  VM_LINE    /* only with env.trace: about to execute vm_line() */
};

struct vm_env {
  int64_t now_us;        /* microseconds since 1970 */
  const struct tz *zone; /* of the tenant's clock; borrowed, NULL is UTC */
  /* What random() and uuid() may use until the next action; behind a VM_LINE
   * they go on with what they had. */
  uint64_t entropy;
  bool trace; /* stop with VM_LINE before each statement */
};

enum vm_kind {
  VM_KIND_NULL,
  VM_KIND_BOOL,
  VM_KIND_NUMBER,
  VM_KIND_TEXT,
  VM_KIND_LIST,
  VM_KIND_OBJECT
};

struct vm;

/* A run of @program (borrowed until vm_free) from its first line.
 * BT_ERR_NOMEM. */
enum bt_err vm_start(const struct mem *mem, const struct program *program,
                     struct vm **out) BT_USE_RESULT;
void vm_free(struct vm *vm); /* NULL is fine */
const struct program *vm_program(const struct vm *vm);

/* Must not be called while an action waits for its answer; after VM_DONE and
 * VM_ERROR it returns the same again until a section is started. */
enum vm_status vm_run(struct vm *vm, const struct vm_env *env);

/* Ends what runs (its pending action is forgotten, the script's variables
 * stay) and begins the section ON @event, with @data (a JSON object, or empty)
 * as `event`. Two events that come together must be given one after the other
 * has run to its first sleep: nothing is merged here and nothing is queued.
 * BT_ERR_NOT_FOUND: no such section; nothing has changed. BT_ERR_SYNTAX: @data
 * is no JSON. BT_ERR_NOMEM. */
enum bt_err vm_start_section(struct vm *vm, struct text event,
                             struct text data) BT_USE_RESULT;

/* ---- the pending action: valid from VM_ACTION until it is answered */

struct vm_action {
  enum action_id id;
  unsigned argc;
  uint32_t line, column; /* of the call */
};

/* Does an action wait for its answer? */
bool vm_is_waiting(const struct vm *vm);
/* Only while vm_is_waiting(). For an action that is a method of an object
 * (MakeRestRequest) argument 0 is that object. */
struct vm_action vm_action(const struct vm *vm);
/* VM_KIND_NULL for an argument that was not given. */
enum vm_kind vm_arg_kind(const struct vm *vm, unsigned i);
/* As TRACE would print it. */
void vm_arg_text(const struct vm *vm, unsigned i, struct textbuf *out);
/* False, *out untouched, if it is neither a number nor numeric text. */
bool vm_arg_number(const struct vm *vm, unsigned i, double *out);
bool vm_arg_is_true(const struct vm *vm, unsigned i);
void vm_arg_json(const struct vm *vm, unsigned i, struct textbuf *out);
/* The same for the member @name of an argument that is a dynamic object; null
 * if it is no object or has no such member. */
enum vm_kind vm_arg_member_kind(const struct vm *vm, unsigned i,
                                const char *name);
void vm_arg_member_text(const struct vm *vm, unsigned i, const char *name,
                        struct textbuf *out);
bool vm_arg_member_number(const struct vm *vm, unsigned i, const char *name,
                          double *out);
bool vm_arg_member_is_true(const struct vm *vm, unsigned i, const char *name);
void vm_arg_member_json(const struct vm *vm, unsigned i, const char *name,
                        struct textbuf *out);

/* ---- the answer: each is allowed once for each VM_ACTION, then vm_run() */

void vm_resume_null(struct vm *vm);
void vm_resume_bool(struct vm *vm, bool value);
void vm_resume_number(struct vm *vm, double value);
/* BT_ERR_NOMEM: the action still waits. */
enum bt_err vm_resume_text(struct vm *vm, struct text value) BT_USE_RESULT;
/* Any JSON value; objects and lists become dynamic. BT_ERR_SYNTAX or
 * BT_ERR_NOMEM: the action still waits. */
enum bt_err vm_resume_json(struct vm *vm, struct text json) BT_USE_RESULT;
/* The answer to MakeRestRequest: sets the proxy's StatusCode and
 * StatusDescription, and @body (JSON, or XML if the script asked for it; empty
 * for none) is what the call returns. A body that is neither is given to the
 * script as text. */
enum bt_err vm_resume_rest(struct vm *vm, int status, struct text description,
                           struct text body) BT_USE_RESULT;
/* The call fails where it stands, as an error of the script. */
void vm_resume_error(struct vm *vm, struct text message);
/* The same for a limit: @slug is a kind of failures.def. */
void vm_resume_limit(struct vm *vm, const char *slug, struct text message);

/* ---- values that go from one run to another */

/* Each of the script's variables that has the name of a member of @json (an
 * object; names in any case) takes its value; the others stay. BT_ERR_FULL: no
 * room among the run's values. BT_ERR_SYNTAX, BT_ERR_NOMEM. */
enum bt_err vm_give(struct vm *vm, struct text json) BT_USE_RESULT;
/* Appends the variables as a JSON object: those whose name begins with
 * "global:", or with @all every one that the script itself set. */
void vm_take(const struct vm *vm, bool all, struct textbuf *out);
/* Appends what the main part returned, as JSON. */
void vm_take_result(const struct vm *vm, struct textbuf *out);

/* ---- failures */

struct vm_failure {
  const char *slug; /* stable name of the kind, from failures.def */
  uint32_t line, column;
  struct text message; /* borrowed until the next vm_run() */
};
/* After VM_ERROR, or while vm_has_caught(). */
struct vm_failure vm_failure(const struct vm *vm);
/* Did the last vm_run() fail somewhere, and ON Error took over? */
bool vm_has_caught(const struct vm *vm);

/* ---- looking in (trace, debugger) */

uint32_t vm_line(const struct vm *vm); /* that runs, or waits; 0 when done */
/* The section that runs; empty for the script's main part. */
struct text vm_section(const struct vm *vm);
/* The script's own variables, in order of appearance. */
size_t vm_variable_count(const struct vm *vm);
struct text vm_variable_name(const struct vm *vm, size_t i);
enum vm_kind vm_variable_kind(const struct vm *vm, size_t i);
void vm_variable_text(const struct vm *vm, size_t i, struct textbuf *out);
size_t vm_value_bytes(const struct vm *vm); /* in use, garbage included */

#endif
