/* log.h - the server's log: one line an entry, on standard error.
 *
 *   {"time":"2026-…Z","level":"info","msg":"request","fields":{…}}
 *   2026-…Z info  request who="agent anna" detail="GET /api/v1/queues" code=200
 *
 * A line leaves with one system call, so that entries of several threads do not
 * mix: logging may happen on any of them. What cannot be written is lost; the
 * server goes on.
 */
#ifndef BATON_SERVER_LOG_H
#define BATON_SERVER_LOG_H

#include <stdarg.h>
#include <stdint.h>

#include "api/api.h"
#include "base/text.h"
#include "server/findings.h"

enum log_format { LOG_JSON, LOG_TEXT };

struct log {
  int fd;
  enum log_format format;
  const char *tenant; /* whose lines they are; NULL: the process's */
  /* What is below is not written. A reload changes it while others log. */
  _Atomic enum api_log_level level;
};

struct log_field {
  const char *name;
  struct text text; /* if its ptr is not NULL; else the number */
  int64_t number;
};

const char *log_level_name(enum api_log_level level);

/* @what: "server.started"; @fields: as many as @count. */
void log_write(const struct log *log, enum api_log_level level,
               const char *what, const struct log_field *fields, size_t count);
/* One field "detail", a sentence. */
__attribute__((format(printf, 4, 5))) void log_say(const struct log *log,
                                                   enum api_log_level level,
                                                   const char *what,
                                                   const char *format, ...);
/* An entry for each. */
void log_findings(const struct log *log, const struct findings *f);
/* An entry of the api's; empty fields are left out. */
void log_api(const struct log *log, const struct api_log *entry);

#endif
