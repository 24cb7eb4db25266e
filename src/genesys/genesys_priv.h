/* genesys_priv.h - the inside of the facade. */
#ifndef BATON_GENESYS_GENESYS_PRIV_H
#define BATON_GENESYS_GENESYS_PRIV_H

#include "genesys/genesys.h"
#include "shelf/shelf.h"

enum {
  GENESYS_PARAMS_MAX = 3,
  GENESYS_SECRET = 32,
  GENESYS_TOKEN_TEXT = 112,
  GENESYS_BODY_DEPTH = 32
};

/* What the facade keeps about itself, in genesys.json. */
#define SHELF_SECTION_LIST(X)                                                  \
  X(INTEGRATIONS, "integrations")                                              \
  X(QUEUES, "queues")                                                          \
  X(MEMBERS, "members")                                                        \
  X(BOTS, "bots")                                                              \
  X(REVOKED, "revoked")
#define X(name, wire) SHELF_##name,
enum shelf_section { SHELF_SECTION_LIST(X) SHELF_SECTIONS };
#undef X

enum genesys_access { GENESYS_ANYBODY, GENESYS_CLIENT, GENESYS_ADMIN };

struct ask;
typedef void genesys_serve_fn(struct ask *a);

struct genesys_route {
  enum http_method method;
  const char *path;
  enum genesys_access access;
  genesys_serve_fn *serve;
};

struct genesys {
  const struct mem *mem;
  struct genesys_options options;
  struct api *api;
  struct http_server *server;
  uint8_t secret[GENESYS_SECRET]; /* of tokens, made from the server's */
  struct arena arena;             /* of the settings */
  struct genesys_settings settings;
  struct shelf shelf;
  struct ask *asks;
  struct lines *lines;
  struct channels *channels;
  bool recovered; /* the sessions that were open already are taken up */
};

/* What the engine said to a step of a request: JSON, or NULL. */
typedef void ask_then_fn(struct ask *a, const struct json *answer);

/* A request on its way to its answer. Texts live in the arena. */
struct ask {
  struct genesys *g;
  struct ask *next, *prev;
  struct arena arena;
  struct textbuf out;
  struct net_ref ref;
  enum http_method method;
  const struct genesys_route *route;
  struct text path, query;
  struct text params[GENESYS_PARAMS_MAX]; /* decoded */
  struct text raw;                        /* the body */
  const struct json *body;                /* NULL if there is none */
  struct caller by;
  struct text client_id, user; /* copies */
  struct text token;
  ask_then_fn *then;
  const char *not_found; /* the code of an unknown target; NULL: the queue's */
  int status;
  int64_t retry_after_ms;
  /* What a handler keeps between its steps; in the arena. */
  void *kept;
};

