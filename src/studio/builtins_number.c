#include <math.h>
#include <stdio.h>

#include "studio/builtin_impl_priv.h"

static enum op_result put_number(const struct builtin *b, double d) {
  return builtin_put(b, value_number(d));
}

#define ONE_NUMBER(id, expression)                                             \
  enum op_result builtin_do_##id(const struct builtin *b) {                    \
    double x;                                                                  \
    return builtin_number(b, 0, &x) ? put_number(b, (expression))              \
                                    : OP_RESULT_FAILED;                        \
  }

ONE_NUMBER(ABS, fabs(x))
ONE_NUMBER(CEILING, ceil(x))
ONE_NUMBER(FLOOR, floor(x))
ONE_NUMBER(TRUNC, trunc(x))
ONE_NUMBER(INT, trunc(x))

enum op_result builtin_do_SQRT(const struct builtin *b) {
  double x;
  if (!builtin_number(b, 0, &x)) {
    return OP_RESULT_FAILED;
  }
  if (x < 0) {
    return vm_fail(b->vm, FAILURE_ARGUMENT,
                   "sqrt of %.15g: a negative number has none", x);
  }
  return put_number(b, sqrt(x));
}

/* Through the decimal digits that print: 2.345 is a little less than that in
 * binary, and people mean what they see. */
double builtin_round(double x, double digits) {
  char text[64];
  double rounded;
  const double scale = pow(10, digits);
  const int n = snprintf(text, sizeof text, "%.15g", x * scale);
  if (!text_to_double((struct text){text, (size_t)n}, &rounded)) {
    return x; /* too large to have digits behind the point */
  }
  return round(rounded) / scale;
}

enum op_result builtin_do_ROUND(const struct builtin *b) {
  double x, digits = 0;
  if (!builtin_number(b, 0, &x) ||
      (b->argc > 1 && !builtin_number(b, 1, &digits))) {
    return OP_RESULT_FAILED;
  }
  digits = trunc(digits);
  if (!(digits >= -15 && digits <= 15)) {
    return vm_fail(b->vm, FAILURE_ARGUMENT,
                   "round: digits from -15 to 15, not %.15g", digits);
  }
  return put_number(b, builtin_round(x, digits));
}

enum op_result builtin_do_POWER(const struct builtin *b) {
  double x, y;
  return builtin_number(b, 0, &x) && builtin_number(b, 1, &y)
             ? put_number(b, pow(x, y))
             : OP_RESULT_FAILED;
}

enum op_result builtin_do_LOGN(const struct builtin *b) {
  double x, base = 0;
  if (!builtin_number(b, 0, &x) ||
      (b->argc > 1 && !builtin_number(b, 1, &base))) {
    return OP_RESULT_FAILED;
  }
  if (!(x > 0) || (b->argc > 1 && (!(base > 0) || !(fabs(base - 1) > 0)))) {
    return vm_fail(b->vm, FAILURE_ARGUMENT,
                   "logn needs a number above 0, and a base above 0 that is "
                   "not 1");
  }
  if (b->argc == 1) {
    return put_number(b, log(x));
  }
  /* log10 is exact where the quotient is not: logn(1000, 10). */
  return put_number(b, fabs(base - 10) > 0 ? log(x) / log(base) : log10(x));
}

static enum op_result extreme(const struct builtin *b, double sign) {
  double best, x;
  if (!builtin_number(b, 0, &best)) {
    return OP_RESULT_FAILED;
  }
  for (unsigned i = 1; i < b->argc; i++) {
    if (!builtin_number(b, i, &x)) {
      return OP_RESULT_FAILED;
    }
    best = x * sign > best * sign ? x : best;
  }
  return put_number(b, best);
}

enum op_result builtin_do_MIN(const struct builtin *b) {
  return extreme(b, -1);
}

enum op_result builtin_do_MAX(const struct builtin *b) {
  return extreme(b, 1);
}

enum op_result builtin_do_MODULO(const struct builtin *b) {
  double x, y;
  if (!builtin_number(b, 0, &x) || !builtin_number(b, 1, &y)) {
    return OP_RESULT_FAILED;
  }
  if (!(fabs(y) > 0)) {
    return vm_fail(b->vm, FAILURE_DIVISION, "division by zero");
  }
  return put_number(b, fmod(x, y));
}

enum op_result builtin_do_RANDOM(const struct builtin *b) {
  double lo, hi;
  if (!builtin_number(b, 0, &lo) || !builtin_number(b, 1, &hi)) {
    return OP_RESULT_FAILED;
  }
  lo = ceil(lo);
  hi = floor(hi);
  if (!(lo <= hi) || !(hi - lo < 9007199254740992.0)) {
    return vm_fail(b->vm, FAILURE_ARGUMENT,
                   "random: no whole number lies from %.15g to %.15g", lo, hi);
  }
  const uint64_t span = (uint64_t)(hi - lo) + 1;
  return put_number(b, lo + (double)rand_below(&b->vm->rand, span));
}

/* The longest part at the beginning that is a number. */
enum op_result builtin_do_VAL(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  double x;
  struct text t = text_trim(builtin_text(b, 0, buffer));
  t = text_sub(t, 0, 32); /* no number that people write is longer */
  while (t.len > 0 && !text_to_double(t, &x)) {
    t.len--;
  }
  return put_number(b, t.len > 0 ? x : 0);
}

enum op_result builtin_do_ISNUMERIC(const struct builtin *b) {
  double x;
  return builtin_put(b, value_bool(value_to_number(b->args[0], &x)));
}
