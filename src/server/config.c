#include "server/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/origin.h"
#include "base/check.h"
#include "server/config_priv.h"
#include "server/slurp.h"
#include "server/zone.h"

enum {
  YAML_MAX_BYTES = 8 * 1024 * 1024,
  CENTRE_NAME_MAX = 64,
  RATE_MAX = 1000000
};

#define DEFAULT_LISTEN TEXT("127.0.0.1:8080")

/* ---- findings */

__attribute__((format(printf, 4, 0))) static void
add(struct reader *r, enum finding_level level, const struct json *node,
    const char *format, va_list args) {
  char message[1024];
  const int n = vsnprintf(message, sizeof message, format, args);
  findings_add(r->findings, level, yaml_tree_place(&r->tree, node), "%.*s",
               TEXT_ARG(utf8_printed(message, sizeof message, n)));
}

void reader_error(struct reader *r, const struct json *node, const char *format,
                  ...) {
  va_list args;
  va_start(args, format);
  add(r, FINDING_ERROR, node, format, args);
  va_end(args);
}

void reader_warn(struct reader *r, const struct json *node, const char *format,
                 ...) {
  va_list args;
  va_start(args, format);
  add(r, FINDING_WARNING, node, format, args);
  va_end(args);
}

/* ---- files */

struct text reader_path(struct reader *r, struct text file) {
  struct textbuf b;
  textbuf_init(&b, r->mem);
  const char *slash = strrchr(r->path, '/');
  if (slash != NULL && !text_starts(file, TEXT("/"))) {
    textbuf_add(&b, (struct text){r->path, (size_t)(slash - r->path) + 1});
  }
  textbuf_add(&b, file);
  const struct text copy = arena_copy_text(r->arena, textbuf_text(&b));
  r->no_memory = r->no_memory || b.failed || copy.ptr == NULL;
  textbuf_free(&b);
  return copy;
}

bool reader_slurp(struct reader *r, const struct json *node, struct text path,
                  size_t max, struct text *out) {
  const int why = file_slurp(r->arena, path.ptr, max, out);
  if (why == EFBIG) {
    reader_error(r, node, "%.*s is larger than %zu bytes", TEXT_ARG(path), max);
  } else if (why != 0) {
    reader_error(r, node, "cannot read %.*s: %s", TEXT_ARG(path),
                 strerror(why));
  }
  return why == 0;
}

/* ---- members */

enum file_kind {
  FILE_KIND_TEXT,
  FILE_KIND_FLAG,
  FILE_KIND_NUM,
  FILE_KIND_LIST,
  FILE_KIND_MAP
};

enum file_need { FILE_OPTIONAL, FILE_REQUIRED };

