/* yaml_tree.h - a YAML file as a JSON tree that knows its lines and columns.
 *
 * A JSON-like part of YAML 1.2: mappings with plain keys, lists, scalars; one
 * document. Plain scalars are what JSON would make of them (numbers, true,
 * false, null), everything else is text. Anchors, aliases and tags are refused:
 * a configuration says what it says, and cannot grow when it is read.
 */
#ifndef BATON_SERVER_YAML_TREE_H
#define BATON_SERVER_YAML_TREE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "server/findings.h"

/* Where a value stands, and the key before it (of an element: the same). */
struct yaml_place {
  uint32_t line, column; /* from 1 */
  uint32_t key_line, key_column;
};

struct yaml_tree {
  struct json *root;
  struct text file;
  const struct yaml_place *places; /* by the offset of a node */
};

enum { YAML_DEPTH_MAX = 32 };

/* Adds what is wrong to @findings; what can be read in spite of it is in the
 * tree, so that it can be judged too. The tree lives in @arena and borrows
 * @file. BT_ERR_SYNTAX: there is no tree. BT_ERR_NOMEM. */
enum bt_err yaml_tree_parse(struct arena *arena, struct text file,
                            struct text source, struct findings *findings,
                            struct yaml_tree *out) BT_USE_RESULT;

/* Of a member the place of its key, of an element its own: where a person
 * looks. */
struct finding_place yaml_tree_place(const struct yaml_tree *tree,
                                     const struct json *node);
/* The place of the value. */
struct finding_place yaml_tree_value_place(const struct yaml_tree *tree,
                                           const struct json *node);
/* The node that a JSON Pointer below @node leads to, or the last one on the way
 * that is there. */
const struct json *yaml_tree_follow(const struct json *node,
                                    struct text pointer);

#endif
