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

static const char head[] =
    "# Written by baton bench; the tokens are no secrets.\n"
    "centre: bench\n"
    "listen: 127.0.0.1:0\n"
    "visitors: true\n"
    "rates: { customer: 0, agent: 0 }\n"
    "limits: { connections: 100000 }\n"
    "log: { level: warning }\n"
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

static void add_agents(struct textbuf *out, uint32_t agents) {
  char name[CENTRE_NAME_SIZE], token[CENTRE_NAME_SIZE];
  textbuf_add(out, TEXT("agents:\n"));
  for (uint32_t i = 0; i < agents; i++) {
    centre_agent_name(i, name);
    textbuf_addf(out, "  - { id: %s, skills: [" CENTRE_SKILL "] }\n", name);
  }
  textbuf_add(out, TEXT("tokens:\n  - { role: bot, token: " CENTRE_BOT_TOKEN
                        ", subject: " CENTRE_BOT " }\n"));
  for (uint32_t i = 0; i < agents; i++) {
    centre_agent_name(i, name);
    centre_agent_token(i, token);
    textbuf_addf(out, "  - { role: agent, token: %s, subject: %s }\n", token,
                 name);
  }
}

enum bt_err centre_write(struct bench *b, const char *dir, uint32_t agents) {
  struct textbuf yaml;
  textbuf_init(&yaml, b->mem);
  textbuf_add(&yaml, TEXT(head));
  add_agents(&yaml, agents);
  enum bt_err err =
      yaml.failed ? bench_fail(b, BT_ERR_NOMEM, "no memory")
                  : write_file(b, dir, "centre.yaml", textbuf_text(&yaml));
  if (err == BT_ERR_OK) {
    err = write_file(b, dir, "cure.studio", TEXT(script));
  }
  textbuf_free(&yaml);
  return err;
}
