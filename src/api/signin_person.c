/* From what a provider says about somebody to an account of ours. */
#include "api/api_priv.h"
#include "base/digest.h"

/* ---- role and agent */

/* An agent is one that the centre has, whatever the provider says. */
static enum oidc_fault set_agent(struct call *c,
                                 const struct oidc_settings *provider,
                                 struct text wanted, struct account *out,
                                 struct text *detail) {
  const struct directory *d = engine_directory(api_engine(c->api));
  const uint32_t number = directory_agent(d, wanted);
  if (wanted.len == 0) {
    *detail = call_format(c, "the provider says nothing of the claim '%.*s'",
                          TEXT_ARG(provider->agent_claim));
    return OIDC_AGENT;
  }
  if (number == DIR_NONE || !account_set(&out->subject, d->agents[number].id)) {
    *detail = call_format(c, "the agent '%.*s' is not in the centre",
                          TEXT_ARG(wanted));
    return OIDC_AGENT;
  }
  return OIDC_FINE;
}

/* Where the provider gives roles, each sign-in brings the newest. */
static enum oidc_fault set_role(struct call *c,
                                const struct oidc_settings *provider,
                                const struct oidc_person *person,
                                struct account *out, struct text *detail) {
  if (provider->grant_count == 0) {
    return OIDC_FINE;
  }
  if (person->role.len == 0) {
    *detail = call_format(c, "no value of the claim '%.*s' has a role",
                          TEXT_ARG(provider->claim));
    return OIDC_ROLE;
  }
  (void)account_set(&out->role, person->role);
  if (text_equal(person->role, text_from(role_name(ROLE_AGENT)))) {
    return set_agent(c, provider, person->agent, out, detail);
  }
  out->subject.len = 0;
  return OIDC_FINE;
}

static void set_name(const struct oidc_person *person, struct account *out) {
  if (person->name.len > 0 && !account_set(&out->name, person->name)) {
    (void)account_set(&out->name, account_text(&out->login));
  }
}

/* ---- an account that is there */

static bool is_same(const struct account *a, const struct account *b) {
  return text_equal(account_text(&a->role), account_text(&b->role)) &&
         text_equal(account_text(&a->subject), account_text(&b->subject)) &&
         text_equal(account_text(&a->name), account_text(&b->name));
}

/* Whoever has lost the role there loses it here, in other browsers, too. */
static enum oidc_fault bring_up_to_date(struct call *c,
                                        const struct oidc_settings *provider,
                                        const struct oidc_person *person,
                                        struct account *account,
                                        struct text *detail) {
  struct accounts *accounts = c->api->options.accounts;
  struct account fresh = *account;
  const enum oidc_fault fault = set_role(c, provider, person, &fresh, detail);
  if (provider->grant_count > 0) {
    set_name(person, &fresh);
  }
  if (fault == OIDC_FINE && is_same(account, &fresh)) {
    return OIDC_FINE;
  }
  const struct account *kept = fault == OIDC_FINE ? &fresh : account;
  if (accounts_change(accounts, kept) != BT_ERR_OK) {
    return OIDC_STORE;
  }
  api_revoke(c->api);
  *account = *kept;
  return fault;
}

/* ---- a new one */

/* "shop:anna"; if that is another's, or too long, what nobody else has. */
static enum bt_err set_login(struct call *c,
                             const struct oidc_settings *provider,
                             const struct oidc_person *person,
                             struct account *out) {
  uint8_t sha256[DIGEST_SHA256_SIZE];
  char hex[2 * DIGEST_SHA256_SIZE];
  struct account other;
  const struct text wanted = call_format(c, "%.*s:%.*s", TEXT_ARG(provider->id),
                                         TEXT_ARG(person->login));
  enum bt_err err = BT_ERR_EXISTS;
  if (account_set(&out->login, wanted)) {
    err = accounts_find(c->api->options.accounts, wanted, &other);
  }
  if (err == BT_ERR_NOT_FOUND) {
    return BT_ERR_OK;
  }
  digest_sha256(person->subject, sha256);
  hex_write(sha256, sizeof sha256, hex);
  (void)account_set(&out->login,
                    call_format(c, "%.*s:%.*s", TEXT_ARG(provider->id),
                                (int)ACCOUNT_TEXT_MAX / 4, hex));
  return err == BT_ERR_OK || err == BT_ERR_EXISTS ? BT_ERR_OK : err;
}

static enum oidc_fault make_account(struct call *c,
                                    const struct oidc_settings *provider,
                                    const struct oidc_person *person,
                                    struct account *out, struct text *detail) {
  struct accounts *accounts = c->api->options.accounts;
  const struct account_identity who = {provider->issuer, person->subject};
  *out = (struct account){.disabled = false};
  if (!provider->makes_accounts) {
    *detail = call_format(
        c, "baton account add … --issuer %.*s --person '%.*s' makes one",
        TEXT_ARG(provider->issuer), TEXT_ARG(person->subject));
    return OIDC_STRANGER;
  }
  const enum oidc_fault fault = set_role(c, provider, person, out, detail);
  if (fault != OIDC_FINE) {
    return fault;
  }
  enum bt_err err = set_login(c, provider, person, out);
  set_name(person, out);
  if (err == BT_ERR_OK) {
    err = accounts_put(accounts, out, "");
  }
  if (err == BT_ERR_OK) {
    err = accounts_link(accounts, account_text(&out->login), &who);
  }
  *detail = text_from(bt_err_text(err));
  return err == BT_ERR_OK ? OIDC_FINE : OIDC_STORE;
}

enum oidc_fault call_find_account(struct call *c,
                                  const struct oidc_settings *provider,
                                  const struct oidc_person *person,
                                  struct account *out, struct text *detail) {
  const struct account_identity who = {provider->issuer, person->subject};
  const enum bt_err err =
      accounts_find_identity(c->api->options.accounts, &who, out);
  if (err == BT_ERR_NOT_FOUND) {
    return make_account(c, provider, person, out, detail);
  }
  if (err != BT_ERR_OK) {
    *detail = text_from(bt_err_text(err));
    return OIDC_STORE;
  }
  if (out->disabled) {
    *detail = account_text(&out->login);
    return OIDC_DISABLED;
  }
  return bring_up_to_date(c, provider, person, out, detail);
}
