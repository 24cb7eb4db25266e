/* apigen.c - prints the resources of the API from its tables.
 *
 * usage: apigen openapi | routes
 *   openapi  api/openapi.yaml
 *   routes   docs/routes.md
 */
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/command.h"
#include "engine/record.h"
#include "session/refusal.h"

#define LEN(a) (sizeof(a) / sizeof(a)[0])

struct route {
  const char *method, *path, *kind, *serve, *query, *doc;
  uint32_t roles, command;
};

/* The words of routes.def. */
enum {
  N = 1 << ROLE_NONE,
  C = 1 << ROLE_CUSTOMER,
  B = 1 << ROLE_BOT,
  A = 1 << ROLE_AGENT,
  S = 1 << ROLE_SUPERVISOR,
  D = 1 << ROLE_ADMIN,
  P = 1 << ROLE_SCRIPT,
  O = 1 << ROLE_OPERATOR
};

static const struct route routes[] = {
#define ROUTE(m, p, r, k, s, c, q, d)                                          \
  {.method = #m,                                                               \
   .path = (p),                                                                \
   .kind = #k,                                                                 \
   .serve = #s,                                                                \
   .query = (q),                                                               \
   .doc = (d),                                                                 \
   .roles = (r),                                                               \
   .command = (c)},
#include "api/routes.def"
#undef ROUTE
};

static bool is(const char *a, const char *b) {
  return strcmp(a, b) == 0;
}

/* ---- YAML: every text in double quotes */

static void put_quoted(const char *text) {
  putchar('"');
  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\') {
      putchar('\\');
    }
    putchar(*text);
  }
  putchar('"');
}

static void put_line(int depth, const char *key, const char *text) {
  printf("%*s%s: ", depth, "", key);
  put_quoted(text);
  putchar('\n');
}

/* ---- values */

static void put_names(int depth, enum field_kind kind) {
  size_t count = 0;
  const char *const *names = field_names(kind, &count);
  printf("%*stype: string\n%*senum: [", depth, "", depth, "");
  for (size_t i = 0; i < count; i++) {
    printf("%s%s", i == 0 ? "" : ", ", names[i]);
  }
  printf("]\n");
}

static void put_json(int depth, enum field field) {
  const bool list = field == FIELD_SKILLS;
  const bool any = field == FIELD_VALUE;
  if (!any) {
    printf("%*stype: %s\n", depth, "", list ? "array" : "object");
  }
  if (list) {
    printf("%*sitems: {$ref: '#/components/schemas/RequiredSkill'}\n", depth,
           "");
  }
}

static void put_field(int depth, enum field field) {
  const struct field_info *info = field_info(field);
  put_line(depth, "description", info->doc);
  switch (info->kind) {
  case KIND_NUM:
  case KIND_TIME:
    printf("%*stype: integer\n%*sminimum: %lld\n%*smaximum: %lld\n", depth, "",
           depth, "", (long long)info->min, depth, "", (long long)info->max);
    break;
  case KIND_POINTS:
    printf("%*stype: number\n%*sminimum: %lld\n%*smaximum: %lld\n", depth, "",
           depth, "", (long long)info->min / POINTS_PARTS, depth, "",
           (long long)info->max / POINTS_PARTS);
    break;
  case KIND_FLAG:
    printf("%*stype: boolean\n", depth, "");
    break;
  case KIND_TEXT:
    printf("%*stype: string\n%*smaxLength: %lld\n", depth, "", depth, "",
           (long long)info->max);
    break;
  case KIND_JSON:
    put_json(depth, field);
    break;
  case KIND_CHANNEL:
  case KIND_ROLE:
  case KIND_WHEN:
  case KIND_REQUIRE:
    put_names(depth, info->kind);
    break;
  case KIND_ID:
  case KIND_BYTES:
  case KIND_STATUS:
  case KIND_HOLDER:
  case KIND_REFUSAL:
  case KIND_QUEUE:
  case KIND_AGENT:
  case KIND_BOT:
  case KIND_SCRIPT:
  case KIND_ENTRY:
    printf("%*stype: string\n", depth, "");
    break;
  }
}

