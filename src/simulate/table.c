/* Tables of contacts (CSV, RFC 4180): a head with the names of the columns,
 * then one contact a line, or one forecast. */
#include <stdio.h>

#include "routing/router.h"
#include "simulate/read_priv.h"

#define COLUMN(name, wire, doc) COLUMN_##name,
enum column {
#include "simulate/column.def"
  COLUMNS
};
#undef COLUMN
_Static_assert((int)COLUMN_PATIENCE - (int)COLUMN_HANDLING ==
                   (int)SIMULATE_PATIENCE,
               "the times stand together");

static const struct text names[COLUMNS] = {
#define COLUMN(name, wire, doc) {(wire), sizeof(wire) - 1},
#include "simulate/column.def"
#undef COLUMN
};

enum { CELLS_MAX = 32 };

struct table {
  struct simulate_reader *r;
  struct text csv;
  size_t at;     /* of the next line */
  uint32_t line; /* read last, from 1 */
  char separator;
  struct text cells[CELLS_MAX];
  uint32_t columns[CELLS_MAX]; /* where each cell of the line begins, from 1 */
  size_t cell_count;
  size_t place[COLUMNS]; /* of a column among the cells; CELLS_MAX: none */
};

static struct simulate_where where(const struct table *t, size_t cell) {
  return (struct simulate_where){
      .line = t->line, .column = cell < t->cell_count ? t->columns[cell] : 1};
}

/* ---- lines and cells */

/* Takes "" for a quotation mark within quoted cells. */
static struct text unquote(struct table *t, struct text raw) {
  char *copy = arena_alloc(t->r->arena, raw.len + 1);
  size_t len = 0;
  if (copy == NULL) {
    t->r->no_memory = true;
    return TEXT("");
  }
  for (size_t i = 0; i < raw.len; i++) {
    copy[len++] = raw.ptr[i];
    i += raw.ptr[i] == '"';
  }
  return (struct text){copy, len};
}

/* The end of the cell that begins at @from: its separator or the line's end. */
static size_t cell_end(const struct table *t, size_t from, bool *quoted) {
  size_t i = from;
  *quoted = i < t->csv.len && t->csv.ptr[i] == '"';
  bool inside = *quoted;
  for (i += *quoted; i < t->csv.len; i++) {
    const char c = t->csv.ptr[i];
    if (c == '"' && *quoted) {
      inside = !inside;
    } else if (!inside && (c == t->separator || c == '\n')) {
      break;
    }
  }
  return i;
}

/* To the next line that is not empty and no comment. */
static struct text find_line(struct table *t) {
  while (t->at < t->csv.len) {
    const size_t end = text_find(t->csv, TEXT("\n"), t->at);
    const struct text line = text_trim(text_sub(t->csv, t->at, end - t->at));
    t->line++;
    if (line.len > 0 && line.ptr[0] != '#') {
      return line;
    }
    t->at = end + 1;
  }
  return TEXT("");
}

/* What stands between the quotation marks. */
static struct text quoted_cell(struct table *t, struct text cell) {
  if (cell.len < 2 || cell.ptr[cell.len - 1] != '"') {
    read_report(t->r,
                (struct simulate_where){.line = t->line,
                                        .column = t->columns[t->cell_count]},
                "a cell that begins with a quotation mark ends with one");
    return cell;
  }
  return unquote(t, text_sub(cell, 1, cell.len - 2));
}

/* The cells of the line that was found; false at the end, and after one that
 * does not end. */
static bool read_cells(struct table *t) {
  const unsigned errors = t->r->errors;
  bool more = t->at < t->csv.len;
  const size_t begin = t->at;
  t->cell_count = 0;
  while (more && t->cell_count < CELLS_MAX) {
    bool quoted;
    const size_t from = t->at, end = cell_end(t, from, &quoted);
    const struct text cell = text_trim(text_sub(t->csv, from, end - from));
    t->columns[t->cell_count] = (uint32_t)(from - begin + 1);
    t->cells[t->cell_count] = quoted ? quoted_cell(t, cell) : cell;
    t->cell_count++;
    t->at = end + 1;
    more = end < t->csv.len && t->csv.ptr[end] == t->separator;
  }
  return t->cell_count > 0 && t->r->errors == errors;
}

static bool read_line(struct table *t) {
  (void)find_line(t);
  return read_cells(t);
}

static struct text cell(const struct table *t, enum column column) {
  return t->place[column] < t->cell_count ? t->cells[t->place[column]]
                                          : TEXT("");
}

/* ---- the head */

/* German and French tables have semicolons. */
static void find_separator(struct table *t, struct text head) {
  t->separator = ',';
  if (text_find(head, TEXT(";"), 0) < head.len) {
    t->separator = ';';
  } else if (text_find(head, TEXT("\t"), 0) < head.len) {
    t->separator = '\t';
  }
}

