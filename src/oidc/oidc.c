#include "oidc/oidc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "net/url.h"
#include "oidc/oidc_priv.h"

enum { REPLY_BYTES_MAX = 262144 };

/* ---- jobs */

static struct job *job_new(struct oidc *o, struct text id) {
  struct job *job = mem_new(o->options.mem, sizeof *job);
  if (job == NULL) {
    return NULL;
  }
  job->oidc = o;
  for (size_t i = 0; i < o->count; i++) {
    if (text_equal(o->providers[i].settings.id, id)) {
      job->provider = &o->providers[i];
    }
  }
  bt_check(job->provider != NULL);
  arena_init(&job->arena, o->options.mem, JOB_BYTES_MAX);
  job->next = o->jobs;
  if (job->next != NULL) {
    job->next->prev = job;
  }
  o->jobs = job;
  o->job_count++;
  return job;
}

static void job_free(struct job *job) {
  struct oidc *o = job->oidc;
  if (job->prev != NULL) {
    job->prev->next = job->next;
  } else {
    o->jobs = job->next;
  }
  if (job->next != NULL) {
    job->next->prev = job->prev;
  }
  o->job_count--;
  arena_free(&job->arena);
  mem_free(o->options.mem, job, sizeof *job);
}

void job_answer(struct job *job, const struct oidc_answer *answer) {
  job->fn(job->ctx, answer);
  job_free(job);
}

void job_fail(struct job *job, enum oidc_fault fault, struct text detail) {
  const struct oidc_answer answer = {.fault = fault, .detail = detail};
  job_answer(job, &answer);
}

struct text job_format(struct job *job, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  char *line = n < 0 ? NULL : arena_alloc(&job->arena, (size_t)n + 1);
  if (line == NULL) {
    return TEXT("");
  }
  va_start(args, format);
  (void)vsnprintf(line, (size_t)n + 1, format, args);
  va_end(args);
  return (struct text){line, (size_t)n};
}

int64_t oidc_now_us(const struct oidc *o) {
  return o->options.unix_us(o->options.ctx);
}

/* ---- calls */

void oidc_put(struct textbuf *b, const char *name, struct text value) {
  textbuf_addf(b, "%s%s=", b->len > 0 ? "&" : "", name);
  url_encode(value, b);
}

void oidc_put_redirect(struct textbuf *b, const struct provider *p) {
  struct textbuf url;
  textbuf_init(&url, b->mem);
  textbuf_addf(&url, "%.*s/api/v1/login/%.*s/callback",
               TEXT_ARG(p->oidc->options.public_url), TEXT_ARG(p->settings.id));
  oidc_put(b, "redirect_uri", textbuf_text(&url));
  b->failed = b->failed || url.failed;
  textbuf_free(&url);
}

enum bt_err oidc_call(struct oidc *o, const struct oidc_call *call,
                      outbound_fn *fn, void *ctx) {
  struct http_header headers[3] = {{TEXT("Accept"), TEXT("application/json")}};
  size_t count = 1;
  if (call->form.len > 0) {
    headers[count++] = (struct http_header){
        TEXT("Content-Type"), TEXT("application/x-www-form-urlencoded")};
  }
  if (call->authorization.len > 0) {
    headers[count++] =
        (struct http_header){TEXT("Authorization"), call->authorization};
  }
  const struct outbound_request request = {
      .method = call->form.len > 0 ? TEXT("POST") : TEXT("GET"),
      .url = call->url,
      .body = call->form,
      .headers = headers,
      .header_count = count,
      .timeout_ms = CALL_TIMEOUT_MS,
      .stays = true};
  return outbound_call(o->outbound, &request, fn, ctx);
}

struct text oidc_why_not(struct arena *arena, const char *what,
                         const struct outbound_reply *reply) {
  struct textbuf b;
  textbuf_init(&b, arena->mem);
  if (reply->status < 0) {
    textbuf_addf(&b, "%s: %.*s%s", what, TEXT_ARG(reply->reason),
                 text_starts(reply->reason, TEXT("blocked by policy"))
                     ? " (\"hosts\" of \"oidc\" names it for this alone)"
                     : "");
  } else {
    textbuf_addf(&b, "%s: the provider answered with status %d", what,
                 reply->status);
  }
  const struct text copy = arena_copy_text(arena, textbuf_text(&b));
  textbuf_free(&b);
  return copy.ptr == NULL ? TEXT("") : copy;
}

/* ---- beginning */

/* An endpoint may have a query of its own. */
static void put_endpoint(struct textbuf *b, struct text url) {
  const bool query = text_find(url, TEXT("?"), 0) < url.len;
  textbuf_add(b, url);
  textbuf_add_char(b, query ? '&' : '?');
}