/* Of questions about scripts. */
static const struct {
  const char *ask, *name, *kind, *doc;
  bool required;
  long max;
} asked[] = {
#define MEMBER(ask, name, kind, required, max, doc)                            \
  {#ask, #name, #kind, (doc), (required), (max)},
#include "api/studio.def"
#undef MEMBER
};

#define STUDIO "studio_"

static bool is_asked(size_t i, const struct route *r) {
  return strncmp(r->serve, STUDIO, strlen(STUDIO)) == 0 &&
         is(r->serve + strlen(STUDIO), asked[i].ask);
}

static void put_asked(const struct route *r) {
  printf("      requestBody:\n        content:\n          application/json:\n"
         "            schema:\n              type: object\n"
         "              additionalProperties: false\n"
         "              required: [");
  const char *separator = "";
  for (size_t i = 0; i < LEN(asked); i++) {
    if (is_asked(i, r) && asked[i].required) {
      printf("%s%s", separator, asked[i].name);
      separator = ", ";
    }
  }
  printf("]\n              properties:\n");
  for (size_t i = 0; i < LEN(asked); i++) {
    if (is_asked(i, r)) {
      const bool text = is(asked[i].kind, "TEXT");
      printf("                %s: {type: %s, %s: %ld, description: ",
             asked[i].name, text ? "string" : "integer",
             text ? "maxLength" : "maximum", asked[i].max);
      put_quoted(asked[i].doc);
      printf("}\n");
    }
  }
}

static bool has_body(uint32_t command) {
  for (uint32_t f = 0; command < COMMANDS && f < FIELDS; f++) {
    if (command_takes((enum command_type)command, (enum field)f)) {
      return true;
    }
  }
  return false;
}

/* ---- bodies: one schema a command, one a configured object */

static void put_command_schema(uint32_t command) {
  const struct command_info *info = command_info((enum command_type)command);
  printf("    %s:\n", info->wire);
  put_line(6, "description", info->doc);
  printf("      type: object\n      additionalProperties: false\n"
         "      properties:\n");
  for (uint32_t f = 0; f < FIELDS; f++) {
    if (command_takes((enum command_type)command, (enum field)f)) {
      printf("        %s:\n", field_info((enum field)f)->wire);
      put_field(10, (enum field)f);
    }
  }
}

struct member {
  const char *object, *wire, *kind, *fallback, *doc;
  int64_t min, max;
};

#define REQUIRED NULL
static const struct member members[] = {
#define MEMBER(o, n, w, k, lo, hi, def, d)                                     \
  {.object = #o,                                                               \
   .wire = (w),                                                                \
   .kind = #k,                                                                 \
   .fallback = (def),                                                          \
   .doc = (d),                                                                 \
   .min = (lo),                                                                \
   .max = (hi)},
#include "engine/config.def"
#undef MEMBER
};
#undef REQUIRED

#define LIST_OF_TEXTS "type: array\n          items: {type: string}"
static const struct {
  const char *kind, *schema;
} kinds[] = {
    {"TEXT", "type: string"},
    {"NUM", "type: integer"},
    {"SECONDS", "type: number"},
    {"FLAG", "type: boolean"},
    {"NAMES", LIST_OF_TEXTS},
    {"TYPES", LIST_OF_TEXTS},
    {"SKILLS", "type: array\n          items: {$ref: "
               "'#/components/schemas/ConfiguredSkill'}"},
    {"CAPACITY", "type: object\n          additionalProperties: {type: "
                 "integer}"},
    {"STRATEGY", "type: string"},
    {"CHANNEL", "type: string"},
    {"POINTS", "type: number"},
    {"OPENINGS", "type: string"},
    {"HOLIDAYS", "type: array"},
    {"RINGS", "type: array\n          items: {type: object}"},
    {"ANNOUNCEMENTS", "type: array\n          items: {type: object}"},
    {"PULL", "type: string"},
    {"NO_ANSWER", "type: string"},
    {"BLOCKS", "type: object\n          additionalProperties: {type: array, "
               "items: {type: string}}"},
};

static void put_member(const struct member *m) {
  printf("        %s:\n", m->wire);
  put_line(10, "description", m->doc);
  for (size_t i = 0; i < LEN(kinds); i++) {
    if (is(kinds[i].kind, m->kind)) {
      printf("          %s\n", kinds[i].schema);
    }
  }
  if (is(m->kind, "NUM") || is(m->kind, "SECONDS") || is(m->kind, "POINTS")) {
    printf("          minimum: %lld\n          maximum: %lld\n",
           (long long)m->min, (long long)m->max);
  }
}

static void put_object_schemas(void) {
  static const struct {
    const char *name, *doc;
  } objects[] = {
#define OBJECT(n, w, d) {#n, (d)},
#include "engine/config.def"
#undef OBJECT
  };
  for (size_t o = 0; o < LEN(objects); o++) {
    printf("    config_%s:\n", objects[o].name);
    put_line(6, "description", objects[o].doc);
    printf("      type: object\n      additionalProperties: false\n"
           "      properties:\n");
    for (size_t i = 0; i < LEN(members); i++) {
      if (is(members[i].object, objects[o].name)) {
        put_member(&members[i]);
      }
    }
  }
}

static void put_problem_schema(void) {
  printf("    Problem:\n"
         "      description: RFC 9457, with the members code, status and "
         "message that scripts read\n"
         "      type: object\n"
         "      required: [code, status, message, type, title, detail, "
         "refusal]\n"
         "      properties:\n"
         "        code: {type: integer}\n"
         "        status: {type: string}\n"
         "        message: {type: string}\n"
         "        type: {type: string, format: uri}\n"
         "        title: {type: string}\n"
         "        detail: {type: string}\n"
         "        instance: {type: string}\n"
         "        pointer: {type: string, description: 'RFC 6901: the member "
         "that does not fit'}\n"
         "        session: {type: object}\n"
         "        allowedFrom: {type: array, items: {type: string}}\n"
         "        remedies:\n"
         "          type: array\n"
         "          items:\n"
         "            type: object\n"
         "            required: [do]\n"
         "            properties:\n"
         "              do: {type: string, description: what cures it}\n"
         "              script: {type: string, description: the same as a "
         "line of a script}\n"
         "        retryAfterMs: {type: integer}\n"
         "        opensAt: {type: [string, 'null'], format: date-time, "
         "description: 'of queue_closed; null: not within a year'}\n"
         "        refusal:\n"
         "          type: string\n"
         "          enum:\n");
  const char *last = "";
  for (uint32_t r = REFUSAL_NONE + 1; r < REFUSALS; r++) {
    const char *wire = refusal_info((enum refusal)r)->wire;
    if (!is(wire, last)) {
      printf("            - %s\n", wire);
    }
    last = wire;
  }
}

static bool is_put(const struct route *r) {
  return is(r->serve, "put");
}

static void put_schemas(void) {
  printf("  schemas:\n");
  put_problem_schema();
  printf("    RequiredSkill:\n"
         "      type: object\n"
         "      properties:\n"
         "        name: {type: string}\n"
         "        minProficiency: {type: integer, minimum: 1, maximum: 20, "
         "description: the weakest accepted}\n"
         "        maxProficiency: {type: integer, minimum: 1, maximum: 20, "
         "description: \"the best that is asked; who is better stays "
         "free\"}\n"
         "    ConfiguredSkill:\n"
         "      description: a name, or a name with its proficiency, 1 best … "
         "20\n"
         "      oneOf:\n"
         "        - {type: string}\n"
         "        - type: object\n"
         "          properties:\n"
         "            name: {type: string}\n"
         "            proficiency: {type: integer, minimum: 1, maximum: 20}\n");
  bool done[COMMANDS] = {false};
  for (size_t i = 0; i < LEN(routes); i++) {
    const uint32_t command = routes[i].command;
    if (has_body(command) && !is_put(&routes[i]) && !done[command]) {
      put_command_schema(command);
      done[command] = true;
    }
  }
  put_object_schemas();
}

/* ---- paths */

static void put_roles(uint32_t roles) {
  const char *separator = "";
  for (uint32_t role = 0; role < ROLES; role++) {
    if ((roles >> role & 1) != 0) {
      printf("%s%s", separator,
             role == ROLE_NONE ? "visitor" : role_name(role));
      separator = ", ";
    }
  }
}

static void put_parameter(const char *in, const char *name, size_t len,
                          const char *type) {
  printf("        - {in: %s, name: %.*s, required: %s, schema: {type: %s}}\n",
         in, (int)len, name, is(in, "path") ? "true" : "false", type);
}

static const char *query_type(const struct route *r, const char *name,
                              size_t len) {
  if (strncmp(name, "messages", len) == 0) {
    return "boolean";
  }
  const bool after = strncmp(name, "after", len) == 0;
  const bool number = after || strncmp(name, "limit", len) == 0;
  const bool event = strstr(r->path, "/events") != NULL;
  const bool page = after && strstr(r->path, "/history") != NULL;
  return number && !event && !page ? "integer" : "string";
}

static void put_parameters(const struct route *r) {
  const bool does = is(r->kind, "DOES");
  if (strchr(r->path, '{') == NULL && r->query[0] == '\0' && !does) {
    return;
  }
  printf("      parameters:\n");
  for (const char *at = strchr(r->path, '{'); at != NULL;
       at = strchr(at + 1, '{')) {
    put_parameter("path", at + 1, strcspn(at + 1, "}"), "string");
  }
  for (const char *at = r->query; *at != '\0';) {
    const size_t len = strcspn(at, " ");
    put_parameter("query", at, len, query_type(r, at, len));
    at += len + (at[len] == ' ');
  }
  if (does) {
    printf("        - {$ref: '#/components/parameters/IdempotencyKey'}\n");
  }
  if (does && strstr(r->path, "{session}") != NULL) {
    printf("        - {$ref: '#/components/parameters/IfMatch'}\n");
  }
  if (r->command == COMMAND_TRANSFER) {
    printf("        - {$ref: '#/components/parameters/Prefer'}\n");
  }
}

static const char *config_of(uint32_t command) {
  static const struct {
    uint32_t command;
    const char *object;
  } puts_of[] = {
#define OBJECT(n, w, d) {COMMAND_PUT_##n, #n},
#include "engine/config.def"
#undef OBJECT
  };
  for (size_t i = 0; i < LEN(puts_of); i++) {
    if (puts_of[i].command == command) {
      return puts_of[i].object;
    }
  }
  (void)fprintf(stderr, "apigen: command %u puts no object\n", command);
  exit(1);
}

static void put_body(const struct route *r) {
  if (strncmp(r->serve, STUDIO, strlen(STUDIO)) == 0) {
    put_asked(r);
  }
  if (is(r->serve, "send_file")) {
    printf("      requestBody:\n        content:\n          "
           "application/octet-stream:\n            schema: {type: string, "
           "format: binary}\n");
  }
  if (!has_body(r->command)) {
    return;
  }
  printf("      requestBody:\n        content:\n          application/json:\n"
         "            schema: ");
  if (is_put(r)) {
    printf("{$ref: '#/components/schemas/config_%s'}\n", config_of(r->command));
  } else if (is(r->serve, "attributes")) {
    printf("{type: object}\n");
  } else {
    printf("{$ref: '#/components/schemas/%s'}\n",
           command_info((enum command_type)r->command)->wire);
  }
  if (is(r->serve, "put_script")) {
    printf("          text/plain:\n            schema: {type: string}\n");
  }
}

static void put_answers(const struct route *r) {
  const bool socket = strstr(r->path, "socket") != NULL || is(r->serve, "chat");
  printf("      responses:\n");
  printf("        '%s':\n          description: %s\n",
         socket                               ? "101"
         : strstr(r->path, "/login/") != NULL ? "303"
         : r->command == COMMAND_OPEN_SESSION || is(r->serve, "tickets") ||
                 is(r->serve, "send_file") || r->command == COMMAND_SAY ||
                 r->command == COMMAND_RUN_SCRIPT
             ? "201"
             : "200",
         socket ? "a WebSocket" : "it is so");
  if (r->command == COMMAND_TRANSFER) {
    printf("        '202':\n          description: accepted; it waits for the "
           "release\n");
  }
  printf("        default: {$ref: '#/components/responses/Problem'}\n");
}

static void put_operation(const struct route *r) {
  char method[16] = {0};
  for (size_t i = 0; r->method[i] != '\0' && i + 1 < sizeof method; i++) {
    method[i] = (char)tolower((unsigned char)r->method[i]);
  }
  printf("    %s:\n", method);
  put_line(6, "summary", r->doc);
  printf("      x-roles: [");
  put_roles(r->roles);
  printf("]\n");
  if ((r->roles & N) != 0) {
    printf("      security: [{}, {token: []}]\n");
  }
  put_parameters(r);
  put_body(r);
  put_answers(r);
}

static bool is_first_of_path(size_t i) {
  for (size_t k = 0; k < i; k++) {
    if (is(routes[k].path, routes[i].path)) {
      return false;
    }
  }
  return true;
}

static void print_openapi(void) {
  printf("# generated by apigen from src/api/routes.def, src/engine/*.def and "
         "src/session/refusal.def; do not edit\n"
         "openapi: 3.1.0\n"
         "info:\n"
         "  title: Baton\n"
         "  version: v1\n"
         "  description: Sessions, their holders, and transfers between them.\n"
         "  license: {name: Apache-2.0, identifier: Apache-2.0}\n"
         "servers:\n"
         "  - {url: 'http://127.0.0.1:8080'}\n"
         "security:\n"
         "  - token: []\n"
         "paths:\n");
  for (size_t i = 0; i < LEN(routes); i++) {
    if (!is_first_of_path(i)) {
      continue;
    }
    printf("  %s:\n", routes[i].path);
    for (size_t k = i; k < LEN(routes); k++) {
      if (is(routes[k].path, routes[i].path)) {
        put_operation(&routes[k]);
      }
    }
  }
  printf("components:\n"
         "  securitySchemes:\n"
         "    token: {type: http, scheme: bearer}\n"
         "  parameters:\n"
         "    IdempotencyKey:\n"
         "      {in: header, name: Idempotency-Key, schema: {type: string, "
         "maxLength: 200}, description: 'a repeat within 24 hours gets the "
         "first answer'}\n"
         "    IfMatch:\n"
         "      {in: header, name: If-Match, schema: {type: string}, "
         "description: 'the ETag that the session must have; else 412'}\n"
         "    Prefer:\n"
         "      {in: header, name: Prefer, schema: {type: string}, "
         "description: 'wait=N: answer when the transfer is carried out or "
         "withdrawn, after N seconds at the latest'}\n"
         "  responses:\n"
         "    Problem:\n"
         "      description: refused\n"
         "      content:\n"
         "        application/problem+json:\n"
         "          schema: {$ref: '#/components/schemas/Problem'}\n");
  put_schemas();
}

/* ---- for people */

static void print_routes(void) {
  printf("<!-- generated by apigen from src/api/routes.def; do not edit -->\n"
         "# Resources\n"
         "Every path, who may ask (a *visitor* has no token), and the query "
         "parameters that it\nunderstands. Bodies are those of the "
         "[commands](commands.md).\n\n"
         "| method | path | who | query | meaning |\n|---|---|---|---|---|\n");
  for (size_t i = 0; i < LEN(routes); i++) {
    const struct route *r = &routes[i];
    printf("| %s | `%s` | ", r->method, r->path);
    put_roles(r->roles);
    printf(" | %s | %s |\n", r->query, r->doc);
  }
}

int main(int argc, char **argv) {
  if (argc == 2 && is(argv[1], "openapi")) {
    print_openapi();
    return 0;
  }
  if (argc == 2 && is(argv[1], "routes")) {
    print_routes();
    return 0;
  }
  (void)fprintf(stderr, "usage: apigen openapi | routes\n");
  return 2;
}
