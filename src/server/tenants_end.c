/* Tenants that end while the server runs: those that are out of its file, and
 * those whose journal has failed, which are opened anew. */
#include "server/restart.h"
#include "server/tenants_priv.h"

enum {
  /* Who leaves may read and write to the end; then the lines are cut. */
  GRACE_US = 5000000,
  SWEEP_US = 200000
};

static const int64_t second_us = 1000000;

static void end(struct tenants *t, struct tenant *of) {
  of->ends = true;
  of->cut_at_us = loop_now_us() + GRACE_US;
  if (of->centre != NULL) {
    centre_stop(of->centre);
    http_server_let_go(t->server->http, of->centre, false);
  }
  loop_timer_start_after(t->sweep, SWEEP_US);
}

void tenant_leave(struct tenants *t, struct tenant *of) {
  of->leaves = true;
  of->host_count = 0;
  end(t, of);
}

static void plan(struct tenants *t, struct tenant *of) {
  const int64_t served_us = loop_now_us() - of->opened_at_us;
  of->in_row = of->centre != NULL && served_us >= RESTART_CALM_S * second_us
                   ? 0
                   : of->in_row;
  of->again_at_us = loop_now_us() + restart_delay_s(of->in_row++) * second_us;
  loop_timer_start_after(t->sweep, SWEEP_US);
}

void tenant_try_again(struct tenants *t, struct tenant *of) {
  const struct log log = tenant_log(t, of);
  plan(t, of);
  log_say(&log, API_LOG_ERROR, "tenant.failed",
          "it is not served, and is tried again in %lld s: %s",
          (long long)((of->again_at_us - loop_now_us()) / second_us + 1),
          of->why.text);
}

void tenants_recover(struct tenants *t, const struct centre *c) {
  for (size_t i = 0; i < t->count; i++) {
    struct tenant *of = t->list[i];
    if (of->centre == c && !of->ends && of->again_at_us == 0) {
      plan(t, of);
      log_say(&c->log, API_LOG_WARNING, "journal.restart",
              "nobody knows what the disk has of the last write: everything of "
              "this tenant is refused (503), and in %lld s it is closed and "
              "what is there is read",
              (long long)((of->again_at_us - loop_now_us()) / second_us + 1));
    }
  }
}

/* True: its centre is closed. */
static bool has_ended(const struct tenants *t, struct tenant *of) {
  struct centre *c = of->centre;
  if (c == NULL) {
    return true;
  }
  http_server_let_go(t->server->http, c, loop_now_us() >= of->cut_at_us);
  if (http_server_owned(t->server->http, c) > 0 ||
      loop_works(t->server->loop) > 0) {
    return false;
  }
  log_say(&c->log, API_LOG_INFO, "tenant.closed", "%s%s",
          of->leaves ? "it is out of the server's file; its data stays in "
                     : "it is opened anew from ",
          c->data);
  centre_close(c);
  centre_free(c);
  of->centre = NULL;
  return true;
}

/* True: it is gone for good. */
static bool look_at(struct tenants *t, struct tenant *of) {
  if (of->again_at_us != 0 && loop_now_us() >= of->again_at_us && !of->ends) {
    end(t, of);
  }
  if (!of->ends || !has_ended(t, of)) {
    return false;
  }
  if (of->leaves) {
    tenant_forget(of);
    return true;
  }
  of->ends = false;
  of->again_at_us = 0;
  tenant_open(t, of);
  return false;
}

void tenants_on_sweep(void *ctx) {
  struct tenants *t = ctx;
  size_t kept = 0;
  bool more = false;
  for (size_t i = 0; i < t->count; i++) {
    struct tenant *of = t->list[i];
    if (!look_at(t, of)) {
      more = more || of->ends || of->again_at_us != 0;
      t->list[kept++] = of;
    }
  }
  t->count = kept;
  if (more) {
    loop_timer_start_after(t->sweep, SWEEP_US);
  }
}
