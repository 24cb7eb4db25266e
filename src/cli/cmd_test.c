/* Plays every scenario below the paths that are given, in the order of their
 * names, and compares each with what it expects. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "cli/cli.h"
#include "cli/siblings.h"
#include "cli/test_report.h"
#include "domain/heap.h"
#include "net/loop.h"
#include "scenario/judge.h"
#include "scenario/world.h"

enum { PATH_ROOM = 4096 };

struct tester {
  const char *filter;
  long long seed, runs;
  bool faults, json, colour, misuse;
  struct test_report report;
};

/* ---- files */

struct paths {
  char **items;
  size_t count, cap;
};

static bool paths_add(struct paths *p, const char *path) {
  if (p->count == p->cap) {
    const size_t cap = p->cap == 0 ? 64 : p->cap * 2;
    char **grown = realloc(p->items, cap * sizeof *grown);
    if (grown == NULL) {
      return false;
    }
    p->items = grown;
    p->cap = cap;
  }
  p->items[p->count] = strdup(path);
  return p->items[p->count++] != NULL;
}

static void paths_free(struct paths *p) {
  for (size_t i = 0; i < p->count; i++) {
    free(p->items[i]);
  }
  free(p->items);
}

static bool is_yaml(const char *name) {
  const struct text t = text_from(name);
  return text_ends(t, TEXT(".yaml")) || text_ends(t, TEXT(".yml"));
}

static void find_files(struct tester *t, const char *path, bool named,
                       struct paths *out);

static void find_in_directory(struct tester *t, const char *path,
                              struct paths *out) {
  struct dirent **entries = NULL;
  const int count = scandir(path, &entries, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    char below[PATH_ROOM];
    const size_t len = strlen(path);
    if (entries[i]->d_name[0] != '.') {
      (void)snprintf(below, sizeof below, "%s%s%s", path,
                     len > 0 && path[len - 1] == '/' ? "" : "/",
                     entries[i]->d_name);
      find_files(t, below, false, out);
    }
    free(entries[i]);
  }
  free(entries);
}

/* In a directory only what is meant as a scenario is one; what is named is
 * taken at its word. */
static void find_files(struct tester *t, const char *path, bool named,
                       struct paths *out) {
  struct stat info;
  if (stat(path, &info) != 0) {
    cli_error("cannot read %s: %s", path, strerror(errno));
    t->misuse = true;
  } else if (S_ISDIR(info.st_mode)) {
    find_in_directory(t, path, out);
  } else if (named || (is_yaml(path) && scenario_is_one(path))) {
    t->misuse = !paths_add(out, path) || t->misuse;
  }
}

/* ---- playing */

/* Plays it once; *@done lives until @report is written anew. */
static bool play_once(struct tester *t, const struct scenario *s, uint64_t seed,
                      struct test_case *done, struct textbuf *report) {
  struct world *w = NULL;
  const struct world_options options = {.seed = seed, .faults = t->faults};
  const int64_t began_us = loop_unix_us();
  textbuf_clear(report);
  if (world_create(s, &options, &w) != BT_ERR_OK) {
    cli_error("not enough memory");
    t->misuse = true;
    return false;
  }
  if (scenario_wants_siblings(s)) {
    siblings_publish(w, s->script.path.ptr);
  }
  world_play(w);
  const struct tale *tale = world_tale(w);
  done->failures = judge_tale(s, tale, t->faults, report);
  done->virtual_us = tale->end_us - tale->start_us;
  done->real_us += loop_unix_us() - began_us;
  done->report = textbuf_text(report);
  done->seed = t->faults ? seed : 0;
  world_free(w);
  return true;
}

