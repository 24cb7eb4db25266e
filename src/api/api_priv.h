/* api_priv.h - the inside of the facade. */
#ifndef BATON_API_API_PRIV_H
#define BATON_API_API_PRIV_H

#include "api/auth.h"
#include "api/call_priv.h"
#include "api/guesses.h"
#include "api/origin.h"
#include "api/rate.h"
#include "api/shell.h"
#include "api/teams.h"
#include "api/topic.h"

enum { ENTROPY_POOL = 1024, TEXT_MAX = 128, USED_ATTEMPTS = 1024 };

struct desk;
struct look_back;
struct stream;
struct studio_job;
struct file_job;
struct mail_job;
struct mail_log;
struct audit_round;
struct audit_look;
struct audit_check;
struct erasing;
struct exporting;
struct retainer;

/* Something small that waits for the domain: the api frees what is left. The
 * first member of its owner. */
struct pending {
  struct pending *next, *prev;
  size_t size;
};

struct api {
  const struct mem *mem;
  struct api_options options;
  char version[TEXT_MAX];
  struct domain *domain;
  struct http_server *server; /* borrowed; NULL until attached */
  struct auth auth;
  struct rates rates;
  struct guesses guesses;
  struct teams teams;
  struct origins origins;
  bool stopping;
  struct signin *signins; /* passwords that are being looked at; newest first */
  size_t signin_count;
  bool no_passwords; /* people sign in by providers alone */
  bool public_tls;   /* browsers see this server over TLS */
  struct oidc *oidc; /* NULL: there are no providers */
  struct attempts_used {
    uint64_t states[USED_ATTEMPTS]; /* the first bytes of each; a ring */
    size_t next;
  } attempts_used;
  uint8_t attempt_key[32], link_key[32];
  struct textbuf public_url;      /* of this server; or empty */
  struct studio_job *studio_jobs; /* scripts that are being looked at */
  size_t studio_job_count;
  struct mail_job *mail_jobs; /* mails on their way */
  struct mail_log *mail_log;  /* of the last hour; NULL: none was sent */
  struct file_job *file_jobs; /* sent up or fetched; the first comes first */
  struct topics topics;
  struct call *calls, *free_calls;
  size_t free_call_count;
  struct socket *sockets;
  struct pending *pendings;
  struct desk **desks; /* by agent number: its first connection */
  size_t desk_cap;
  struct look_back *look_back; /* into the journal, one at a time; or NULL */
  struct stream *streams;      /* of events */
  bool places_wait;            /* place_timer runs */
  struct socket *next_socket;  /* who hears its place next; NULL: the first */
  struct stream *next_stream;  /* whose turn it is when the timer runs */
  struct loop_timer *stream_timer, *place_timer, *account_timer;
  uint64_t event_seq;     /* of the event that is being told */
  uint32_t event_index;   /* and its place in the batch, from 1 */
  struct textbuf scratch; /* one frame at a time */
  struct api_bot_hooks bots;
  struct api_door {
    api_door_fn *fn;
    void *ctx;
  } doors[API_DOORS_MAX];
  size_t door_count;
  api_upload_fn *upload; /* NULL: nobody else takes any */
  void *upload_ctx;
  api_call_out_fn *call_out; /* NULL: no other host is called */
  void *call_ctx;
  struct textbuf replies;          /* a list, or empty */
  struct history_keeper *keeper;   /* NULL: there is no history */
  struct history_search *searches; /* of it: the first runs, others wait */
  size_t search_count;
  struct audit_round *audit_running, *audit_next; /* on its way; gathered */
  struct audit_look *audit_look;                  /* the one that runs */
  struct audit_check *audit_check;                /* the one that runs */
  struct erasing *erasing;                        /* the one that runs */
  struct exporting *exporting;                    /* the one that runs */
  struct retainer *retainer;                      /* NULL: nothing is kept */
  bool audit_failed;                              /* at the last try */
  uint64_t commands;                              /* submitted */
  uint64_t handovers, calls_served;
  unsigned char entropy[ENTROPY_POOL];
  size_t entropy_left;
};

