/* What a part leads to is not known while it is drawn: its loose ends are kept
 * as lists, and tied to the next node. */
#include "studio/graph.h"

#include "studio/action.h"
#include "studio/checker_priv.h"

enum { NONE = -1, STEPS_MAX = 8 };

/* An edge without its end. */
struct loose {
  uint32_t from;
  enum graph_edge_kind kind;
  uint32_t line;
  int next; /* NONE: the last of its list */
};

struct loop_ends {
  int breaks;
  uint32_t node;
};

struct drawer {
  struct graph *g;
  struct loose *loose;
  size_t loose_count, loose_cap;
  int open; /* the list of where the drawing goes on */
  struct loop_ends *loop;
  bool failed; /* no memory */
};

/* ---- loose ends */

static int add_loose(struct drawer *d, struct loose l) {
  if (!mem_grow(&d->g->mem, &d->loose, &d->loose_cap, d->loose_count + 1,
                sizeof *d->loose)) {
    d->failed = true;
    return NONE;
  }
  d->loose[d->loose_count] = l;
  return (int)d->loose_count++;
}

static int one(struct drawer *d, uint32_t from, enum graph_edge_kind kind,
               uint32_t line) {
  return add_loose(d, (struct loose){from, kind, line, NONE});
}

static int both(struct drawer *d, int a, int b) {
  if (a == NONE) {
    return b;
  }
  int last = a;
  while (d->loose[last].next != NONE) {
    last = d->loose[last].next;
  }
  d->loose[last].next = b;
  return a;
}

static void tie(struct drawer *d, int list, uint32_t to, bool again) {
  struct graph *g = d->g;
  for (int i = list; i != NONE && !d->failed; i = d->loose[i].next) {
    const struct loose *l = &d->loose[i];
    if (!mem_grow(&g->mem, &g->edges, &g->edge_cap, g->edge_count + 1,
                  sizeof *g->edges)) {
      d->failed = true;
      return;
    }
    const bool plain = l->kind == GRAPH_EDGE_NEXT;
    g->edges[g->edge_count++] = (struct graph_edge){
        l->from, to, again && plain ? GRAPH_EDGE_AGAIN : l->kind, l->line};
  }
}

/* ---- nodes */

/* The node, tied to where the drawing stood; it goes on behind it. */
static uint32_t add_node(struct drawer *d, struct graph_node node) {
  struct graph *g = d->g;
  if (d->failed || !mem_grow(&g->mem, &g->nodes, &g->node_cap,
                             g->node_count + 1, sizeof *g->nodes)) {
    d->failed = true;
    return 0;
  }
  const uint32_t number = (uint32_t)g->node_count++;
  g->nodes[number] = node;
  tie(d, d->open, number, false);
  d->open = one(d, number, GRAPH_EDGE_NEXT, 0);
  return number;
}

/* Lines that do nothing but compute share a node. */
static bool joins_steps(const struct drawer *d, uint32_t line) {
  if (d->open == NONE || d->loose[d->open].next != NONE ||
      d->loose[d->open].kind != GRAPH_EDGE_NEXT) {
    return false;
  }
  const struct graph_node *n = &d->g->nodes[d->loose[d->open].from];
  return n->kind == GRAPH_NODE_STEPS && line >= n->last_line &&
         line - n->line < STEPS_MAX;
}

static const struct expr *action_in(const struct expr *e) {
  if (e == NULL || e->callee == CALLEE_ACTION) {
    return e;
  }
  const struct expr *found = action_in(e->left);
  found = found == NULL ? action_in(e->right) : found;
  for (const struct expr *a = e->args; a != NULL && found == NULL;
       a = a->next) {
    found = action_in(a);
  }
  return found;
}

static void draw_plain(struct drawer *d, const struct stmt *s) {
  const struct expr *action = action_in(s->value);
  action = action == NULL ? action_in(s->target) : action;
  const uint32_t line = s->at.line;
  if (action != NULL) {
    add_node(d, (struct graph_node){
                    GRAPH_NODE_ACTION, line, line,
                    action_info((enum action_id)action->callee_id)->name});
  } else if (joins_steps(d, line)) {
    d->g->nodes[d->loose[d->open].from].last_line = line;
  } else {
    add_node(d, (struct graph_node){GRAPH_NODE_STEPS, line, line, {"", 0}});
  }
}

static void draw_end(struct drawer *d, uint32_t line) {
  add_node(d, (struct graph_node){GRAPH_NODE_END, line, line, {"", 0}});
  d->open = NONE;
}

/* ---- statements */

static void draw_block(struct drawer *d, const struct block *block);

/* ELSE IF is another choice behind "no". */
static void draw_if(struct drawer *d, const struct stmt *s) {
  int after = NONE;
  bool otherwise = false;
  for (const struct arm *arm = s->arms; arm != NULL && !d->failed;
       arm = arm->next) {
    int rest = NONE;
    if (arm->values != NULL) {
      const uint32_t line = arm == s->arms ? s->at.line : arm->at.line;
      const uint32_t choice = add_node(
          d, (struct graph_node){GRAPH_NODE_CHOICE, line, line, {"", 0}});
      d->open = one(d, choice, GRAPH_EDGE_YES, 0);
      rest = one(d, choice, GRAPH_EDGE_NO, 0);
    } else {
      otherwise = true;
    }
    draw_block(d, &arm->body);
    after = both(d, after, d->open);
    d->open = rest;
  }
  d->open = otherwise ? after : both(d, after, d->open);
}

