/* Makes a secret token and prints the line for the centre's file. */
#include <stdio.h>

#include "api/api.h"
#include "base/digest.h"
#include "cli/cli.h"
#include "server/secret.h"

enum { TOKEN_BYTES = 32, HASH_BYTES = 32 };

int cmd_token(const struct cli_command *self, int argc, char **argv) {
  const char *role = "ROLE", *subject = NULL, *name = NULL;
  bool json = false;
  const struct cli_option options[] = {
      {"--role", CLI_TEXT, &role, "ROLE",
       "visitor, bot, agent, supervisor or admin"},
      {"--subject", CLI_TEXT, &subject, "ID", "the bot's or agent's id"},
      {"--name", CLI_TEXT, &name, "NAME",
       "for the timeline, without a subject"},
      {"--json", CLI_FLAG, &json, NULL, "as a JSON object"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton token --role agent --subject anna",
      "baton token --role admin --name ci", NULL};
  const struct cli_page page = {options, examples, 0, 0};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  uint8_t random[TOKEN_BYTES], hash[HASH_BYTES];
  char token[2 * TOKEN_BYTES + 1] = {0}, digest[2 * HASH_BYTES + 1] = {0};
  secret_fill(random, sizeof random);
  hex_write(random, sizeof random, token);
  api_hash_token(text_from(token), hash);
  hex_write(hash, sizeof hash, digest);
  if (json) {
    printf("{\"token\":\"%s\",\"sha256\":\"%s\"}\n", token, digest);
    return CLI_DONE;
  }
  printf("%s\n", token);
  printf("  - { role: %s, ", role);
  if (subject != NULL || name != NULL) {
    printf("%s: %s, ", subject != NULL ? "subject" : "name",
           subject != NULL ? subject : name);
  }
  printf("sha256: %s }\n", digest);
  return CLI_DONE;
}
