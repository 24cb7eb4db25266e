/* What a provider says about itself: its endpoints, then its keys. Many wait
 * for one answer. */
#include "oidc/oidc_priv.h"

#define READ_FOR_US (INT64_C(3600) * 1000000)
#define MINUTE_US   (INT64_C(60) * 1000000)

enum { ASKED_AGAIN_MAX = 5, READ_BYTES_MAX = 4 << 20 };

/* ---- those who wait */

static struct job *take_waiting(struct provider *p) {
  struct job *waiting = p->waiting;
  p->waiting = NULL;
  p->reading = false;
  return waiting;
}

static void fail_all(struct provider *p, enum oidc_fault fault,
                     struct text detail) {
  struct job *job = take_waiting(p);
  while (job != NULL) {
    struct job *next = job->next_waiting;
    job_fail(job, fault, detail);
    job = next;
  }
}

static void go_on(struct provider *p) {
  struct job *job = take_waiting(p);
  while (job != NULL) {
    struct job *next = job->next_waiting;
    job->go(job);
    job = next;
  }
}

/* ---- reading */

static void fail_reply(struct provider *p, const char *what,
                       const struct outbound_reply *reply) {
  struct arena arena;
  arena_init(&arena, p->oidc->options.mem, 0);
  fail_all(p, OIDC_UNREACHABLE, oidc_why_not(&arena, what, reply));
  arena_free(&arena);
}

static void on_keys(void *ctx, const struct outbound_reply *reply) {
  struct provider *p = ctx;
  struct oidc_keys keys;
  struct arena arena;
  const char *why = "there is no memory for its keys";
  if (reply->status != 200) {
    fail_reply(p, "its keys", reply);
    return;
  }
  arena_init(&arena, p->oidc->options.mem, READ_BYTES_MAX);
  const enum bt_err err = oidc_keys_read(&arena, reply->body, &keys, &why);
  arena_free(&arena);
  if (err != BT_ERR_OK) {
    fail_all(p, OIDC_PROVIDER, text_from(why));
    return;
  }
  oidc_keys_free(&p->keys);
  p->keys = keys;
  p->read_us = p->metadata_us;
  go_on(p);
}

static void read_keys(struct provider *p) {
  const struct oidc_call call = {.url = p->metadata.keys};
  if (oidc_call(p->oidc, &call, on_keys, p) != BT_ERR_OK) {
    fail_all(p, OIDC_BUSY, TEXT("there is no memory"));
  }
}

/* Whoever is in the middle of a sign-in still uses the old ones, unless there
 * are new ones. */
static void on_metadata(void *ctx, const struct outbound_reply *reply) {
  struct provider *p = ctx;
  struct arena arena;
  const char *why = "there is no memory for its discovery document";
  if (reply->status != 200) {
    fail_reply(p, "its discovery document", reply);
    return;
  }
  arena_init(&arena, p->oidc->options.mem, READ_BYTES_MAX);
  if (oidc_metadata_read(&arena, reply->body, p->settings.issuer, &p->metadata,
                         &why) != BT_ERR_OK) {
    arena_free(&arena);
    fail_all(p, OIDC_PROVIDER, text_from(why));
    return;
  }
  arena_free(&p->arena);
  p->arena = arena;
  p->metadata_us = loop_now_us();
  read_keys(p);
}

static void read_metadata(struct provider *p) {
  struct arena arena;
  arena_init(&arena, p->oidc->options.mem, 0);
  const struct oidc_call call = {
      .url = oidc_metadata_url(&arena, p->settings.issuer)};
  const enum bt_err err = oidc_call(p->oidc, &call, on_metadata, p);
  arena_free(&arena);
  if (err != BT_ERR_OK) {
    fail_all(p, OIDC_BUSY, TEXT("there is no memory"));
  }
}

/* ---- who needs it */

static void wait_for(struct job *job, void (*read)(struct provider *p)) {
  struct provider *p = job->provider;
  job->next_waiting = p->waiting;
  p->waiting = job;
  if (!p->reading) {
    p->reading = true;
    read(p);
  }
}

void provider_know(struct job *job) {
  const struct provider *p = job->provider;
  if (p->read_us != 0 && !p->reading &&
      loop_now_us() - p->read_us < READ_FOR_US) {
    job->go(job);
  } else {
    wait_for(job, read_metadata);
  }
}

bool provider_know_anew(struct job *job) {
  struct provider *p = job->provider;
  const int64_t now_us = loop_now_us();
  if (p->minute_us == 0 || now_us - p->minute_us > MINUTE_US) {
    p->minute_us = now_us;
    p->asked_again = 0;
  }
  if (!p->reading && p->asked_again++ >= ASKED_AGAIN_MAX) {
    p->asked_again = ASKED_AGAIN_MAX;
    return false;
  }
  wait_for(job, read_keys);
  return true;
}

void provider_free(struct provider *p) {
  oidc_keys_free(&p->keys);
  arena_free(&p->arena);
}
