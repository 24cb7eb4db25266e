/* The log of who did what: verified, and listed. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/data_dir.h"
#include "domain/heap.h"

struct choice {
  const char *head, *who, *what, *of;
  long long limit;
  bool json;
};

static int failed(const char *path, enum bt_err err) {
  cli_error("%s: %s%s", path, bt_err_text(err),
            err == BT_ERR_NOT_FOUND
                ? "; name the data directory of a centre that was started"
                : "");
  return CLI_FAILED;
}

/* ---- verify */

static void print_report(const struct audit_report *r, bool good) {
  if (good) {
    printf("OK: %" PRIu64 " entries, head %s\n", r->head.entries,
           r->head.digest);
    if (r->removed > 0) {
      printf("entries 1 to %" PRIu64 " were removed by their age, as an entry "
             "says\n",
             r->removed);
    }
  } else if (r->line > 0) {
    printf("BROKEN at line %" PRIu64 ": %s\n", r->line, r->why);
  } else {
    printf("BROKEN: %s\n", r->why);
  }
}

static void print_json_report(const struct audit_report *r, bool good) {
  struct textbuf out;
  struct json_out o;
  textbuf_init(&out, heap_mem());
  json_out_init(&o, &out);
  json_open_object(&o);
  json_key(&o, "whole");
  json_put_bool(&o, good);
  json_key(&o, "entries");
  json_put_u64(&o, r->head.entries);
  json_key(&o, "removed");
  json_put_u64(&o, r->removed);
  json_key(&o, "head");
  json_put_text(&o, text_from(r->head.digest));
  if (!good) {
    json_key(&o, "line");
    r->line > 0 ? json_put_u64(&o, r->line) : json_put_null(&o);
    json_key(&o, "why");
    json_put_text(&o, text_from(r->why));
  }
  json_close_object(&o);
  printf("%.*s\n", TEXT_ARG(textbuf_text(&out)));
  textbuf_free(&out);
}

static int verify(const char *path, const struct choice *c) {
  struct audit_report report;
  const enum bt_err err =
      audit_verify(heap_mem(), path, text_from(c->head), &report);
  if (err != BT_ERR_OK && err != BT_ERR_CORRUPT) {
    return failed(path, err);
  }
  (c->json ? print_json_report : print_report)(&report, err == BT_ERR_OK);
  return err == BT_ERR_OK ? CLI_DONE : CLI_FAILED;
}

/* ---- list */

struct listing {
  const struct choice *choice;
  struct arena arena;
  long long printed;
};

static void print_entry(struct listing *l, struct text line) {
  struct json *entry = NULL;
  arena_reset(&l->arena);
  if (json_parse(&l->arena, line, JSON_DEPTH_DEFAULT, &entry, NULL) !=
      BT_ERR_OK) {
    return; /* audit_find() has read it */
  }
  const struct json *code = json_member(entry, TEXT("code"));
  printf("%.*s  %-10.*s %-20.*s %.*s",
         TEXT_ARG(json_member_text(entry, TEXT("at"))),
         TEXT_ARG(json_member_text(entry, TEXT("role"))),
         TEXT_ARG(json_member_text(entry, TEXT("who"))),
         TEXT_ARG(json_member_text(entry, TEXT("what"))));
  static const char *const rest[] = {"of", "from"};
  for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
    const struct text t = json_member_text(entry, text_from(rest[i]));
    if (t.len > 0) {
      printf("  %s %.*s", rest[i], TEXT_ARG(t));
    }
  }
  if (code != NULL) {
    printf("  %lld", (long long)code->i);
  }
  printf("\n");
}

static bool on_entry(void *ctx, uint64_t number, struct text line) {
  struct listing *l = ctx;
  (void)number;
  if (l->choice->json) {
    printf("%.*s\n", TEXT_ARG(line));
  } else {
    print_entry(l, line);
  }
  return ++l->printed < l->choice->limit;
}

static int list(const char *path, const struct choice *c) {
  const struct audit_query q = {.who = text_from(c->who),
                                .what = text_from(c->what),
                                .of = text_from(c->of),
                                .to_us = INT64_MAX,
                                .before = UINT64_MAX};
  struct listing l = {.choice = c};
  arena_init(&l.arena, heap_mem(), 0);
  const enum bt_err err = audit_find(heap_mem(), path, &q, on_entry, &l);
  arena_free(&l.arena);
  return err == BT_ERR_OK ? CLI_DONE : failed(path, err);
}

/* ---- choosing */

int cmd_audit(const struct cli_command *self, int argc, char **argv) {
  struct choice c = {.limit = 100};
  char path[DATA_DIR_PATH];
  const struct cli_option options[] = {
      {"--head", CLI_TEXT, &c.head, "DIGEST",
       "verify: an entry's digest that was noted before must still be there"},
      {"--who", CLI_TEXT, &c.who, "NAME", "list: only this one's acts"},
      {"--what", CLI_TEXT, &c.what, "ACT", "list: only these acts"},
      {"--of", CLI_TEXT, &c.of, "ID", "list: only what was done to this"},
      {"--limit", CLI_NUM, &c.limit, "N", "list: so many; default 100"},
      {"--json", CLI_FLAG, &c.json, NULL, "as JSON"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton audit verify data/main",
      "baton audit verify data/main --head 5f2c…",
      "baton audit list data/main --what listen --limit 20", NULL};
  const struct cli_page page = {options, examples, 2, 2};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  const bool verifies = strcmp(argv[1], "verify") == 0;
  if (!verifies && strcmp(argv[1], "list") != 0) {
    cli_error("audit: there is no action '%s'; there are verify and list",
              argv[1]);
    return CLI_MISUSE;
  }
  if (c.limit < 1) {
    cli_error("--limit is 1 or more");
    return CLI_MISUSE;
  }
  const int len = snprintf(path, sizeof path, "%s/audit.log", argv[2]);
  if (len < 0 || (size_t)len >= sizeof path) {
    cli_error("the directory's name is too long");
    return CLI_MISUSE;
  }
  return verifies ? verify(path, &c) : list(path, &c);
}