/* ---- ask.c */
void asks_free(struct genesys *g);
/* Somebody else answers the request (a socket): frees @a. */
void ask_forget(struct ask *a);
struct ask *ask_new(struct genesys *g, struct http_request *req);
struct text ask_format(struct ask *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The decoded value of a query parameter; empty if there is none. */
struct text ask_query(struct ask *a, const char *name);
/* Does the query ask for this @value under @name, given once or more, or as a
 * list with commas; or not under that name at all? */
bool ask_wants(struct ask *a, const char *name, struct text value);
/* A member of the body; NULL if it is missing or null. */
const struct json *ask_member(const struct ask *a, const char *name);
/* Its text; empty if it is none. */
struct text ask_text(const struct ask *a, const char *name);
/* The member, or NULL if it is missing or null. */
const struct json *json_part(const struct json *object, const char *name);
struct text json_text_of(const struct json *object, const char *name);
struct json_out ask_json(struct ask *a);
/* Answers with what is in a->out, when all that it was made from is durable.
 * Frees @a. */
void ask_send(struct ask *a, int status);
/* The same without a body. */
void ask_send_empty(struct ask *a, int status);

struct ask_error {
  int status;
  const char *code;
  struct text message;
  const char *field;  /* the member that it is about, or NULL */
  struct text entity; /* the id that it is about, or empty */
};
void ask_fail(struct ask *a, const struct ask_error *e);
void ask_fail_field(struct ask *a, const char *field, struct text message);
void ask_fail_code(struct ask *a, int status, const char *code,
                   struct text message);
void ask_fail_memory(struct ask *a);
/* A problem document of /api/v1. */
void ask_fail_problem(struct ask *a, const struct json *problem);
/* The members of such an error, into an object that is open. */
void error_put(struct ask *a, const struct ask_error *e, struct json_out *o);

/* Asks /api/v1 in this process, in the name of @by; a refusal is answered, else
 * @then goes on. */
struct ask_step {
  struct caller by;
  enum http_method method;
  struct text path, body;
  ask_then_fn *then;
};
void ask_api(struct ask *a, const struct ask_step *step);
/* Paths: "/api/v1/queues/" and the name, encoded, and the rest. */
struct text ask_path(struct ask *a, const char *before, struct text name,
                     const char *after);
/* Then nothing but the status. */
void ask_then_202(struct ask *a, const struct json *unused);
void ask_then_204(struct ask *a, const struct json *unused);

/* The caller as which an agent does something; false and answered if the
 * client may not act as that agent. */
bool ask_as_agent(struct ask *a, uint32_t agent, struct caller *by);

/* ---- oauth.c: who asks. False: answered. */
bool oauth_identify(struct ask *a, struct http_request *req);

/* ---- put.c: entities */
const struct directory *genesys_directory(const struct genesys *g);
/* The n-th id that is made from @base and a word; always the same. */
struct id genesys_id(struct id base, const char *word, uint64_t n);
void put_key_text(struct json_out *o, const char *key, struct text value);
void put_key_i64(struct json_out *o, const char *key, int64_t n);
void put_key_time(struct json_out *o, const char *key, int64_t at_us);
void put_key_id(struct json_out *o, const char *key, struct id id);
/* "selfUri": "/api/v2" and the rest, encoded. */
void put_self(struct json_out *o, const char *before, struct text id);
/* {id, name, selfUri} */
void put_ref(struct json_out *o, const char *before, struct text id,
             struct text name);

/* A list that is shown page by page. */
struct listing {
  struct ask *ask;
  struct json_out o;
  uint32_t size, number; /* from 1 */
  uint32_t seen;
};
/* False: the page is none, and it is answered. */
bool list_begin(struct listing *l, struct ask *a);
/* Another one: is it on the page? Then it is to be written to l->o. */
bool list_next(struct listing *l);
void list_send(struct listing *l);
/* Does a name fit a pattern with "*", in either case? Empty: every one. */
bool name_fits(struct text name, struct text pattern);

/* A copy of @bytes as a tree; NULL if it is empty, or no JSON. */
const struct json *genesys_parse_copy(struct arena *arena, struct text bytes);
/* What @take holds, as a tree in @arena; @take is freed. NULL if there is no
 * memory. */
const struct json *genesys_parse(struct arena *arena, struct textbuf *take);

/* ---- users.c */
/* False and answered: there is no such agent. */
bool ask_find_user(struct ask *a, struct text id, uint32_t *agent);
void put_user_ref(struct genesys *g, struct json_out *o, uint32_t agent);
/* The members of an agent's states, as the entities and the topics show them.
 */
void put_routing_status(struct genesys *g, uint32_t agent, struct json_out *o);
void put_presence(struct genesys *g, uint32_t agent, struct json_out *o);

/* ---- queues.c */
bool ask_find_queue(struct ask *a, struct text id, uint32_t *queue);
void put_queue_ref(struct genesys *g, struct json_out *o, uint32_t queue);
/* What agents may choose as the outcome of the queue's sessions (DIR_NONE: of
 * any): the centre's dispositions, or where it has none the codes of the file.
 */
struct wrapup_code {
  struct text id, name;
};
/* The next one, from *@at = 0 on; false: there is none. */
bool genesys_next_code(const struct genesys *g, uint32_t queue, uint32_t *at,
                       struct wrapup_code *out);
void put_wrapup_code(struct json_out *o, const struct wrapup_code *code);

#define GENESYS_ROUTE(m, p, a, serve, s, d)                                    \
  void genesys_##serve(struct ask *a_);
#include "genesys/routes.def"
#undef GENESYS_ROUTE

#endif