static void draw_cases(struct drawer *d, const struct stmt *s) {
  const uint32_t line = s->at.line;
  const uint32_t choice =
      add_node(d, (struct graph_node){GRAPH_NODE_CHOICE, line, line, {"", 0}});
  int after = NONE;
  bool fallback = false;
  for (const struct arm *arm = s->arms; arm != NULL && !d->failed;
       arm = arm->next) {
    d->open = one(d, choice, GRAPH_EDGE_CASE, arm->at.line);
    draw_block(d, &arm->body);
    after = both(d, after, d->open);
    fallback = fallback || arm->is_default;
  }
  d->open = fallback ? after : both(d, after, one(d, choice, GRAPH_EDGE_NO, 0));
}

static void draw_loop(struct drawer *d, const struct stmt *s) {
  const uint32_t line = s->at.line;
  const uint32_t node =
      add_node(d, (struct graph_node){GRAPH_NODE_LOOP, line, line, {"", 0}});
  struct loop_ends ends = {NONE, node};
  struct loop_ends *outer = d->loop;
  d->loop = &ends;
  d->open = one(d, node, GRAPH_EDGE_ROUND, 0);
  draw_block(d, &s->body);
  tie(d, d->open, node, true);
  d->open = both(d, one(d, node, GRAPH_EDGE_DONE, 0), ends.breaks);
  d->loop = outer;
}

/* A line of its own is drawn, so that its branch is not empty. */
static void draw_jump(struct drawer *d, const struct stmt *s) {
  draw_plain(d, s);
  if (s->kind == STMT_BREAK) {
    d->loop->breaks = both(d, d->loop->breaks, d->open);
  } else {
    tie(d, d->open, d->loop->node, true);
  }
  d->open = NONE;
}

static void draw_stmt(struct drawer *d, const struct stmt *s) {
  switch (s->kind) {
  case STMT_IF:
    draw_if(d, s);
    break;
  case STMT_SELECT:
  case STMT_SWITCH:
    draw_cases(d, s);
    break;
  case STMT_FOR:
  case STMT_FOREACH:
  case STMT_REPEAT:
    draw_loop(d, s);
    break;
  case STMT_BREAK:
  case STMT_CONTINUE:
    draw_jump(d, s);
    break;
  case STMT_RETURN:
  case STMT_EXIT:
    draw_end(d, s->at.line);
    break;
  case STMT_ASSIGN:
  case STMT_DYNAMIC:
  case STMT_CALL:
  case STMT_TRACE:
    draw_plain(d, s);
    if (checker_leaves(s)) {
      draw_end(d, 0);
    }
    break;
  }
}

static void draw_block(struct drawer *d, const struct block *block) {
  for (const struct stmt *s = block->first; s != NULL && !d->failed;
       s = s->next) {
    draw_stmt(d, s);
  }
}

static void draw_unit(struct drawer *d, const struct unit *u) {
  if (u->kind == UNIT_MAIN && u->body.first == NULL) {
    return;
  }
  const uint32_t line = u->kind == UNIT_MAIN ? 0 : u->at.line;
  d->open = NONE;
  add_node(d, (struct graph_node){GRAPH_NODE_START, line, line, u->name});
  draw_block(d, &u->body);
  if (d->open != NONE) {
    draw_end(d, 0);
  }
}

enum bt_err graph_draw(const struct mem *mem, const struct program *program,
                       struct graph *out) {
  *out = (struct graph){.mem = *mem};
  struct drawer d = {.g = out, .open = NONE};
  for (const struct unit *u = program->script.units; u != NULL && !d.failed;
       u = u->next) {
    draw_unit(&d, u);
  }
  mem_free(mem, d.loose, d.loose_cap * sizeof *d.loose);
  if (d.failed) {
    graph_free(out);
    return BT_ERR_NOMEM;
  }
  return BT_ERR_OK;
}

void graph_free(struct graph *g) {
  mem_free(&g->mem, g->nodes, g->node_cap * sizeof *g->nodes);
  mem_free(&g->mem, g->edges, g->edge_cap * sizeof *g->edges);
  *g = (struct graph){.mem = g->mem};
}

/* ---- JSON */

static void put_number(struct json_out *o, const char *key, uint32_t n) {
  json_key(o, key);
  json_put_u64(o, n);
}

static void put_node(const struct graph_node *n, struct json_out *o) {
  static const char *const kinds[] = {
#define X(name, wire) wire,
      GRAPH_NODE_LIST(X)
#undef X
  };
  json_open_object(o);
  json_key(o, "kind");
  json_put_text(o, text_from(kinds[n->kind]));
  put_number(o, "line", n->line);
  put_number(o, "lastLine", n->last_line);
  json_key(o, "name");
  json_put_text(o, n->name);
  json_close_object(o);
}

static void put_edge(const struct graph_edge *e, struct json_out *o) {
  static const char *const kinds[] = {
#define X(name, wire) wire,
      GRAPH_EDGE_LIST(X)
#undef X
  };
  json_open_object(o);
  put_number(o, "from", e->from);
  put_number(o, "to", e->to);
  json_key(o, "kind");
  json_put_text(o, text_from(kinds[e->kind]));
  put_number(o, "line", e->line);
  json_close_object(o);
}

void graph_put_json(const struct graph *g, struct json_out *o) {
  json_open_object(o);
  json_key(o, "nodes");
  json_open_list(o);
  for (size_t i = 0; i < g->node_count; i++) {
    put_node(&g->nodes[i], o);
  }
  json_close_list(o);
  json_key(o, "edges");
  json_open_list(o);
  for (size_t i = 0; i < g->edge_count; i++) {
    put_edge(&g->edges[i], o);
  }
  json_close_list(o);
  json_close_object(o);
}
