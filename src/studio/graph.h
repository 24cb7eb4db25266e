/* graph.h - a script as a graph: what a person would draw of it on paper.
 *
 * A node is a start, some plain lines, an action, a choice, a loop or an end;
 * an edge says which way it is taken. Nodes know lines alone: whoever shows
 * them has the text. Every part of the script, sections and functions too,
 * begins at a start of its own.
 */
#ifndef BATON_STUDIO_GRAPH_H
#define BATON_STUDIO_GRAPH_H

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "studio/program.h"

#define GRAPH_NODE_LIST(X)                                                     \
  X(START, "start")                                                            \
  X(STEPS, "steps")                                                            \
  X(ACTION, "action")                                                          \
  X(CHOICE, "choice")                                                          \
  X(LOOP, "loop")                                                              \
  X(END, "end")
#define X(name, wire) GRAPH_NODE_##name,
enum graph_node_kind { GRAPH_NODE_LIST(X) GRAPH_NODE_KINDS };
#undef X

#define GRAPH_EDGE_LIST(X)                                                     \
  X(NEXT, "next")                                                              \
  X(YES, "yes")                                                                \
  X(NO, "no")                                                                  \
  X(CASE, "case")                                                              \
  X(ROUND, "round")                                                            \
  X(AGAIN, "again")                                                            \
  X(DONE, "done")
#define X(name, wire) GRAPH_EDGE_##name,
enum graph_edge_kind { GRAPH_EDGE_LIST(X) GRAPH_EDGE_KINDS };
#undef X

struct graph_node {
  enum graph_node_kind kind;
  uint32_t line, last_line; /* 0: the end of a part, which is no line */
  struct text name;         /* of a section or function; of an action */
};

struct graph_edge {
  uint32_t from, to; /* numbers of nodes */
  enum graph_edge_kind kind;
  uint32_t line; /* CASE: where its label stands; else 0 */
};

/* Owns its lists; names are the program's. */
struct graph {
  struct mem mem;
  struct graph_node *nodes;
  struct graph_edge *edges;
  size_t node_count, node_cap, edge_count, edge_cap;
};

/* BT_ERR_NOMEM; then there is nothing to free. */
enum bt_err graph_draw(const struct mem *mem, const struct program *program,
                       struct graph *out) BT_USE_RESULT;
void graph_free(struct graph *g);

/* {"nodes": [{kind, line, lastLine, name}], "edges": [{from, to, kind, line}]}
 */
void graph_put_json(const struct graph *g, struct json_out *o);

#endif
