#include "cli/test_report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "domain/heap.h"

void test_report_init(struct test_report *r, bool json, bool colour) {
  *r = (struct test_report){.json = json, .colour = colour && !json};
  arena_init(&r->arena, heap_mem(), 0);
}

void test_report_free(struct test_report *r) {
  arena_free(&r->arena);
}

static void keep(struct test_report *r, const struct test_case *c) {
  if (r->count == r->cap) {
    const size_t cap = r->cap == 0 ? 64 : r->cap * 2;
    struct test_case *grown = arena_alloc(&r->arena, cap * sizeof *grown);
    if (grown == NULL) {
      return;
    }
    if (r->count > 0) {
      memcpy(grown, r->cases, r->count * sizeof *grown);
    }
    r->cases = grown;
    r->cap = cap;
  }
  struct test_case *kept = &r->cases[r->count++];
  *kept = *c;
  kept->file = arena_copy_text(&r->arena, c->file);
  kept->title = arena_copy_text(&r->arena, c->title);
  kept->report = arena_copy_text(&r->arena, c->report);
  r->failed += c->failures > 0;
  r->broken += c->broken;
}

/* ---- for people */

static void put(FILE *to, struct text t) {
  if (t.len > 0) {
    (void)fwrite(t.ptr, 1, t.len, to);
  }
}

static void print_mark(const struct test_report *r, bool good) {
  const char *colour = !r->colour ? "" : good ? "\033[32m" : "\033[31m";
  printf("%s%s%s", colour, good ? "ok  " : "FAIL", r->colour ? "\033[0m" : "");
}

void test_report_case(struct test_report *r, const struct test_case *c) {
  keep(r, c);
  if (r->json) {
    return;
  }
  print_mark(r, c->failures == 0);
  printf("  %.*s: %.*s  (%.3f s, %.1f ms", TEXT_ARG(c->file),
         TEXT_ARG(c->title), (double)c->virtual_us / 1e6,
         (double)c->real_us / 1e3);
  if (c->runs > 1) {
    printf(", %llu times", (unsigned long long)c->runs);
  }
  (void)fputs(")\n", stdout);
  put(stdout, c->report);
  if (c->failures > 0 && c->seed > 0) {
    printf("  again with: baton test --faults --seed %llu %.*s\n",
           (unsigned long long)c->seed, TEXT_ARG(c->file));
  }
  (void)fflush(stdout);
}

void test_report_broken(struct test_report *r, struct text file,
                        struct text why) {
  const struct test_case c = {.file = file,
                              .title = TEXT("cannot be played"),
                              .broken = true,
                              .report = why};
  keep(r, &c);
  (void)fflush(stdout);
  put(stderr, why);
}

static int64_t real_us(const struct test_report *r) {
  int64_t all_us = 0;
  for (size_t i = 0; i < r->count; i++) {
    all_us += r->cases[i].real_us;
  }
  return all_us;
}

/* ---- JSON */

static void put_case(const struct test_case *c, struct json_out *o) {
  json_open_object(o);
  json_key(o, "file");
  json_put_text(o, c->file);
  json_key(o, "name");
  json_put_text(o, c->title);
  json_key(o, "result");
  json_put_text(o, c->broken         ? TEXT("broken")
                   : c->failures > 0 ? TEXT("failed")
                                     : TEXT("passed"));
  json_key(o, "failures");
  json_put_u64(o, c->failures);
  json_key(o, "virtualUs");
  json_put_i64(o, c->virtual_us);
  json_key(o, "realUs");
  json_put_i64(o, c->real_us);
  json_key(o, "runs");
  json_put_u64(o, c->runs);
  json_key(o, "seed");
  c->seed > 0 ? json_put_u64(o, c->seed) : json_put_null(o);
  json_key(o, "report");
  json_put_text(o, c->report);
  json_close_object(o);
}

