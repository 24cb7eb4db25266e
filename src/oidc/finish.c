/* From the code that the browser brought to a person: the code is exchanged
 * for an ID token, the token is checked, and what it leaves out is asked for.
 */
#include <openssl/evp.h>

#include "net/url.h"
#include "oidc/claims.h"
#include "oidc/oidc_priv.h"

enum { ANSWER_DEPTH = 16, DETAIL_MAX = 300 };

/* ---- the person */

static void reply_person(struct job *job) {
  struct oidc_person person;
  oidc_read_person(&job->provider->settings, job->claims, &person);
  const struct oidc_answer answer = {.person = &person};
  job_answer(job, &answer);
}

/* ---- what the token left out (OpenID Connect Core 1.0, section 5.3) */

/* Both are about the same person; what the token says goes first. */
static bool merge(struct job *job, struct text body) {
  struct textbuf b;
  struct json_out o;
  struct json *more = NULL, *merged = NULL;
  if (json_parse(&job->arena, body, ANSWER_DEPTH, &more, NULL) != BT_ERR_OK ||
      !text_equal(json_member_text(more, TEXT("sub")),
                  json_member_text(job->claims, TEXT("sub")))) {
    return false;
  }
  textbuf_init(&b, job->arena.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  for (const struct json *m = job->claims->first; m != NULL; m = m->next) {
    json_key_text(&o, m->key);
    json_put_tree(&o, m);
  }
  for (const struct json *m = more->first; m != NULL; m = m->next) {
    if (json_member(job->claims, m->key) == NULL) {
      json_key_text(&o, m->key);
      json_put_tree(&o, m);
    }
  }
  json_close_object(&o);
  const struct text copy = arena_copy_text(&job->arena, textbuf_text(&b));
  const bool good =
      !b.failed && copy.ptr != NULL &&
      json_parse(&job->arena, copy, ANSWER_DEPTH, &merged, NULL) == BT_ERR_OK;
  textbuf_free(&b);
  job->claims = good ? merged : job->claims;
  return good;
}

static void on_userinfo(void *ctx, const struct outbound_reply *reply) {
  struct job *job = ctx;
  if (reply->status != 200) {
    job_fail(job, OIDC_UNREACHABLE,
             oidc_why_not(&job->arena, "its userinfo", reply));
    return;
  }
  const struct text body = arena_copy_text(&job->arena, reply->body);
  if (!merge(job, body)) {
    job_fail(
        job, OIDC_TOKEN,
        TEXT("its userinfo is not JSON, or about somebody else (\"sub\")"));
    return;
  }
  reply_person(job);
}

static void ask_for_more(struct job *job) {
  const struct oidc_call call = {
      .url = job->provider->metadata.userinfo,
      .authorization =
          job_format(job, "Bearer %.*s", TEXT_ARG(job->access_token))};
  if (oidc_call(job->oidc, &call, on_userinfo, job) != BT_ERR_OK) {
    job_fail(job, OIDC_BUSY, TEXT("there is no memory"));
  }
}

/* ---- the token */

static void take_claims(struct job *job, const struct jwt *token) {
  const struct provider *p = job->provider;
  job->claims = token->claims;
  if (p->metadata.userinfo.len > 0 && job->access_token.len > 0 &&
      oidc_wants_more(&p->settings, token->claims)) {
    ask_for_more(job);
  } else {
    reply_person(job);
  }
}

static void check_token(struct job *job, const struct jwt *token,
                        const struct oidc_key *key) {
  const struct oidc_settings *s = &job->provider->settings;
  const struct oidc_expected expected = {.issuer = s->issuer,
                                         .client = s->client,
                                         .nonce = job->brought.nonce,
                                         .access_token = job->access_token,
                                         .algs = s->algs,
                                         .now_s =
                                             oidc_now_us(job->oidc) / 1000000};
  const char *why = NULL;
  const enum oidc_fault fault = oidc_check_claims(token, &expected, &why);
  if (!oidc_key_has_signed(key, token)) {
    job_fail(job, OIDC_TOKEN,
             TEXT("the ID token's signature is not the provider's"));
  } else if (fault != OIDC_FINE) {
    job_fail(job, fault, text_from(why));
  } else {
    take_claims(job, token);
  }
}

static void look_at_token(struct job *job) {
  struct jwt token;
  const char *why = "there is no memory for the ID token";
  if (jwt_read(&job->arena, job->id_token, &token, &why) != BT_ERR_OK) {
    job_fail(job, OIDC_TOKEN, text_from(why));
    return;
  }
  const struct oidc_key *key = oidc_keys_find(&job->provider->keys, &token);
  if (key != NULL) {
    check_token(job, &token, key);
    return;
  }
  /* The provider may have changed its keys. */
  const bool first = !job->looked_again;
  job->looked_again = true;
  job->go = look_at_token;
  if (!first || !provider_know_anew(job)) {
    job_fail(job, OIDC_TOKEN,
             TEXT("the ID token is signed with a key that the provider does "
                  "not publish"));
  }
}

/* ---- the code */

/* RFC 6749, section 5.2. */
static void fail_error(struct job *job, const struct json *tree,
                       const struct outbound_reply *reply) {
  const struct text error = json_member_text(tree, TEXT("error"));
  const struct text words = json_member_text(tree, TEXT("error_description"));
  const bool client = text_equal(error, TEXT("invalid_client")) ||
                      text_equal(error, TEXT("unauthorized_client"));
  if (error.len == 0) {
    job_fail(job, OIDC_PROVIDER,
             oidc_why_not(&job->arena, "its token endpoint", reply));
    return;
  }
  job_fail(job,
           client                                     ? OIDC_CLIENT
           : text_equal(error, TEXT("invalid_grant")) ? OIDC_ATTEMPT
                                                      : OIDC_PROVIDER,
           job_format(job, "%.*s: %.*s", TEXT_ARG(utf8_cut(error, DETAIL_MAX)),
                      TEXT_ARG(utf8_cut(words, DETAIL_MAX))));
}

static void on_token(void *ctx, const struct outbound_reply *reply) {
  struct job *job = ctx;
  struct json *tree = NULL;
  const struct text body = arena_copy_text(&job->arena, reply->body);
  const bool json =
      reply->status > 0 && body.ptr != NULL &&
      json_parse(&job->arena, body, ANSWER_DEPTH, &tree, NULL) == BT_ERR_OK;
  if (reply->status < 0) {
    job_fail(job, OIDC_UNREACHABLE,
             oidc_why_not(&job->arena, "its token endpoint", reply));
  } else if (reply->status != 200 || !json) {
    fail_error(job, json ? tree : NULL, reply);
  } else {
    job->id_token = json_member_text(tree, TEXT("id_token"));
    job->access_token = json_member_text(tree, TEXT("access_token"));
    look_at_token(job);
  }
}

/* RFC 6749, section 2.3.1: both are form-encoded before they are joined. */
static struct text basic(struct job *job) {
  const struct oidc_settings *s = &job->provider->settings;
  struct textbuf plain;
  textbuf_init(&plain, job->arena.mem);
  url_encode(s->client, &plain);
  textbuf_add_char(&plain, ':');
  url_encode(s->secret, &plain);
  char *encoded = arena_alloc(&job->arena, plain.len * 2 + 4);
  struct text header = TEXT("");
  if (!plain.failed && encoded != NULL) {
    const int len =
        EVP_EncodeBlock((unsigned char *)encoded,
                        (const unsigned char *)plain.ptr, (int)plain.len);
    header = job_format(job, "Basic %.*s", len, encoded);
  }
  textbuf_free(&plain);
  return header;
}

static void write_form(const struct job *job, bool secret_in_form,
                       struct textbuf *b) {
  const struct oidc_settings *s = &job->provider->settings;
  textbuf_add(b, TEXT("grant_type=authorization_code"));
  oidc_put(b, "code", job->brought.code);
  oidc_put_redirect(b, job->provider);
  oidc_put(b, "code_verifier", job->brought.verifier);
  if (secret_in_form || s->secret.len == 0) {
    oidc_put(b, "client_id", s->client);
  }
  if (secret_in_form) {
    oidc_put(b, "client_secret", s->secret);
  }
}

void finish_go(struct job *job) {
  const struct provider *p = job->provider;
  const bool secret = p->settings.secret.len > 0;
  const bool in_form = secret && p->metadata.client_auth == OIDC_POST;
  if (job->brought.issuer.len > 0
          ? !text_equal(job->brought.issuer, p->settings.issuer)
          : p->metadata.names_issuer) {
    job_fail(job, OIDC_ISSUER, job->brought.issuer);
    return;
  }
  struct textbuf form;
  textbuf_init(&form, job->arena.mem);
  write_form(job, in_form, &form);
  const bool in_header = secret && !in_form;
  const struct oidc_call call = {.url = p->metadata.token,
                                 .form = textbuf_text(&form),
                                 .authorization =
                                     in_header ? basic(job) : TEXT("")};
  const bool good = !form.failed && (!in_header || call.authorization.len > 0);
  const enum bt_err err =
      good ? oidc_call(job->oidc, &call, on_token, job) : BT_ERR_NOMEM;
  textbuf_free(&form);
  if (err != BT_ERR_OK) {
    job_fail(job, OIDC_BUSY, TEXT("there is no memory"));
  }
}
