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

#define BUILTIN(id, name, min, max, params, use, example, result, doc)         \
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

/* As round(): halves away from zero, as people see the number. */
double builtin_round(double x, double digits);

/* ---- messages: JSON and XML */

/* Argument 0 as a text to be read. False: *out is the result already, of a
 * reply that was parsed before or of a text that is too large. */
bool builtin_message(const struct builtin *b, char buffer[BUILTIN_SHORT],
                     struct text *t, enum op_result *out);
/* What became of reading one. False: it is malformed, which the caller says. */
bool builtin_put_message(const struct builtin *b, enum bt_err err,
                         struct value v, enum op_result *out);
/* @more: it was not counted to its end. */
enum op_result builtin_too_large(const struct builtin *b, size_t bytes,
                                 bool more);

/* ---- results */

enum op_result builtin_put(const struct builtin *b, struct value v);
enum op_result builtin_put_text(const struct builtin *b, struct text t);
enum op_result builtin_put_scratch(const struct builtin *b);
struct textbuf *builtin_scratch(const struct builtin *b); /* emptied */
enum op_result builtin_wrong_type(const struct builtin *b, struct value v,
                                  const char *wanted);

#endif
