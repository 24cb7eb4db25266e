#include "server/yaml_tree.h"

#include <stdio.h>
#include <string.h>

/* libyaml's header is not written for -Wpedantic readers, but for us. */
#include <yaml.h>

#include "base/check.h"

/* A container that is open. */
struct frame {
  struct json *container;
  struct json *last; /* its last member or element */
  struct text key;   /* of the member whose value comes next; ptr NULL: none */
  uint32_t key_line, key_column;
};

struct builder {
  struct arena *arena;
  struct findings *findings;
  struct text file;
  struct yaml_place *places;
  size_t place_count, place_cap;
  struct frame frames[YAML_DEPTH_MAX + 1]; /* the first one holds the root */
  size_t depth;
  struct json *root;
  bool extra; /* a second document was reported */
};

static void report(struct builder *b, yaml_mark_t mark, const char *message) {
  const struct finding_place place = {.file = b->file,
                                      .line = (uint32_t)mark.line + 1,
                                      .column = (uint32_t)mark.column + 1};
  findings_add(b->findings, FINDING_ERROR, place, "%s", message);
}

/* ---- nodes */

/* Grows in the arena: a configuration is small and the arena goes soon. */
static bool add_place(struct builder *b, struct yaml_place place) {
  if (b->place_count == b->place_cap) {
    const size_t cap = b->place_cap == 0 ? 256 : b->place_cap * 2;
    struct yaml_place *grown = arena_alloc(b->arena, cap * sizeof *grown);
    if (grown == NULL) {
      return false;
    }
    if (b->place_count > 0) {
      memcpy(grown, b->places, b->place_count * sizeof *grown);
    }
    b->places = grown;
    b->place_cap = cap;
  }
  b->places[b->place_count++] = place;
  return true;
}

/* A new node in the container that is open. */
static struct json *add_node(struct builder *b, yaml_mark_t mark) {
  struct frame *f = &b->frames[b->depth];
  struct json *node = arena_alloc(b->arena, sizeof *node);
  struct yaml_place place = {.line = (uint32_t)mark.line + 1,
                             .column = (uint32_t)mark.column + 1};
  place.key_line = f->key.ptr == NULL ? place.line : f->key_line;
  place.key_column = f->key.ptr == NULL ? place.column : f->key_column;
  if (node == NULL || !add_place(b, place)) {
    return NULL;
  }
  node->offset = b->place_count - 1;
  node->key = f->key;
  f->key = (struct text){NULL, 0};
  if (f->container == NULL) {
    b->root = node;
    return node;
  }
  *(f->last == NULL ? &f->container->first : &f->last->next) = node;
  f->last = node;
  f->container->count++;
  return node;
}

/* ---- scalars */

static bool is_word(struct text t, const char *word) {
  return text_equal_nocase(t, text_from(word));
}

/* A plain scalar means what JSON means by it, with YAML's ways to write null.
 * yes, no, on and off are text, as in YAML 1.2. */
static enum bt_err read_plain(struct builder *b, struct text t,
                              struct json *node) {
  if (t.len == 0 || is_word(t, "~") || is_word(t, "null")) {
    node->type = JSON_NULL;
  } else if (is_word(t, "true") || is_word(t, "false")) {
    node->type = is_word(t, "true") ? JSON_TRUE : JSON_FALSE;
  } else if (t.ptr[0] == '-' || (t.ptr[0] >= '0' && t.ptr[0] <= '9')) {
    struct json *number = NULL;
    const enum bt_err err = json_parse(b->arena, t, 1, &number, NULL);
    if (err == BT_ERR_OK) {
      node->type = number->type;
      node->i = number->i;
      node->d = number->d;
      node->source = number->source;
    }
    return err == BT_ERR_NOMEM ? err : BT_ERR_OK;
  }
  return BT_ERR_OK;
}

static enum bt_err take_value(struct builder *b, const yaml_event_t *event,
                              struct text t) {
  struct json *node = add_node(b, event->start_mark);
  if (node == NULL) {
    return BT_ERR_NOMEM;
  }
  node->type = JSON_TEXT;
  node->text = t;
  node->source = t;
  return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
             ? read_plain(b, t, node)
             : BT_ERR_OK;
}

/* The names of the members seen so far are few. */
static void take_key(struct builder *b, const yaml_event_t *event,
                     struct text key) {
  struct frame *f = &b->frames[b->depth];
  const struct json *twin = json_member(f->container, key);
  if (twin != NULL) {
    const struct finding_place place = {
        .file = b->file,
        .line = (uint32_t)event->start_mark.line + 1,
        .column = (uint32_t)event->start_mark.column + 1};
    findings_add(b->findings, FINDING_ERROR, place,
                 "\"%.*s\" stands here a second time; the first is in line %u",
                 TEXT_ARG(key), b->places[twin->offset].key_line);
  }
  f->key = key;
  f->key_line = (uint32_t)event->start_mark.line + 1;
  f->key_column = (uint32_t)event->start_mark.column + 1;
}

