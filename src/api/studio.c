/* What pages ask about a script that nobody has published yet: findings and the
 * graph, completions, what a name is, layout.
 *
 * A large script takes a while to look at: another thread does it, so that no
 * customer waits for it. */
#include <string.h>

#include "api/serve_priv.h"
#include "api/studio_priv.h"
#include "base/check.h"
#include "domain/heap.h"

enum {
  JOBS_MAX = 8, /* looked at, or waiting to be */
  PLAYS_MAX = 2,
  BUSY_RETRY_MS = 500
};

/* ---- life */

static void job_free(struct studio_job *j) {
  textbuf_free(&j->out);
  arena_free(&j->arena);
  mem_free(heap_mem(), j, sizeof *j);
}

static void unlink_job(struct studio_job *j) {
  struct api *api = j->api;
  if (j->prev != NULL) {
    j->prev->next = j->next;
  } else {
    api->studio_jobs = j->next;
  }
  if (j->next != NULL) {
    j->next->prev = j->prev;
  }
  api->studio_job_count--;
}

void studio_jobs_free(struct api *api) {
  for (struct studio_job *j = api->studio_jobs; j != NULL; j = j->next) {
    j->api = NULL; /* its thread is still at it: it frees itself */
  }
  api->studio_jobs = NULL;
}

static void work(void *ctx) {
  static studio_worker *const workers[] = {
#define ASK(name, worker) worker,
#include "api/studio.def"
#undef ASK
  };
  struct studio_job *j = ctx;
  workers[j->ask](j);
}

static void on_done(void *ctx) {
  struct studio_job *j = ctx;
  if (j->api != NULL) {
    unlink_job(j);
    if (j->err != BT_ERR_OK || j->out.failed) {
      call_refuse_memory(j->call);
    } else {
      const struct reply r = {.code = 200, .body = textbuf_text(&j->out)};
      call_reply(j->call, &r);
    }
  }
  job_free(j);
}

/* ---- the body */

enum member_kind { MEMBER_TEXT, MEMBER_NUM };

static const struct member {
  enum studio_ask ask;
  const char *name;
  enum member_kind kind;
  bool required;
  uint32_t max;
  size_t offset;
} members[] = {
#define MEMBER(ask, name, kind, required, max, doc)                            \
  {STUDIO_##ask, #name, MEMBER_##kind,                                         \
   (required),   (max), offsetof(struct studio_members, name)},
#include "api/studio.def"
#undef MEMBER
};
enum { MEMBERS = sizeof members / sizeof members[0] };

static bool refuse_member(struct call *c, const char *name, struct text why) {
  call_refuse(c, REFUSAL_INVALID_MEMBER,
              call_format(c, "\"%s\" %.*s", name, TEXT_ARG(why)),
              call_format(c, "/%s", name));
  return false;
}

static bool read_text(struct call *c, const struct member *m,
                      const struct json *value, struct studio_job *j) {
  struct text *out =
      (struct text *)(void *)((char *)&j->of + m->offset); /* of a table */
  if (value->type != JSON_TEXT) {
    return refuse_member(c, m->name, TEXT("must be a text."));
  }
  if (value->text.len > m->max) {
    return refuse_member(c, m->name,
                         call_format(c, "has %zu bytes; at most %u may be.",
                                     value->text.len, m->max));
  }
  *out = arena_copy_text(&j->arena, value->text);
  if (out->ptr == NULL) {
    call_refuse_memory(c);
    return false;
  }
  return true;
}

static bool read_number(struct call *c, const struct member *m,
                        const struct json *value, struct studio_job *j) {
  uint32_t *out =
      (uint32_t *)(void *)((char *)&j->of + m->offset); /* of a table */
  if (value->type != JSON_INT || value->i < 0 || value->i > m->max) {
    return refuse_member(
        c, m->name,
        call_format(c, "must be a whole number from 0 to %u.", m->max));
  }
  *out = (uint32_t)value->i;
  return true;
}

static const struct member *find_member(enum studio_ask ask, struct text name) {
  for (size_t i = 0; i < MEMBERS; i++) {
    if (members[i].ask == ask && text_equal(text_from(members[i].name), name)) {
      return &members[i];
    }
  }
  return NULL;
}

