/* The sections "retention" and "audit": what stays for how long. */
#include "server/config_priv.h"

#define DAY_US INT64_C(86400000000)

enum { DAYS_MAX = 36500 };

static void read_days(struct reader *r, const struct json *map,
                      enum file_member member, int64_t *out_us) {
  const struct json *at = reader_member(map, member);
  if (at != NULL && at->i > DAYS_MAX) {
    reader_error(r, at, "a time is at most %d days", DAYS_MAX);
  } else if (at != NULL) {
    *out_us = at->i * DAY_US;
  }
}

/* What is found by rows must not stay when those are gone: nobody could hold
 * it, or erase it, by its customer. */
static void check_rule(struct reader *r, const struct json *at,
                       const struct retention_rule *rule) {
  const int64_t row_us = rule->row_us;
  const bool content_stays = rule->content_us == 0 || rule->content_us > row_us;
  const bool files_stay = rule->files_us == 0 || rule->files_us > row_us;
  if (row_us > 0 && (content_stays || files_stay)) {
    reader_error(r, at,
                 "the history is kept for %lld days and the %s for longer: "
                 "what is not found any more cannot be erased for a customer; "
                 "let \"historyDays\" be the longest of the three",
                 (long long)(row_us / DAY_US),
                 content_stays ? "content" : "files");
  }
}

static void read_channel(struct reader *r, const struct json *map) {
  size_t count = 0;
  int64_t channel = 0;
  if (!field_name_to_num(KIND_CHANNEL, map->key, &channel)) {
    const char *const *names = field_names(KIND_CHANNEL, &count);
    struct text known[CHANNELS];
    for (size_t i = 0; i < count; i++) {
      known[i] = text_from(names[i]);
    }
    const struct text hint =
        findings_suggest(r->findings, map->key, known, count);
    reader_error(r, map, "there is no channel \"%.*s\"%.*s", TEXT_ARG(map->key),
                 TEXT_ARG(hint));
    return;
  }
  struct retention_rule *rule = &r->out->retention.channels[channel];
  reader_check(r, map, FILE_RETENTION_RULE);
  read_days(r, map, FILE_RETENTION_RULE_CONTENT, &rule->content_us);
  read_days(r, map, FILE_RETENTION_RULE_FILES, &rule->files_us);
  read_days(r, map, FILE_RETENTION_RULE_HISTORY, &rule->row_us);
  check_rule(r, map, rule);
}

static void read_audit(struct reader *r) {
  const struct json *map = reader_member(r->tree.root, FILE_CENTRE_AUDIT);
  if (map != NULL) {
    reader_check(r, map, FILE_AUDIT);
    read_days(r, map, FILE_AUDIT_KEEP, &r->out->retention.audit_us);
  }
}

void reader_read_retention(struct reader *r) {
  read_audit(r);
  const struct json *map = reader_member(r->tree.root, FILE_CENTRE_RETENTION);
  struct retention_rule all = {.content_us = 0};
  if (map == NULL) {
    return;
  }
  reader_check(r, map, FILE_RETENTION);
  read_days(r, map, FILE_RETENTION_CONTENT, &all.content_us);
  read_days(r, map, FILE_RETENTION_FILES, &all.files_us);
  read_days(r, map, FILE_RETENTION_HISTORY, &all.row_us);
  check_rule(r, map, &all);
  for (size_t i = 0; i < CHANNELS; i++) {
    r->out->retention.channels[i] = all;
  }
  const struct json *channels = reader_member(map, FILE_RETENTION_CHANNELS);
  for (const struct json *m = channels == NULL ? NULL : channels->first;
       m != NULL; m = m->next) {
    read_channel(r, m);
  }
}