static void reply_url(struct job *job, struct textbuf *url) {
  const struct oidc_answer answer = {
      .fault = url->failed ? OIDC_BUSY : OIDC_FINE, .url = textbuf_text(url)};
  job_answer(job, &answer);
  textbuf_free(url);
}

static void begin_go(struct job *job) {
  const struct provider *p = job->provider;
  struct textbuf url;
  textbuf_init(&url, job->oidc->options.mem);
  put_endpoint(&url, p->metadata.authorization);
  textbuf_add(&url, TEXT("response_type=code"));
  oidc_put(&url, "client_id", p->settings.client);
  oidc_put_redirect(&url, p);
  oidc_put(&url, "scope", p->settings.scope);
  oidc_put(&url, "state", job->asked.state);
  oidc_put(&url, "nonce", job->asked.nonce);
  oidc_put(&url, "code_challenge", job->asked.challenge);
  textbuf_add(&url, TEXT("&code_challenge_method=S256"));
  reply_url(job, &url);
}

/* OpenID Connect RP-Initiated Logout 1.0, section 2. */
static void leave_go(struct job *job) {
  const struct provider *p = job->provider;
  struct textbuf url;
  textbuf_init(&url, job->oidc->options.mem);
  if (p->metadata.end_session.len > 0) {
    put_endpoint(&url, p->metadata.end_session);
    textbuf_add(&url, TEXT("client_id="));
    url_encode(p->settings.client, &url);
    oidc_put(&url, "post_logout_redirect_uri",
             job_format(job, "%.*s/", TEXT_ARG(p->oidc->options.public_url)));
  }
  reply_url(job, &url);
}

/* ---- from outside */

/* A stranger alone takes half of the places, two take two thirds: there is one
 * left for the next address, however many ask from one. */
static bool has_place(const struct oidc *o, uint64_t from) {
  size_t own = 0;
  for (const struct job *j = o->jobs; j != NULL; j = j->next) {
    own += j->from == from;
  }
  return o->job_count < JOBS_MAX && own < JOBS_MAX - o->job_count;
}

/* NULL: too many wait, or there is no memory. */
static struct job *enter(struct oidc *o, struct text id, uint64_t from,
                         oidc_fn *fn, void *ctx) {
  struct job *job = has_place(o, from) ? job_new(o, id) : NULL;
  if (job != NULL) {
    job->from = from;
    job->fn = fn;
    job->ctx = ctx;
  }
  return job;
}

static bool copy(struct job *job, const struct text *from, struct text *to) {
  *to = arena_copy_text(&job->arena, *from);
  return to->ptr != NULL;
}

static enum bt_err start(struct job *job, bool copied, job_fn *go) {
  if (!copied) {
    job_free(job);
    return BT_ERR_NOMEM;
  }
  job->go = go;
  provider_know(job);
  return BT_ERR_OK;
}

enum bt_err oidc_begin(struct oidc *o, struct text id,
                       const struct oidc_asked *asked, oidc_fn *fn, void *ctx) {
  struct job *job = enter(o, id, asked->from, fn, ctx);
  if (job == NULL) {
    return BT_ERR_FULL;
  }
  const bool copied = copy(job, &asked->state, &job->asked.state) &&
                      copy(job, &asked->nonce, &job->asked.nonce) &&
                      copy(job, &asked->challenge, &job->asked.challenge);
  return start(job, copied, begin_go);
}

enum bt_err oidc_finish(struct oidc *o, struct text id,
                        const struct oidc_brought *brought, oidc_fn *fn,
                        void *ctx) {
  struct job *job = enter(o, id, brought->from, fn, ctx);
  if (job == NULL) {
    return BT_ERR_FULL;
  }
  const bool copied = copy(job, &brought->code, &job->brought.code) &&
                      copy(job, &brought->verifier, &job->brought.verifier) &&
                      copy(job, &brought->nonce, &job->brought.nonce) &&
                      copy(job, &brought->issuer, &job->brought.issuer);
  return start(job, copied, finish_go);
}

enum bt_err oidc_leave(struct oidc *o, struct text id, oidc_fn *fn, void *ctx) {
  struct job *job = enter(o, id, 0, fn, ctx);
  return job == NULL ? BT_ERR_FULL : start(job, true, leave_go);
}

/* ---- life */

static bool keep(struct oidc *o, struct text *t) {
  *t = arena_copy_text(&o->arena, *t);
  return t->ptr != NULL;
}

