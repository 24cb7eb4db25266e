#include <errno.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "codec/batch.h"
#include "server/server_priv.h"

enum { MODE_DATA = 0700, SETTLE_MS = 10000 };

enum bt_err server_fail(struct server_error *why, enum bt_err err,
                        const char *format, ...) {
  va_list args;
  va_start(args, format);
  (void)vsnprintf(why->text, sizeof why->text, format, args);
  va_end(args);
  return err;
}

/* ---- the directory */

static bool make_dir(const char *path) {
  return mkdir(path, MODE_DATA) == 0 || errno == EEXIST;
}

/* With its parents. */
static bool make_dirs(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash != NULL;
       slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    const bool made = make_dir(path);
    *slash = '/';
    if (!made) {
      return false;
    }
  }
  return make_dir(path);
}

static enum bt_err open_data(struct centre *c, struct text data,
                             struct server_error *why) {
  if (c->memory) {
    secret_fill(c->secret, sizeof c->secret);
    return BT_ERR_OK;
  }
  if (data.len == 0 || data.len + sizeof "/journal" > sizeof c->data) {
    return server_fail(why, BT_ERR_RANGE,
                       "The data directory's name is empty or too long.");
  }
  memcpy(c->data, data.ptr, data.len);
  if (!make_dirs(c->data)) {
    return server_fail(why, BT_ERR_IO,
                       "%s: cannot make the data directory: %s. Name another "
                       "with --data.",
                       c->data, strerror(errno));
  }
  const enum bt_err err = secret_load(c->data, c->secret);
  if (err != BT_ERR_OK) {
    return server_fail(
        why, err,
        "%s/secret: %s. It signs customers' tokens; without it they "
        "must open their sessions anew.",
        c->data,
        err == BT_ERR_CORRUPT ? "is not a secret of 32 bytes"
                              : strerror(errno));
  }
  return BT_ERR_OK;
}

/* BT_ERR_CORRUPT, too, if it is of another journal, or of this one later. */
static enum bt_err open_index(struct centre *c, const char *path) {
  const enum bt_err err = history_open(heap_mem(), path, &c->history);
  if (err != BT_ERR_OK ||
      history_through(c->history) <= journal_last(domain_journal(c->domain))) {
    return err;
  }
  history_close(c->history);
  c->history = NULL;
  return BT_ERR_CORRUPT;
}

enum bt_err centre_open_history(struct centre *c, struct server_error *why) {
  char path[PATH_MAX + sizeof "/history.db"];
  if (c->data[0] == '\0') {
    return BT_ERR_OK;
  }
  (void)snprintf(path, sizeof path, "%s/history.db", c->data);
  enum bt_err err = open_index(c, path);
  if (err == BT_ERR_CORRUPT) {
    log_say(&c->log, API_LOG_WARNING, "history.broken",
            "%s does not fit the journal or cannot be understood; it was moved "
            "to %s.broken and is made anew from the journal",
            path, path);
    err = history_set_aside(path);
    err = err == BT_ERR_OK ? open_index(c, path) : err;
  }
  return err == BT_ERR_OK
             ? err
             : server_fail(why, err,
                           "%s: %s. By it finished sessions are searched for. "
                           "See that this process may write it and that the "
                           "disk has room, or move it away: it is made anew "
                           "from the journal.",
                           path, bt_err_text(err));
}

bool server_prepare(void) {
  static const struct loop_memory memory = {heap_c_malloc, heap_c_calloc,
                                            heap_c_realloc, heap_c_free};
  loop_use_memory(&memory);
  return heap_keep_reserve() && OSSL_LIB_CTX_get0_global_default() != NULL;
}

enum bt_err centre_open_grants(struct centre *c, struct server_error *why) {
  const enum bt_err err =
      grants_open(heap_mem(), text_from(c->data), &c->grants);
  return err == BT_ERR_OK
             ? err
             : server_fail(why, err,
                           "%s/grants.json: %s. It says which administrators "
                           "may read conversations; put back the last good "
                           "copy. Without the file nobody may.",
                           c->data, bt_err_text(err));
}

enum bt_err centre_open_holds(struct centre *c, struct server_error *why) {
  if (c->data[0] == '\0') {
    return BT_ERR_OK;
  }
  const enum bt_err err = holds_open(heap_mem(), text_from(c->data), &c->holds);
  return err == BT_ERR_OK
             ? err
             : server_fail(why, err,
                           "%s/holds.json: %s. It says what must not be "
                           "erased; put back the last good copy. Without the "
                           "file there are no holds.",
                           c->data, bt_err_text(err));
}

