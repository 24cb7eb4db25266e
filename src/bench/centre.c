#include "bench/centre.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char script[] =
    "ASSIGN session = GetSessionInfo()\n"
    "ASSIGN result = Transfer(session.id, \"" CENTRE_SKILL
    "\", \"priority:1,when:released\")\n"
    "IF result.code == 200\n"
    " // Success path\n"
    "ELSE\n"
    " LogError(\"Transfer failed: \" + result.message)\n"
    "END IF\n";

static const char note[] =
    "# Written by baton bench; the tokens are no secrets.\n";

static const char process[] = "listen: 127.0.0.1:0\n"
                              "limits: { connections: 100000 }\n"
                              "log: { level: warning }\n";

static const char head[] =
    "visitors: true\n"
    "rates: { customer: 0, agent: 0 }\n"
    "skills: [" CENTRE_SKILL "]\n"
    "queues:\n"
    "  - { id: " CENTRE_QUEUE ", skills: [" CENTRE_SKILL "] }\n"
    "bots:\n"
    "  - { id: " CENTRE_BOT " }\n"
    "scripts:\n"
    "  - { name: cure, file: cure.studio }\n"
    "entryPoints:\n"
    "  - { id: bot, bot: " CENTRE_BOT ", fallback: " CENTRE_QUEUE " }\n"
    "  - { id: script, bot: " CENTRE_BOT
    ", onGoodbye: cure, fallback: " CENTRE_QUEUE " }\n";

void centre_agent_name(uint32_t agent, char out[CENTRE_NAME_SIZE]) {
  (void)snprintf(out, CENTRE_NAME_SIZE, "agent-%u", agent);
}

void centre_agent_token(uint32_t agent, char out[CENTRE_NAME_SIZE]) {
  (void)snprintf(out, CENTRE_NAME_SIZE, "bench-token-of-agent-%u", agent);
}

void centre_bot_token(uint32_t tenant, char out[CENTRE_NAME_SIZE]) {
  if (tenant == CENTRE_ALONE) {
    (void)snprintf(out, CENTRE_NAME_SIZE, CENTRE_BOT_TOKEN);
  } else {
    (void)snprintf(out, CENTRE_NAME_SIZE, CENTRE_BOT_TOKEN "-%u", tenant);
  }
}

void centre_origin(uint32_t tenant, char out[CENTRE_NAME_SIZE]) {
  if (tenant == CENTRE_ALONE) {
    out[0] = '\0';
  } else {
    (void)snprintf(out, CENTRE_NAME_SIZE, "http://t%u.localhost", tenant);
  }
}

static enum bt_err write_file(struct bench *b, const char *dir,
                              const char *name, struct text content) {
  char path[CENTRE_PATH_SIZE];
  (void)snprintf(path, sizeof path, "%s/%s", dir, name);
  FILE *f = fopen(path, "w");
  if (f != NULL) {
    const bool whole = fwrite(content.ptr, 1, content.len, f) == content.len;
    if (fclose(f) == 0 && whole) {
      return BT_ERR_OK;
    }
  }
  return bench_fail(b, BT_ERR_IO, "cannot write %s: %s", path, strerror(errno));
}

/* The bot, and the agents of this tenant. */
static void add_people(struct textbuf *out, uint32_t agents, uint32_t tenant,
                       uint32_t tenants) {
  const uint32_t first = tenant == CENTRE_ALONE ? 0 : tenant;
  const uint32_t step = tenant == CENTRE_ALONE ? 1 : tenants;
  char name[CENTRE_NAME_SIZE], token[CENTRE_NAME_SIZE];
  textbuf_add(out, TEXT("agents:\n"));
  for (uint32_t i = first; i < agents; i += step) {
    centre_agent_name(i, name);
    textbuf_addf(out, "  - { id: %s, skills: [" CENTRE_SKILL "] }\n", name);
  }
  centre_bot_token(tenant, token);
  textbuf_addf(
      out, "tokens:\n  - { role: bot, token: %s, subject: " CENTRE_BOT " }\n",
      token);
  for (uint32_t i = first; i < agents; i += step) {
    centre_agent_name(i, name);
    centre_agent_token(i, token);
    textbuf_addf(out, "  - { role: agent, token: %s, subject: %s }\n", token,
                 name);
  }
}

static enum bt_err write_yaml(struct bench *b, const char *dir,
                              const char *name, struct textbuf *yaml) {
  const enum bt_err err = yaml->failed
                              ? bench_fail(b, BT_ERR_NOMEM, "no memory")
                              : write_file(b, dir, name, textbuf_text(yaml));
  textbuf_free(yaml);
  return err;
}

static enum bt_err write_one(struct bench *b, const char *dir,
                             uint32_t agents) {
  struct textbuf yaml;
  textbuf_init(&yaml, b->mem);
  textbuf_addf(&yaml, "%scentre: bench\n%s%s", note, process, head);
  add_people(&yaml, agents, CENTRE_ALONE, 1);
  return write_yaml(b, dir, "centre.yaml", &yaml);
}

static enum bt_err write_tenants(struct bench *b, const char *dir,
                                 uint32_t agents, uint32_t tenants) {
  char name[CENTRE_NAME_SIZE];
  struct textbuf all, yaml;
  enum bt_err err = BT_ERR_OK;
  textbuf_init(&all, b->mem);
  textbuf_addf(&all, "%s%stenants:\n", note, process);
  for (uint32_t i = 0; err == BT_ERR_OK && i < tenants; i++) {
    textbuf_addf(&all, "  - { name: t%u, file: t%u.yaml }\n", i, i);
    (void)snprintf(name, sizeof name, "t%u.yaml", i);
    textbuf_init(&yaml, b->mem);
    textbuf_addf(&yaml, "%scentre: t%u\n%s", note, i, head);
    add_people(&yaml, agents, i, tenants);
    err = write_yaml(b, dir, name, &yaml);
  }
  if (err != BT_ERR_OK) {
    textbuf_free(&all);
    return err;
  }
  return write_yaml(b, dir, "centre.yaml", &all);
}

enum bt_err centre_write(struct bench *b, const char *dir, uint32_t agents,
                         uint32_t tenants) {
  const enum bt_err err = tenants == 0 ? write_one(b, dir, agents)
                                       : write_tenants(b, dir, agents, tenants);
  return err == BT_ERR_OK ? write_file(b, dir, "cure.studio", TEXT(script))
                          : err;
}
