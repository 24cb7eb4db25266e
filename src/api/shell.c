#include "api/shell.h"

#include "api/api_priv.h"
#include "base/calendar.h"

const struct mem *api_mem(const struct api *api) {
  return api->mem;
}

struct domain *api_domain(const struct api *api) {
  return api->domain;
}

const struct engine *api_engine(const struct api *api) {
  return domain_engine(api->domain);
}

uint64_t api_session_seq(const struct api *api, uint32_t slot) {
  return engine_session_last_seq(api_engine(api), slot);
}

const struct dir_entry *api_entry_of(const struct api *api, uint32_t slot) {
  const struct engine *e = api_engine(api);
  return &engine_directory(e)->entries[engine_session_entry(e, slot)];
}

uint64_t api_last_seq(const struct api *api) {
  return engine_seq(api_engine(api));
}

struct http_server *api_server(const struct api *api) {
  return api->server;
}

struct topics *api_topics(struct api *api) {
  return &api->topics;
}

int64_t api_unix_us(struct api *api) {
  return api_now_us(api);
}

void api_fill_random(struct api *api, void *out, size_t len) {
  api_random(api, out, len);
}

bool api_within_rate(struct api *api, const struct caller *by, char why[160],
                     int64_t *retry_after_ms) {
  return rates_allow(&api->rates, by, why, retry_after_ms);
}

void api_submit(struct api *api, struct command *cmd, domain_answer_fn *fn,
                void *ctx) {
  cmd->now_us = api_now_us(api);
  cmd->terse = cmd->terse || fn == NULL;
  api_random(api, cmd->entropy, sizeof cmd->entropy);
  api->commands++;
  domain_submit(api->domain, cmd, fn, ctx);
}

void api_submit_gone(struct api *api, struct command *cmd) {
  if (!api->stopping) {
    api_submit(api, cmd, NULL, NULL);
  }
}

struct command api_own_command(enum command_type type) {
  struct command cmd = {.by = {.role = ROLE_SYSTEM,
                               .number = SESSION_NOBODY,
                               .name = TEXT("server")}};
  record_init(&cmd.args, type);
  return cmd;
}

void api_serve_bots(struct api *api, const struct api_bot_hooks *hooks) {
  api->bots = *hooks;
}

/* ---- frames */

struct json_out api_frame_begin(struct api *api, const char *type) {
  struct json_out o;
  textbuf_clear(&api->scratch);
  json_out_init(&o, &api->scratch);
  json_open_object(&o);
  json_key(&o, "type");
  json_put_text(&o, text_from(type));
  return o;
}

struct text api_frame_end(struct api *api, struct json_out *o) {
  json_close_object(o);
  /* Without memory a frame is empty, and socket_send() closes the socket. */
  return api->scratch.failed ? TEXT("") : textbuf_text(&api->scratch);
}

void api_put_session_id(struct json_out *o, struct id session) {
  char text[ID_TEXT_LEN];
  id_to_text(session, text);
  json_key(o, "session");
  json_put_text(o, (struct text){text, ID_TEXT_LEN});
}

void api_put_time(struct json_out *o, const char *key, int64_t at_us) {
  char text[TIME_TEXT_MAX];
  json_key(o, key);
  json_put_text(o, time_to_text(at_us, text));
}

void api_put_message(struct json_out *o, const struct record *event) {
  json_key(o, "number");
  json_put_i64(o, record_num(event, FIELD_MESSAGE));
  json_key(o, "from");
  json_put_text(o,
                text_from(role_name((uint32_t)record_num(event, FIELD_ROLE))));
  json_key(o, "author");
  json_put_text(o, record_text(event, FIELD_ACTOR));
  json_key(o, "text");
  json_put_text(o, record_text(event, FIELD_TEXT));
  if (record_has(event, FIELD_DATA)) {
    json_key(o, "data");
    json_put_raw(o, record_text(event, FIELD_DATA));
  }
  api_put_time(o, "at", record_num(event, FIELD_AT));
}

void api_put_name(struct api *api, struct json_out *o, enum role role,
                  struct text author) {
  json_key(o, "name");
  json_put_text(o, engine_party_name(api_engine(api), role, author));
}

void api_put_receipt(struct json_out *o, const struct receipt *r) {
  json_key(o, "delivered");
  json_put_u64(o, r->delivered);
  json_key(o, "read");
  json_put_u64(o, r->read);
}

void api_put_seen(struct api *api, struct id session, enum receipt_of whose,
                  struct json_out *o) {
  const struct receipt r = topics_receipt_of(&api->topics, session, whose);
  json_key(o, "seen");
  json_open_object(o);
  api_put_receipt(o, &r);
  json_close_object(o);
}

void api_put_typing(struct json_out *o, const struct typing *t) {
  json_key(o, "from");
  json_put_text(o, text_from(role_name(t->role)));
  json_key(o, "author");
  json_put_text(o, t->author);
  json_key(o, "on");
  json_put_bool(o, t->on);
}