static void print_json(const struct test_report *r) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, heap_mem());
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "cases");
  json_open_list(&o);
  for (size_t i = 0; i < r->count; i++) {
    put_case(&r->cases[i], &o);
  }
  json_close_list(&o);
  json_key(&o, "passed");
  json_put_u64(&o, r->count - r->failed - r->broken);
  json_key(&o, "failed");
  json_put_u64(&o, r->failed);
  json_key(&o, "broken");
  json_put_u64(&o, r->broken);
  json_close_object(&o);
  textbuf_add_char(&b, '\n');
  put(stdout, textbuf_text(&b));
  textbuf_free(&b);
}

void test_report_close(struct test_report *r) {
  if (r->json) {
    print_json(r);
  } else if (r->count > 0) {
    printf("%zu passed, %zu failed", r->count - r->failed - r->broken,
           r->failed);
    if (r->broken > 0) {
      printf(", %zu cannot be played", r->broken);
    }
    printf("  (%.1f ms)\n", (double)real_us(r) / 1e3);
  }
}

/* ---- JUnit */

/* XML 1.0 has no place for most control characters. */
static void put_xml(FILE *f, struct text t) {
  for (size_t i = 0; i < t.len; i++) {
    const char c = t.ptr[i];
    if (c == '<' || c == '>' || c == '&' || c == '"') {
      (void)fputs(c == '<'   ? "&lt;"
                  : c == '>' ? "&gt;"
                  : c == '&' ? "&amp;"
                             : "&quot;",
                  f);
    } else if (c == '\n' || c == '\t' || (unsigned char)c >= 0x20) {
      (void)fputc(c, f);
    } else {
      (void)fputs("\xEF\xBF\xBD", f);
    }
  }
}

static void put_result(FILE *f, const struct test_case *c) {
  const char *kind = c->broken ? "error" : "failure";
  if (!c->broken && c->failures == 0) {
    return;
  }
  (void)fprintf(f, "      <%s message=\"", kind);
  if (c->broken) {
    (void)fputs("the scenario cannot be played", f);
  } else {
    (void)fprintf(f, "%zu not as expected", c->failures);
  }
  (void)fprintf(f, "\" type=\"%s\">", c->broken ? "scenario" : "expectation");
  put_xml(f, c->report);
  (void)fprintf(f, "</%s>\n", kind);
}

/* One suite a file: its cases stand one after the other. */
static size_t put_suite(FILE *f, const struct test_report *r, size_t from) {
  size_t to = from, failed = 0, broken = 0;
  int64_t us = 0;
  for (; to < r->count && text_equal(r->cases[to].file, r->cases[from].file);
       to++) {
    failed += r->cases[to].failures > 0;
    broken += r->cases[to].broken;
    us += r->cases[to].real_us;
  }
  (void)fputs("  <testsuite name=\"", f);
  put_xml(f, r->cases[from].file);
  (void)fprintf(f,
                "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
                "skipped=\"0\" time=\"%.6f\">\n",
                to - from, failed, broken, (double)us / 1e6);
  for (size_t i = from; i < to; i++) {
    const struct test_case *c = &r->cases[i];
    (void)fputs("    <testcase classname=\"", f);
    put_xml(f, c->file);
    (void)fputs("\" name=\"", f);
    put_xml(f, c->title);
    if (c->seed > 0) {
      (void)fprintf(f, " (seed %llu)", (unsigned long long)c->seed);
    }
    (void)fprintf(f, "\" time=\"%.6f\">\n", (double)c->real_us / 1e6);
    put_result(f, c);
    (void)fputs("    </testcase>\n", f);
  }
  (void)fputs("  </testsuite>\n", f);
  return to;
}

bool test_report_junit(const struct test_report *r, const char *path) {
  FILE *f = fopen(path, "wb");
  if (f == NULL) {
    return false;
  }
  (void)fprintf(f,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<testsuites name=\"baton test\" tests=\"%zu\" "
                "failures=\"%zu\" errors=\"%zu\" time=\"%.6f\">\n",
                r->count, r->failed, r->broken, (double)real_us(r) / 1e6);
  for (size_t i = 0; i < r->count;) {
    i = put_suite(f, r, i);
  }
  (void)fputs("</testsuites>\n", f);
  const bool bad = ferror(f) != 0;
  return fclose(f) == 0 && !bad;
}
