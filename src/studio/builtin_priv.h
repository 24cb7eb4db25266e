/* builtin_priv.h - the built-in functions, from builtins.def. */
#ifndef BATON_STUDIO_BUILTIN_PRIV_H
#define BATON_STUDIO_BUILTIN_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define BUILTIN(id, name, min, max, params, use, example, result, doc)         \
  BUILTIN_##id,
enum builtin_id {
#include "studio/builtins.def"
  BUILTINS
};
#undef BUILTIN

enum builtin_use {
  BUILTIN_USE_ANY,     /* f(x) and x.f() */
  BUILTIN_USE_METHOD,  /* x.f() only */
  BUILTIN_USE_NAME,    /* f too, unless a variable has the name */
  BUILTIN_USE_CHANGES, /* the variable x takes the result of x.f() */
};

struct builtin_info {
  struct text name;
  struct text params; /* names of the arguments, with commas between them */
  uint8_t min_args, max_args; /* the value of a method counts as the first */
  enum builtin_use use;
  struct text example, result, doc;
};

const struct builtin_info *builtin_info(enum builtin_id id);
/* "left(text, count)", as a method "text.left(count)", optional arguments in
 * brackets. */
void builtin_form(enum builtin_id id, bool is_method, struct textbuf *out);
/* Case-insensitive; BUILTINS if there is none. */
enum builtin_id builtin_find(struct text name);
/* Case-insensitive, of those with BUILTIN_USE_NAME only; BUILTINS if none. */
enum builtin_id builtin_find_name(struct text name);

struct vm;
struct value;

/* How an instruction went. */
enum op_result {
  OP_RESULT_DONE,
  OP_RESULT_FAILED, /* vm_fail() has been called */
  OP_RESULT_ROOM    /* no room on the heap, and nothing has changed */
};

/* Runs it on args[0 … argc - 1]; the result replaces args[0]. */
enum op_result builtin_call(struct vm *vm, enum builtin_id id,
                            struct value *args, unsigned argc);

#endif
