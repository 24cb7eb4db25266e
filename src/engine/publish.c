/* Scripts as they are published: each text of each script, and who put it
 * there last. Texts are kept as long as the engine, since runs may need them.
 */
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/check.h"
#include "engine/publish_priv.h"

/* A text that was published under this name, and who did it last. */
struct publication {
  struct text name; /* in the directory's arena, as is origin.by */
  const struct program *program;
  struct dir_origin origin;
};

/* ---- what was published */

static struct publication *find(const struct engine *e, struct text name,
                                const struct program *program) {
  for (size_t i = 0; i < e->publication_count; i++) {
    struct publication *p = &e->publications[i];
    if (p->program == program && text_equal_nocase(p->name, name)) {
      return p;
    }
  }
  return NULL;
}

/* The newest of the script; NULL if there is none of it. */
static const struct publication *newest(const struct engine *e,
                                        struct text name) {
  for (size_t i = e->publication_count; i-- > 0;) {
    if (text_equal_nocase(e->publications[i].name, name)) {
      return &e->publications[i];
    }
  }
  return NULL;
}

static struct text keep(struct engine *e, struct text t) {
  const struct text copy = arena_copy_text(&e->dir.arena, t);
  bt_check(copy.ptr != NULL);
  return copy;
}

/* A text that is published again becomes the newest. */
static void note(struct engine *e, struct text name,
                 const struct program *program, struct dir_origin origin) {
  struct publication *p = find(e, name, program);
  if (p != NULL) {
    name = p->name;
    const size_t behind =
        (size_t)(e->publications + e->publication_count - p) - 1;
    memmove(p, p + 1, behind * sizeof *p);
    e->publication_count--;
  } else {
    name = keep(e, name);
  }
  const bool room = mem_grow(&e->mem, &e->publications, &e->publication_cap,
                             e->publication_count + 1, sizeof *p);
  bt_check(room);
  origin.by = keep(e, origin.by);
  e->publications[e->publication_count++] =
      (struct publication){name, program, origin};
}

static struct dir_origin origin_of(const struct record *ev) {
  return (struct dir_origin){.role = (uint8_t)record_num(ev, FIELD_ROLE),
                             .at_us = record_num(ev, FIELD_AT),
                             .by = record_text(ev, FIELD_ACTOR)};
}

/* ---- folding */

void apply_script_put(struct engine *e, const struct record *ev) {
  const struct text name = record_text(ev, FIELD_NAME);
  const struct program *program =
      engine_version(e, name, record_text(ev, FIELD_SOURCE));
  bt_check(program != NULL); /* it was compiled before it became an event */
  directory_put_script(&e->dir, name, program);
  /* A snapshot has told of it already, unless it is of an earlier version. */
  if (!e->restoring || find(e, name, program) == NULL) {
    note(e, name, program, origin_of(ev));
  }
}

bool restore_version(struct engine *e, const struct record *r) {
  const struct text name = record_text(r, FIELD_NAME);
  const struct program *program =
      engine_version(e, name, record_text(r, FIELD_SOURCE));
  if (program != NULL && record_has(r, FIELD_ROLE)) {
    note(e, name, program, origin_of(r));
  }
  return program != NULL;
}

bool engine_publication(const struct engine *e, size_t i, struct record *r) {
  if (i >= e->publication_count) {
    return false;
  }
  const struct publication *p = &e->publications[i];
  record_set_text(r, FIELD_NAME, p->name);
  record_set_text(r, FIELD_SOURCE, program_source(p->program));
  record_set_num(r, FIELD_ROLE, p->origin.role);
  record_set_num(r, FIELD_AT, p->origin.at_us);
  record_set_given(r, FIELD_ACTOR, p->origin.by);
  return true;
}

void publications_free(struct engine *e) {
  mem_free(&e->mem, e->publications,
           e->publication_cap * sizeof *e->publications);
}

/* ---- the command */