static const struct member_info {
  enum file_object object;
  const char *wire;
  enum file_kind kind;
  enum file_need need;
} members[FILE_MEMBERS] = {
#define FILE_MEMBER(o, n, w, k, need, d)                                       \
  {FILE_##o, (w), FILE_KIND_##k, FILE_##need},
#include "server/file.def"
#undef FILE_MEMBER
};

static bool is_kind(const struct json *v, enum file_kind kind) {
  switch (kind) {
  case FILE_KIND_TEXT:
    return v->type == JSON_TEXT && v->text.len > 0;
  case FILE_KIND_FLAG:
    return v->type == JSON_TRUE || v->type == JSON_FALSE;
  case FILE_KIND_NUM:
    return v->type == JSON_INT && v->i > 0;
  case FILE_KIND_LIST:
    return v->type == JSON_LIST;
  case FILE_KIND_MAP:
    return v->type == JSON_OBJECT;
  }
  return false;
}

static const char *kind_words(enum file_kind kind) {
  switch (kind) {
  case FILE_KIND_TEXT:
    return "a text (in quotes, if it looks like a number)";
  case FILE_KIND_FLAG:
    return "true or false";
  case FILE_KIND_NUM:
    return "a whole number above 0";
  case FILE_KIND_LIST:
    return "a list, each element on a line that begins with \"- \"";
  case FILE_KIND_MAP:
    return "members, each on an indented line \"name: value\"";
  }
  return "";
}

static size_t find_member(enum file_object object, struct text key) {
  size_t i = 0;
  while (i < FILE_MEMBERS && (members[i].object != object ||
                              !text_equal(key, text_from(members[i].wire)))) {
    i++;
  }
  return i;
}

static void report_unknown(struct reader *r, enum file_object object,
                           const struct json *node) {
  struct text known[FILE_MEMBERS];
  size_t count = 0;
  for (size_t i = 0; i < FILE_MEMBERS; i++) {
    if (members[i].object == object) {
      known[count++] = text_from(members[i].wire);
    }
  }
  const struct text hint =
      findings_suggest(r->findings, node->key, known, count);
  reader_error(r, node, "unknown member \"%.*s\"%.*s", TEXT_ARG(node->key),
               TEXT_ARG(hint));
}

void reader_check(struct reader *r, const struct json *node,
                  enum file_object object) {
  if (node->type != JSON_OBJECT) {
    reader_error(r, node, "expected members (\"name: value\"), found %s",
                 json_type_name(node->type));
    return;
  }
  for (const struct json *m = node->first; m != NULL; m = m->next) {
    const size_t i = find_member(object, m->key);
    if (i == FILE_MEMBERS) {
      report_unknown(r, object, m);
    } else if (m->type != JSON_NULL && !is_kind(m, members[i].kind)) {
      reader_error(r, m, "\"%s\" must be %s; found %s", members[i].wire,
                   kind_words(members[i].kind),
                   m->type == JSON_TEXT ? "a text" : json_type_name(m->type));
    }
  }
  for (size_t i = 0; i < FILE_MEMBERS; i++) {
    const struct json *m = json_member(node, text_from(members[i].wire));
    if (members[i].object == object && members[i].need == FILE_REQUIRED &&
        (m == NULL || m->type == JSON_NULL)) {
      reader_error(r, node, "\"%s\" is missing", members[i].wire);
    }
  }
}

const struct json *reader_member(const struct json *node,
                                 enum file_member member) {
  const struct json *m = json_member(node, text_from(members[member].wire));
  return m != NULL && is_kind(m, members[member].kind) ? m : NULL;
}

struct text reader_text(const struct json *node, enum file_member member) {
  const struct json *m = reader_member(node, member);
  return m == NULL ? TEXT("") : m->text;
}

size_t reader_find_word(struct reader *r, const struct json *at,
                        const struct text *known, size_t count,
                        const char *what) {
  size_t i = 0;
  while (at != NULL && i < count && !text_equal(at->text, known[i])) {
    i++;
  }
  if (at != NULL && i == count) {
    const struct text hint =
        findings_suggest(r->findings, at->text, known, count);
    reader_error(r, at, "there is no %s \"%.*s\"%.*s", what, TEXT_ARG(at->text),
                 TEXT_ARG(hint));
  }
  return at == NULL ? count : i;
}

/* ---- where to listen */

bool server_is_loopback(const char *host) {
  return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

static bool is_address(const char *host) {
  unsigned char bytes[sizeof(struct in6_addr)];
  return inet_pton(AF_INET, host, bytes) == 1 ||
         inet_pton(AF_INET6, host, bytes) == 1;
}

bool server_parse_listen(struct text t, char host[SERVER_HOST_MAX],
                         uint16_t *port) {
  size_t colon = t.len;
  while (colon > 0 && t.ptr[colon - 1] != ':') {
    colon--;
  }
  if (colon == 0) {
    return false;
  }
  int64_t number = 0;
  const bool has_port =
      text_to_i64(text_sub(t, colon, t.len - colon), &number) && number >= 0 &&
      number <= UINT16_MAX;
  struct text address = text_sub(t, 0, colon - 1);
  if (text_equal_nocase(address, TEXT("localhost"))) {
    address = TEXT("127.0.0.1");
  }
  if (text_starts(address, TEXT("[")) && text_ends(address, TEXT("]"))) {
    address = text_sub(address, 1, address.len - 2);
  }
  if (!has_port || address.len >= SERVER_HOST_MAX) {
    return false;
  }
  char copy[SERVER_HOST_MAX];
  (void)snprintf(copy, sizeof copy, "%.*s", TEXT_ARG(address));
  if (!is_address(copy)) {
    return false;
  }
  memcpy(host, copy, sizeof copy);
  *port = (uint16_t)number;
  return true;
}

/* ---- the file itself */

bool reader_is_name(struct text t) {
  bool good = t.len > 0 && t.len <= CENTRE_NAME_MAX && t.ptr[0] != '.';
  for (size_t i = 0; good && i < t.len; i++) {
    const char c = t.ptr[i];
    good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  }
  return good;
}

static void read_centre(struct reader *r) {
  const struct json *name = reader_member(r->tree.root, FILE_CENTRE_CENTRE);
  if (name == NULL) {
    return;
  }
  r->out->centre = name->text;
  if (!reader_is_name(name->text)) {
    reader_error(r, name,
                 "a centre's name has 1 … %d letters, digits, \"-\", \"_\" and "
                 "\".\", and does not begin with a point",
                 CENTRE_NAME_MAX);
  }
}

static void read_data(struct reader *r) {
  struct textbuf b;
  textbuf_init(&b, r->mem);
  const struct text given = reader_text(r->tree.root, FILE_CENTRE_DATA);
  textbuf_add(&b, given.len > 0 ? given : TEXT("data/"));
  textbuf_add(&b, given.len > 0 ? TEXT("") : r->out->centre);
  r->out->data = arena_copy_text(r->arena, textbuf_text(&b));
  r->no_memory = r->no_memory || b.failed || r->out->data.ptr == NULL;
  textbuf_free(&b);
}

void reader_read_listen(struct reader *r) {
  const struct json *at = reader_member(r->tree.root, FILE_CENTRE_LISTEN);
  const struct text t = at == NULL ? DEFAULT_LISTEN : at->text;
  if (!server_parse_listen(t, r->out->host, &r->out->port)) {
    bt_check(at != NULL);
    reader_error(r, at,
                 "\"%.*s\" is no address and port; write for example "
                 "127.0.0.1:8080, or 0.0.0.0:8080 for every network",
                 TEXT_ARG(t));
    (void)server_parse_listen(DEFAULT_LISTEN, r->out->host, &r->out->port);
  }
}

static void read_limit(struct reader *r, const struct json *m) {
  size_t count = 0;
  const struct net_limit_info *table = net_limits_table(&count);
  struct text known[FILE_MEMBERS];
  size_t names = 0;
#define LIMIT(field, value, unit, answer, meaning)                             \
  if (text_equal(m->key, TEXT(#field))) {                                      \
    if (m->type == JSON_INT && m->i > 0) {                                     \
      r->out->limits.field = m->i;                                             \
    } else {                                                                   \
      reader_error(r, m, "expected a whole number of " unit " above 0");       \
    }                                                                          \
    return;                                                                    \
  }
#include "net/limits.def"
#undef LIMIT
  for (size_t i = 0; i < count && names < FILE_MEMBERS; i++) {
    known[names++] = text_from(table[i].name);
  }
  const struct text hint = findings_suggest(r->findings, m->key, known, names);
  reader_error(r, m, "there is no limit \"%.*s\"%.*s", TEXT_ARG(m->key),
               TEXT_ARG(hint));
}

void reader_read_limits(struct reader *r) {
  const struct json *map = reader_member(r->tree.root, FILE_CENTRE_LIMITS);
  r->out->limits = net_limits_default();
  if (map == NULL) {
    return;
  }
  const size_t errors = r->findings->errors;
  for (const struct json *m = map->first; m != NULL; m = m->next) {
    read_limit(r, m);
  }
  if (r->findings->errors == errors &&
      net_limits_check(&r->out->limits) != BT_ERR_OK) {
    reader_error(r, map,
                 "request_line_bytes and header_bytes are at most 65536 "
                 "together");
  }
}

static void read_rate(struct reader *r, const struct json *m) {
  static const struct text known[] = {
#define RATE(role, value, meaning) {#role, sizeof #role - 1},
#include "api/rates.def"
#undef RATE
  };
  const bool good = m->type == JSON_INT && m->i >= 0 && m->i <= RATE_MAX;
#define RATE(role, value, meaning)                                             \
  if (text_equal(m->key, TEXT(#role))) {                                       \
    if (good) {                                                                \
      r->out->rates.role = (uint32_t)m->i;                                     \
    } else {                                                                   \
      reader_error(r, m, "expected a whole number a second, 0 … %d",           \
                   RATE_MAX);                                                  \
    }                                                                          \
    return;                                                                    \
  }
#include "api/rates.def"
#undef RATE
  const struct text hint = findings_suggest(r->findings, m->key, known,
                                            sizeof known / sizeof known[0]);
  reader_error(r, m, "there is no rate for \"%.*s\"%.*s", TEXT_ARG(m->key),
               TEXT_ARG(hint));
}

static void read_rates(struct reader *r) {
  const struct json *map = reader_member(r->tree.root, FILE_CENTRE_RATES);
  r->out->rates = api_rates_default();
  for (const struct json *m = map == NULL ? NULL : map->first; m != NULL;
       m = m->next) {
    read_rate(r, m);
  }
}

void reader_read_log(struct reader *r) {
  static const struct text levels[] = {
      {"debug", 5}, {"info", 4}, {"warning", 7}, {"error", 5}};
  const struct json *map = reader_member(r->tree.root, FILE_CENTRE_LOG);
  r->out->log_level = API_LOG_INFO;
  if (map == NULL) {
    return;
  }
  reader_check(r, map, FILE_LOG);
  const struct json *level = reader_member(map, FILE_LOG_LEVEL);
  for (size_t i = 0; level != NULL && i <= API_LOG_ERROR; i++) {
    if (text_equal(level->text, levels[i])) {
      r->out->log_level = (enum api_log_level)i;
      return;
    }
  }
  if (level != NULL) {
    const struct text hint =
        findings_suggest(r->findings, level->text, levels, 4);
    reader_error(r, level, "there is no level \"%.*s\"%.*s",
                 TEXT_ARG(level->text), TEXT_ARG(hint));
  }
}

static void report_zone(struct reader *r, const struct json *at,
                        enum bt_err err) {
  switch ((unsigned)err) {
  case BT_ERR_OK:
    break;
  case BT_ERR_NOMEM:
    r->no_memory = true;
    break;
  case BT_ERR_CORRUPT:
    reader_error(r, at, "the file of the time zone \"%.*s\" is broken",
                 TEXT_ARG(at->text));
    break;
  default:
    reader_error(r, at,
                 "there is no time zone \"%.*s\" on this machine: write one "
                 "such as Europe/Berlin or America/New_York (timedatectl "
                 "list-timezones shows all; the package is tzdata)",
                 TEXT_ARG(at->text));
  }
}

static const struct json *zone_of_centre(const struct reader *r) {
  return reader_member(r->tree.root, FILE_CENTRE_ZONE);
}

static void read_zone(struct reader *r) {
  const struct json *at = zone_of_centre(r);
  if (at != NULL) {
    r->out->zone_name = arena_copy_text(r->arena, at->text);
    r->no_memory = r->no_memory || r->out->zone_name.ptr == NULL;
    report_zone(r, at, zone_load(r->mem, at->text, &r->out->zone));
  }
}

void reader_load_zone(struct reader *r, const struct json *at,
                      struct server_object *o) {
  char bytes[ZONE_MAX_BYTES];
  struct text file = {bytes, 0};
  struct tz *zone = NULL;
  if (at == NULL) {
    return;
  }
  const enum bt_err err = zone_read(o->zone, bytes, &file);
  const enum bt_err sound =
      err == BT_ERR_OK ? zone_load(r->mem, o->zone, &zone) : err;
  tz_free(zone);
  if (sound == BT_ERR_OK) {
    o->zone_file = arena_copy_text(r->arena, file);
    r->no_memory = r->no_memory || o->zone_file.ptr == NULL;
  } else if (at != zone_of_centre(r)) {
    report_zone(r, at, sound);
  }
}

static void read_origins(struct reader *r) {
  const struct json *list = reader_member(r->tree.root, FILE_CENTRE_ORIGINS);
  if (list == NULL) {
    return;
  }
  r->out->origins =
      arena_alloc(r->arena, ((size_t)list->count + 1) * sizeof(struct text));
  if (r->out->origins == NULL) {
    r->no_memory = true;
    return;
  }
  for (const struct json *m = list->first; m != NULL; m = m->next) {
    const char *why = "an origin is a text, such as https://shop.example";
    if (m->type != JSON_TEXT || !origin_check(m->text, &why)) {
      reader_error(r, m, "%s", why);
    } else {
      r->out->origins[r->out->origin_count++] = m->text;
    }
  }
}

static void read_sections(struct reader *r) {
  if (json_member(r->tree.root, TEXT("tenants")) != NULL) {
    reader_read_server(r);
    return;
  }
  reader_check(r, r->tree.root, FILE_CENTRE);
  if (r->tree.root->type != JSON_OBJECT) {
    return;
  }
  read_centre(r);
  read_data(r);
  reader_read_listen(r);
  r->out->visitors =
      reader_member(r->tree.root, FILE_CENTRE_OPEN) != NULL &&
      json_member(r->tree.root, TEXT("visitors"))->type == JSON_TRUE;
  read_origins(r);
  reader_read_limits(r);
  read_rates(r);
  reader_read_log(r);
  reader_read_rest(r);
  reader_read_files(r);
  reader_read_mail(r);
  reader_read_retention(r);
  reader_read_vault(r);
  reader_read_tls(r);
  read_zone(r);
  reader_read_scripts(r);
  reader_read_objects(r);
  reader_read_desks(r);
  reader_check_references(r);
  reader_read_tokens(r);
  reader_read_replies(r);
  reader_read_teams(r);
  reader_read_genesys(r);
  reader_read_signin(r);
  reader_read_facades(r);
}

static enum bt_err read_source(struct reader *r, struct text source) {
  const enum bt_err err = yaml_tree_parse(r->arena, text_from(r->path), source,
                                          r->findings, &r->tree);
  if (err == BT_ERR_OK) {
    read_sections(r);
  }
  return err;
}

static enum bt_err read_file(struct reader *r) {
  struct text source = TEXT("");
  const struct finding_place place = {.file = text_from(r->path)};
  const int why = file_slurp(r->arena, r->path, YAML_MAX_BYTES, &source);
  if (why != 0) {
    findings_add(r->findings, FINDING_ERROR, place, "cannot read it: %s",
                 why == EFBIG ? "it is larger than 8 MiB" : strerror(why));
    return BT_ERR_IO;
  }
  return read_source(r, source);
}

/* @source NULL: the file at @path. */
static enum bt_err load(const struct mem *mem, const char *path,
                        const struct text *source, struct findings *findings,
                        struct server_config *out) {
  struct server_config config = {0};
  arena_init(&config.arena, mem, 0);
  struct reader r = {.mem = mem,
                     .findings = findings,
                     .path = path,
                     .arena = &config.arena,
                     .out = &config};
  for (size_t i = 0; i < NAMES_KINDS; i++) {
    names_init(&r.names[i], mem);
  }
  enum bt_err err = source == NULL ? read_file(&r) : read_source(&r, *source);
  for (size_t i = 0; i < NAMES_KINDS; i++) {
    names_free(&r.names[i]);
  }
  findings_sort(findings);
  if (r.no_memory || findings->failed) {
    err = BT_ERR_NOMEM;
  } else if (err == BT_ERR_OK && findings->errors > 0) {
    err = BT_ERR_SYNTAX;
  }
  if (err == BT_ERR_OK) {
    *out = config;
  } else {
    server_config_free(&config);
  }
  return err;
}

enum bt_err server_config_load(const struct mem *mem, const char *path,
                               struct findings *findings,
                               struct server_config *out) {
  return load(mem, path, NULL, findings, out);
}

enum bt_err server_config_read(const struct mem *mem, const char *path,
                               struct text source, struct findings *findings,
                               struct server_config *out) {
  return load(mem, path, &source, findings, out);
}

void server_config_free(struct server_config *config) {
  tz_free(config->zone);
  explicit_bzero(&config->master, sizeof config->master);
  explicit_bzero(&config->former, sizeof config->former);
  arena_free(&config->arena);
}
