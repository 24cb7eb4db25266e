#include "server/log.h"

#include <stdio.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/json.h"
#include "domain/heap.h"
#include "net/loop.h"

enum { SENTENCE_MAX = 2048, FIELDS_MAX = 8 };

const char *log_level_name(enum api_log_level level) {
  switch (level) {
  case API_LOG_DEBUG:
    return "debug";
  case API_LOG_INFO:
    return "info";
  case API_LOG_WARNING:
    return "warning";
  case API_LOG_ERROR:
    break;
  }
  return "error";
}

struct line {
  enum api_log_level level;
  const char *what;
  const struct log_field *fields;
  size_t count;
};

static void add_json(struct textbuf *b, const struct log *log,
                     const struct line *l) {
  struct json_out o;
  textbuf_add(b, TEXT("{\"time\":\""));
  textbuf_add_time(b, loop_unix_us());
  textbuf_addf(b, "\",\"level\":\"%s\",\"msg\":", log_level_name(l->level));
  json_out_init(&o, b);
  json_put_text(&o, text_from(l->what));
  if (log->tenant != NULL) {
    textbuf_addf(b, ",\"tenant\":\"%s\"", log->tenant);
  }
  textbuf_add(b, TEXT(",\"fields\":"));
  json_out_init(&o, b);
  json_open_object(&o);
  for (size_t i = 0; i < l->count; i++) {
    json_key(&o, l->fields[i].name);
    if (l->fields[i].text.ptr != NULL) {
      json_put_text(&o, l->fields[i].text);
    } else {
      json_put_i64(&o, l->fields[i].number);
    }
  }
  json_close_object(&o);
  textbuf_add(b, TEXT("}\n"));
}

static void add_text(struct textbuf *b, const struct log *log,
                     const struct line *l) {
  textbuf_add_time(b, loop_unix_us());
  textbuf_addf(b, " %-7s %s", log_level_name(l->level), l->what);
  if (log->tenant != NULL) {
    textbuf_addf(b, " tenant=%s", log->tenant);
  }
  for (size_t i = 0; i < l->count; i++) {
    textbuf_addf(b, " %s=", l->fields[i].name);
    if (l->fields[i].text.ptr != NULL) {
      struct json_out o; /* quotes, and no control character gets through */
      json_out_init(&o, b);
      json_put_text(&o, l->fields[i].text);
    } else {
      textbuf_add_i64(b, l->fields[i].number);
    }
  }
  textbuf_add_char(b, '\n');
}

void log_write(const struct log *log, enum api_log_level level,
               const char *what, const struct log_field *fields, size_t count) {
  const struct line line = {level, what, fields, count};
  if (level < log->level) {
    return;
  }
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  (log->format == LOG_JSON ? add_json : add_text)(&b, log, &line);
  if (!b.failed) {
    const ssize_t written = write(log->fd, b.ptr, b.len);
    (void)written;
  }
  textbuf_free(&b);
}

void log_say(const struct log *log, enum api_log_level level, const char *what,
             const char *format, ...) {
  char sentence[SENTENCE_MAX];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(sentence, sizeof sentence, format, args);
  va_end(args);
  const struct log_field field = {.name = "detail",
                                  .text = text_from(sentence)};
  log_write(log, level, what, &field, 1);
}

void log_findings(const struct log *log, const struct findings *f) {
  for (size_t i = 0; i < f->count; i++) {
    const bool error = f->items[i].level == FINDING_ERROR;
    struct textbuf line;
    textbuf_init(&line, heap_mem());
    finding_print(&f->items[i], &line);
    log_say(log, error ? API_LOG_ERROR : API_LOG_WARNING,
            "configuration.finding", "%.*s",
            TEXT_ARG(text_trim(textbuf_text(&line))));
    textbuf_free(&line);
  }
}

void log_api(const struct log *log, const struct api_log *entry) {
  struct log_field fields[FIELDS_MAX];
  size_t count = 0;
  if (entry->request.len > 0) {
    fields[count++] =
        (struct log_field){.name = "request", .text = entry->request};
  }
  if (entry->who.len > 0) {
    fields[count++] = (struct log_field){.name = "who", .text = entry->who};
  }
  if (entry->detail.len > 0) {
    fields[count++] =
        (struct log_field){.name = "detail", .text = entry->detail};
  }
  if (entry->code != 0) {
    fields[count++] = (struct log_field){.name = "code", .number = entry->code};
  }
  if (entry->took_us != 0) {
    fields[count++] =
        (struct log_field){.name = "tookUs", .number = entry->took_us};
  }
  log_write(log, entry->level, entry->what, fields, count);
}
