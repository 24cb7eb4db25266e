/* Dates and times, on the tenant's clock. */
#include <math.h>

#include "base/check.h"
#include "studio/builtin_impl_priv.h"
#include "studio/date_priv.h"

#define TICKS_TO_1970 INT64_C(621355968000000000) /* from year 1, of 100 ns */

static const char *name_of(const struct builtin *b) {
  return builtin_info(b->id)->name.ptr;
}

/* ---- arguments and results */

static bool date_arg(const struct builtin *b, unsigned i, double *out) {
  const struct value v = b->args[i];
  const bool text = value_tag(v) == VALUE_TEXT;
  if (!value_to_number(v, out) &&
      !(text && date_read(value_as_text(v), b->vm->zone, false, out))) {
    const struct text t = text ? utf8_cut(value_as_text(v), 40) : TEXT("");
    (void)vm_fail(b->vm, FAILURE_ARGUMENT,
                  "%s needs a date such as 02/09/2023 8:00 AM or 2023-02-09, "
                  "not %s%.*s%s",
                  name_of(b), text ? "\"" : value_type_name(v), TEXT_ARG(t),
                  text ? "\"" : "");
    return false;
  }
  if (!date_is_valid(*out)) {
    (void)vm_fail(b->vm, FAILURE_ARGUMENT,
                  "%s: day %.15g is outside of the years %d to %d", name_of(b),
                  *out, DATE_YEAR_MIN, DATE_YEAR_MAX);
    return false;
  }
  return true;
}

static enum op_result put_date(const struct builtin *b, double days) {
  bt_check(date_is_valid(days));
  return builtin_put(b, value_date(date_to_ms(days)));
}

static enum op_result put_number(const struct builtin *b, double d) {
  return builtin_put(b, value_number(d));
}

static double now(const struct builtin *b) {
  return date_from_unix_us(b->vm->zone, b->vm->now_us);
}

/* Argument 0, or now if there is none. */
static bool date_or_now(const struct builtin *b, double *out) {
  if (b->argc > 0) {
    return date_arg(b, 0, out);
  }
  *out = now(b);
  return true;
}

static bool unit_at(const struct builtin *b, unsigned i, enum date_unit *out) {
  const struct value v = b->args[i];
  *out = value_tag(v) == VALUE_TEXT ? date_unit_find(value_as_text(v))
                                    : DATE_UNITS;
  return *out != DATE_UNITS;
}

/* Which argument names the unit: the first that does; the count of arguments
 * if none. */
static unsigned unit_place(const struct builtin *b, enum date_unit *out) {
  unsigned at = 0;
  while (at < b->argc && !unit_at(b, at, out)) {
    at++;
  }
  return at;
}

static enum op_result no_unit(const struct builtin *b) {
  return vm_fail(b->vm, FAILURE_ARGUMENT,
                 "%s needs a unit: \"year\", \"quarter\", \"month\", \"week\", "
                 "\"day\", \"hour\", \"minute\" or \"second\"",
                 name_of(b));
}

/* ---- now */

enum op_result builtin_do_NOW(const struct builtin *b) {
  return put_date(b, now(b));
}

enum op_result builtin_do_TODAY(const struct builtin *b) {
  return put_date(b, date_floor(now(b)));
}

enum op_result builtin_do_UTC(const struct builtin *b) {
  return put_date(b, date_from_unix_us(NULL, b->vm->now_us));
}

enum op_result builtin_do_GMT(const struct builtin *b) {
  return builtin_do_UTC(b);
}

enum op_result builtin_do_TIMESTAMP(const struct builtin *b) {
  struct textbuf *out = builtin_scratch(b);
  textbuf_add_i64(out, b->vm->now_us * 10 + TICKS_TO_1970);
  return builtin_put_scratch(b);
}

enum op_result builtin_do_TIMEZONEID(const struct builtin *b) {
  return builtin_put_text(b, tz_name(b->vm->zone));
}

enum op_result builtin_do_DATE(const struct builtin *b) {
  double days;
  if (b->argc == 0) {
    return builtin_do_TODAY(b);
  }
  return date_arg(b, 0, &days) ? put_date(b, days) : OP_RESULT_FAILED;
}

enum op_result builtin_do_TIME(const struct builtin *b) {
  double days;
  return date_or_now(b, &days) ? put_date(b, days - date_floor(days))
                               : OP_RESULT_FAILED;
}

enum op_result builtin_do_DOW(const struct builtin *b) {
  double days;
  return date_or_now(b, &days) ? put_number(b, date_weekday(days))
                               : OP_RESULT_FAILED;
}

/* ---- as text */

static enum op_result put_formatted(const struct builtin *b, double days,
                                    const struct tz *zone, struct text format) {
  char buffer[BUILTIN_SHORT];
  const struct text stated =
      b->argc > 1 ? builtin_text(b, 1, buffer) : TEXT("");
  struct textbuf *out = builtin_scratch(b);
  date_format(days, stated.len > 0 ? stated : format, zone, out);
  return builtin_put_scratch(b);
}

static enum op_result as_text(const struct builtin *b, struct text format) {
  double days;
  return date_arg(b, 0, &days) ? put_formatted(b, days, b->vm->zone, format)
                               : OP_RESULT_FAILED;
}

enum op_result builtin_do_ASDATE(const struct builtin *b) {
  return as_text(b, TEXT("MM/dd/yyyy"));
}

