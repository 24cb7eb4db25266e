/* domain_centre.h - a small centre for the tests of the shell: a domain with a
 * bot, a queue, two agents and a script, and a clock that the test moves.
 */
#ifndef BATON_TESTS_DOMAIN_CENTRE_H
#define BATON_TESTS_DOMAIN_CENTRE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rand.h"
#include "domain/domain.h"
#include "support.h"

enum { CENTRE_PATH = 512, CENTRE_PATIENCE_MS = 10000 };

#define CENTRE_START_US INT64_C(1790000000000000)

struct centre {
  struct test_mem heap;
  struct test_mem log_heap; /* apart, so that failing memory is the domain's */
  char dir[CENTRE_PATH];    /* of the SQLite journal; "" for memory */
  struct journal_options journal;
  struct domain *domain;
  struct journal_error why;
  struct rand rand;
  int64_t now_us;
  struct textbuf log; /* one line an answer, event or effect */
  struct id session;  /* of the last answer that had one */
  struct answer last; /* its body is gone */
};

static inline void centre_on_answer(void *ctx, const struct answer *a) {
  struct centre *c = ctx;
  if (a == NULL) {
    textbuf_addf(&c->log, "durable\n");
    return;
  }
  c->last = *a;
  c->last.body = TEXT("");
  if (!id_is_null(a->session)) {
    c->session = a->session;
  }
  textbuf_addf(&c->log, "answer %d %s\n", a->code,
               a->refusal == REFUSAL_NONE ? ""
                                          : refusal_info(a->refusal)->wire);
}

static inline void centre_on_event(void *ctx, uint64_t seq,
                                   const struct record *event) {
  struct centre *c = ctx;
  textbuf_addf(&c->log, "%llu %s\n", (unsigned long long)seq,
               event_name(event->type));
}

static inline void centre_on_effect(void *ctx, const struct record *effect) {
  static const char *const names[] = {"INVITE_BOT", "CLOSE_BOT", "CALL_REST"};
  struct centre *c = ctx;
  textbuf_addf(&c->log, "effect %s\n", names[effect->type]);
}

/* What happened, and forgets it. */
static inline const char *centre_log(struct centre *c) {
  static char copy[65536];
  const struct text t = textbuf_text(&c->log);
  const size_t len = t.len < sizeof copy - 1 ? t.len : sizeof copy - 1;
  if (len > 0) {
    memcpy(copy, t.ptr, len);
  }
  copy[len] = '\0';
  textbuf_clear(&c->log);
  return copy;
}

static inline bool centre_logged(const struct centre *c, const char *words) {
  const struct text all = textbuf_text(&c->log);
  return text_find(all, text_from(words), 0) < all.len;
}

static inline void centre_begin(struct centre *c) {
  memset(c, 0, sizeof *c);
  test_mem_init(&c->heap);
  test_mem_init(&c->log_heap);
  textbuf_init(&c->log, &c->log_heap.mem);
  rand_seed(&c->rand, 1);
  c->now_us = CENTRE_START_US;
  c->journal = (struct journal_options){.centre = TEXT("acme"), .ctx = c};
}

static inline void centre_use_disk(struct centre *c) {
  const char *base = getenv("TMPDIR");
  (void)snprintf(c->dir, sizeof c->dir, "%s/baton_centre.XXXXXX",
                 base == NULL ? P_tmpdir : base);
  assert_non_null(mkdtemp(c->dir));
}

static inline void centre_open_with(struct centre *c, uint64_t snapshot_every) {
  struct journal *j = NULL;
  if (c->dir[0] == '\0') {
    assert_int_equal(journal_open_memory(&c->journal, &j), BT_ERR_OK);
  } else {
    const enum bt_err err =
        journal_open_sqlite(c->dir, &c->journal, &j, &c->why);
    if (err != BT_ERR_OK) {
      fail_msg("%s", c->why.text);
    }
  }
  const struct domain_options options = {.engine = {.centre = TEXT("acme")},
                                         .snapshot_every = snapshot_every,
                                         .seed = 7};
  const enum bt_err err =
      domain_open(&c->heap.mem, j, &options, &c->domain, &c->why);
  if (err != BT_ERR_OK) {
    fail_msg("%s", c->why.text);
  }
  const struct domain_listener listener = {
      .ctx = c, .on_event = centre_on_event, .on_effect = centre_on_effect};
  domain_listen(c->domain, &listener);
}

static inline void centre_open(struct centre *c) {
  centre_open_with(c, 0);
}

static inline void centre_close(struct centre *c, bool snapshot) {
  domain_close(c->domain, snapshot);
  c->domain = NULL;
  assert_int_equal(c->heap.live_bytes, 0);
}