static bool refuse_unknown(struct call *c, enum studio_ask ask,
                           struct text name) {
  struct text known[MEMBERS];
  size_t count = 0;
  for (size_t i = 0; i < MEMBERS; i++) {
    if (members[i].ask == ask) {
      known[count++] = text_from(members[i].name);
    }
  }
  const size_t near = text_nearest(name, known, count);
  call_refuse(c, REFUSAL_INVALID_MEMBER,
              call_format(c, "unknown member \"%.*s\"%s%.*s%s", TEXT_ARG(name),
                          near < count ? "; did you mean \"" : "",
                          near < count ? (int)known[near].len : 0,
                          near < count ? known[near].ptr : "",
                          near < count ? "\"?" : ""),
              call_format(c, "/%.*s", TEXT_ARG(name)));
  return false;
}

static bool read_members(struct call *c, const struct json *tree,
                         struct studio_job *j) {
  for (const struct json *v = tree->first; v != NULL; v = v->next) {
    const struct member *m = find_member(j->ask, v->key);
    if (m == NULL) {
      return refuse_unknown(c, j->ask, v->key);
    }
    if (!(m->kind == MEMBER_TEXT ? read_text(c, m, v, j)
                                 : read_number(c, m, v, j))) {
      return false;
    }
  }
  for (size_t i = 0; i < MEMBERS; i++) {
    if (members[i].ask == j->ask && members[i].required &&
        json_member(tree, text_from(members[i].name)) == NULL) {
      return refuse_member(c, members[i].name, TEXT("is missing."));
    }
  }
  return true;
}

/* ---- asking */

/* The centre's scripts, which the one that is played may run. */
static bool read_others(const struct directory *d, struct studio_job *j) {
  j->others = arena_alloc(&j->arena, (d->script_count + 1) * sizeof *j->others);
  for (size_t i = 0; i < d->script_count && j->others != NULL; i++) {
    struct api_script *other = &j->others[j->other_count++];
    other->name = arena_copy_text(&j->arena, d->scripts[i].name);
    other->source =
        arena_copy_text(&j->arena, program_source(d->scripts[i].program));
    if (other->name.ptr == NULL || other->source.ptr == NULL) {
      return false;
    }
  }
  return j->others != NULL;
}

/* What of the centre the question needs. False: no memory. */
static bool read_centre(struct call *c, struct studio_job *j) {
  const struct directory *d = engine_directory(api_engine(c->api));
  if (j->ask == STUDIO_run) {
    j->play = c->api->options.play;
    return read_others(d, j);
  }
  return j->ask != STUDIO_check ||
         studio_read_world(d, j->of.name, &j->arena, &j->world);
}

/* False: answered. */
static bool start(struct call *c, struct studio_job *j) {
  struct api *api = c->api;
  const struct json *tree = call_read_object(c);
  if (tree == NULL || !read_members(c, tree, j)) {
    return false;
  }
  if (!read_centre(c, j) ||
      loop_work(api->options.loop, work, on_done, j) != BT_ERR_OK) {
    call_refuse_memory(c);
    return false;
  }
  j->next = api->studio_jobs;
  if (j->next != NULL) {
    j->next->prev = j;
  }
  api->studio_jobs = j;
  api->studio_job_count++;
  return true;
}

/* Plays take longest: they leave threads to the others. */
static bool is_busy(const struct api *api, enum studio_ask what) {
  size_t plays = 0;
  for (const struct studio_job *j = api->studio_jobs; j != NULL; j = j->next) {
    plays += j->ask == STUDIO_run;
  }
  return api->studio_job_count >= JOBS_MAX ||
         (what == STUDIO_run && plays >= PLAYS_MAX);
}

static void ask(struct call *c, enum studio_ask what) {
  if (is_busy(c->api, what)) {
    call_refuse_for(c, REFUSAL_UNAVAILABLE,
                    TEXT("Too many scripts are looked at in this moment."),
                    BUSY_RETRY_MS);
    return;
  }
  if (what == STUDIO_run && c->api->options.play == NULL) {
    call_refuse(c, REFUSAL_NOT_FOUND, TEXT("No scripts are played here."),
                TEXT(""));
    return;
  }
  struct studio_job *j = mem_new(heap_mem(), sizeof *j);
  if (j == NULL) {
    call_refuse_memory(c);
    return;
  }
  *j = (struct studio_job){.api = c->api, .call = c, .ask = what};
  arena_init(&j->arena, heap_mem(), 0);
  textbuf_init(&j->out, heap_mem());
  if (!start(c, j)) {
    job_free(j);
  }
}

#define ASK(name, worker)                                                      \
  void serve_studio_##name(struct call *c) {                                   \
    ask(c, STUDIO_##name);                                                     \
  }
#include "api/studio.def"
#undef ASK
