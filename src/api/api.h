/* api.h - /api/v1: resources, sockets and event streams over one domain.
 *
 * A facade: it turns requests and frames into commands and events into answers
 * and frames. It keeps connections and what was said on them, and nothing about
 * sessions: those are the engine's.
 *
 *   loop_create → journal_open → domain_open → api_create
 *   → http_server_create(loop, limits, api_http_handlers(), api, &server)
 *   → api_attach(api, server) → http_server_listen
 *
 * One thread, the loop's. The shell calls domain_release() once a turn (from
 * loop_on_batch) and after the journal's on_durable (over a loop_waker), and
 * domain_tick() when domain_next_deadline() is due.
 *
 * The paths stand in routes.def; api/openapi.yaml is generated from it.
 */
#ifndef BATON_API_API_H
#define BATON_API_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "accounts/accounts.h"
#include "accounts/grants.h"
#include "audit/audit.h"
#include "base/mem.h"
#include "domain/domain.h"
#include "files/scan.h"
#include "history/history.h"
#include "net/loop.h"
#include "net/server.h"
#include "oidc/oidc.h"
#include "retention/holds.h"
#include "retention/retention.h"
#include "vault/vault.h"

struct api;

/* Who may come in. Tokens themselves are not kept: SHA-256 of each is. */
struct api_token {
  uint8_t sha256[32];
  /* CUSTOMER: a public token, with which sessions may be opened and nothing
   * else. */
  enum role role;
  /* BOT, AGENT: its id in the directory; others: a name for the timeline. */
  struct text subject;
  int64_t expires_us; /* since 1970; from then on it is nobody's. 0: never */
  /* CUSTOMER: where sessions may be opened with it; none: everywhere. */
  const struct text *entry_points;
  size_t entry_count;
};

/* Which queues and agents belong together, and who supervises them. Borrowed
 * for the call. */
struct api_names {
  const struct text *list;
  size_t count;
};
struct api_team {
  struct text id;
  struct api_names supervisors;    /* names of tokens, logins of accounts */
  struct api_names agents, queues; /* ids */
};
enum { API_TEAMS_MAX = 64 };

/* Requests and frames a second that one party may send; 0: without limit. */
struct api_rates {
#define RATE(role, value, meaning) uint32_t role;
#include "api/rates.def"
#undef RATE
};

struct api_rates api_rates_default(void);

void api_hash_token(struct text token, uint8_t out[32]);

enum api_log_level {
  API_LOG_DEBUG,
  API_LOG_INFO,
  API_LOG_WARNING,
  API_LOG_ERROR
};

/* Something for the server's log. All texts are borrowed for the call; none
 * holds what a customer said, or a secret. */
struct api_log {
  enum api_log_level level;
  const char *what;    /* "request", "socket.opened", "socket.closed", … */
  struct text request; /* the request's id, or empty */
  struct text who;     /* the caller's role and name, or empty */
  struct text detail;  /* "GET /api/v1/queues", or a sentence */
  int code;            /* HTTP status or WebSocket close code; 0 if none */
  int64_t took_us;
};

/* A time zone: its name, and its rules as a TZif file; empty for UTC. */
struct api_zone {
  struct text name, file;
};

/* A script with the world around it, to be played: nothing of the centre is
 * touched. */
struct api_script {
  struct text name, source;
};
struct api_play {
  struct api_script script;
  struct text scenario;            /* YAML; empty: the ticket's world */
  uint32_t number;                 /* of its case, from 0 */
  const struct api_script *others; /* that it may run: the centre's */
  size_t other_count;
};
/* Appends a JSON object. On any thread. False: no memory. */
typedef bool api_play_fn(const struct api_play *ask, struct textbuf *out);

/* Where files of sessions are kept, and who looks at them before. Borrowed. */
struct api_files {
  const char *directory; /* NULL: no files are taken */
  int64_t link_seconds;  /* how long api_link_files() lets them be fetched */
  struct scan_settings scan;
};

/* The mail server. Borrowed; the texts end in NUL. */
struct api_mail {
  const char *url; /* smtp://HOST:PORT, or smtps:; NULL: no mail is sent */
  const char *user, *password; /* or NULL */
  const char *from;            /* a bare address */
};

/* How people sign in. Borrowed for the call. */
struct api_signin {
  bool passwords; /* false: by providers alone */
  /* OpenID Connect; none without a public URL. */
  const struct oidc_settings *providers;
  size_t provider_count;
  struct text public_url; /* of this server, as browsers see it; or empty */
};