static bool read_head(struct table *t) {
  const unsigned errors = t->r->errors;
  for (size_t c = 0; c < COLUMNS; c++) {
    t->place[c] = CELLS_MAX;
  }
  for (size_t i = 0; i < t->cell_count; i++) {
    size_t c = 0;
    while (c < COLUMNS && !text_equal_nocase(t->cells[i], names[c])) {
      c++;
    }
    if (c == COLUMNS) {
      const struct read_names known = {"column", names, COLUMNS};
      read_unknown(t->r, where(t, i), &known, t->cells[i]);
    } else if (t->place[c] < CELLS_MAX) {
      read_report(t->r, where(t, i), "the column \"%.*s\" is there twice",
                  TEXT_ARG(names[c]));
    } else {
      t->place[c] = i;
    }
  }
  const bool timed = t->place[COLUMN_AT] < CELLS_MAX;
  if (t->r->errors == errors &&
      (!timed || t->place[COLUMN_QUEUE] == CELLS_MAX)) {
    read_report(t->r, where(t, 0),
                "the column \"%s\" is missing: the first line names the "
                "columns, such as at,queue,handling,patience",
                timed ? "queue" : "at");
  }
  return t->r->errors == errors;
}

/* ---- cells as values */

/* A number from 0 on; @if_empty of an empty cell. */
static double number(struct table *t, enum column column, double if_empty) {
  const struct text c = cell(t, column);
  double value = if_empty;
  if (c.len > 0 && (!text_to_double(c, &value) || value < 0 || value > 1e9)) {
    read_report(t->r, where(t, t->place[column]),
                "\"%.*s\" must be a number, 0 or more; found \"%.*s\"",
                TEXT_ARG(names[column]), TEXT_ARG(c));
    return if_empty;
  }
  return value;
}

static int64_t time_us(struct table *t, enum column column, int64_t if_empty) {
  const struct text c = cell(t, column);
  int64_t at_us = if_empty;
  if (c.len > 0 &&
      !simulate_read_time(c, t->r->zone, t->r->plan.from_us, &at_us)) {
    read_report(
        t->r, where(t, t->place[column]),
        "\"%.*s\" must be a time such as 2026-03-02 08:00:13, or 08:00; "
        "found \"%.*s\"",
        TEXT_ARG(names[column]), TEXT_ARG(c));
  }
  return at_us;
}

/* "billing+english" or "billing:3", which is the weakest proficiency. */
static struct text skills(struct table *t) {
  const struct text c = cell(t, COLUMN_SKILLS);
  struct textbuf b;
  struct json_out o;
  if (c.len == 0) {
    return TEXT("");
  }
  textbuf_init(&b, t->r->arena->mem);
  json_out_init(&o, &b);
  json_open_list(&o);
  for (size_t at = 0; at <= c.len;) {
    const size_t end = text_find(c, TEXT("+"), at);
    const struct text one = text_trim(text_sub(c, at, end - at));
    const size_t colon = text_find(one, TEXT(":"), 0);
    int64_t level = ROUTER_PROFICIENCY_WORST;
    read_skill(t->r, where(t, t->place[COLUMN_SKILLS]),
               text_sub(one, 0, colon));
    if (colon < one.len &&
        (!text_to_i64(text_sub(one, colon + 1, one.len), &level) || level < 1 ||
         level > ROUTER_PROFICIENCY_WORST)) {
      read_report(t->r, where(t, t->place[COLUMN_SKILLS]),
                  "\"%.*s\": a proficiency is a whole number 1 … 20",
                  TEXT_ARG(one));
    }
    json_open_object(&o);
    json_key(&o, "name");
    json_put_text(&o, text_sub(one, 0, colon));
    json_key(&o, "minProficiency");
    json_put_i64(&o, level);
    json_close_object(&o);
    at = end + 1;
  }
  json_close_list(&o);
  const struct text kept = arena_copy_text(t->r->arena, textbuf_text(&b));
  t->r->no_memory = t->r->no_memory || b.failed || kept.ptr == NULL;
  textbuf_free(&b);
  return kept;
}

static uint32_t channel(struct table *t) {
  const struct text c = cell(t, COLUMN_CHANNEL);
  int64_t number = CHANNEL_CHAT;
  if (c.len > 0 && !field_name_to_num(KIND_CHANNEL, c, &number)) {
    read_report(t->r, where(t, t->place[COLUMN_CHANNEL]),
                "\"channel\" must be chat, voice or message; found \"%.*s\"",
                TEXT_ARG(c));
  }
  return (uint32_t)number;
}

