#include "api/rate.h"

#include <stdio.h>

#include "base/check.h"
#include "base/map.h"
#include "net/loop.h"

enum { US_PER_S = 1000000, PLACES = RATE_TABLES * RATE_PLACES };

static bool limits_anybody(const struct api_rates *allowed) {
#define RATE(role, value, meaning)                                             \
  if (allowed->role > 0) {                                                     \
    return true;                                                               \
  }
#include "api/rates.def"
#undef RATE
  return false;
}

struct api_rates api_rates_default(void) {
  return (struct api_rates){
#define RATE(role, value, meaning) .role = (value),
#include "api/rates.def"
#undef RATE
  };
}

enum bt_err rates_init(struct rates *r, const struct mem *mem,
                       const struct api_rates *allowed, uint64_t key) {
  *r = (struct rates){.mem = mem, .allowed = *allowed, .key = key};
  if (!limits_anybody(allowed)) {
    return BT_ERR_OK;
  }
  r->paid_until_us = mem_new(mem, PLACES * sizeof *r->paid_until_us);
  return r->paid_until_us == NULL ? BT_ERR_NOMEM : BT_ERR_OK;
}

void rates_free(struct rates *r) {
  mem_free(r->mem, r->paid_until_us, PLACES * sizeof *r->paid_until_us);
  r->paid_until_us = NULL;
}

static uint32_t rate_of(const struct rates *r, const struct caller *by) {
  switch (by->role) {
  case ROLE_CUSTOMER:
    return id_is_null(by->session) ? r->allowed.visitor : r->allowed.customer;
  case ROLE_BOT:
    return r->allowed.bot;
  case ROLE_AGENT:
    return r->allowed.agent;
  case ROLE_SUPERVISOR:
    return r->allowed.supervisor;
  case ROLE_ADMIN:
    return r->allowed.admin;
  case ROLE_OPERATOR:
    return r->allowed.operator;
  case ROLE_NONE:
  case ROLE_SCRIPT:
  case ROLE_SYSTEM:
  case ROLES:
    break;
  }
  return 0;
}

static size_t table_of(enum role role) {
  return role == ROLE_CUSTOMER ? 0 : role == ROLE_BOT ? 1 : 2;
}

/* A customer is known by its session, everybody else by name. */
static uint64_t who_is(const struct caller *by) {
  const uint64_t who =
      id_is_null(by->session) ? hash_text(by->name) : id_hash(by->session);
  return who + (uint64_t)by->role;
}

static int64_t *place_of(struct rates *r, size_t table, uint64_t who) {
  const uint64_t place = hash_u64(hash_u64(who) ^ r->key);
  return &r->paid_until_us[table * RATE_PLACES + place % RATE_PLACES];
}

static int64_t take(int64_t *paid_until_us, uint32_t per_s, int64_t now_us) {
  const int64_t from_us = *paid_until_us > now_us ? *paid_until_us : now_us;
  const int64_t until_us = from_us + US_PER_S / (int64_t)per_s;
  const int64_t early_us = until_us - now_us - (int64_t)RATE_BURST_S * US_PER_S;
  if (early_us > 0) {
    return early_us;
  }
  *paid_until_us = until_us;
  return 0;
}

int64_t rates_take(struct rates *r, const struct caller *by, int64_t now_us) {
  const uint32_t per_s = rate_of(r, by);
  if (per_s == 0) {
    return 0;
  }
  bt_check(r->paid_until_us != NULL);
  return take(place_of(r, table_of(by->role), who_is(by)), per_s, now_us);
}

bool rates_allow_many(struct rates *r, const struct rate_of *of, char why[160],
                      int64_t *retry_after_ms) {
  if (of->per_s == 0) {
    return true;
  }
  bt_check(r->paid_until_us != NULL);
  const int64_t wait_us =
      take(place_of(r, RATE_TABLES - 1, of->who), of->per_s, loop_now_us());
  if (wait_us == 0) {
    return true;
  }
  *retry_after_ms = (wait_us + 999) / 1000;
  (void)snprintf(why, RATE_SENTENCE,
                 "%s %u a second are taken, the worth of %d seconds at once; "
                 "there were more.",
                 of->what, of->per_s, RATE_BURST_S);
  return false;
}

bool rates_allow(struct rates *r, const struct caller *by,
                 char why[RATE_SENTENCE], int64_t *retry_after_ms) {
  const int64_t wait_us = rates_take(r, by, loop_now_us());
  if (wait_us == 0) {
    return true;
  }
  *retry_after_ms = (wait_us + 999) / 1000;
  (void)snprintf(why, RATE_SENTENCE,
                 "This %s may send %u requests and frames a second, the worth "
                 "of %d seconds at once; it has sent more.",
                 role_name(by->role), rate_of(r, by), RATE_BURST_S);
  return false;
}