static inline void centre_end(struct centre *c) {
  if (c->domain != NULL) {
    centre_close(c, false);
  }
  textbuf_free(&c->log);
  DIR *dir = c->dir[0] == '\0' ? NULL : opendir(c->dir);
  const struct dirent *entry;
  while (dir != NULL && (entry = readdir(dir)) != NULL) {
    char path[CENTRE_PATH + 300];
    (void)snprintf(path, sizeof path, "%s/%s", c->dir, entry->d_name);
    if (entry->d_name[0] != '.') {
      assert_int_equal(unlink(path), 0);
    }
  }
  if (dir != NULL) {
    (void)closedir(dir);
    (void)rmdir(c->dir);
  }
}

/* Everything submitted so far is durable, and let out. */
static inline void centre_settle(struct centre *c) {
  struct journal *j = domain_journal(c->domain);
  do {
    assert_int_equal(journal_sync_wait(j, journal_last(j), CENTRE_PATIENCE_MS),
                     BT_ERR_OK);
  } while (domain_release(c->domain) > 0);
}

/* ---- commands */

static inline struct command centre_command(struct centre *c, enum role role,
                                            enum command_type type) {
  struct command cmd = {.by = {.role = role, .number = SESSION_NOBODY},
                        .now_us = c->now_us,
                        .entropy = {rand_u64(&c->rand), rand_u64(&c->rand)}};
  cmd.by.name = text_from(role_name(role));
  record_init(&cmd.args, type);
  if (!id_is_null(c->session)) {
    record_set_id(&cmd.args, FIELD_SESSION, c->session);
  }
  return cmd;
}

static inline void centre_submit(struct centre *c, const struct command *cmd) {
  domain_submit(c->domain, cmd, centre_on_answer, c);
}

static inline void centre_put(struct centre *c, enum command_type type,
                              const char *config) {
  struct command cmd = centre_command(c, ROLE_SYSTEM, type);
  record_set_text(&cmd.args, FIELD_CONFIG, text_from(config));
  centre_submit(c, &cmd);
}

static inline void centre_put_script(struct centre *c, const char *name,
                                     const char *source) {
  struct command cmd = centre_command(c, ROLE_SYSTEM, COMMAND_PUT_SCRIPT);
  record_set_text(&cmd.args, FIELD_NAME, text_from(name));
  record_set_text(&cmd.args, FIELD_SOURCE, text_from(source));
  centre_submit(c, &cmd);
}

/* Bot "cognigy", skill and queue "AgentSkill", queue "support", agents anna and
 * ben, entry point "main". */
static inline void centre_furnish(struct centre *c) {
  centre_put(c, COMMAND_PUT_SKILL, "{\"name\":\"AgentSkill\"}");
  centre_put(c, COMMAND_PUT_QUEUE,
             "{\"id\":\"support\",\"skills\":[\"AgentSkill\"]}");
  centre_put(c, COMMAND_PUT_AGENT,
             "{\"id\":\"anna\",\"name\":\"Anna\",\"skills\":[\"AgentSkill\"]}");
  centre_put(c, COMMAND_PUT_AGENT,
             "{\"id\":\"ben\",\"name\":\"Ben\",\"skills\":[\"AgentSkill\"],"
             "\"capacity\":{\"chat\":1}}");
  centre_put(c, COMMAND_PUT_BOT, "{\"id\":\"cognigy\"}");
  centre_put(c, COMMAND_PUT_ENTRY,
             "{\"id\":\"main\",\"bot\":\"cognigy\",\"fallback\":\"support\"}");
  centre_settle(c);
  (void)centre_log(c);
}

static inline void centre_do(struct centre *c, enum role role,
                             enum command_type type) {
  const struct command cmd = centre_command(c, role, type);
  centre_submit(c, &cmd);
}

static inline void centre_do_bot(struct centre *c, enum command_type type,
                                 uint32_t epoch) {
  struct command cmd = centre_command(c, ROLE_BOT, type);
  cmd.by.number = 0;
  cmd.by.name = TEXT("cognigy");
  record_set_num(&cmd.args, FIELD_EPOCH, epoch);
  centre_submit(c, &cmd);
}

static inline void centre_do_agent(struct centre *c, enum command_type type) {
  struct command cmd = centre_command(c, ROLE_AGENT, type);
  cmd.by.number = 0;
  cmd.by.name = TEXT("anna");
  centre_submit(c, &cmd);
}

static inline void centre_transfer(struct centre *c, const char *target) {
  struct command cmd = centre_command(c, ROLE_SUPERVISOR, COMMAND_TRANSFER);
  record_set_text(&cmd.args, FIELD_TARGET, text_from(target));
  centre_submit(c, &cmd);
}

/* A session, open and with the bot; returns the epoch of its hold. */
static inline uint32_t centre_open_session(struct centre *c) {
  c->session = (struct id){0, 0};
  centre_do(c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  centre_settle(c);
  assert_int_equal(c->last.code, 201);
  uint32_t slot = SESSION_NOBODY;
  assert_true(engine_find(domain_engine(c->domain), c->session, &slot));
  centre_do_bot(c, COMMAND_ACCEPT_INVITE,
                engine_session(domain_engine(c->domain), slot)->epoch);
  centre_settle(c);
  assert_int_equal(c->last.code, 200);
  return engine_session(domain_engine(c->domain), slot)->epoch;
}

#endif
