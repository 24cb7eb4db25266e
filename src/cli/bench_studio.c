#include <stdio.h>

#include "bench/studio.h"
#include "cli/bench_cli.h"

static void print_rows(const struct bench_studio_result *result) {
  const bool both = result->lua_version[0] != '\0';
  printf("%-12s %-5s %10s %10s %7s\n", "program", "unit", "Baton",
         both ? result->lua_version : "Lua", "ratio");
  for (size_t i = 0; i < result->count; i++) {
    const struct bench_studio_row *r = &result->rows[i];
    printf("%-12s %-5s %10.1f", r->name, r->unit, r->ours);
    if (both) {
      printf(" %10.1f %7.2f  %s\n", r->lua, r->ratio, r->doc);
    } else {
      printf(" %10s %7s  %s\n", "-", "-", r->doc);
    }
  }
}

static void put_figure(struct json_out *o, const char *key, double value,
                       bool there) {
  if (there) {
    bench_put_number(o, key, value);
  } else {
    json_key(o, key);
    json_put_null(o);
  }
}

static void print_json(const struct bench *b,
                       const struct bench_studio_result *result) {
  const bool both = result->lua_version[0] != '\0';
  struct textbuf text;
  struct json_out o;
  textbuf_init(&text, b->mem);
  json_out_init(&o, &text);
  json_open_list(&o);
  for (size_t i = 0; i < result->count; i++) {
    const struct bench_studio_row *r = &result->rows[i];
    json_open_object(&o);
    json_key(&o, "program");
    json_put_text(&o, text_from(r->name));
    json_key(&o, "unit");
    json_put_text(&o, text_from(r->unit));
    put_figure(&o, "baton", r->ours, true);
    put_figure(&o, "lua", r->lua, both);
    put_figure(&o, "ratio", r->ratio, both);
    json_close_object(&o);
  }
  json_close_list(&o);
  printf("%.*s\n", TEXT_ARG(textbuf_text(&text)));
  textbuf_free(&text);
}

int bench_cli_studio(const struct cli_command *self, int argc, char **argv) {
  const char *lua = "lua5.4";
  long long rounds = 7, sleepers = 100000;
  bool json = false;
  const struct cli_option options[] = {
      {"--rounds", CLI_NUM, &rounds, "N",
       "of both sides in turn, whose medians are printed (default 7)"},
      {"--sleepers", CLI_NUM, &sleepers, "N",
       "scripts asleep at once (default 100000)"},
      {"--lua", CLI_TEXT, &lua, "PROGRAM",
       "the Lua interpreter (default lua5.4); without one, ours alone"},
      {"--json", CLI_FLAG, &json, NULL, "a JSON list of rows"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton bench studio", "baton bench studio --rounds 21 --json", NULL};
  const struct cli_page page = {options, examples, 0, 0};
  struct bench_studio_result result;
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (rounds < 1 || rounds > STUDIO_ROUNDS_MAX || sleepers < 1 ||
      sleepers > 10000000) {
    cli_error("--rounds goes from 1 to %d, --sleepers from 1 to 10000000",
              STUDIO_ROUNDS_MAX);
    return CLI_MISUSE;
  }
  struct bench b = bench_new();
  const struct bench_studio_options o = {
      .lua = lua, .rounds = (unsigned)rounds, .sleepers = (uint32_t)sleepers};
  if (bench_studio(&b, &o, &result) != BT_ERR_OK) {
    cli_error("%s", b.why);
    return CLI_FAILED;
  }
  if (json) {
    print_json(&b, &result);
  } else {
    print_rows(&result);
  }
  return CLI_DONE;
}
