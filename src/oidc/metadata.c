#include "oidc/metadata.h"

#include "base/json.h"
#include "net/url.h"

enum { METADATA_DEPTH = 16 };

static bool lists(const struct json *list, struct text value) {
  const struct json *m = list->first;
  while (m != NULL && !(m->type == JSON_TEXT && text_equal(m->text, value))) {
    m = m->next;
  }
  return m != NULL;
}

/* Basic is the default; whoever cannot do it says so. */
static enum oidc_client_auth read_client_auth(const struct json *tree) {
  const struct json *list =
      json_member(tree, TEXT("token_endpoint_auth_methods_supported"));
  return list != NULL && list->type == JSON_LIST &&
                 !lists(list, TEXT("client_secret_basic")) &&
                 lists(list, TEXT("client_secret_post"))
             ? OIDC_POST
             : OIDC_BASIC;
}

/* Where the issuer is asked over TLS, everything else is. */
static bool read_endpoint(struct arena *arena, const struct json *tree,
                          const char *name, bool tls, struct text *out) {
  const struct text url = json_member_text(tree, text_from(name));
  struct url_parts parts;
  const char *why;
  if (url.len == 0) {
    *out = TEXT("");
    return true;
  }
  if (!url_split(url, &parts, &why) || text_starts(parts.scheme, TEXT("ws")) ||
      (tls && !parts.tls)) {
    return false;
  }
  *out = arena_copy_text(arena, url);
  return out->ptr != NULL;
}

static const char *read_endpoints(struct arena *arena, const struct json *tree,
                                  bool tls, struct oidc_metadata *out) {
  const struct {
    const char *name;
    struct text *to;
    bool needed;
  } endpoints[] = {{"authorization_endpoint", &out->authorization, true},
                   {"token_endpoint", &out->token, true},
                   {"jwks_uri", &out->keys, true},
                   {"userinfo_endpoint", &out->userinfo, false},
                   {"end_session_endpoint", &out->end_session, false}};
  for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
    if (!read_endpoint(arena, tree, endpoints[i].name, tls, endpoints[i].to)) {
      return "its discovery document names an endpoint that is no URL, or not "
             "https://";
    }
    if (endpoints[i].needed && endpoints[i].to->len == 0) {
      return "its discovery document lacks authorization_endpoint, "
             "token_endpoint or jwks_uri";
    }
  }
  return NULL;
}

enum bt_err oidc_metadata_read(struct arena *arena, struct text json,
                               struct text issuer, struct oidc_metadata *out,
                               const char **why) {
  struct json *tree = NULL;
  const enum bt_err err = json_parse(arena, json, METADATA_DEPTH, &tree, NULL);
  if (err != BT_ERR_OK) {
    *why = "its discovery document is not JSON";
    return err == BT_ERR_NOMEM ? err : BT_ERR_SYNTAX;
  }
  if (!text_equal(json_member_text(tree, TEXT("issuer")), issuer)) {
    *why = "its discovery document is that of another \"issuer\"; write the "
           "issuer exactly as it stands there";
    return BT_ERR_SYNTAX;
  }
  const struct json *iss =
      json_member(tree, TEXT("authorization_response_iss_parameter_supported"));
  struct oidc_metadata read = {.client_auth = read_client_auth(tree),
                               .names_issuer =
                                   iss != NULL && iss->type == JSON_TRUE};
  *why =
      read_endpoints(arena, tree, text_starts(issuer, TEXT("https://")), &read);
  if (*why != NULL) {
    return BT_ERR_SYNTAX;
  }
  *out = read;
  return BT_ERR_OK;
}

struct text oidc_metadata_url(struct arena *arena, struct text issuer) {
  struct textbuf b;
  const bool slash = text_ends(issuer, TEXT("/"));
  textbuf_init(&b, arena->mem);
  textbuf_add(&b, text_sub(issuer, 0, issuer.len - slash));
  textbuf_add(&b, TEXT("/.well-known/openid-configuration"));
  const struct text copy = arena_copy_text(arena, textbuf_text(&b));
  textbuf_free(&b);
  return copy.ptr == NULL ? TEXT("") : copy;
}