int64_t api_now_us(struct api *api);
void api_note(struct api *api, const struct api_log *entry);

/* Cleared to zero; NULL when there is no memory. */
void *pending_new(struct api *api, size_t size);
void pending_free(struct api *api, struct pending *p);

/* ---- links.c */
void links_init(struct api *api, struct text secret);

/* ---- call.c */
struct call *call_new(struct api *api);
void calls_free(struct api *api);

/* ---- dispatch.c */
void call_dispatch(struct call *c);
/* A request of this process; @fn as in api_call(). */
void call_here(struct call *c, const struct api_request *request,
               api_reply_fn *fn, void *ctx);

/* ---- identify.c: who asks, and not too often. False: answered. */
bool call_identify(struct call *c);

/* ---- signin.c */
/* The browser's cookie; empty if there is none, or no accounts. */
struct text call_cookie(struct call *c);
struct text api_cookie(const struct api *api, const struct http_request *req);
/* Does a page of this server ask, or no page at all? A page of another origin
 * would ask with the cookie of whoever looks at it. */
bool call_is_own_page(struct call *c);
/* The value of the cookie "NAME=" (with its sign); empty if there is none. */
struct text call_cookie_named(struct call *c, struct text name);
/* The browser keeps "NAME=" for so long; 0: no more. */
struct call_cookie_kind {
  struct text name;
  const char *same_site;
  int64_t seconds;
};
struct text call_set_cookie(struct call *c, const struct call_cookie_kind *kind,
                            struct text value);
/* Does the browser see this server over TLS? */
bool call_is_tls(struct call *c);
/* Signs in: writes the cookie that stands for the account, whoever vouches for
 * it (empty: a password). */
enum bt_err call_let_in(struct call *c, struct text login, struct text provider,
                        struct text *cookie) BT_USE_RESULT;
/* False and answered: a centre in memory has no accounts. */
bool call_has_accounts(struct call *c);
/* Whose cookie it is. False: nobody's. */
bool call_signed_in(struct call *c, struct text cookie,
                    struct auth_identity *out);
/* Is what let somebody in still good? */
bool api_still(struct api *api, const struct auth_source *source);
/* Looks again when the next token expires, and now and then. */
void api_await_expiry(struct api *api);
void signins_free(struct api *api);
/* Sockets of accounts that are gone end. */
void signins_on_timer(void *ctx);

/* ---- signin_oidc.c */
void attempts_init(struct api *api, struct text secret);
/* What the answer to a sign-out says, if the provider wants to hear of it.
 * True: taken. */
bool call_leave_provider(struct call *c, struct text provider,
                         struct text cookie);

/* ---- signin_person.c: whose account it is, made or changed if need be. Else
 * *detail is for who runs the server. */
enum oidc_fault call_find_account(struct call *c,
                                  const struct oidc_settings *provider,
                                  const struct oidc_person *person,
                                  struct account *out, struct text *detail);

/* ---- signin_page.c: a page that says why not; ends the call. */
struct signin_fault {
  enum oidc_fault fault;
  struct text detail; /* for who runs the server; may be empty */
  struct text back;   /* where to begin anew */
  struct text cookie; /* Set-Cookie; may be empty */
};
void call_show_fault(struct call *c, const struct signin_fault *fault);
/* Of the style of that page: it may have no other. */
#define FAULT_STYLE_SHA256 "sha256-pLhrkRFQVRisYtoS8Ms2wOF04MOjbalPMp95ixf6vVo="

/* ---- identify.c: does the request show a token or a cookie that is known? */
bool api_knows(struct api *api, const struct http_request *req);

