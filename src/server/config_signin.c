/* How people sign in: "publicUrl", "passwords" and the section "oidc". */
#include "api/origin.h"
#include "net/url.h"
#include "oidc/jwt.h"
#include "server/config_priv.h"

/* The strongest first: of several roles that counts. */
static const struct text role_words[] = {
    {"admin", 5}, {"supervisor", 10}, {"agent", 5}};

enum { ROLE_WORDS = sizeof role_words / sizeof role_words[0] };

/* ---- URLs */

static bool is_this_machine(struct text host) {
  return text_starts(host, TEXT("127.")) || text_equal(host, TEXT("[::1]")) ||
         text_equal(host, TEXT("localhost"));
}

static void read_public_url(struct reader *r) {
  const struct json *at = reader_member(r->tree.root, FILE_CENTRE_PUBLIC);
  const char *why = "it is one server";
  if (at == NULL) {
    return;
  }
  if (text_equal(at->text, TEXT("*")) || !origin_check(at->text, &why)) {
    reader_error(r, at,
                 "\"publicUrl\" is https://HOST or https://HOST:PORT and "
                 "nothing else: %s",
                 why);
    return;
  }
  r->out->signin.public_url = at->text;
}

/* Whoever can change an answer on its way signs in as anybody. */
static void read_issuer(struct reader *r, const struct json *object,
                        struct oidc_settings *s) {
  const struct json *at = reader_member(object, FILE_OIDC_ISSUER);
  struct url_parts parts;
  const char *why = NULL;
  if (at == NULL) {
    return; /* reported as missing */
  }
  s->issuer = at->text;
  if (!url_split(at->text, &parts, &why)) {
    reader_error(r, at, "\"issuer\": %s", why);
  } else if (!text_equal(parts.scheme, TEXT("https")) &&
             !(text_equal(parts.scheme, TEXT("http")) &&
               is_this_machine(parts.host))) {
    reader_error(r, at,
                 "\"issuer\" begins with https://: whoever can change an "
                 "answer on its way could sign in as anybody");
  } else if (text_find(at->text, TEXT("?"), 0) < at->text.len) {
    reader_error(r, at, "\"issuer\" has no query");
  }
}

/* ---- lists of texts */

static bool is_word(const struct json *m) {
  return m->type == JSON_TEXT && m->text.len > 0 &&
         text_find(m->text, TEXT(" "), 0) == m->text.len;
}

static void read_scope(struct reader *r, const struct json *list,
                       struct oidc_settings *s) {
  struct textbuf b;
  bool openid = false;
  textbuf_init(&b, r->mem);
  for (const struct json *m = list->first; m != NULL; m = m->next) {
    if (!is_word(m)) {
      reader_error(r, m, "an element of \"scope\" is one word");
    } else {
      openid = openid || text_equal(m->text, TEXT("openid"));
      textbuf_addf(&b, "%s%.*s", b.len == 0 ? "" : " ", TEXT_ARG(m->text));
    }
  }
  if (!openid) {
    reader_error(r, list,
                 "\"scope\" has openid in it, or the provider does not say "
                 "who somebody is");
  }
  s->scope = arena_copy_text(r->arena, textbuf_text(&b));
  r->no_memory = r->no_memory || b.failed || s->scope.ptr == NULL;
  textbuf_free(&b);
}

static void read_hosts(struct reader *r, const struct json *list,
                       struct oidc_settings *s) {
  struct text *hosts = reader_list(r, list, sizeof *hosts);
  for (const struct json *m = list->first; m != NULL && hosts != NULL;
       m = m->next) {
    const char *why = "an element of \"hosts\" is a text";
    if (m->type != JSON_TEXT || !outbound_check_rule(m->text, &why)) {
      reader_error(r, m, "%s", why);
    } else {
      hosts[s->host_count++] = m->text;
    }
  }
  s->hosts = hosts;
}

static void read_algorithms(struct reader *r, const struct json *list,
                            struct oidc_settings *s) {
  s->algs = 0;
  for (const struct json *m = list->first; m != NULL; m = m->next) {
    enum jwt_alg alg;
    if (m->type == JSON_TEXT && jwt_alg_from_name(m->text, &alg)) {
      s->algs |= 1u << alg;
    } else {
      reader_error(r, m,
                   "an element of \"algorithms\" is RS256, PS256 or ES256");
    }
  }
  if (list->count == 0) {
    reader_error(r, list, "\"algorithms\" is empty: no ID token would do");
  }
}

/* ---- roles */

static void read_values(struct reader *r, const struct json *list,
                        struct oidc_settings *s, struct oidc_grant *grants) {
  for (const struct json *m = list->first; m != NULL; m = m->next) {
    if (m->type != JSON_TEXT || m->text.len == 0) {
      reader_error(r, m, "a value of the claim is a text");
    } else {
      grants[s->grant_count++] = (struct oidc_grant){list->key, m->text};
    }
  }
}

static size_t check_roles(struct reader *r, const struct json *map) {
  size_t values = 0;
  for (const struct json *m = map->first; m != NULL; m = m->next) {
    bool known = false;
    for (size_t i = 0; i < ROLE_WORDS; i++) {
      known = known || text_equal(m->key, role_words[i]);
    }
    if (!known) {
      const struct text hint =
          findings_suggest(r->findings, m->key, role_words, ROLE_WORDS);
      reader_error(r, m, "there is no role \"%.*s\"%.*s", TEXT_ARG(m->key),
                   TEXT_ARG(hint));
    } else if (m->type != JSON_LIST) {
      reader_error(r, m, "\"%.*s\" is a list of values of the claim",
                   TEXT_ARG(m->key));
    } else {
      values += m->count;
    }
  }
  return values;
}

