/* builtin_impl_priv.h - between the files that implement the built-ins. */
#ifndef BATON_STUDIO_BUILTIN_IMPL_PRIV_H
#define BATON_STUDIO_BUILTIN_IMPL_PRIV_H

#include "studio/builtin_priv.h"
#include "studio/vm_priv.h"

/* One call. The result replaces args[0]. */
struct builtin {
  struct vm *vm;
  enum builtin_id id;
  struct value *args;
  unsigned argc;
};

typedef enum op_result builtin_fn(const struct builtin *b);

#define BUILTIN(id, name, min, max, use, example, result, doc)                 \
  builtin_fn builtin_do_##id;
#include "studio/builtins.def"
#undef BUILTIN

/* ---- arguments */

/* Argument @i as text: a text as it stands, null as empty, a number or a
 * boolean printed into @buffer, lists and objects as nothing. */
enum { BUILTIN_SHORT = VALUE_SHORT };
struct text builtin_text(const struct builtin *b, unsigned i,
                         char buffer[BUILTIN_SHORT]);
/* False, and failed, if argument @i is no number. */
bool builtin_number(const struct builtin *b, unsigned i, double *out);
/* A whole number between the bounds; what is outside is clipped to them. */
bool builtin_count(const struct builtin *b, unsigned i, size_t max,
                   size_t *out);

/* ---- results */

enum op_result builtin_put(const struct builtin *b, struct value v);
enum op_result builtin_put_text(const struct builtin *b, struct text t);
enum op_result builtin_put_scratch(const struct builtin *b);
struct textbuf *builtin_scratch(const struct builtin *b); /* emptied */
enum op_result builtin_wrong_type(const struct builtin *b, struct value v,
                                  const char *wanted);

#endif
