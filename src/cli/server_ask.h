/* server_ask.h - questions to a running server, one after the other, for
 * commands. What goes wrong is said on standard error. */
#ifndef BATON_CLI_SERVER_ASK_H
#define BATON_CLI_SERVER_ASK_H

#include <stdlib.h>

#include "cli/cli.h"
#include "cli/server_url.h"

struct server_access {
  const char *url, *token, *authorities;
};

/* The token comes from --token or BATON_TOKEN: on a shared machine the
 * environment is seen by fewer people. */
#define SERVER_ACCESS_DEFAULT                                                  \
  { "http://127.0.0.1:8080", getenv("BATON_TOKEN"), "" }
#define SERVER_ACCESS_OPTIONS(access)                                          \
  {"--url", CLI_TEXT, &(access).url, "URL",                                    \
   "the server; default http://127.0.0.1:8080"},                               \
      {"--token", CLI_TEXT, &(access).token, "TOKEN",                          \
       "a token of the centre; default the environment's BATON_TOKEN"},        \
  {                                                                            \
    "--authorities", CLI_TEXT, &(access).authorities, "FILE",                  \
        "certificate authorities in PEM, instead of the system's"              \
  }

struct server_ask;

/* CLI_DONE; else what was wrong has been said. @access is borrowed. */
int server_ask_open(const struct server_access *access,
                    struct server_ask **out);
void server_ask_close(struct server_ask *ask); /* NULL is fine */

struct server_question {
  const char *method, *path; /* behind /api/v1 */
  const char *accept;
  struct text body; /* JSON; empty: none */
};
/* The status, and the body in *@body, which is good until the next question. A
 * server that is busy (503 with Retry-After) is asked again for a while. -1:
 * there was no answer, which has been said. */
int server_ask(struct server_ask *ask, const struct server_question *q,
               struct text *body);
/* Says that the server has refused it, and its words. */
void server_ask_say(const struct server_ask *ask, int status, struct text body);

#endif
