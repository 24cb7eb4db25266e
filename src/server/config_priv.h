/* config_priv.h - what the parts of the configuration's reader share. */
#ifndef BATON_SERVER_CONFIG_PRIV_H
#define BATON_SERVER_CONFIG_PRIV_H

#include "base/map.h"
#include "server/config.h"
#include "server/yaml_tree.h"

#define FILE_MEMBER(o, name, wire, kind, need, doc) FILE_##o##_##name,
enum file_member {
#include "server/file.def"
  FILE_MEMBERS
};
#undef FILE_MEMBER

enum file_object {
  FILE_CENTRE,
  FILE_SERVER,
  FILE_TENANT,
  FILE_TLS,
  FILE_TOKEN,
  FILE_SCRIPT,
  FILE_TEAM,
  FILE_REPLY,
  FILE_REST,
  FILE_LOG,
  FILE_GENESYS,
  FILE_GENESYS_CLIENT,
  FILE_GENESYS_INTEGRATION,
  FILE_FACADE,
  FILE_DESK,
  FILE_OIDC,
  FILE_FILES,
  FILE_MAIL,
  FILE_RETENTION,
  FILE_RETENTION_RULE,
  FILE_AUDIT,
  FILE_VAULT
};

struct named {
  struct text name;
  const struct json *owner; /* the object that has the name */
  bool is_id;
};

/* The names of one kind of thing. */
struct names {
  struct named *items;
  size_t count, cap;
  struct map map;
};

/* Kinds of names: those of enum config_object, scripts and desks. */
enum {
  NAMES_SCRIPT = CONFIG_SCRIPT,
  NAMES_DESK = CONFIG_DESK,
  NAMES_KINDS = CONFIG_NAMED
};

struct reader {
  const struct mem *mem;
  struct findings *findings;
  const char *path; /* of the YAML file */
  struct yaml_tree tree;
  struct arena *arena; /* of the configuration that is being made */
  struct server_config *out;
  struct names names[NAMES_KINDS];
  bool no_memory; /* the result is of no use */
};

__attribute__((format(printf, 3, 4))) void reader_error(struct reader *r,
                                                        const struct json *node,
                                                        const char *format,
                                                        ...);
__attribute__((format(printf, 3, 4))) void
reader_warn(struct reader *r, const struct json *node, const char *format, ...);

/* ---- members of file.def */

/* Reports what is unknown, of a wrong type or missing. @node may be anything.
 */
void reader_check(struct reader *r, const struct json *node,
                  enum file_object object);
/* The member, if it is there, not null and of its kind. */
const struct json *reader_member(const struct json *node,
                                 enum file_member member);
/* Its text; empty if it is not there. */
struct text reader_text(const struct json *node, enum file_member member);

/* The path of @file, which is relative to the YAML file's directory; lives in
 * the arena, followed by a NUL. */
struct text reader_path(struct reader *r, struct text file);
/* The whole file, up to @max bytes, in the arena; false after an error was
 * reported at @node. */
bool reader_slurp(struct reader *r, const struct json *node, struct text path,
                  size_t max, struct text *out);

/* A text as the system takes it, in the arena; NULL without memory. */
char *reader_string(struct reader *r, struct text t);

/* One of the words of @known, of which there are @count; @count after it was
 * reported: "there is no @what …". @at may be NULL, which was reported before.
 */
size_t reader_find_word(struct reader *r, const struct json *at,
                        const struct text *known, size_t count,
                        const char *what);

/* ---- secrets: false after an error was reported at @at */

bool reader_env(struct reader *r, const struct json *at, struct text name,
                struct text *out);
/* The first line of the file, which is relative to the YAML file. */
bool reader_secret_file(struct reader *r, const struct json *at,
                        struct text file, struct text *out);
/* "env:NAME" or "file:PATH"; false without a report for any other text. */
bool reader_reference(struct reader *r, const struct json *at,
                      struct text *out);

/* A secret by reference, and nothing else. */
bool reader_secret(struct reader *r, const struct json *at, struct text *out);
/* An object of headers: name, value, name, value … in the arena; a value may be
 * a secret. */
bool reader_headers(struct reader *r, const struct json *at,
                    const struct text **list, size_t *count);

/* Room for as many things of @size as @list has elements, in the arena; NULL
 * without memory. */
void *reader_list(struct reader *r, const struct json *list, size_t size);
/* Which of @count words the text at @at is; @count after an error was reported.
 */
size_t reader_word(struct reader *r, const struct json *at,
                   const struct text *words, size_t count);
/* Letters, digits, "-", "_" and ".", 64 at most, no point at its beginning. */
bool reader_is_name(struct text t);

/* ---- names */

void names_init(struct names *n, const struct mem *mem);
void names_free(struct names *n);
/* A further name of @owner. Reported if another object has it and one of the
 * two is an id: then one of them could not be found. */
void names_add(struct reader *r, size_t kind, struct text name, bool is_id,
               const struct json *owner);
/* The object, or NULL. Names are found in either case. */
const struct json *names_find(const struct names *n, struct text name);
/* Reports @name at @node if nothing has it. */
void names_require(struct reader *r, size_t kind, struct text name,
                   const struct json *node);

/* The rules of the time zone @o->zone, into the arena; @at says where its name
 * stands, NULL for UTC. The centre's own has been reported by then. */
void reader_load_zone(struct reader *r, const struct json *at,
                      struct server_object *o);

/* ---- the sections; each reports what is wrong in it */

void reader_read_objects(struct reader *r);
/* A bot's type and options go to the configuration's bots. Returns the object
 * with what is left of it: what the engine knows. */
const struct json *reader_read_bot(struct reader *r, const struct json *object);
/* After the objects, to which it adds the desks' seats. */
void reader_read_desks(struct reader *r);
void reader_check_references(struct reader *r);
void reader_read_scripts(struct reader *r);
void reader_read_rest(struct reader *r);
void reader_read_files(struct reader *r);
void reader_read_mail(struct reader *r);
void reader_read_retention(struct reader *r);
void reader_read_vault(struct reader *r);
void reader_read_tls(struct reader *r);
void reader_read_replies(struct reader *r);
void reader_read_teams(struct reader *r);
void reader_read_tokens(struct reader *r);
void reader_read_listen(struct reader *r);
void reader_read_limits(struct reader *r);
void reader_read_log(struct reader *r);
/* All of a file with "tenants". */
void reader_read_server(struct reader *r);
void reader_read_genesys(struct reader *r);
/* publicUrl, passwords, oidc. */
void reader_read_signin(struct reader *r);
/* After the objects, whose names they need. */
void reader_read_facades(struct reader *r);

#endif