/* With every seed, up to the first with which it fails. */
static void play_case(struct tester *t, const struct scenario *s) {
  struct textbuf report;
  struct test_case done = {.file = s->file->path, .title = s->title};
  bool played = true;
  textbuf_init(&report, heap_mem());
  for (long long run = 0; run < t->runs && played && done.failures == 0;
       run++) {
    played = play_once(t, s, (uint64_t)(t->seed + run), &done, &report);
    done.runs++;
  }
  if (played) {
    test_report_case(&t->report, &done);
  }
  textbuf_free(&report);
}

static bool fits_filter(const struct tester *t, const struct scenario *s) {
  const struct text part = text_from(t->filter);
  return t->filter == NULL || text_find(s->title, part, 0) < s->title.len ||
         text_find(s->file->path, part, 0) < s->file->path.len;
}

static void play_file(struct tester *t, const char *path) {
  struct findings findings;
  struct scenario_file file;
  findings_init(&findings, heap_mem());
  const enum bt_err err = scenario_load(path, NULL, &findings, &file);
  if (err != BT_ERR_OK) {
    struct textbuf b;
    textbuf_init(&b, heap_mem());
    findings_print(&findings, &b);
    test_report_broken(&t->report, text_from(path), textbuf_text(&b));
    textbuf_free(&b);
    t->misuse = true;
  }
  for (size_t i = 0; err == BT_ERR_OK && i < file.count; i++) {
    if (fits_filter(t, &file.cases[i])) {
      play_case(t, &file.cases[i]);
    }
  }
  if (err == BT_ERR_OK) {
    scenario_free(&file);
  }
  findings_free(&findings);
}

static int exit_of(const struct tester *t) {
  if (t->misuse) {
    return CLI_MISUSE;
  }
  if (t->report.count == 0) {
    cli_error(t->filter == NULL
                  ? "there is no scenario: a YAML file with `scenario`, "
                    "`script`, `expect` or `cases` at its margin"
                  : "no scenario fits the filter");
    return CLI_MISUSE;
  }
  return t->report.failed > 0 ? CLI_FAILED : CLI_DONE;
}

static int test_paths(struct tester *t, int argc, char **argv,
                      const char *junit) {
  struct paths files = {0};
  for (int i = 1; i < argc; i++) {
    find_files(t, argv[i], true, &files);
  }
  test_report_init(&t->report, t->json, t->colour);
  for (size_t i = 0; i < files.count; i++) {
    play_file(t, files.items[i]);
  }
  test_report_close(&t->report);
  if (junit != NULL && !test_report_junit(&t->report, junit)) {
    cli_error("cannot write %s: %s", junit, strerror(errno));
    t->misuse = true;
  }
  const int exit_code = exit_of(t);
  test_report_free(&t->report);
  paths_free(&files);
  return exit_code;
}

int cmd_test(const struct cli_command *self, int argc, char **argv) {
  struct tester t = {.seed = 1, .runs = 1};
  const char *junit = NULL;
  const struct cli_option options[] = {
      {"--filter", CLI_TEXT, &t.filter, "TEXT",
       "only cases whose name or file holds the text"},
      {"--json", CLI_FLAG, &t.json, NULL, "the results as JSON"},
      {"--junit", CLI_TEXT, &junit, "FILE", "the results as JUnit XML too"},
      {"--faults", CLI_FLAG, &t.faults, NULL,
       "shake what is independent: order, delays, connections"},
      {"--seed", CLI_NUM, &t.seed, "N", "of what is shaken; default 1"},
      {"--runs", CLI_NUM, &t.runs, "N",
       "play each case so often, with seed, seed + 1 …"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton test examples", "baton test --junit build/scenarios.xml flows/",
      "baton test --faults --runs 100 flows/menu.yaml", NULL};
  const struct cli_page page = {options, examples, 1, -1};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (t.runs < 1 || t.seed < 0) {
    cli_error("--runs is at least 1, --seed at least 0");
    return CLI_MISUSE;
  }
  t.colour = isatty(STDOUT_FILENO) != 0 && getenv("NO_COLOR") == NULL;
  return test_paths(&t, argc, argv, junit);
}
