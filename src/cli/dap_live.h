/* dap_live.h - the debug adapter at a session of a running server, shared by
 * its files: what the editor asks are requests of the API's debugger, and what
 * it hears are the events of the API's trace.
 *
 * The server goes on whatever the editor does: events are kept as they come,
 * and told between two requests of the editor. Each line that was executed
 * leaves an event that the API can show frames of: stepping back looks at an
 * earlier one.
 */
#ifndef BATON_CLI_DAP_LIVE_H
#define BATON_CLI_DAP_LIVE_H

#include "cli/dap.h"
#include "cli/server_url.h"
#include "net/client.h"

enum {
  LIVE_MARKS_MAX = 10000,      /* lines that one can step back to */
  LIVE_EVENTS_BYTES = 8 << 20, /* of events that wait to be told */
  LIVE_PAUSE_LIMIT_S = 300,
  LIVE_WAIT_US = 10 * 1000 * 1000, /* for an answer */
  LIVE_TURN_MS = 20
};

/* Behind a line that was executed. */
struct live_mark {
  char event[40]; /* its id */
  uint64_t run;
};

struct dap_live {
  struct loop *loop;
  struct outbound *outbound;
  struct client *http, *stream;
  struct ws *ws; /* the trace; NULL when it is closed */
  char url[256], bearer[512], session[64];
  int64_t pause_limit;
  bool attached;         /* the server has our debugger */
  bool gone;             /* and has taken it away, or is not there any more */
  char why[256];         /* is gone */
  struct textbuf events; /* one a line, not told yet */

  /* the answer to the last request */
  bool answered;
  int status; /* 0: none came, and .trouble says why */
  char trouble[256];
  struct textbuf body;

  /* where it stands */
  uint64_t run; /* that is paused */
  struct live_mark *marks;
  size_t mark_count, mark_cap;
  size_t back;               /* how many lines back is shown; 0: the present */
  const struct json *frames; /* of the stop, in the stop's arena, or NULL */
};

struct live_request {
  enum http_method method;
  struct text path; /* below /api/v1, encoded */
  struct text body;
};

/* ---- dap_live.c */
/* Connects to the server. False: refused. */
bool live_connect(struct dap *d, const struct dap_request *r);
/* Asks the server and waits. @r (or nobody if it is NULL) is refused with what
 * the server said if it was a no. @out (may be NULL) lives in @arena. */
bool live_ask(struct dap *d, const struct dap_request *r,
              const struct live_request *q, struct arena *arena,
              struct json **out);
/* The same about the session: @path is below it. */
bool live_ask_session(struct dap *d, const struct dap_request *r,
                      enum http_method method, const char *path,
                      struct text body);
/* Hears the session's trace from now on. False: refused. */
bool live_listen(struct dap *d, const struct dap_request *r);
/* A member that is a text or a number; empty or 0 if it is none. */
struct text live_text(const struct json *object, const char *name);
int64_t live_num(const struct json *object, const char *name);

/* ---- dap_live_events.c */
/* Tells the editor what has happened since. */
void live_tell_events(struct dap *d);
/* What stands still already, and which scripts there are. */
void live_tell_present(struct dap *d);
/* "stopped" at what is shown now. */
void live_stopped(struct dap *d, const char *reason, const char *text);
/* The mark of what is shown; NULL: the present. */
const struct live_mark *live_shown(const struct dap_live *l);
size_t live_lines_back(const struct dap_live *l); /* that one can go */

#endif