/* ---- files.c */
void file_jobs_free(struct api *api);
/* May this request have the body of a file? */
bool files_take_upload(void *ctx, const struct http_request *req);
/* "files": {types, maxBytes}, if the session's entry point takes any. */
void api_put_files_taken(struct api *api, uint32_t slot, struct json_out *o);

/* ---- transcript.c: which words it has. */
struct transcript_words {
  const char *lang, *subject, *customer, *assistant, *file, *unkept;
};
/* English if there are none in the language. */
const struct transcript_words *transcript_words(struct text lang);
/* Appends what was said in the session. False: no memory. */
bool transcript_write(struct api *api, uint32_t slot,
                      const struct transcript_words *words,
                      struct textbuf *out);

/* ---- mail.c */
void mail_jobs_free(struct api *api);

/* ---- history.c */
void history_searches_free(struct api *api);

/* ---- history_keep.c: sessions that end are kept, if there is a history */
/* And those that ended before. BT_ERR_NOMEM. */
enum bt_err history_keep(struct api *api) BT_USE_RESULT;
void history_on_event(struct api *api, const struct record *event);
/* Is something that has ended not in the history yet? */
bool history_is_behind(const struct api *api);
/* Writes what is still to be written. */
void history_stop(struct api *api);

/* ---- studio.c */
void studio_jobs_free(struct api *api);

/* ---- configure.c */
/* The body, which is a JSON object; NULL: answered. */
struct json *call_read_object(struct call *c);

/* ---- waits.c */
/* A transfer that was answered 202: is it waited for? True: taken. */
bool call_wait(struct call *c, const struct answer *a);
void wait_forget(struct call *c);

/* ---- decisions.c */
/* If this call looks back, it does no more. */
void decisions_forget(struct call *c);

/* ---- chat.c, desk.c, stream.c */
loop_fn chats_on_timer, streams_on_timer;
void desks_on_event(struct api *api, uint64_t seq, const struct record *event);
void desks_show_once(struct api *api, const struct record *effect);
void streams_on_event(struct api *api, uint64_t seq,
                      const struct record *event);
void streams_revoke(struct api *api);
/* The teams have changed. */
void streams_scope(struct api *api);
/* Closes every socket and stream whose token is gone. */
void api_revoke(struct api *api);

/* ---- views.c */
/* The session as @by may see it, with its messages after number @after; -1:
 * without. */
void api_view_session(struct api *api, uint32_t slot, const struct caller *by,
                      int64_t after, struct textbuf *out);
/* Leaves of a session's view what its customer may see. */
void api_keep_customers_part(struct api *api, struct textbuf *view);

typedef void serve_fn(struct call *c);

/* ---- audit.c */
/* Answers the call, whose caller may; what belongs into the audit log is
 * written down. */
void call_serve(struct call *c, serve_fn *serve);
/* The answer to this call is written down as @act of c->by, if there is a log:
 * for what call_serve() cannot know. Static storage. */
void call_audit(struct call *c, const char *act);
/* Writes c->act and its answer down; the answer leaves after. */
void call_hold(struct call *c, const struct reply *r);
void audit_rounds_free(struct api *api);
void audit_look_free(struct api *api);

/* ---- audit_check.c */
void audit_check_free(struct api *api);

/* ---- erase.c */
void erasing_forget(struct api *api);
struct erase_places api_erase_places(const struct api *api);
/* Is something being erased, or does the history lack something that ended? */
bool api_is_erasing(const struct api *api);

/* ---- export.c */
void exporting_forget(struct api *api);

/* ---- holds.c */
/* {customer} or {session} of a body. False: answered. */
bool call_read_whom(struct call *c, const struct json *tree,
                    struct text *customer, struct id *session);
void call_refuse_held(struct call *c, const struct hold *hold,
                      struct id session);

/* ---- retain.c: what is too old goes, if it is kept at all */
enum bt_err retain_begin(struct api *api) BT_USE_RESULT;
bool retain_is_sweeping(const struct api *api);
void retain_end(struct api *api);

#endif