static bool wants_key(const struct builder *b) {
  const struct frame *f = &b->frames[b->depth];
  return f->container != NULL && f->container->type == JSON_OBJECT &&
         f->key.ptr == NULL;
}

static enum bt_err on_scalar(struct builder *b, const yaml_event_t *event) {
  const struct text bytes = {(const char *)event->data.scalar.value,
                             event->data.scalar.length};
  const struct text t = arena_copy_text(b->arena, bytes);
  if (t.ptr == NULL) {
    return BT_ERR_NOMEM;
  }
  if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL) {
    report(b, event->start_mark,
           "anchors (&) and tags (!) are not understood; write the value out, "
           "or put it in quotes");
  }
  if (wants_key(b)) {
    take_key(b, event, t);
    return BT_ERR_OK;
  }
  return take_value(b, event, t);
}

/* ---- containers */

static enum bt_err on_open(struct builder *b, const yaml_event_t *event,
                           enum json_type type) {
  if (wants_key(b)) {
    report(b, event->start_mark, "a name must be a word, not a list or object");
    return BT_ERR_SYNTAX;
  }
  if (b->depth == YAML_DEPTH_MAX) {
    report(b, event->start_mark, "lists and objects are nested too deep here");
    return BT_ERR_SYNTAX;
  }
  struct json *node = add_node(b, event->start_mark);
  if (node == NULL) {
    return BT_ERR_NOMEM;
  }
  node->type = type;
  b->frames[++b->depth] = (struct frame){.container = node};
  return BT_ERR_OK;
}

static enum bt_err on_document(struct builder *b, const yaml_event_t *event) {
  if (b->root == NULL) {
    return BT_ERR_OK;
  }
  report(
      b, event->start_mark,
      "a second document begins here (\"---\"); write it into a file of its own");
  return BT_ERR_SYNTAX;
}

static enum bt_err on_event(struct builder *b, const yaml_event_t *event) {
  switch (event->type) {
  case YAML_DOCUMENT_START_EVENT:
    return on_document(b, event);
  case YAML_ALIAS_EVENT:
    report(b, event->start_mark,
           "aliases (*name) are not understood; write the value out");
    return BT_ERR_SYNTAX;
  case YAML_SCALAR_EVENT:
    return on_scalar(b, event);
  case YAML_SEQUENCE_START_EVENT:
    return on_open(b, event, JSON_LIST);
  case YAML_MAPPING_START_EVENT:
    return on_open(b, event, JSON_OBJECT);
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT:
    bt_check(b->depth > 0);
    b->depth--;
    return BT_ERR_OK;
  case YAML_NO_EVENT:
  case YAML_STREAM_START_EVENT:
  case YAML_STREAM_END_EVENT:
  case YAML_DOCUMENT_END_EVENT:
    break;
  }
  return BT_ERR_OK;
}

/* ---- what libyaml refuses */

static bool is_indented_by_tab(struct text line) {
  size_t i = 0;
  while (i < line.len && line.ptr[i] == ' ') {
    i++;
  }
  return i < line.len && line.ptr[i] == '\t';
}

/* Every line of @source that is indented with a tab, if line @at (from 0) is:
 * then the others are wrong for the same reason. */
static bool report_tabs(struct builder *b, struct text source, size_t at) {
  bool found = false;
  size_t from = 0;
  for (uint32_t number = 0; from < source.len; number++) {
    const size_t end = text_find(source, TEXT("\n"), from);
    const struct text line = text_sub(source, from, end - from);
    from = end + 1;
    if (number < at || !is_indented_by_tab(line)) {
      if (number >= at && !found) {
        return false;
      }
      continue;
    }
    found = true;
    const struct finding_place place = {
        .file = b->file,
        .line = number + 1,
        .column = (uint32_t)text_find(line, TEXT("\t"), 0) + 1};
    findings_add(b->findings, FINDING_ERROR, place,
                 "this line is indented with a tab; YAML takes only blanks");
  }
  return found;
}

static const char *find_cure(const char *problem) {
#define CURE(begins, cure)                                                     \
  if (text_starts(text_from(problem), TEXT(begins))) {                         \
    return (cure);                                                             \
  }
#include "server/yaml_cures.def"
#undef CURE
  return NULL;
}

/* libyaml's reader says the byte, its other parts the line. */
static yaml_mark_t mark_of_byte(struct text source, size_t offset) {
  yaml_mark_t mark = {.index = offset};
  for (size_t i = 0; i < offset && i < source.len; i++) {
    const bool line_end = source.ptr[i] == '\n';
    mark.line += line_end;
    mark.column = line_end ? 0 : mark.column + 1;
  }
  return mark;
}