/* Adds what is wrong to the answer; false: it does not compile. */
static bool read_hash(struct ctx *x, const struct record *args, uint64_t *hash,
                      struct answer *a) {
  const struct mem *mem = x->out->arena.mem;
  const struct text name = record_text(args, FIELD_NAME);
  struct diagnostics diags;
  struct program *program = NULL;
  diagnostics_init(&diags, mem);
  const enum bt_err err = program_compile(
      mem, name, record_text(args, FIELD_SOURCE), &diags, &program);
  if (err == BT_ERR_OK) {
    *hash = program_hash(program);
  } else {
    struct textbuf b;
    textbuf_init(&b, mem);
    diagnostics_print(&diags, name, &b);
    answer_member(x, REFUSAL_INVALID_MEMBER, "/source",
                  arena_copy_text(ctx_arena(x), textbuf_text(&b)), a);
    textbuf_free(&b);
  }
  program_free(program);
  diagnostics_free(&diags);
  return err == BT_ERR_OK;
}

static void refuse_file(struct ctx *x, const struct publication *p,
                        struct answer *a) {
  char at[TIME_TEXT_MAX];
  answer_refuse(
      x, SESSION_NOBODY, REFUSAL_CHANGED_BY_HAND,
      ctx_format(x,
                 "The script was published by %s '%.*s' at %.*s, and that "
                 "stands; the file has another text.",
                 role_name(p->origin.role), TEXT_ARG(p->origin.by),
                 TEXT_ARG(time_to_text(p->origin.at_us, at))),
      a);
}

void cmd_put_script(struct ctx *x, uint32_t slot, const struct record *args,
                    struct answer *a) {
  (void)slot;
  const struct text name = record_text(args, FIELD_NAME);
  uint64_t hash = 0;
  if (!read_hash(x, args, &hash, a)) {
    return;
  }
  const uint32_t known = directory_script(&x->e->dir, name);
  const bool same = known != DIR_NONE && x->e->dir.scripts[known].hash == hash;
  const struct publication *last = newest(x->e, name);
  const bool file_differs = x->by.role == ROLE_SYSTEM && last != NULL &&
                            directory_is_by_hand(&last->origin);
  if (file_differs && !same) {
    refuse_file(x, last, a);
    return;
  }
  if (!same || file_differs) { /* said by both, it is the file's again */
    struct record ev;
    ctx_event(x, &ev, EVENT_SCRIPT_PUT, SESSION_NOBODY);
    record_set_text(&ev, FIELD_NAME, name);
    record_set_text(&ev, FIELD_SOURCE, record_text(args, FIELD_SOURCE));
    emit(x, &ev);
  }
  answer_session(x, SESSION_NOBODY, 200, "The script is published.", a);
}

/* ---- the view */

enum { HASH_TEXT = 17 };

static struct text version_of(const struct publication *p,
                              char out[HASH_TEXT]) {
  (void)snprintf(out, HASH_TEXT, "%016llx",
                 (unsigned long long)program_hash(p->program));
  return text_from(out);
}

static void put_publication(const struct publication *p, bool current,
                            struct json_out *o) {
  char hash[HASH_TEXT], at[TIME_TEXT_MAX];
  json_open_object(o);
  json_key(o, "version");
  json_put_text(o, version_of(p, hash));
  json_key(o, "lines");
  json_put_u64(o, program_line_count(p->program));
  json_key(o, "current");
  json_put_bool(o, current);
  json_key(o, "publishedAt");
  if (p->origin.at_us > 0) {
    json_put_text(o, time_to_text(p->origin.at_us, at));
  } else {
    json_put_null(o);
  }
  json_key(o, "role");
  json_put_text(o, text_from(role_name(p->origin.role)));
  json_key(o, "by");
  json_put_text(o, p->origin.by);
  json_close_object(o);
}

void engine_write_versions(const struct engine *e, uint32_t script,
                           struct json_out *o) {
  const struct dir_script *s = &e->dir.scripts[script];
  json_open_object(o);
  json_key(o, "name");
  json_put_text(o, s->name);
  json_key(o, "versions");
  json_open_list(o);
  for (size_t i = e->publication_count; i-- > 0;) {
    const struct publication *p = &e->publications[i];
    if (text_equal_nocase(p->name, s->name)) {
      put_publication(p, p->program == s->program, o);
    }
  }
  json_close_list(o);
  json_close_object(o);
}

bool engine_version_source(const struct engine *e, uint32_t script,
                           struct text version, struct text *source) {
  for (size_t i = 0; i < e->publication_count; i++) {
    const struct publication *p = &e->publications[i];
    char hash[HASH_TEXT];
    if (text_equal_nocase(p->name, e->dir.scripts[script].name) &&
        text_equal_nocase(version, version_of(p, hash))) {
      *source = program_source(p->program);
      return true;
    }
  }
  return false;
}
