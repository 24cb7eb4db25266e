/* scenario.h - a world around one script, read from a YAML file.
 *
 * scenario.def is what may stand in it. A file holds one scenario, or several
 * `cases`. All that is wrong with it is found in one pass, with lines and the
 * nearest names. The ticket's world, which `baton run` plays without a file, is
 * a scenario in which nothing stands.
 */
#ifndef BATON_SCENARIO_SCENARIO_H
#define BATON_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "server/findings.h"
#include "server/yaml_tree.h"
#include "studio/program.h"

struct scenario_script {
  struct text name, path, source;
};

/* One case. Everything is owned by its file. */
struct scenario {
  const struct scenario_file *file;
  struct text title;
  const struct json *root; /* an object SCENARIO of scenario.def, checked */
  struct scenario_script script; /* the one under test */
  struct program *program;       /* the same, compiled; owned */
  struct scenario_script *others;
  size_t other_count;
  bool in_centre; /* the names of a centre's file are there */
};

struct scenario_file {
  struct arena arena;
  struct text path;
  struct yaml_tree tree;
  struct scenario *cases;
  size_t count;
};

/* What is wrong goes to @findings; *@out is written only if there is no error.
 * A @script that is not NULL is played instead of those that the file names.
 * BT_ERR_SYNTAX: there are errors. BT_ERR_IO: the file cannot be read (a
 * finding says why). BT_ERR_NOMEM. */
enum bt_err scenario_load(const char *path, const char *script,
                          struct findings *findings,
                          struct scenario_file *out) BT_USE_RESULT;
/* The ticket's world around @script, with scripts beside it by their names. */
enum bt_err scenario_default(const char *script, struct findings *findings,
                             struct scenario_file *out) BT_USE_RESULT;
/* What is played without files: @scenario is the text of one, or empty for the
 * ticket's world; @script is played, and scripts beside it are found among
 * @others by their names. No file is read: a scenario that names a centre is
 * refused. Errors as above. */
struct scenario_given {
  struct text scenario;
  struct scenario_script script; /* its name and source */
  const struct scenario_script *others;
  size_t other_count;
};
enum bt_err scenario_from_text(const struct scenario_given *given,
                               struct findings *findings,
                               struct scenario_file *out) BT_USE_RESULT;
void scenario_free(struct scenario_file *file);

/* Does its script run others, and does it not say which there are? Then those
 * that lie beside it are meant. */
bool scenario_wants_siblings(const struct scenario *s);

/* Is the YAML file at @path meant as a scenario? It is if one of `scenario`,
 * `script`, `expect` and `cases` stands at its margin. */
bool scenario_is_one(const char *path);

#endif
