/* config.h - one centre's YAML file, checked whole.
 *
 * Unknown members, wrong types, names that lead nowhere, contradictions and
 * scripts that do not compile are all found in one pass, each with its file,
 * line and column and, where there is one, the nearest name.
 */
#ifndef BATON_SERVER_CONFIG_H
#define BATON_SERVER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/tz.h"
#include "bots/settings.h"
#include "desks/settings.h"
#include "engine/config.h"
#include "facades/settings.h"
#include "genesys/genesys.h"
#include "net/limits.h"
#include "net/outbound.h"
#include "net/tls.h"
#include "server/findings.h"
#include "vault/vault.h"

/* A skill, queue, agent, bot or entry point as the engine takes it. */
struct server_object {
  enum config_object kind;
  struct text id;
  struct text json;
  uint32_t line;
  struct text zone, zone_file; /* of a calendar: name and TZif file; or UTC */
};

struct server_script {
  struct text name, source;
  struct text path; /* as it is opened, followed by a NUL */
};

enum { SERVER_HOST_MAX = 64, TENANT_NAME_MAX = 63 };

/* One of those whose centres a server runs. */
struct server_tenant {
  struct text name, path; /* path: as it is opened, followed by a NUL */
  struct text *hosts;     /* all of them, in small letters */
  size_t host_count;
};

struct server_config {
  struct arena arena; /* all texts and lists */
  /* If there are any, this is a server's file: what follows is the process's,
   * and each tenant has a file of its own. */
  struct server_tenant *tenants;
  size_t tenant_count;
  struct text centre, data;
  char host[SERVER_HOST_MAX]; /* an address literal */
  uint16_t port;
  struct tls_identity tls; /* without a certificate: none is spoken */
  bool tls_strict;         /* and browsers are told to come by it alone */
  bool visitors;
  struct text *origins; /* of web pages that may use the API */
  size_t origin_count;
  struct api_rates rates;
  enum api_log_level log_level;
  struct net_limits limits;
  struct api_token *tokens;
  size_t token_count;
  size_t literal_tokens;         /* whose secret stands in the file */
  struct server_object *objects; /* what is referred to comes first */
  size_t object_count;
  struct bot_settings *bots; /* what is not the engine's about them */
  size_t bot_count;
  struct facade_settings *facades;
  size_t facade_count;
  struct desk_settings *desks;
  size_t desk_count;
  struct outbound_rules rest; /* texts in the arena */
  struct scan_settings scan;
  int64_t link_seconds; /* how long links to files are good */
  struct api_mail mail;
  struct retention retention;
  struct vault_master master, former; /* of the keys; neither: in the clear */
  struct genesys_settings genesys;
  struct api_signin signin;
  struct api_team *teams;
  size_t team_count;
  struct server_script *scripts;
  size_t script_count;
  struct text replies; /* JSON: a list of {name, text, queues} */
  struct tz *zone;     /* NULL is UTC */
  struct text zone_name;
};

/* What is wrong goes to @findings; *@out is written only if there is no error.
 * BT_ERR_SYNTAX: there are errors. BT_ERR_IO: the file cannot be read (a
 * finding says why). BT_ERR_NOMEM. */
enum bt_err server_config_load(const struct mem *mem, const char *path,
                               struct findings *findings,
                               struct server_config *out) BT_USE_RESULT;
/* The same of @source, as if it stood at @path, which is not opened: places
 * name it, and the files that it names are found from there. */
enum bt_err server_config_read(const struct mem *mem, const char *path,
                               struct text source, struct findings *findings,
                               struct server_config *out) BT_USE_RESULT;
void server_config_free(struct server_config *config);

/* "127.0.0.1:8080", "[::1]:0", "localhost:80". */
bool server_parse_listen(struct text t, char host[SERVER_HOST_MAX],
                         uint16_t *port);
/* Is it reached from this machine only? */
bool server_is_loopback(const char *host);

#endif
