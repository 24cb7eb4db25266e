/* oidc_priv.h - the inside of sign-in by providers. */
#ifndef BATON_OIDC_OIDC_PRIV_H
#define BATON_OIDC_OIDC_PRIV_H

#include "base/arena.h"
#include "oidc/attempt.h"
#include "oidc/keys.h"
#include "oidc/metadata.h"
#include "oidc/oidc.h"

enum { JOBS_MAX = 256, JOB_BYTES_MAX = 2 << 20, CALL_TIMEOUT_MS = 10000 };

struct job;
typedef void job_fn(struct job *job);

/* One thing that a browser waits for. */
struct job {
  struct job *next, *prev; /* among the oidc's */
  struct oidc *oidc;
  struct provider *provider;
  oidc_fn *fn;
  void *ctx;
  uint64_t from;      /* the address of who waits, hashed; 0: is signed in */
  struct arena arena; /* of all its texts */
  job_fn *go;         /* what it does when the provider is known */
  struct job *next_waiting;
  struct oidc_asked asked;
  struct oidc_brought brought;
  struct text access_token, id_token;
  const struct json *claims;
  bool looked_again; /* for a key that was not known */
};

struct provider {
  struct oidc *oidc;
  struct oidc_settings settings;
  /* What it says about itself; nothing while .read_us is 0. */
  struct arena arena; /* of the metadata */
  struct oidc_metadata metadata;
  struct oidc_keys keys;
  int64_t metadata_us, read_us; /* the last one, when both were read */
  bool reading;                 /* it is being read; who needs it waits */
  struct job *waiting;          /* the newest first */
  int64_t minute_us;            /* when the minute of .asked_again began */
  unsigned asked_again;
};

struct oidc {
  struct oidc_options options;
  struct arena arena; /* of the settings */
  struct outbound *outbound;
  struct provider *providers;
  size_t count;
  struct job *jobs;
  size_t job_count;
};

/* ---- oidc.c */

/* Both end the job. */
void job_fail(struct job *job, enum oidc_fault fault, struct text detail);
void job_answer(struct job *job, const struct oidc_answer *answer);
/* A line in the job's arena; "" if there is no memory for it. */
struct text job_format(struct job *job, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int64_t oidc_now_us(const struct oidc *o);

/* Appends "name=value", encoded, behind what is there with an &. */
void oidc_put(struct textbuf *b, const char *name, struct text value);

/* Where it sends the browser back to. */
void oidc_put_redirect(struct textbuf *b, const struct provider *p);

/* One call of the provider's; redirects are not followed. */
struct oidc_call {
  struct text url;
  struct text form;          /* POSTed, or empty: GET */
  struct text authorization; /* of the header; may be empty */
};
enum bt_err oidc_call(struct oidc *o, const struct oidc_call *call,
                      outbound_fn *fn, void *ctx) BT_USE_RESULT;
/* Why the reply is of no use, in the arena. */
struct text oidc_why_not(struct arena *arena, const char *what,
                         const struct outbound_reply *reply);

/* ---- read.c: what providers say about themselves */

/* Goes on with job->go as soon as it is known, or fails the job. */
void provider_know(struct job *job);
/* The same, with keys that are newer than those that are there. False: they
 * have been asked for too often within this minute. */
bool provider_know_anew(struct job *job);
void provider_free(struct provider *p);

/* ---- finish.c */

job_fn finish_go;

#endif
