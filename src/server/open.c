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

static enum bt_err open_data(struct server *s, struct server_error *why) {
  if (s->options->memory) {
    secret_fill(s->secret, sizeof s->secret);
    return BT_ERR_OK;
  }
  const struct text data =
      s->options->data != NULL ? text_from(s->options->data) : s->config.data;
  if (data.len == 0 || data.len + sizeof "/journal" > sizeof s->data) {
    return server_fail(why, BT_ERR_RANGE,
                       "The data directory's name is empty or too long.");
  }
  memcpy(s->data, data.ptr, data.len);
  if (!make_dirs(s->data)) {
    return server_fail(why, BT_ERR_IO,
                       "%s: cannot make the data directory: %s. Name another "
                       "with --data.",
                       s->data, strerror(errno));
  }
  const enum bt_err err = secret_load(s->data, s->secret);
  if (err != BT_ERR_OK) {
    return server_fail(
        why, err,
        "%s/secret: %s. It signs customers' tokens; without it they "
        "must open their sessions anew.",
        s->data,
        err == BT_ERR_CORRUPT ? "is not a secret of 32 bytes"
                              : strerror(errno));
  }
  return BT_ERR_OK;
}

/* BT_ERR_CORRUPT, too, if it is of another journal, or of this one later. */
static enum bt_err open_index(struct server *s, const char *path) {
  const enum bt_err err = history_open(heap_mem(), path, &s->history);
  if (err != BT_ERR_OK ||
      history_through(s->history) <= journal_last(domain_journal(s->domain))) {
    return err;
  }
  history_close(s->history);
  s->history = NULL;
  return BT_ERR_CORRUPT;
}