enum bt_err centre_open_accounts(struct centre *c, struct server_error *why) {
  char path[PATH_MAX + sizeof "/accounts.db"];
  if (c->data[0] == '\0') {
    return BT_ERR_OK;
  }
  (void)snprintf(path, sizeof path, "%s/accounts.db", c->data);
  const enum bt_err err = accounts_open(heap_mem(), path, &c->accounts);
  return err == BT_ERR_OK
             ? err
             : server_fail(why, err,
                           "%s: %s. It holds who may sign in with a password; "
                           "put back the last good copy, or move it away and "
                           "make the accounts anew with baton account.",
                           path, bt_err_text(err));
}

/* ---- what people do */

enum bt_err centre_open_audit(struct centre *c, struct server_error *why) {
  if (c->data[0] == '\0') {
    return BT_ERR_OK;
  }
  (void)snprintf(c->audit_path, sizeof c->audit_path, "%s/audit.log", c->data);
  const enum bt_err err = audit_open(heap_mem(), c->audit_path, &c->audit);
  if (err != BT_ERR_OK) {
    return server_fail(why, err,
                       "%s: %s. It holds who did what; \"baton audit verify\" "
                       "says where it is broken. Keep it and move it away: "
                       "then another is begun.",
                       c->audit_path, bt_err_text(err));
  }
  const struct audit_head head = audit_head(c->audit);
  const struct log_field fields[] = {
      {.name = "entries", .number = (int64_t)head.entries},
      {.name = "head", .text = text_from(head.digest)}};
  log_write(&c->log, API_LOG_INFO, "audit.opened", fields, 2);
  return BT_ERR_OK;
}

void centre_audit(struct centre *c, const char *what, const char *of) {
  const struct audit_entry entry = {.at_us = clock_now_us(&c->clock),
                                    .role = text_from(role_name(ROLE_SYSTEM)),
                                    .who = TEXT("server"),
                                    .what = text_from(what),
                                    .of = text_from(of)};
  if (c->audit == NULL) {
    return;
  }
  enum bt_err err = audit_put(c->audit, &entry);
  if (err == BT_ERR_OK) {
    err = audit_sync(c->audit);
  }
  if (err != BT_ERR_OK) {
    log_say(&c->log, API_LOG_ERROR, "audit.failed", "%s: %s: %s", c->audit_path,
            what, bt_err_text(err));
  }
}

/* ---- the journal */

static void on_durable(void *ctx, uint64_t seq) {
  (void)seq;
  struct centre *c = ctx;
  loop_wake(c->durable);
}

static void on_failed(void *ctx, const struct journal_error *why) {
  struct centre *c = ctx;
  const bool waits = why->code == BT_ERR_FULL || why->code == BT_ERR_NOMEM;
  log_say(&c->log, API_LOG_ERROR, waits ? "journal.full" : "journal.failed",
          "%s", why->text);
  loop_wake(c->durable);
}

static void on_warning(void *ctx, const char *sentence) {
  const struct centre *c = ctx;
  log_say(&c->log, API_LOG_WARNING, "journal.warning", "%s", sentence);
}

static enum bt_err open_vault(struct centre *c, struct server_error *why) {
  char path[PATH_MAX + sizeof "/keys"];
  if (c->memory) {
    return BT_ERR_OK;
  }
  (void)snprintf(path, sizeof path, "%s/keys", c->data);
  const struct vault_options options = {
      .path = path, .master = c->config.master, .former = c->config.former};
  struct vault_error problem;
  const enum bt_err err = vault_open(heap_mem(), &options, &c->vault, &problem);
  return err == BT_ERR_OK ? err : server_fail(why, err, "%s", problem.text);
}

static enum bt_err open_journal(struct centre *c, struct journal **out,
                                struct server_error *why) {
  const enum bt_err opened = open_vault(c, why);
  if (opened != BT_ERR_OK) {
    return opened;
  }
  const struct journal_options options = {
      .centre = c->config.centre,
      .cover = c->vault == NULL ? NULL : vault_cover(c->vault),
      .ctx = c,
      .on_durable = on_durable,
      .on_failed = on_failed,
      .on_warning = on_warning};
  if (c->memory) {
    const enum bt_err err = journal_open_memory(&options, out);
    return err == BT_ERR_OK
               ? err
               : server_fail(why, err, "There is no memory for the journal.");
  }
  char dir[PATH_MAX + sizeof "/journal"];
  (void)snprintf(dir, sizeof dir, "%s/journal", c->data);
  struct journal_error problem;
  const enum bt_err err = journal_open_sqlite(dir, &options, out, &problem);
  return err == BT_ERR_OK ? err : server_fail(why, err, "%s", problem.text);
}