static bool keep_grants(struct oidc *o, struct oidc_settings *s) {
  struct oidc_grant *grants =
      arena_alloc(&o->arena, (s->grant_count + 1) * sizeof *grants);
  bool good = grants != NULL;
  for (size_t i = 0; good && i < s->grant_count; i++) {
    grants[i] = s->grants[i];
    good = keep(o, &grants[i].role) && keep(o, &grants[i].value);
  }
  s->grants = grants;
  return good;
}

/* All but the hosts, which are the outbound's. */
static bool keep_settings(struct oidc *o, struct oidc_settings *s) {
  struct text *const texts[] = {&s->id,     &s->name,       &s->issuer,
                                &s->client, &s->secret,     &s->scope,
                                &s->claim,  &s->agent_claim};
  bool good = keep_grants(o, s);
  for (size_t i = 0; good && i < sizeof texts / sizeof texts[0]; i++) {
    good = keep(o, texts[i]);
  }
  s->hosts = NULL;
  s->host_count = 0;
  return good;
}

/* Who writes an issuer into the centre's file means that host. */
static enum bt_err make_outbound(struct oidc *o,
                                 const struct oidc_options *options) {
  struct outbound_rules rules = *options->rules;
  struct arena arena;
  size_t most = rules.allow_count + options->count;
  for (size_t i = 0; i < options->count; i++) {
    most += options->list[i].host_count;
  }
  arena_init(&arena, options->mem, 0);
  struct text *allow = arena_alloc(&arena, (most + 1) * sizeof *allow);
  bool good = allow != NULL;
  for (size_t i = 0; good && i < rules.allow_count; i++) {
    allow[i] = rules.allow[i];
  }
  for (size_t i = 0; good && i < options->count; i++) {
    const struct oidc_settings *s = &options->list[i];
    allow[rules.allow_count] = outbound_rule_of(&arena, s->issuer);
    good = allow[rules.allow_count++].len > 0;
    for (size_t k = 0; k < s->host_count; k++) {
      allow[rules.allow_count++] = s->hosts[k];
    }
  }
  rules.allow = allow;
  rules.reply_bytes = REPLY_BYTES_MAX;
  const enum bt_err err =
      good ? outbound_create(options->loop, &rules, &o->outbound)
           : BT_ERR_NOMEM;
  arena_free(&arena);
  return err;
}

static enum bt_err make(struct oidc *o, const struct oidc_options *options) {
  arena_init(&o->arena, options->mem, 0);
  o->options = *options;
  o->options.list = NULL;
  o->options.rules = NULL;
  if (!keep(o, &o->options.public_url)) {
    return BT_ERR_NOMEM;
  }
  o->providers =
      arena_alloc(&o->arena, (options->count + 1) * sizeof *o->providers);
  for (; o->providers != NULL && o->count < options->count; o->count++) {
    struct provider *p = &o->providers[o->count];
    p->oidc = o;
    p->settings = options->list[o->count];
    arena_init(&p->arena, options->mem, 0);
    if (!keep_settings(o, &p->settings)) {
      return BT_ERR_NOMEM;
    }
  }
  return o->providers == NULL ? BT_ERR_NOMEM : make_outbound(o, options);
}

enum bt_err oidc_create(const struct oidc_options *options, struct oidc **out) {
  struct oidc *o = mem_new(options->mem, sizeof *o);
  if (o == NULL) {
    return BT_ERR_NOMEM;
  }
  const enum bt_err err = make(o, options);
  if (err != BT_ERR_OK) {
    oidc_free(o);
    return err;
  }
  *out = o;
  return BT_ERR_OK;
}

void oidc_cancel(struct oidc *o) {
  outbound_free(o->outbound); /* no answer comes to what is gone */
  o->outbound = NULL;
  while (o->jobs != NULL) {
    job_fail(o->jobs, OIDC_BUSY, TEXT("the configuration has changed"));
  }
}

void oidc_free(struct oidc *o) {
  if (o == NULL) {
    return;
  }
  outbound_free(o->outbound);
  while (o->jobs != NULL) {
    job_free(o->jobs);
  }
  for (size_t i = 0; i < o->count; i++) {
    provider_free(&o->providers[i]);
  }
  arena_free(&o->arena);
  mem_free(o->options.mem, o, sizeof *o);
}

/* ---- which there are */

size_t oidc_count(const struct oidc *o) {
  return o == NULL ? 0 : o->count;
}

const struct oidc_settings *oidc_at(const struct oidc *o, size_t number) {
  bt_check(number < o->count);
  return &o->providers[number].settings;
}

const struct oidc_settings *oidc_find(const struct oidc *o, struct text id) {
  for (size_t i = 0; i < oidc_count(o); i++) {
    if (text_equal(o->providers[i].settings.id, id)) {
      return &o->providers[i].settings;
    }
  }
  return NULL;
}