enum op_result builtin_do_ASTIME(const struct builtin *b) {
  return as_text(b, TEXT("hh:mm:ss tt"));
}

enum op_result builtin_do_ASDATETIME(const struct builtin *b) {
  return as_text(b, TEXT("MM/dd/yyyy hh:mm:ss tt"));
}

enum op_result builtin_do_ASISODATETIME(const struct builtin *b) {
  return as_text(b, TEXT("yyyy-MM-ddTHH:mm:ss.fffK"));
}

enum op_result builtin_do_DATEFMT(const struct builtin *b) {
  return as_text(b, TEXT("MM/dd/yyyy hh:mm:ss tt"));
}

enum op_result builtin_do_ASUTC(const struct builtin *b) {
  double days;
  if (!date_arg(b, 0, &days)) {
    return OP_RESULT_FAILED;
  }
  const int64_t unix_s = date_to_unix_s(b->vm->zone, days);
  const double utc = date_from_unix_us(NULL, unix_s * 1000000);
  return put_formatted(b, date_is_valid(utc) ? utc : days, NULL,
                       TEXT("ddd, dd MMM yyyy HH:mm:ss 'GMT'"));
}

enum op_result builtin_do_ASGMT(const struct builtin *b) {
  return builtin_do_ASUTC(b);
}

enum op_result builtin_do_ASDATEDOW(const struct builtin *b) {
  return builtin_do_DOW(b);
}

/* ---- arithmetic */

/* dateadd(date, days), or with a unit at any place: dateadd(date, n, unit),
 * dateadd(date, unit, n), dateadd(unit, n, date). */
enum op_result builtin_do_DATEADD(const struct builtin *b) {
  /* Where the date and the count are, by where the unit is. */
  static const struct {
    unsigned date, count;
  } places[] = {{2, 1}, {0, 2}, {0, 1}};
  enum date_unit unit = DATE_DAY;
  double days, n, sum;
  const unsigned at = b->argc == 3 ? unit_place(b, &unit) : 2;
  if (at == b->argc && b->argc == 3) {
    return no_unit(b);
  }
  if (!date_arg(b, places[at].date, &days) ||
      !builtin_number(b, places[at].count, &n)) {
    return OP_RESULT_FAILED;
  }
  if (!date_add(days, n, unit, &sum)) {
    return vm_fail(b->vm, FAILURE_ARGUMENT,
                   "dateadd: the result is outside of the years %d to %d",
                   DATE_YEAR_MIN, DATE_YEAR_MAX);
  }
  return put_date(b, sum);
}

/* datediff(unit, a, b), a.datediff(unit, b), a.datediff(b, unit). */
enum op_result builtin_do_DATEDIFF(const struct builtin *b) {
  enum date_unit unit;
  double from, to;
  const unsigned at = unit_place(b, &unit);
  if (at == b->argc) {
    return no_unit(b);
  }
  if (!date_arg(b, at == 0 ? 1 : 0, &from) ||
      !date_arg(b, at == 2 ? 1 : 2, &to)) {
    return OP_RESULT_FAILED;
  }
  return put_number(b, date_difference(from, to, unit));
}

/* date.datepart(unit), or datepart(unit, date). */
enum op_result builtin_do_DATEPART(const struct builtin *b) {
  enum date_unit unit;
  double days;
  const bool unit_first = unit_at(b, 0, &unit);
  if (!unit_first && !unit_at(b, 1, &unit)) {
    return no_unit(b);
  }
  return date_arg(b, unit_first ? 1 : 0, &days)
             ? put_number(b, date_part(days, unit))
             : OP_RESULT_FAILED;
}

/* @n whole numbers; what is no number of a date is told by the caller. */
static bool whole_args(const struct builtin *b, unsigned n, int64_t *out) {
  double d;
  for (unsigned i = 0; i < n; i++) {
    if (!builtin_number(b, i, &d)) {
      return false;
    }
    out[i] = fabs(d) < 1e6 ? (int64_t)trunc(d) : -1;
  }
  return true;
}

static bool time_exists(const int64_t time[3]) {
  return time[0] >= 0 && time[0] < 24 && time[1] >= 0 && time[1] < 60 &&
         time[2] >= 0 && time[2] < 60;
}

static enum op_result build(const struct builtin *b) {
  int64_t n[6] = {0};
  if (!whole_args(b, b->argc, n)) {
    return OP_RESULT_FAILED;
  }
  if (!date_exists(n[0], n[1], n[2]) || !time_exists(&n[3])) {
    return vm_fail(
        b->vm, FAILURE_ARGUMENT,
        "%s: there is no %lld-%02lld-%02lld %02lld:%02lld:%02lld in the years "
        "%d to %d",
        name_of(b), (long long)n[0], (long long)n[1], (long long)n[2],
        (long long)n[3], (long long)n[4], (long long)n[5], DATE_YEAR_MIN,
        DATE_YEAR_MAX);
  }
  return put_date(b, date_from_civil((struct civil){.year = (int32_t)n[0],
                                                    .month = (uint8_t)n[1],
                                                    .day = (uint8_t)n[2],
                                                    .hour = (uint8_t)n[3],
                                                    .minute = (uint8_t)n[4],
                                                    .second = (uint8_t)n[5]}));
}

enum op_result builtin_do_DATEBUILD(const struct builtin *b) {
  return build(b);
}

enum op_result builtin_do_DATETIMEBUILD(const struct builtin *b) {
  return build(b);
}
