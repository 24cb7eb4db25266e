/* Resources about the server itself: alive, ready, counted; tickets. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/serve_priv.h"
#include "base/check.h"

enum { TICKET_SECONDS = 30 };

static void reply_out(struct call *c, int code, const char *type) {
  const struct reply r = {
      .code = code, .type = type, .body = textbuf_text(&c->out)};
  call_reply(c, &r);
}

/* ---- tickets */

void serve_tickets(struct call *c) {
  uint8_t random[AUTH_HASH];
  char ticket[TICKET_TEXT];
  if (!call_may(c)) {
    return;
  }
  api_random(c->api, random, sizeof random);
  const enum bt_err err = auth_make_ticket(
      &c->api->auth, &c->who, random,
      api_now_us(c->api) + TICKET_SECONDS * INT64_C(1000000), ticket);
  if (err == BT_ERR_NOMEM) {
    call_refuse_memory(c);
    return;
  }
  if (err != BT_ERR_OK) {
    call_refuse(c, REFUSAL_FORBIDDEN,
                TEXT("The token's subject is too long for a ticket."),
                TEXT(""));
    return;
  }
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "ticket");
  json_put_text(&o, (struct text){ticket, sizeof ticket});
  json_key(&o, "expiresIn");
  json_put_i64(&o, TICKET_SECONDS);
  json_close_object(&o);
  reply_out(c, 201, NULL);
}

/* ---- health */

void serve_healthz(struct call *c) {
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "status");
  json_put_text(&o, TEXT("alive"));
  json_key(&o, "version");
  json_put_text(&o, text_from(c->api->version));
  json_close_object(&o);
  reply_out(c, 200, NULL);
}

void serve_readyz(struct call *c) {
  struct journal_stats stats;
  journal_get_stats(domain_journal(c->api->domain), &stats);
  if (stats.failed || stats.full) {
    call_refuse(c, REFUSAL_UNAVAILABLE,
                stats.failed
                    ? TEXT("The journal failed; it must be opened anew.")
                    : TEXT("The journal's disk is full."),
                TEXT(""));
    return;
  }
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "status");
  json_put_text(&o, TEXT("ready"));
  json_key(&o, "journal");
  json_put_text(&o, TEXT("open"));
  json_key(&o, "durable");
  json_put_u64(&o, journal_durable(domain_journal(c->api->domain)));
  json_close_object(&o);
  reply_out(c, 200, NULL);
}

/* ---- metrics, as the text format of Prometheus 0.0.4 */

static void head(struct textbuf *b, const char *name, const char *type,
                 const char *help) {
  textbuf_addf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct textbuf *b, const char *name, const char *type,
                const char *help, uint64_t value) {
  head(b, name, type, help);
  textbuf_addf(b, "%s %llu\n", name, (unsigned long long)value);
}

static void put_sessions(struct textbuf *b, const struct engine_counts *n) {
  head(b, "baton_sessions", "gauge", "sessions in memory by status");
  for (uint32_t s = SESSION_NONE + 1; s < SESSION_STATUSES; s++) {
    textbuf_addf(b, "baton_sessions{status=\"%s\"} %u\n",
                 session_status_name(s), n->sessions[s]);
  }
}

static void put_refusals(struct textbuf *b, const struct engine_counts *n) {
  head(b, "baton_refusals_total", "counter", "refusals by the engine");
  for (uint32_t r = REFUSAL_NONE + 1; r < REFUSALS; r++) {
    const struct refusal_info *info = refusal_info((enum refusal)r);
    textbuf_addf(b, "baton_refusals_total{refusal=\"%s\",code=\"%u\"} %llu\n",
                 info->wire, info->http, (unsigned long long)n->refusals[r]);
  }
}

static void put_engine(struct api *api, struct textbuf *b) {
  struct engine_counts n;
  engine_count(api_engine(api), &n);
  put_sessions(b, &n);
  put_refusals(b, &n);
  one(b, "baton_events_total", "counter", "events made or folded", n.events);
  one(b, "baton_commands_total", "counter", "commands submitted",
      api->commands);
  one(b, "baton_handovers_total", "counter", "sessions taken by an agent",
      api->handovers);
  one(b, "baton_offers", "gauge", "offers that wait for an agent", n.offers);
  one(b, "baton_runs", "gauge", "scripts that run or sleep", n.runs);
  one(b, "baton_kept_answers", "gauge", "answers kept for idempotency keys",
      n.kept_answers);
  one(b, "baton_agents_logged_in", "gauge", "agents who are not offline",
      n.agents_in);
}

static void put_journal(struct api *api, struct textbuf *b) {
  struct journal_stats s;
  journal_get_stats(domain_journal(api->domain), &s);
  one(b, "baton_journal_batches_total", "counter", "batches written",
      s.batches);
  one(b, "baton_journal_bytes_total", "counter", "bytes of batches written",
      s.bytes);
  one(b, "baton_journal_groups_total", "counter", "group commits", s.groups);
  one(b, "baton_journal_queued_batches", "gauge", "batches not durable yet",
      s.queued_batches);
  one(b, "baton_journal_snapshots_total", "counter", "snapshots written",
      s.snapshots);
  one(b, "baton_journal_full", "gauge", "1: the disk is full", s.full);
  one(b, "baton_journal_failed", "gauge", "1: failed for good", s.failed);
  head(b, "baton_journal_commit_seconds", "summary",
       "write and fsync of a group commit");
  textbuf_addf(b,
               "baton_journal_commit_seconds{quantile=\"0.5\"} %.6f\n"
               "baton_journal_commit_seconds{quantile=\"0.99\"} %.6f\n"
               "baton_journal_commit_seconds_count %llu\n",
               (double)s.commit_p50_us / 1e6, (double)s.commit_p99_us / 1e6,
               (unsigned long long)s.groups);
}

static void put_net(const struct http_server *server, struct textbuf *b) {
  const struct http_counters n = http_server_counters(server);
#define COUNTER(field, meaning)                                                \
  one(b, "baton_net_" #field, "untyped", meaning, n.field);
#include "net/counters.def"
#undef COUNTER
}

/* The second number of the line: pages. */
static uint64_t resident_bytes(void) {
  char line[128] = {0};
  int64_t pages = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  if (f == NULL) {
    return 0;
  }
  if (fgets(line, sizeof line, f) != NULL) {
    const struct text all = text_from(line);
    const size_t from = text_find(all, TEXT(" "), 0) + 1;
    const size_t to = text_find(all, TEXT(" "), from);
    if (!text_to_i64(text_sub(all, from, to - from), &pages)) {
      pages = 0;
    }
  }
  (void)fclose(f);
  return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void api_write_process(const struct http_server *server, struct textbuf *out) {
  put_net(server, out);
  one(out, "process_resident_memory_bytes", "gauge", "resident memory",
      resident_bytes());
}

void serve_metrics(struct call *c) {
  struct api *api = c->api;
  textbuf_clear(&c->out);
  put_engine(api, &c->out);
  put_journal(api, &c->out);
  if (api->bots.sockets != NULL) {
    one(&c->out, "baton_bot_sockets", "gauge", "sockets of bots",
        api->bots.sockets(api->bots.ctx));
  }
  if (!api->options.shared) {
    api_write_process(api->server, &c->out);
  }
  if (api->options.metrics != NULL) {
    api->options.metrics(api->options.ctx, &c->out);
  }
  reply_out(c, 200, "text/plain; version=0.0.4; charset=utf-8");
}
