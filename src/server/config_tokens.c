#include <string.h>
#include <time.h>

#include "base/calendar.h"
#include "base/check.h"
#include "base/digest.h"
#include "server/config_priv.h"

enum { TOKEN_MIN = 16, TOKEN_MAX = 256 };

static const struct {
  const char *word;
  enum role role;
  size_t subject; /* kind of name; NAMES_KINDS: none */
} roles[] = {
    {"visitor", ROLE_CUSTOMER, NAMES_KINDS},
    {"customer", ROLE_CUSTOMER, NAMES_KINDS},
    {"bot", ROLE_BOT, CONFIG_BOT},
    {"agent", ROLE_AGENT, CONFIG_AGENT},
    {"supervisor", ROLE_SUPERVISOR, NAMES_KINDS},
    {"admin", ROLE_ADMIN, NAMES_KINDS},
    {"operator", ROLE_OPERATOR, NAMES_KINDS},
};

enum { TOKEN_ROLES = sizeof roles / sizeof roles[0] };

/* ---- the secret */

static bool is_plain(struct text t) {
  size_t i = 0;
  while (i < t.len && t.ptr[i] > ' ' && t.ptr[i] <= '~') {
    i++;
  }
  return i == t.len;
}

static bool hash(struct reader *r, const struct json *at, struct text token,
                 uint8_t out[32]) {
  if (token.len < TOKEN_MIN || token.len > TOKEN_MAX || !is_plain(token)) {
    reader_error(r, at,
                 "a token is %d … %d characters without blanks; this one does "
                 "not fit; \"baton token\" makes one",
                 TOKEN_MIN, TOKEN_MAX);
    return false;
  }
  api_hash_token(token, out);
  return true;
}

static bool take_literal(struct reader *r, const struct json *at,
                         uint8_t out[32]) {
  if (!server_is_loopback(r->out->host)) {
    reader_warn(r, at,
                "a secret stands in this file, and the server listens beyond "
                "this machine; write its \"sha256\" (from \"baton token\"), "
                "\"env\" or \"file\" instead");
  }
  r->out->literal_tokens++;
  return hash(r, at, at->text, out);
}

static bool take_env(struct reader *r, const struct json *at, uint8_t out[32]) {
  struct text value;
  return reader_env(r, at, at->text, &value) && hash(r, at, value, out);
}

static bool take_file(struct reader *r, const struct json *at,
                      uint8_t out[32]) {
  struct text value;
  return reader_secret_file(r, at, at->text, &value) && hash(r, at, value, out);
}

static bool take_sha256(struct reader *r, const struct json *at,
                        uint8_t out[32]) {
  const bool good = hex_read(at->text, out, DIGEST_SHA256_SIZE);
  if (!good) {
    reader_error(r, at,
                 "a SHA-256 has 64 hexadecimal digits; \"baton token\" prints "
                 "a token with its own");
  }
  return good;
}

static const struct {
  enum file_member member;
  bool (*take)(struct reader *r, const struct json *at, uint8_t out[32]);
} sources[] = {{FILE_TOKEN_TOKEN, take_literal},
               {FILE_TOKEN_ENV, take_env},
               {FILE_TOKEN_FILE, take_file},
               {FILE_TOKEN_SHA256, take_sha256}};

static bool take_secret(struct reader *r, const struct json *object,
                        uint8_t out[32]) {
  const struct json *found = NULL;
  bool good = false;
  for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
    const struct json *at = reader_member(object, sources[i].member);
    if (at == NULL) {
      continue;
    }
    if (found != NULL) {
      reader_error(r, at,
                   "a token has one of \"token\", \"env\", \"file\" and "
                   "\"sha256\"; this one has \"%.*s\" too",
                   TEXT_ARG(found->key));
      return false;
    }
    found = at;
    good = sources[i].take(r, at, out);
  }
  if (found == NULL) {
    reader_error(r, object,
                 "the secret is missing: \"sha256\" (from \"baton token\"), "
                 "\"env\", \"file\" or, on a laptop, \"token\"");
  }
  return good;
}

/* ---- whose it is */

static size_t find_role(struct reader *r, const struct json *object) {
  const struct json *at = reader_member(object, FILE_TOKEN_ROLE);
  struct text known[TOKEN_ROLES];
  for (size_t i = 0; i < TOKEN_ROLES; i++) {
    known[i] = text_from(roles[i].word);
    if (at != NULL && text_equal(at->text, known[i])) {
      return i;
    }
  }
  if (at != NULL) {
    const struct text hint =
        findings_suggest(r->findings, at->text, known, TOKEN_ROLES);
    reader_error(r, at, "there is no role \"%.*s\"%.*s", TEXT_ARG(at->text),
                 TEXT_ARG(hint));
  }
  return TOKEN_ROLES;
}

