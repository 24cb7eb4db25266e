/* The section "genesys": clients and integrations of the compatible API. */
#include "net/url.h"
#include "server/config_priv.h"

enum { TOKEN_DEFAULT_S = 86400, RETRY_DEFAULT_S = 5 };

/* ---- clients */

static const struct text role_words[] = {
    {"supervisor", 10}, {"admin", 5}, {"agent", 5}};
static const enum role roles[] = {ROLE_SUPERVISOR, ROLE_ADMIN, ROLE_AGENT};

enum { ROLE_WORDS = sizeof roles / sizeof roles[0] };

static void check_client_twins(struct reader *r, const struct json *object,
                               struct text id) {
  const struct genesys_settings *s = &r->out->genesys;
  for (size_t i = 0; i < s->client_count; i++) {
    if (text_equal(s->clients[i].id, id)) {
      reader_error(r, object, "another client has the id \"%.*s\", too",
                   TEXT_ARG(id));
    }
  }
}

static void read_client(struct reader *r, const struct json *object,
                        struct genesys_client *out) {
  const struct json *secret = reader_member(object, FILE_GENESYS_CLIENT_SECRET);
  const struct json *role = reader_member(object, FILE_GENESYS_CLIENT_ROLE);
  const struct json *user = reader_member(object, FILE_GENESYS_CLIENT_USER);
  reader_check(r, object, FILE_GENESYS_CLIENT);
  *out = (struct genesys_client){
      .id = reader_text(object, FILE_GENESYS_CLIENT_ID),
      .secret = TEXT(""),
      .role = ROLE_SUPERVISOR,
      .user = reader_text(object, FILE_GENESYS_CLIENT_USER)};
  if (secret != NULL) {
    (void)reader_secret(r, secret, &out->secret);
  }
  if (role != NULL) {
    const size_t i = reader_word(r, role, role_words, ROLE_WORDS);
    out->role = i < ROLE_WORDS ? roles[i] : ROLE_SUPERVISOR;
  }
  if (user != NULL) {
    names_require(r, CONFIG_AGENT, user->text, user);
  } else if (out->role == ROLE_AGENT) {
    reader_error(r, object,
                 "\"user\" is missing: the agent as which a client "
                 "of the role agent acts");
  }
  check_client_twins(r, object, out->id);
}

static void read_clients(struct reader *r, const struct json *list) {
  struct genesys_client *out = reader_list(r, list, sizeof *out);
  r->out->genesys.clients = out;
  for (const struct json *m = list->first; m != NULL && out != NULL;
       m = m->next) {
    read_client(r, m, &out[r->out->genesys.client_count]);
    r->out->genesys.client_count++;
  }
}

/* ---- integrations */

static void check_integration_twins(struct reader *r, const struct json *object,
                                    struct text id) {
  const struct genesys_settings *s = &r->out->genesys;
  for (size_t i = 0; i < s->integration_count; i++) {
    if (text_equal(s->integrations[i].id, id)) {
      reader_error(r, object, "another integration has the id \"%.*s\", too",
                   TEXT_ARG(id));
    }
  }
}

static void read_integration(struct reader *r, const struct json *object,
                             struct genesys_integration *out) {
  const struct json *entry =
      reader_member(object, FILE_GENESYS_INTEGRATION_ENTRY);
  const struct json *url = reader_member(object, FILE_GENESYS_INTEGRATION_URL);
  const struct json *secret =
      reader_member(object, FILE_GENESYS_INTEGRATION_SECRET);
  const struct json *headers =
      reader_member(object, FILE_GENESYS_INTEGRATION_HEADERS);
  struct url_parts parts;
  const char *why;
  reader_check(r, object, FILE_GENESYS_INTEGRATION);
  *out = (struct genesys_integration){
      .id = reader_text(object, FILE_GENESYS_INTEGRATION_ID),
      .name = reader_text(object, FILE_GENESYS_INTEGRATION_NAME),
      .entry = reader_text(object, FILE_GENESYS_INTEGRATION_ENTRY),
      .url = reader_text(object, FILE_GENESYS_INTEGRATION_URL),
      .secret = TEXT("")};
  out->name = out->name.len > 0 ? out->name : out->id;
  if (entry != NULL) {
    names_require(r, CONFIG_ENTRY, entry->text, entry);
  }
  if (url != NULL && !url_split(url->text, &parts, &why)) {
    reader_error(r, url, "\"webhook\": %s", why);
  }
  if (secret != NULL) {
    (void)reader_secret(r, secret, &out->secret);
  }
  if (headers != NULL) {
    (void)reader_headers(r, headers, &out->headers, &out->header_count);
  }
  check_integration_twins(r, object, out->id);
}

