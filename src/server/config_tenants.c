/* A file with "tenants": what the process has of its own, and whose centres it
 * runs. */
#include <stdio.h>
#include <string.h>

#include "server/config_priv.h"

enum { HOST_NAME_MAX_LEN = 253 };

/* ---- names and hosts */

static bool is_label_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool is_label(struct text t) {
  bool good = t.len > 0 && t.len <= TENANT_NAME_MAX && t.ptr[0] != '-' &&
              t.ptr[t.len - 1] != '-';
  for (size_t i = 0; good && i < t.len; i++) {
    good = is_label_char(t.ptr[i]);
  }
  return good;
}

static bool is_host(struct text t) {
  bool good = t.len > 0 && t.len <= HOST_NAME_MAX_LEN;
  for (size_t from = 0; good && from <= t.len;) {
    size_t to = from;
    while (to < t.len && t.ptr[to] != '.') {
      to++;
    }
    good = is_label(text_sub(t, from, to - from));
    from = to + 1;
  }
  return good;
}

static struct text join(struct reader *r, struct text name,
                        struct text domain) {
  char host[TENANT_NAME_MAX + HOST_NAME_MAX_LEN + 2];
  (void)snprintf(host, sizeof host, "%.*s.%.*s", TEXT_ARG(name),
                 TEXT_ARG(domain));
  const struct text copy = arena_copy_text(r->arena, text_from(host));
  r->no_memory = r->no_memory || copy.ptr == NULL;
  return copy;
}

static const struct server_tenant *owner_of(const struct reader *r,
                                            struct text host) {
  for (size_t i = 0; i < r->out->tenant_count; i++) {
    const struct server_tenant *t = &r->out->tenants[i];
    for (size_t h = 0; h < t->host_count; h++) {
      if (text_equal(t->hosts[h], host)) {
        return t;
      }
    }
  }
  return NULL;
}

/* Two tenants at one host could not be told apart. */
static void take_host(struct reader *r, const struct json *at,
                      struct server_tenant *t, struct text host) {
  const struct server_tenant *other = owner_of(r, host);
  if (other != NULL) {
    reader_error(r, at, "the host \"%.*s\" is the tenant %.*s's already",
                 TEXT_ARG(host), TEXT_ARG(other->name));
    return;
  }
  t->hosts[t->host_count++] = host;
}

static void read_host(struct reader *r, const struct json *at,
                      struct server_tenant *t) {
  if (at->type != JSON_TEXT || !is_host(at->text)) {
    reader_error(r, at,
                 "a host is a name in small letters without a port, such as "
                 "help.acme.example");
    return;
  }
  take_host(r, at, t, at->text);
}

static struct text read_domain(struct reader *r) {
  const struct json *at = reader_member(r->tree.root, FILE_SERVER_DOMAIN);
  if (at != NULL && !is_host(at->text)) {
    reader_error(r, at,
                 "a domain is a name in small letters without a port, such as "
                 "baton.example");
    return TEXT("");
  }
  return at == NULL ? TEXT("") : at->text;
}

/* ---- tenants */

static bool is_alone(struct reader *r, const struct json *object,
                     const struct server_tenant *t) {
  for (size_t i = 0; i < r->out->tenant_count; i++) {
    const struct server_tenant *other = &r->out->tenants[i];
    if (text_equal(other->name, t->name)) {
      reader_error(r, reader_member(object, FILE_TENANT_NAME),
                   "there is a tenant \"%.*s\" already", TEXT_ARG(t->name));
      return false;
    }
    if (text_equal(other->path, t->path)) {
      reader_error(r, reader_member(object, FILE_TENANT_FILE),
                   "this is the file of the tenant %.*s: each has one of its "
                   "own, with secrets of its own",
                   TEXT_ARG(other->name));
    }
  }
  return true;
}

static void read_tenant(struct reader *r, const struct json *object,
                        struct text domain) {
  reader_check(r, object, FILE_TENANT);
  const struct json *name = reader_member(object, FILE_TENANT_NAME);
  const struct json *file = reader_member(object, FILE_TENANT_FILE);
  const struct json *hosts = reader_member(object, FILE_TENANT_HOSTS);
  if (name == NULL || file == NULL) {
    return; /* reported */
  }
  if (!is_label(name->text)) {
    reader_error(r, name,
                 "a tenant's name has 1 … %d small letters, digits and \"-\", "
                 "and none of these at its ends: it is part of a host's name",
                 TENANT_NAME_MAX);
    return;
  }
  struct server_tenant *t = &r->out->tenants[r->out->tenant_count];
  *t = (struct server_tenant){.name = name->text,
                              .path = reader_path(r, file->text)};
  t->hosts =
      arena_alloc(r->arena, ((hosts == NULL ? 0 : (size_t)hosts->count) + 2) *
                                sizeof *t->hosts);
  if (t->hosts == NULL || t->path.ptr == NULL) {
    r->no_memory = true;
    return;
  }
  if (!is_alone(r, object, t)) {
    return;
  }
  take_host(r, name, t, join(r, name->text, TEXT("localhost")));
  if (domain.len > 0) {
    take_host(r, name, t, join(r, name->text, domain));
  }
  for (const struct json *m = hosts == NULL ? NULL : hosts->first; m != NULL;
       m = m->next) {
    read_host(r, m, t);
  }
  r->out->tenant_count++;
}

static void read_tenants(struct reader *r) {
  const struct json *list = reader_member(r->tree.root, FILE_SERVER_TENANTS);
  const struct text domain = read_domain(r);
  if (list == NULL) {
    return; /* reported */
  }
  if (list->count == 0) {
    reader_error(r, list, "a server has one tenant at least");
  }
  r->out->tenants =
      arena_alloc(r->arena, (list->count + 1) * sizeof *r->out->tenants);
  if (r->out->tenants == NULL) {
    r->no_memory = true;
    return;
  }
  for (const struct json *e = list->first; e != NULL; e = e->next) {
    read_tenant(r, e, domain);
  }
}

/* A tenant's own people come in by its own file. */
static void check_operators(struct reader *r) {
  const struct json *list = reader_member(r->tree.root, FILE_SERVER_TOKENS);
  for (const struct json *e = list == NULL ? NULL : list->first; e != NULL;
       e = e->next) {
    const struct json *role = reader_member(e, FILE_TOKEN_ROLE);
    if (role != NULL && !text_equal(role->text, TEXT("operator"))) {
      reader_error(r, role,
                   "here is only an operator: all others belong to a tenant, "
                   "and stand in its file");
    }
  }
}

void reader_read_server(struct reader *r) {
  reader_check(r, r->tree.root, FILE_SERVER);
  const struct text data = reader_text(r->tree.root, FILE_SERVER_DATA);
  r->out->data = data.len > 0 ? data : TEXT("data");
  reader_read_listen(r);
  reader_read_limits(r);
  reader_read_log(r);
  reader_read_tls(r);
  reader_read_tokens(r);
  check_operators(r);
  read_tenants(r);
}
