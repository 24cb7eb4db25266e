#include "oidc/jwt.h"

#include "oidc/base64url.h"

enum { CLAIMS_DEPTH = 16 };

static const char *const alg_names[] = {
#define X(name) #name,
    JWT_ALG_LIST(X)
#undef X
};

const char *jwt_alg_name(enum jwt_alg alg) {
  return alg_names[alg];
}

bool jwt_alg_from_name(struct text name, enum jwt_alg *out) {
  for (unsigned i = 0; i < JWT_ALGS; i++) {
    if (text_equal(name, text_from(alg_names[i]))) {
      *out = (enum jwt_alg)i;
      return true;
    }
  }
  return false;
}

/* BT_ERR_SYNTAX: it is no object. */
static enum bt_err read_part(struct arena *arena, struct text part,
                             struct json **out) {
  struct text plain;
  enum bt_err err = base64url_read(arena, part, &plain);
  if (err == BT_ERR_OK) {
    err = json_parse(arena, plain, CLAIMS_DEPTH, out, NULL);
  }
  if (err == BT_ERR_OK && (*out)->type != JSON_OBJECT) {
    err = BT_ERR_SYNTAX;
  }
  return err == BT_ERR_RANGE ? BT_ERR_SYNTAX : err;
}

/* A token of another kind (an access token says at+jwt) is no ID token,
 * whoever has signed it; RFC 8725, section 3.11. */
static bool is_jwt_type(const struct json *header) {
  const struct json *typ = json_member(header, TEXT("typ"));
  return typ == NULL ||
         (typ->type == JSON_TEXT && text_equal_nocase(typ->text, TEXT("JWT")));
}

static const char *read_header(const struct json *header, struct jwt *out) {
  const struct json *kid = json_member(header, TEXT("kid"));
  if (!jwt_alg_from_name(json_member_text(header, TEXT("alg")), &out->alg)) {
    return "the token's \"alg\" is none that can be trusted: RS256, PS256 and "
           "ES256 are known";
  }
  if (json_member(header, TEXT("crit")) != NULL) {
    return "the token's \"crit\" demands what this server does not know";
  }
  if (!is_jwt_type(header)) {
    return "the token's \"typ\" is that of another kind of token";
  }
  if (kid != NULL && (kid->type != JSON_TEXT || kid->text.len == 0 ||
                      kid->text.len > JWT_KID_MAX)) {
    return "the token's \"kid\" is no name of a key";
  }
  out->kid = kid == NULL ? TEXT("") : kid->text;
  return NULL;
}

/* The first two of three dots; false if there are not two. */
static bool find_dots(struct text token, size_t *first, size_t *second) {
  *first = text_find(token, TEXT("."), 0);
  *second = text_find(token, TEXT("."), *first + 1);
  return *second < token.len &&
         text_find(token, TEXT("."), *second + 1) == token.len;
}

static enum bt_err wrong(const char **why, const char *sentence) {
  *why = sentence;
  return BT_ERR_SYNTAX;
}

static enum bt_err read_claims(struct arena *arena, struct text part,
                               struct jwt *out, const char **why) {
  struct json *claims = NULL;
  const enum bt_err err = read_part(arena, part, &claims);
  out->claims = claims;
  return err == BT_ERR_SYNTAX
             ? wrong(why, "the token's claims are not JSON in base64url")
             : err;
}

static enum bt_err read_signature(struct arena *arena, struct text part,
                                  struct jwt *out, const char **why) {
  const enum bt_err err = base64url_read(arena, part, &out->signature);
  return err == BT_ERR_SYNTAX || (err == BT_ERR_OK && part.len == 0)
             ? wrong(why, "the token's signature is not base64url")
             : err;
}

static enum bt_err read_parts(struct arena *arena, struct text token,
                              struct jwt *out, const char **why) {
  size_t first, second;
  struct json *header = NULL;
  if (token.len > JWT_BYTES_MAX) {
    return wrong(why, "the token is longer than 16384 bytes");
  }
  if (!find_dots(token, &first, &second)) {
    return wrong(why, "the token has not three parts");
  }
  enum bt_err err = read_part(arena, text_sub(token, 0, first), &header);
  if (err != BT_ERR_OK) {
    *why = "the token's header is not JSON in base64url";
    return err;
  }
  const char *sentence = read_header(header, out);
  if (sentence != NULL) {
    return wrong(why, sentence);
  }
  out->signed_part = text_sub(token, 0, second);
  err = read_claims(arena, text_sub(token, first + 1, second - first - 1), out,
                    why);
  return err == BT_ERR_OK
             ? read_signature(arena, text_sub(token, second + 1, token.len),
                              out, why)
             : err;
}

enum bt_err jwt_read(struct arena *arena, struct text token, struct jwt *out,
                     const char **why) {
  struct jwt read = {.claims = NULL};
  const enum bt_err err = read_parts(arena, token, &read, why);
  if (err == BT_ERR_OK) {
    *out = read;
  }
  return err;
}