static enum bt_err report_problem(struct builder *b, const yaml_parser_t *p,
                                  struct text source) {
  if (p->error == YAML_MEMORY_ERROR) {
    return BT_ERR_NOMEM;
  }
  const yaml_mark_t mark = p->error == YAML_READER_ERROR
                               ? mark_of_byte(source, p->problem_offset)
                               : p->problem_mark;
  if (report_tabs(b, source, mark.line)) {
    return BT_ERR_SYNTAX;
  }
  const char *problem = p->problem == NULL ? "not YAML" : p->problem;
  const char *cure = find_cure(problem);
  const struct finding_place place = {.file = b->file,
                                      .line = (uint32_t)mark.line + 1,
                                      .column = (uint32_t)mark.column + 1};
  char began[64] = "";
  if (p->context != NULL && p->context_mark.line != mark.line) {
    (void)snprintf(began, sizeof began, " that begins in line %zu",
                   p->context_mark.line + 1);
  }
  findings_add(b->findings, FINDING_ERROR, place, "%s%s(YAML: %s%s%s%s)",
               cure == NULL ? "" : cure, cure == NULL ? "" : " ",
               p->context == NULL ? "" : p->context, began,
               p->context == NULL ? "" : ", ", problem);
  return BT_ERR_SYNTAX;
}

static enum bt_err build(struct builder *b, yaml_parser_t *parser,
                         struct text source) {
  enum bt_err err = BT_ERR_OK;
  bool ended = false;
  while (err == BT_ERR_OK && !ended) {
    yaml_event_t event;
    if (!yaml_parser_parse(parser, &event)) {
      return report_problem(b, parser, source);
    }
    err = on_event(b, &event);
    ended = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  return err;
}

enum bt_err yaml_tree_parse(struct arena *arena, struct text file,
                            struct text source, struct findings *findings,
                            struct yaml_tree *out) {
  yaml_parser_t parser;
  if (!yaml_parser_initialize(&parser)) {
    return BT_ERR_NOMEM;
  }
  if (text_starts(source, TEXT("\xEF\xBB\xBF"))) { /* libyaml counts it */
    source = text_sub(source, 3, source.len);
  }
  yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser, (const unsigned char *)source.ptr,
                               source.len);
  struct builder b = {.arena = arena, .findings = findings, .file = file};
  enum bt_err err = build(&b, &parser, source);
  yaml_parser_delete(&parser);
  if (err == BT_ERR_OK && b.root == NULL) {
    const struct finding_place place = {.file = file, .line = 1, .column = 1};
    findings_add(findings, FINDING_ERROR, place,
                 "the file is empty; a centre begins with \"centre: NAME\", a "
                 "scenario with \"script: FILE\"");
    err = BT_ERR_SYNTAX;
  }
  if (err == BT_ERR_OK) {
    *out = (struct yaml_tree){.root = b.root, .file = file, .places = b.places};
  }
  return err;
}

/* ---- places */

struct finding_place yaml_tree_place(const struct yaml_tree *tree,
                                     const struct json *node) {
  const struct yaml_place *p = &tree->places[node->offset];
  return (struct finding_place){
      .file = tree->file, .line = p->key_line, .column = p->key_column};
}

struct finding_place yaml_tree_value_place(const struct yaml_tree *tree,
                                           const struct json *node) {
  const struct yaml_place *p = &tree->places[node->offset];
  return (struct finding_place){
      .file = tree->file, .line = p->line, .column = p->column};
}

/* Is @step, escaped as RFC 6901 has it, this key? */
static bool is_step(struct text key, struct text step) {
  size_t k = 0, s = 0;
  while (s < step.len && k < key.len) {
    char c = step.ptr[s++];
    if (c == '~' && s < step.len) {
      c = step.ptr[s++] == '1' ? '/' : '~';
    }
    if (c != key.ptr[k++]) {
      return false;
    }
  }
  return s == step.len && k == key.len;
}

static const struct json *find_step(const struct json *node, struct text step) {
  int64_t index = 0;
  const bool number = text_to_i64(step, &index);
  for (const struct json *c = node->first; c != NULL; c = c->next) {
    if (node->type == JSON_OBJECT ? is_step(c->key, step)
                                  : number && index-- == 0) {
      return c;
    }
  }
  return NULL;
}

const struct json *yaml_tree_follow(const struct json *node,
                                    struct text pointer) {
  while (pointer.len > 0) {
    const size_t end = text_find(pointer, TEXT("/"), 1);
    const struct json *next = find_step(node, text_sub(pointer, 1, end - 1));
    if (next == NULL) {
      return node;
    }
    node = next;
    pointer = text_sub(pointer, end, pointer.len - end);
  }
  return node;
}