static void read_integrations(struct reader *r, const struct json *list) {
  struct genesys_integration *out = reader_list(r, list, sizeof *out);
  r->out->genesys.integrations = out;
  for (const struct json *m = list->first; m != NULL && out != NULL;
       m = m->next) {
    read_integration(r, m, &out[r->out->genesys.integration_count]);
    r->out->genesys.integration_count++;
  }
}

/* ---- the rest */

static void read_codes(struct reader *r, const struct json *list) {
  static const struct text usual[] = {{"Default Wrap-up Code", 20}};
  struct genesys_settings *s = &r->out->genesys;
  s->wrapup_codes = usual;
  s->wrapup_count = 1;
  if (list == NULL) {
    return;
  }
  if (reader_member(r->tree.root, FILE_CENTRE_DISPOSITIONS) != NULL) {
    reader_error(r, list,
                 "the centre's \"dispositions\" are the wrap-up codes: leave "
                 "\"wrapUpCodes\" out");
  }
  struct text *out = reader_list(r, list, sizeof *out);
  s->wrapup_codes = out;
  s->wrapup_count = 0;
  for (const struct json *m = list->first; m != NULL && out != NULL;
       m = m->next) {
    if (m->type != JSON_TEXT || m->text.len == 0) {
      reader_error(r, m, "an element of \"wrapUpCodes\" is a text");
    } else {
      out[s->wrapup_count++] = m->text;
    }
  }
}

static void read_from_bot(struct reader *r, const struct json *at) {
  static const struct text words[] = {
      {"release", 7}, {"wait", 4}, {"refuse", 6}};
  static const enum genesys_from_bot values[] = {GENESYS_RELEASE, GENESYS_WAIT,
                                                 GENESYS_REFUSE};
  if (at != NULL) {
    const size_t i = reader_word(r, at, words, sizeof words / sizeof words[0]);
    r->out->genesys.from_bot = i < 3 ? values[i] : GENESYS_RELEASE;
  }
}

static void read_entry(struct reader *r, const struct json *at) {
  r->out->genesys.entry = TEXT("");
  if (at != NULL) {
    names_require(r, CONFIG_ENTRY, at->text, at);
    r->out->genesys.entry = at->text;
  }
}

void reader_read_genesys(struct reader *r) {
  const struct json *map = reader_member(r->tree.root, FILE_CENTRE_GENESYS);
  struct genesys_settings *s = &r->out->genesys;
  s->entry = TEXT("");
  if (map == NULL) {
    return;
  }
  const struct json *clients = reader_member(map, FILE_GENESYS_CLIENTS);
  const struct json *open = reader_member(map, FILE_GENESYS_OPEN);
  const struct json *retry = reader_member(map, FILE_GENESYS_RETRY);
  const struct json *life = reader_member(map, FILE_GENESYS_LIFE);
  reader_check(r, map, FILE_GENESYS);
  s->offered = true;
  s->token_s = life != NULL ? life->i : TOKEN_DEFAULT_S;
  s->retry_s = retry != NULL ? retry->i : RETRY_DEFAULT_S;
  if (clients != NULL) {
    read_clients(r, clients);
  }
  if (open != NULL) {
    read_integrations(r, open);
  }
  read_entry(r, reader_member(map, FILE_GENESYS_ENTRY));
  read_codes(r, reader_member(map, FILE_GENESYS_CODES));
  read_from_bot(r, reader_member(map, FILE_GENESYS_FROM_BOT));
}