static void read_roles(struct reader *r, const struct json *map,
                       struct oidc_settings *s) {
  const size_t errors = r->findings->errors;
  const size_t values = check_roles(r, map);
  struct oidc_grant *grants =
      arena_alloc(r->arena, (values + 1) * sizeof *grants);
  r->no_memory = r->no_memory || grants == NULL;
  for (size_t i = 0; i < ROLE_WORDS && grants != NULL; i++) {
    const struct json *list = json_member(map, role_words[i]);
    if (list != NULL && list->type == JSON_LIST) {
      read_values(r, list, s, grants);
    }
  }
  s->grants = grants;
  if (values == 0 && r->findings->errors == errors) {
    reader_error(r, map, "\"roles\" names no value: nobody could sign in");
  }
}

/* ---- one provider */

static struct text text_or(const struct json *object, enum file_member member,
                           struct text otherwise) {
  const struct text t = reader_text(object, member);
  return t.len > 0 ? t : otherwise;
}

static void read_lists(struct reader *r, const struct json *object,
                       struct oidc_settings *s) {
  static const struct {
    enum file_member member;
    void (*read)(struct reader *r, const struct json *at,
                 struct oidc_settings *s);
  } lists[] = {{FILE_OIDC_SCOPE, read_scope},
               {FILE_OIDC_HOSTS, read_hosts},
               {FILE_OIDC_ALGS, read_algorithms},
               {FILE_OIDC_ROLES, read_roles}};
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    const struct json *at = reader_member(object, lists[i].member);
    if (at != NULL) {
      lists[i].read(r, at, s);
    }
  }
}

static void check_id(struct reader *r, const struct json *object,
                     struct text id) {
  const struct json *at = reader_member(object, FILE_OIDC_ID);
  if (at == NULL) { /* which was reported */
    return;
  }
  if (!reader_is_name(id)) {
    reader_error(r, at,
                 "an id has 1 … 64 letters, digits, \"-\", \"_\" and \".\"");
  }
  for (size_t i = 0; i < r->out->signin.provider_count; i++) {
    if (text_equal(r->out->signin.providers[i].id, id)) {
      reader_error(r, at, "another provider has the id \"%.*s\"", TEXT_ARG(id));
    }
  }
}

static void read_provider(struct reader *r, const struct json *object,
                          struct oidc_settings *s) {
  *s = (struct oidc_settings){.issuer = TEXT(""),
                              .secret = TEXT(""),
                              .scope = TEXT("openid profile email"),
                              .algs = (1u << JWT_ALGS) - 1};
  reader_check(r, object, FILE_OIDC);
  if (object->type != JSON_OBJECT) {
    return;
  }
  const struct json *secret = reader_member(object, FILE_OIDC_SECRET);
  const struct json *makes = reader_member(object, FILE_OIDC_MAKES);
  s->id = reader_text(object, FILE_OIDC_ID);
  s->name = reader_text(object, FILE_OIDC_NAME);
  s->client = reader_text(object, FILE_OIDC_CLIENT);
  s->claim = text_or(object, FILE_OIDC_CLAIM, TEXT("groups"));
  s->agent_claim = text_or(object, FILE_OIDC_AGENT, TEXT("preferred_username"));
  s->makes_accounts = makes != NULL && makes->type == JSON_TRUE;
  check_id(r, object, s->id);
  read_issuer(r, object, s);
  if (secret != NULL) {
    (void)reader_secret(r, secret, &s->secret);
  }
  read_lists(r, object, s);
  if (s->makes_accounts && s->grant_count == 0) {
    reader_error(r, makes,
                 "\"makeAccounts\" needs \"roles\": what would the account "
                 "be?");
  }
}

void reader_read_signin(struct reader *r) {
  const struct json *list = reader_member(r->tree.root, FILE_CENTRE_OIDC);
  const struct json *passwords =
      reader_member(r->tree.root, FILE_CENTRE_PASSWORDS);
  struct api_signin *out = &r->out->signin;
  *out = (struct api_signin){.passwords = passwords == NULL ||
                                          passwords->type == JSON_TRUE,
                             .public_url = TEXT("")};
  read_public_url(r);
  struct oidc_settings *providers =
      list == NULL ? NULL : reader_list(r, list, sizeof *providers);
  out->providers = providers;
  for (const struct json *m = list == NULL ? NULL : list->first;
       m != NULL && providers != NULL; m = m->next) {
    read_provider(r, m, &providers[out->provider_count]);
    out->provider_count++;
  }
  if (out->provider_count > 0 &&
      reader_member(r->tree.root, FILE_CENTRE_PUBLIC) == NULL) {
    reader_error(r, list,
                 "\"oidc\" needs \"publicUrl\": where a provider leads "
                 "browsers back to");
  }
  if (!out->passwords && out->provider_count == 0) {
    reader_error(r, passwords,
                 "without passwords and without \"oidc\" nobody could sign "
                 "in");
  }
}