static struct simulate_contact contact(struct table *t) {
  const double priority = number(t, COLUMN_PRIORITY, SIMULATE_OPEN);
  struct simulate_contact c = {.at_us = time_us(t, COLUMN_AT, -1),
                               .priority = (int64_t)priority,
                               .channel = channel(t),
                               .target = cell(t, COLUMN_QUEUE),
                               .skills = skills(t),
                               .preferred = cell(t, COLUMN_AGENT)};
  for (size_t i = 0; i < SIMULATE_TIMES; i++) {
    const double s = number(t, (enum column)(COLUMN_HANDLING + i), -1);
    c.times_us[i] = s < 0 ? SIMULATE_OPEN : (int64_t)(s * 1e6);
  }
  if (c.at_us < 0 && cell(t, COLUMN_AT).len == 0) {
    read_report(t->r, where(t, t->place[COLUMN_AT]), "the time is missing");
  }
  if (priority > ROUTER_PRIORITY_MAX) {
    read_report(t->r, where(t, t->place[COLUMN_PRIORITY]),
                "a priority is 0 … %d", ROUTER_PRIORITY_MAX);
  }
  read_target(t->r, where(t, t->place[COLUMN_QUEUE]), c.target);
  if (c.preferred.len > 0) {
    read_agent(t->r, where(t, t->place[COLUMN_AGENT]), c.preferred);
  }
  return c;
}

/* A line that says how many come from a moment on: until @to, or for an
 * interval. Its times are means. */
static void forecast(struct table *t, const struct simulate_contact *c) {
  struct simulate_stream *s = read_new_stream(t->r);
  struct simulate_piece *piece = arena_alloc(t->r->arena, sizeof *piece);
  if (s == NULL || piece == NULL) {
    t->r->no_memory = true;
    return;
  }
  *piece = (struct simulate_piece){
      .from_us = c->at_us,
      .to_us = time_us(t, COLUMN_TO, c->at_us + t->r->plan.interval_us),
      .contacts = number(t, COLUMN_CONTACTS, 0)};
  if (piece->to_us <= piece->from_us) {
    read_report(t->r, where(t, t->place[COLUMN_TO]),
                "it ends before it begins");
  }
  s->form = *c;
  s->pieces = piece;
  s->piece_count = piece->contacts > 0;
  for (size_t i = 0; i < SIMULATE_TIMES; i++) {
    if (c->times_us[i] != SIMULATE_OPEN) {
      s->laws[i] = (struct simulate_law){
          .form = SIMULATE_EXPONENTIAL, .mean_s = (double)c->times_us[i] / 1e6};
    }
  }
}

/* The laws of a stream for the same target hold where a line states none. */
static void borrow(struct simulate_stream *s,
                   const struct simulate_stream *known) {
  for (size_t n = 0; n < SIMULATE_TIMES; n++) {
    if (s->laws[n].form == SIMULATE_NONE &&
        text_equal_nocase(known->form.target, s->form.target)) {
      s->laws[n] = known->laws[n];
    }
  }
}

static void borrow_laws(struct simulate_reader *r, size_t before) {
  for (size_t i = before; i < r->stream_count; i++) {
    for (size_t k = 0; k < before; k++) {
      borrow(&r->streams[i], &r->streams[k]);
    }
  }
}

static bool is_utf8(struct table *t) {
  const size_t bad = utf8_first_bad(t->csv);
  uint32_t line = 1;
  for (size_t i = 0; i < bad; i++) {
    line += t->csv.ptr[i] == '\n';
  }
  if (bad < t->csv.len) {
    read_report(t->r, (struct simulate_where){.line = line, .column = 1},
                "the table is not UTF-8: save it as CSV UTF-8");
  }
  return bad == t->csv.len;
}

static bool read_top(struct table *t) {
  if (!is_utf8(t)) {
    return false;
  }
  const struct text head = find_line(t);
  if (head.len == 0) {
    read_report(t->r, (struct simulate_where){.line = 1, .column = 1},
                "the table is empty: its first line names the columns, such as "
                "at,queue,handling,patience");
    return false;
  }
  find_separator(t, head);
  return read_cells(t) && read_head(t);
}

enum { ERRORS_MAX = 20 };

void simulate_read_table(struct simulate_reader *r, struct text csv) {
  struct table t = {.r = r, .csv = csv};
  const size_t before = r->stream_count;
  const unsigned errors = r->errors;
  if (text_starts(csv, TEXT("\xef\xbb\xbf"))) { /* a byte order mark */
    t.csv = text_sub(csv, 3, csv.len - 3);
  }
  if (!read_top(&t)) {
    return;
  }
  while (read_line(&t) && r->errors - errors < ERRORS_MAX) {
    const struct simulate_contact c = contact(&t);
    if (t.place[COLUMN_CONTACTS] < CELLS_MAX) {
      forecast(&t, &c);
    } else {
      simulate_read_contact(r, &c);
    }
  }
  borrow_laws(r, before);
}