/* When the last event happened: the clock must not be before it. */
static int64_t last_event_us(struct domain *d) {
  struct journal *j = domain_journal(d);
  struct textbuf bytes;
  struct batch_reader reader;
  int64_t at_us = 0;
  textbuf_init(&bytes, heap_mem());
  if (journal_last(j) > 0 &&
      journal_read(j, journal_last(j), &bytes) == BT_ERR_OK &&
      batch_open(textbuf_text(&bytes), &reader) == BT_ERR_OK) {
    struct record event;
    while (batch_next(&reader, &event) == BT_ERR_OK) {
      at_us = record_num(&event, FIELD_AT);
    }
  }
  textbuf_free(&bytes);
  return at_us;
}

/* ---- what is asked for before there is an api */

static void on_early_effect(void *ctx, const struct record *effect) {
  struct centre *c = ctx;
  if (c->api != NULL || effect->type != EFFECT_CALL_REST ||
      !mem_grow(heap_mem(), &c->early, &c->early_cap, c->early_count + 1,
                sizeof *c->early)) {
    return; /* without memory the script's own timeout answers it */
  }
  struct record *kept = &c->early[c->early_count++];
  *kept = *effect;
  (void)record_keep_texts(kept, &c->early_arena);
}

void centre_catch_up(struct centre *c) {
  for (size_t i = 0; i < c->early_count; i++) {
    api_carry_out(c->api, &c->early[i]);
  }
  mem_free(heap_mem(), c->early, c->early_cap * sizeof *c->early);
  c->early = NULL;
  c->early_count = c->early_cap = 0;
  arena_free(&c->early_arena);
}

/* ---- the domain */

/* Until the configuration is in the domain and durable. */
static enum bt_err settle(struct centre *c, const struct apply *a,
                          struct server_error *why) {
  struct journal *j = domain_journal(c->domain);
  while (!apply_is_done(a)) {
    const enum bt_err err = journal_sync_wait(j, journal_last(j), SETTLE_MS);
    if (err != BT_ERR_OK) {
      return server_fail(why, err,
                         "The configuration cannot be made durable: %s. The "
                         "log says what the disk refuses.",
                         bt_err_text(err));
    }
    (void)domain_release(c->domain);
  }
  return apply_refused(a) == 0
             ? BT_ERR_OK
             : server_fail(why, BT_ERR_STATE,
                           "The configuration was not taken; the log says "
                           "which part, and why.");
}

static enum bt_err bring_in(struct centre *c, struct server_error *why) {
  const struct apply_options options = {
      .domain = c->domain, .clock = &c->clock, .log = &c->log};
  struct apply *a = NULL;
  enum bt_err err = apply_start(heap_mem(), &options, &c->config, &a);
  if (err != BT_ERR_OK) {
    return server_fail(why, err, "There is no memory for the configuration.");
  }
  err = settle(c, a, why);
  if (err != BT_ERR_OK) {
    /* Its answers may still be held back. */
    domain_close(c->domain, false);
    c->domain = NULL;
  }
  apply_free(a);
  return err;
}

static void note_opened(const struct centre *c, int64_t took_us) {
  struct engine_counts counts;
  engine_count(domain_engine(c->domain), &counts);
  int64_t open = 0;
  for (size_t i = 0; i < SESSION_STATUSES; i++) {
    open += counts.sessions[i];
  }
  const struct log_field fields[] = {
      {.name = "batches",
       .number = (int64_t)journal_last(domain_journal(c->domain))},
      {.name = "openSessions", .number = open},
      {.name = "tookUs", .number = took_us}};
  log_write(&c->log, API_LOG_INFO, "journal.opened", fields, 3);
}

enum bt_err centre_open_domain(struct centre *c, struct text data,
                               struct server_error *why) {
  const int64_t began_us = loop_now_us();
  struct journal *journal = NULL;
  enum bt_err err = open_data(c, data, why);
  if (err == BT_ERR_OK) {
    err = open_journal(c, &journal, why);
  }
  if (err != BT_ERR_OK) {
    return err;
  }
  struct domain_options options = {
      .engine = {.centre = c->config.centre},
      .seal = c->vault == NULL ? NULL : vault_seal(c->vault)};
  struct journal_error problem;
  secret_fill(&options.seed, sizeof options.seed);
  secret_fill(&options.engine.hash_key, sizeof options.engine.hash_key);
  err = domain_open(heap_mem(), journal, &options, &c->domain, &problem);
  if (err != BT_ERR_OK) {
    return server_fail(why, err, "%s", problem.text);
  }
  domain_set_zone(c->domain, c->config.zone);
  note_opened(c, loop_now_us() - began_us);
  const struct domain_listener early = {.ctx = c, .on_effect = on_early_effect};
  arena_init(&c->early_arena, heap_mem(), 0);
  domain_listen(c->domain, &early);
  clock_start(&c->clock, last_event_us(c->domain));
  domain_recover(c->domain, clock_now_us(&c->clock));
  return bring_in(c, why);
}