static void check_subject(struct reader *r, const struct json *object,
                          size_t role) {
  const struct json *subject = reader_member(object, FILE_TOKEN_SUBJECT);
  if (role == TOKEN_ROLES) {
    return;
  }
  if (roles[role].subject == NAMES_KINDS) {
    if (subject != NULL) {
      reader_error(r, subject,
                   "a token of role %s has no subject; \"name\" says whose it "
                   "is",
                   roles[role].word);
    }
  } else if (subject == NULL) {
    reader_error(r, object, "\"subject\" is missing: the id of the %s",
                 roles[role].word);
  } else {
    names_require(r, roles[role].subject, subject->text, subject);
  }
}

/* Two holders of one secret could not be told apart. */
static void check_twins(struct reader *r, const struct json *object,
                        const struct api_token *token) {
  const struct server_config *c = r->out;
  for (size_t i = 0; i < c->token_count; i++) {
    if (memcmp(c->tokens[i].sha256, token->sha256, sizeof token->sha256) == 0) {
      reader_error(r, object,
                   "this is the same secret as that of token %zu of the list; "
                   "each needs one of its own",
                   i + 1);
      return;
    }
  }
}

/* One that is over already is no mistake: it stands there to be renewed. */
static int64_t read_expiry(struct reader *r, const struct json *object) {
  const struct json *at = reader_member(object, FILE_TOKEN_EXPIRES);
  int64_t expires_us = 0;
  if (at == NULL) {
    return 0;
  }
  if (!time_from_text(at->text, &expires_us) || expires_us <= 0) {
    reader_error(r, at,
                 "\"%.*s\" is no time; write one such as "
                 "2027-01-31T00:00:00Z",
                 TEXT_ARG(at->text));
  } else if (expires_us <= (int64_t)time(NULL) * 1000000) {
    reader_warn(r, at, "the token has expired: nobody comes in by it");
  }
  return expires_us;
}

static void read_entry_points(struct reader *r, const struct json *object,
                              size_t role, struct api_token *token) {
  const struct json *list = reader_member(object, FILE_TOKEN_ENTRIES);
  if (list == NULL) {
    return;
  }
  if (role < TOKEN_ROLES && roles[role].role != ROLE_CUSTOMER) {
    reader_error(r, list, "only a visitor's token is bound to entry points");
    return;
  }
  struct text *names = reader_list(r, list, sizeof *names);
  for (const struct json *e = list->first; names != NULL && e != NULL;
       e = e->next) {
    if (e->type != JSON_TEXT) {
      reader_error(r, e, "an entry point's id is a text");
    } else {
      names_require(r, CONFIG_ENTRY, e->text, e);
      names[token->entry_count++] = e->text;
    }
  }
  token->entry_points = names;
}

static void read_token(struct reader *r, const struct json *object) {
  reader_check(r, object, FILE_TOKEN);
  if (object->type != JSON_OBJECT) {
    return;
  }
  const size_t errors = r->findings->errors;
  const size_t role = find_role(r, object);
  check_subject(r, object, role);
  struct api_token token = {.expires_us = read_expiry(r, object)};
  read_entry_points(r, object, role, &token);
  if (!take_secret(r, object, token.sha256)) {
    return;
  }
  check_twins(r, object, &token);
  if (r->findings->errors != errors || role == TOKEN_ROLES) {
    return;
  }
  const struct text name = reader_text(object, FILE_TOKEN_NAME);
  token.role = roles[role].role;
  token.subject = roles[role].subject != NAMES_KINDS
                      ? reader_text(object, FILE_TOKEN_SUBJECT)
                  : name.len > 0 ? name
                                 : text_from(roles[role].word);
  r->out->tokens[r->out->token_count++] = token;
}

void reader_read_tokens(struct reader *r) {
  const struct json *list = reader_member(r->tree.root, FILE_CENTRE_TOKENS);
  if (list == NULL) {
    return;
  }
  r->out->tokens =
      arena_alloc(r->arena, (list->count + 1) * sizeof *r->out->tokens);
  if (r->out->tokens == NULL) {
    r->no_memory = true;
    return;
  }
  for (const struct json *e = list->first; e != NULL; e = e->next) {
    read_token(r, e);
  }
}