struct api_options {
  struct domain *domain; /* borrowed, as is the loop: they outlive the api */
  struct loop *loop;
  const struct api_token *tokens; /* copied */
  size_t token_count;
  bool visitors; /* a session may be opened without a token */
  struct api_rates rates;
  /* Whose web pages may use the API from a browser: "https://shop.example", or
   * "*" for all; copied. Pages of the server itself always may. */
  const struct text *origins;
  size_t origin_count;
  struct history *history;   /* of finished sessions; borrowed; NULL: none */
  struct accounts *accounts; /* who may sign in; borrowed; NULL: nobody */
  struct vault *vault;       /* of the journal; borrowed; NULL: none */
  struct holds *holds;       /* what is not erased; borrowed; NULL: none */
  struct grants *grants;     /* who reads conversations; borrowed; NULL: none */
  struct audit *audit;       /* what people do; borrowed; NULL: none */
  const char *audit_path;    /* where it is, for reading; borrowed */
  /* Signs the tokens of customers: at least 32 bytes, secret, the same after
   * each restart. Copied. */
  struct text secret;
  struct text version; /* of the program, for /healthz and /metrics; copied */
  struct api_files files;
  struct api_mail mail;
  api_play_fn *play;             /* NULL: no scripts are played */
  void *ctx;                     /* for the functions below */
  int64_t (*unix_us)(void *ctx); /* NULL: the system's */
  void (*entropy)(void *ctx, void *bytes, size_t size); /* NULL: the system's */
  void (*log)(void *ctx, const struct api_log *entry);  /* NULL: nothing */
  /* The zone of that name; the centre's own for an empty one. Texts live in
   * @arena. False: there is none. NULL: calendars cannot be configured. */
  bool (*read_zone)(void *ctx, struct text name, struct arena *arena,
                    struct api_zone *out);
  bool shared; /* the process serves others, too: /metrics has nothing of it */
  /* Appends further lines to /metrics; may be NULL. */
  void (*metrics)(void *ctx, struct textbuf *out);
};

/* BT_ERR_NOMEM; BT_ERR_RANGE: the secret is too short. */
enum bt_err api_create(const struct mem *mem, const struct api_options *options,
                       struct api **out) BT_USE_RESULT;
/* After the server was freed and before the domain is closed; NULL is fine. */
void api_free(struct api *api);

/* The context is the struct api *. */
const struct http_handlers *api_http_handlers(void);
/* Looks at each request outside of /api/v1/ before the api does. True: it has
 * answered or will; false: @req is untouched. */
typedef bool api_door_fn(void *ctx, struct http_request *req);
/* Other facades and the pages come in by doors, asked in the order in which
 * they were opened, API_DOORS_MAX at most. @ctx outlives the api. */
enum { API_DOORS_MAX = 16 };
void api_open_door(struct api *api, api_door_fn *fn, void *ctx);
/* The server that was made with them, before it listens. Borrowed. */
void api_attach(struct api *api, struct http_server *server);

/* Lines for /metrics about the connections of @server and the process's
 * memory. */
void api_write_process(const struct http_server *server, struct textbuf *out);

/* The server is about to be stopped: connections that are closed from now on
 * are closed by us, and nobody is said to have gone. The next process finds its
 * parties away for a moment, as after a crash. */
void api_stop(struct api *api);

/* Replaces the table; sockets whose token is gone are closed (1008).
 * BT_ERR_NOMEM: the old table stands. */
enum bt_err api_set_tokens(struct api *api, const struct api_token *tokens,
                           size_t count) BT_USE_RESULT;

/* From now on, for streams that are open, too. BT_ERR_NOMEM: those before
 * stay. */
enum bt_err api_set_teams(struct api *api, const struct api_team *teams,
                          size_t count) BT_USE_RESULT;

/* May a request have a body as large as files are? Asked when its head is
 * there, for what is not of /api/v1 itself. */
typedef bool api_upload_fn(void *ctx, const struct http_request *req);
void api_take_uploads(struct api *api, api_upload_fn *fn, void *ctx);
/* For files that are sent from now on. */
void api_set_files(struct api *api, const struct api_files *files);
/* The files that a message's @data (JSON, or empty) names, for somebody without
 * a token: a list of {id, name, type, size, url} in @arena. Each url is good
 * for a while; it is whole where the server knows its own address (publicUrl),
 * else a path. Empty: there are none. */
struct text api_link_files(struct api *api, struct id session, struct text data,
                           struct arena *arena);
/* For mails that are sent from now on. */
void api_set_mail(struct api *api, const struct api_mail *mail);

/* From now on; sign-ins that are under way at a provider have to begin anew.
 * @rules are those of calls to other hosts. BT_ERR_NOMEM: what was before
 * stays. */
enum bt_err api_set_signin(struct api *api, const struct api_signin *signin,
                           const struct outbound_rules *rules) BT_USE_RESULT;

/* What is kept for how long, from now on; what is over already goes at once,
 * other things within an hour after their time. Without a history and a vault
 * nothing happens. */
void api_set_retention(struct api *api, const struct retention *rules);

/* What agents often write, a list of {name, text, queues} as JSON; copied.
 * BT_ERR_NOMEM: those before stay. */
enum bt_err api_set_replies(struct api *api, struct text json) BT_USE_RESULT;

/* A request without a socket: what a script asks of this server. */
struct api_request {
  struct caller by;
  enum http_method method;
  struct text path; /* "/api/v1/queues?x=y", percent-encoded */
  struct text content_type;
  struct text body;
  bool unsaid; /* a file is kept, and said by whoever asks: 200 {"files":[…]} */
};

struct api_reply {
  int code;
  struct text content_type;
  struct text body;
};

typedef void api_reply_fn(void *ctx, const struct api_reply *reply);

/* Everything in @request is copied. @fn is called once, from a later
 * domain_release(); never if the api is freed before. Resources that need a
 * connection (streams, sockets) are refused. BT_ERR_NOMEM: nothing happened. */
enum bt_err api_call(struct api *api, const struct api_request *request,
                     api_reply_fn *fn, void *ctx) BT_USE_RESULT;

#endif