enum bt_err server_open_history(struct server *s, struct server_error *why) {
  char path[PATH_MAX + sizeof "/history.db"];
  if (s->data[0] == '\0') {
    return BT_ERR_OK;
  }
  (void)snprintf(path, sizeof path, "%s/history.db", s->data);
  enum bt_err err = open_index(s, path);
  if (err == BT_ERR_CORRUPT) {
    log_say(&s->log, API_LOG_WARNING, "history.broken",
            "%s does not fit the journal or cannot be understood; it was moved "
            "to %s.broken and is made anew from the journal",
            path, path);
    err = history_set_aside(path);
    err = err == BT_ERR_OK ? open_index(s, path) : err;
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

enum bt_err server_open_grants(struct server *s, struct server_error *why) {
  const enum bt_err err =
      grants_open(heap_mem(), text_from(s->data), &s->grants);
  return err == BT_ERR_OK
             ? err
             : server_fail(why, err,
                           "%s/grants.json: %s. It says which administrators "
                           "may read conversations; put back the last good "
                           "copy. Without the file nobody may.",
                           s->data, bt_err_text(err));
}

enum bt_err server_open_holds(struct server *s, struct server_error *why) {
  if (s->data[0] == '\0') {
    return BT_ERR_OK;
  }
  const enum bt_err err = holds_open(heap_mem(), text_from(s->data), &s->holds);
  return err == BT_ERR_OK
             ? err
             : server_fail(why, err,
                           "%s/holds.json: %s. It says what must not be "
                           "erased; put back the last good copy. Without the "
                           "file there are no holds.",
                           s->data, bt_err_text(err));
}

enum bt_err server_open_accounts(struct server *s, struct server_error *why) {
  char path[PATH_MAX + sizeof "/accounts.db"];
  if (s->data[0] == '\0') {
    return BT_ERR_OK;
  }
  (void)snprintf(path, sizeof path, "%s/accounts.db", s->data);
  const enum bt_err err = accounts_open(heap_mem(), path, &s->accounts);
  return err == BT_ERR_OK
             ? err
             : server_fail(why, err,
                           "%s: %s. It holds who may sign in with a password; "
                           "put back the last good copy, or move it away and "
                           "make the accounts anew with baton account.",
                           path, bt_err_text(err));
}

/* ---- what people do */

enum bt_err server_open_audit(struct server *s, struct server_error *why) {
  if (s->data[0] == '\0') {
    return BT_ERR_OK;
  }
  (void)snprintf(s->audit_path, sizeof s->audit_path, "%s/audit.log", s->data);
  const enum bt_err err = audit_open(heap_mem(), s->audit_path, &s->audit);
  if (err != BT_ERR_OK) {
    return server_fail(why, err,
                       "%s: %s. It holds who did what; \"baton audit verify\" "
                       "says where it is broken. Keep it and move it away: "
                       "then another is begun.",
                       s->audit_path, bt_err_text(err));
  }
  const struct audit_head head = audit_head(s->audit);
  const struct log_field fields[] = {
      {.name = "entries", .number = (int64_t)head.entries},
      {.name = "head", .text = text_from(head.digest)}};
  log_write(&s->log, API_LOG_INFO, "audit.opened", fields, 2);
  return BT_ERR_OK;
}

void server_audit(struct server *s, const char *what, const char *of) {
  const struct audit_entry entry = {.at_us = clock_now_us(&s->clock),
                                    .role = text_from(role_name(ROLE_SYSTEM)),
                                    .who = TEXT("server"),
                                    .what = text_from(what),
                                    .of = text_from(of)};
  if (s->audit == NULL) {
    return;
  }
  enum bt_err err = audit_put(s->audit, &entry);
  if (err == BT_ERR_OK) {
    err = audit_sync(s->audit);
  }
  if (err != BT_ERR_OK) {
    log_say(&s->log, API_LOG_ERROR, "audit.failed", "%s: %s: %s", s->audit_path,
            what, bt_err_text(err));
  }
}

/* ---- the journal */

static void on_durable(void *ctx, uint64_t seq) {
  (void)seq;
  struct server *s = ctx;
  loop_wake(s->durable);
}

static void on_failed(void *ctx, const struct journal_error *why) {
  struct server *s = ctx;
  const bool waits = why->code == BT_ERR_FULL || why->code == BT_ERR_NOMEM;
  log_say(&s->log, API_LOG_ERROR, waits ? "journal.full" : "journal.failed",
          "%s", why->text);
  loop_wake(s->durable);
}

static void on_warning(void *ctx, const char *sentence) {
  const struct server *s = ctx;
  log_say(&s->log, API_LOG_WARNING, "journal.warning", "%s", sentence);
}

static enum bt_err open_vault(struct server *s, struct server_error *why) {
  char path[PATH_MAX + sizeof "/keys"];
  if (s->options->memory) {
    return BT_ERR_OK;
  }
  (void)snprintf(path, sizeof path, "%s/keys", s->data);
  const enum bt_err err = vault_open(heap_mem(), path, false, &s->vault);
  return err == BT_ERR_OK
             ? err
             : server_fail(why, err,
                           "%s: %s. It holds the keys of what the journal "
                           "keeps of each session; put back the file that "
                           "belongs to this journal.",
                           path, bt_err_text(err));
}

static enum bt_err open_journal(struct server *s, struct journal **out,
                                struct server_error *why) {
  const enum bt_err opened = open_vault(s, why);
  if (opened != BT_ERR_OK) {
    return opened;
  }
  const struct journal_options options = {
      .centre = s->config.centre,
      .cover = s->vault == NULL ? NULL : vault_cover(s->vault),
      .ctx = s,
      .on_durable = on_durable,
      .on_failed = on_failed,
      .on_warning = on_warning};
  if (s->options->memory) {
    const enum bt_err err = journal_open_memory(&options, out);
    return err == BT_ERR_OK
               ? err
               : server_fail(why, err, "There is no memory for the journal.");
  }
  char dir[PATH_MAX + sizeof "/journal"];
  (void)snprintf(dir, sizeof dir, "%s/journal", s->data);
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
  struct server *s = ctx;
  if (s->api != NULL || effect->type != EFFECT_CALL_REST ||
      !mem_grow(heap_mem(), &s->early, &s->early_cap, s->early_count + 1,
                sizeof *s->early)) {
    return; /* without memory the script's own timeout answers it */
  }
  struct record *kept = &s->early[s->early_count++];
  *kept = *effect;
  (void)record_keep_texts(kept, &s->early_arena);
}

void server_catch_up(struct server *s) {
  for (size_t i = 0; i < s->early_count; i++) {
    api_carry_out(s->api, &s->early[i]);
  }
  mem_free(heap_mem(), s->early, s->early_cap * sizeof *s->early);
  s->early = NULL;
  s->early_count = s->early_cap = 0;
  arena_free(&s->early_arena);
}

/* ---- the domain */

/* Until the configuration is in the domain and durable. */
static enum bt_err settle(struct server *s, const struct apply *a,
                          struct server_error *why) {
  struct journal *j = domain_journal(s->domain);
  while (!apply_is_done(a)) {
    const enum bt_err err = journal_sync_wait(j, journal_last(j), SETTLE_MS);
    if (err != BT_ERR_OK) {
      return server_fail(why, err,
                         "The configuration cannot be made durable: %s. The "
                         "log says what the disk refuses.",
                         bt_err_text(err));
    }
    (void)domain_release(s->domain);
  }
  return apply_refused(a) == 0
             ? BT_ERR_OK
             : server_fail(why, BT_ERR_STATE,
                           "The configuration was not taken; the log says "
                           "which part, and why.");
}

static enum bt_err bring_in(struct server *s, struct server_error *why) {
  const struct apply_options options = {
      .domain = s->domain, .clock = &s->clock, .log = &s->log};
  struct apply *a = NULL;
  enum bt_err err = apply_start(heap_mem(), &options, &s->config, &a);
  if (err != BT_ERR_OK) {
    return server_fail(why, err, "There is no memory for the configuration.");
  }
  err = settle(s, a, why);
  if (err != BT_ERR_OK) {
    /* Its answers may still be held back. */
    domain_close(s->domain, false);
    s->domain = NULL;
  }
  apply_free(a);
  return err;
}

static void note_opened(const struct server *s, int64_t took_us) {
  struct engine_counts counts;
  engine_count(domain_engine(s->domain), &counts);
  int64_t open = 0;
  for (size_t i = 0; i < SESSION_STATUSES; i++) {
    open += counts.sessions[i];
  }
  const struct log_field fields[] = {
      {.name = "batches",
       .number = (int64_t)journal_last(domain_journal(s->domain))},
      {.name = "openSessions", .number = open},
      {.name = "tookUs", .number = took_us}};
  log_write(&s->log, API_LOG_INFO, "journal.opened", fields, 3);
}

enum bt_err server_open_domain(struct server *s, struct server_error *why) {
  const int64_t began_us = loop_now_us();
  struct journal *journal = NULL;
  enum bt_err err = open_data(s, why);
  if (err == BT_ERR_OK) {
    err = open_journal(s, &journal, why);
  }
  if (err != BT_ERR_OK) {
    return err;
  }
  struct domain_options options = {
      .engine = {.centre = s->config.centre},
      .seal = s->vault == NULL ? NULL : vault_seal(s->vault)};
  struct journal_error problem;
  secret_fill(&options.seed, sizeof options.seed);
  secret_fill(&options.engine.hash_key, sizeof options.engine.hash_key);
  err = domain_open(heap_mem(), journal, &options, &s->domain, &problem);
  if (err != BT_ERR_OK) {
    return server_fail(why, err, "%s", problem.text);
  }
  domain_set_zone(s->domain, s->config.zone);
  note_opened(s, loop_now_us() - began_us);
  const struct domain_listener early = {.ctx = s, .on_effect = on_early_effect};
  arena_init(&s->early_arena, heap_mem(), 0);
  domain_listen(s->domain, &early);
  clock_start(&s->clock, last_event_us(s->domain));
  domain_recover(s->domain, clock_now_us(&s->clock));
  return bring_in(s, why);
}
