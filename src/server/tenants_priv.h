/* tenants_priv.h - several centres in one process, each at its own hosts.
 *
 * A tenant is a centre with everything that a centre has: journal, tokens,
 * people, limits, audit log. Nothing of one is reached by way of another: the
 * host of a request says whose it is before anything else is looked at.
 */
#ifndef BATON_SERVER_TENANTS_PRIV_H
#define BATON_SERVER_TENANTS_PRIV_H

#include "api/auth.h"
#include "base/map.h"
#include "server/server_priv.h"

struct tenant {
  char name[TENANT_NAME_MAX + 1];
  char *path;              /* of its centre's file; owned */
  struct centre *centre;   /* NULL: could not be opened */
  struct server_error why; /* … and this is why */
  bool leaves;             /* it is out of the server's file */
  bool ends;               /* its connections do, and then its centre */
  int64_t cut_at_us;       /* … or are cut */
  int64_t again_at_us;     /* it is opened anew; 0: no need */
  uint32_t in_row;         /* times that it was, without calm between */
  int64_t opened_at_us;
  const struct text *hosts; /* in the server's configuration */
  size_t host_count;
};

struct tenant_host {
  struct text name;
  struct tenant *tenant;
};

struct tenants {
  struct server *server;
  struct server_config config; /* the server's file */
  struct tenant **list;        /* in the file's order, then those that leave */
  size_t count, cap;
  struct tenant_host *hosts;
  size_t host_count;
  struct map by_host;
  struct auth operators;
  struct loop_timer *sweep; /* runs while something ends or is tried again */
};

/* Takes @config on every path, and opens what can be opened: a tenant that
 * cannot does not keep the others from being served. BT_ERR_STATE if none can.
 */
enum bt_err tenants_create(struct server *s, struct server_config *take_config,
                           struct server_error *why) BT_USE_RESULT;
/* People come in over the server's sockets from now on. */
void tenants_attach(struct tenants *t);
void tenants_stop(struct tenants *t);
/* Reads the server's file again, and that of each tenant: new ones are opened,
 * those that are left out end their connections and are closed. False: the
 * server's own has errors, and all is as it was. */
bool tenants_reload(struct tenants *t);
/* Two steps, as with a centre; NULL is fine. */
void tenants_close(struct tenants *t);
void tenants_free(struct tenants *t);

/* May the centre @c, or one that is not open yet (NULL), have this
 * configuration? Else *@why says what is not a tenant's in it. */
bool tenants_may_have(const struct tenants *t, const struct centre *c,
                      const struct server_config *config,
                      struct server_error *why);
/* Its journal has failed: it is closed and opened anew, after a while. */
void tenants_recover(struct tenants *t, const struct centre *c);

/* Opens the centre; what hinders it is logged, and said to be so. */
void tenant_open(struct tenants *t, struct tenant *of);
/* It is out of the server's file. */
void tenant_leave(struct tenants *t, struct tenant *of);
/* It could not be opened: tried again after a while. */
void tenant_try_again(struct tenants *t, struct tenant *of);
/* The timer: what ends, and what is tried again. */
void tenants_on_sweep(void *ctx);
void tenant_forget(struct tenant *of);
struct log tenant_log(const struct tenants *t, const struct tenant *of);

/* How many are open. */
size_t tenants_open_count(const struct tenants *t);
void tenants_audit(const struct tenants *t, const char *what);
/* Does a secret in clear stand in one of the files? */
const char *tenants_literal(const struct tenants *t);

/* The context is the struct tenants *. */
const struct http_handlers *tenants_http_handlers(void);

/* A request at a host that is no tenant's (front.c). */
void front_serve(struct tenants *t, struct http_request *req);
/* Refuses @req with a problem document. */
void front_refuse(struct http_request *req, enum refusal why,
                  struct text detail);

#endif
