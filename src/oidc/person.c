#include "oidc/person.h"

#define NAME      TEXT("name")
#define PREFERRED TEXT("preferred_username")
#define EMAIL     TEXT("email")

/* A text, or a list of texts. */
static bool has_value(const struct json *claim, struct text value) {
  if (claim == NULL || claim->type != JSON_LIST) {
    return claim != NULL && claim->type == JSON_TEXT &&
           text_equal(claim->text, value);
  }
  for (const struct json *m = claim->first; m != NULL; m = m->next) {
    if (m->type == JSON_TEXT && text_equal(m->text, value)) {
      return true;
    }
  }
  return false;
}

static struct text role_of(const struct oidc_settings *s,
                           const struct json *claims) {
  const struct json *claim = json_member(claims, s->claim);
  for (size_t i = 0; i < s->grant_count; i++) {
    if (has_value(claim, s->grants[i].value)) {
      return s->grants[i].role;
    }
  }
  return TEXT("");
}

static struct text first_of(const struct json *claims, const struct text *names,
                            size_t count) {
  struct text found = TEXT("");
  for (size_t i = 0; i < count && found.len == 0; i++) {
    found = json_member_text(claims, names[i]);
  }
  return found;
}

void oidc_read_person(const struct oidc_settings *settings,
                      const struct json *claims, struct oidc_person *out) {
  const struct text logins[] = {PREFERRED, EMAIL, TEXT("sub")};
  const struct text names[] = {NAME, PREFERRED, EMAIL, TEXT("sub")};
  *out = (struct oidc_person){
      .subject = json_member_text(claims, TEXT("sub")),
      .role = role_of(settings, claims),
      .agent = json_member_text(claims, settings->agent_claim),
      .login = first_of(claims, logins, sizeof logins / sizeof logins[0]),
      .name = first_of(claims, names, sizeof names / sizeof names[0])};
}

bool oidc_wants_more(const struct oidc_settings *settings,
                     const struct json *claims) {
  return (settings->grant_count > 0 &&
          (json_member(claims, settings->claim) == NULL ||
           json_member(claims, settings->agent_claim) == NULL)) ||
         json_member(claims, NAME) == NULL;
}
