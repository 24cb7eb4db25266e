/* Everything that is kept of a person, out of a running server, into a folder:
 * person.json and the files that were sent. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "cli/server_ask.h"
#include "domain/heap.h"
#include "files/store.h"

enum { PATH_LEN = 4096 };

struct export {
  struct server_ask *ask;
  const char *customer, *session, *into;
  FILE *out;           /* person.json */
  struct arena arena;  /* of a page */
  struct textbuf body; /* of the question */
  char after[ID_TEXT_LEN + 1];
  unsigned long long sessions, files, gone;
};

/* ---- the folder */

static bool failed(const char *path) {
  cli_error("%s: %s", path, strerror(errno));
  return false;
}

/* DIR/NAME… */
__attribute__((format(printf, 3, 4))) static bool
place(const struct export *x, char path[PATH_LEN], const char *format, ...) {
  va_list args;
  const int head = snprintf(path, PATH_LEN, "%s/", x->into);
  if (head < 0 || head >= PATH_LEN) {
    return false;
  }
  va_start(args, format);
  const int tail =
      vsnprintf(path + head, PATH_LEN - (size_t)head, format, args);
  va_end(args);
  return tail >= 0 && head + tail < PATH_LEN;
}

static bool make_folder(const struct export *x, const char *name) {
  char path[PATH_LEN];
  if (!place(x, path, "%s", name)) {
    cli_error("the folder's name is too long");
    return false;
  }
  return mkdir(path, S_IRWXU) == 0 || errno == EEXIST || failed(path);
}

/* A folder of its own, for its owner alone. */
static bool begin(struct export *x) {
  char path[PATH_LEN];
  (void)umask(S_IRWXG | S_IRWXO);
  if (mkdir(x->into, S_IRWXU) != 0) {
    return failed(x->into);
  }
  if (!make_folder(x, "files") || !place(x, path, "person.json")) {
    return false;
  }
  x->out = fopen(path, "wb");
  return x->out != NULL || failed(path);
}

/* False: said. */
static bool end(struct export *x) {
  (void)fputs("\n]}\n", x->out);
  const bool good = !ferror(x->out);
  const bool closed = fclose(x->out) == 0;
  x->out = NULL;
  return (good && closed) || failed(x->into);
}

/* ---- a file */

static bool write_file(const char *path, struct text bytes) {
  FILE *f = fopen(path, "wb");
  const bool good =
      f != NULL && fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len;
  return (f != NULL && fclose(f) == 0 && good) || failed(path);
}

/* Those that were erased by age are gone; their messages may still name them.
 */
static bool fetch(struct export *x, struct text session, struct text id) {
  char path[PATH_LEN];
  char name[sizeof "files/" + ID_TEXT_LEN];
  struct text bytes;
  (void)snprintf(name, sizeof name, "files/%.*s", TEXT_ARG(session));
  (void)snprintf(path, sizeof path, "/sessions/%.*s/files/%.*s",
                 TEXT_ARG(session), TEXT_ARG(id));
  const struct server_question q = {
      .method = "GET", .path = path, .accept = "*/*"};
  const int status = server_ask(x->ask, &q, &bytes);
  if (status == 404) {
    x->gone++;
    return true;
  }
  if (status != 200) {
    if (status > 0) {
      server_ask_say(x->ask, status, bytes);
    }
    return false;
  }
  x->files++;
  return make_folder(x, name) &&
         place(x, path, "%s/%.*s", name, TEXT_ARG(id)) &&
         write_file(path, bytes);
}

/* What a message says of its files may be anybody's words: only ids count. */
static bool fetch_all(struct export *x, struct text session,
                      const struct json *event) {
  const struct json *data = json_member(event, TEXT("data"));
  const struct json *files = data == NULL || data->type != JSON_OBJECT
                                 ? NULL
                                 : json_member(data, TEXT("files"));
  if (files == NULL || files->type != JSON_LIST) {
    return true;
  }
  for (const struct json *f = files->first; f != NULL; f = f->next) {
    const struct text id =
        f->type == JSON_OBJECT ? json_member_text(f, TEXT("id")) : TEXT("");
    if (file_is_id(id) && !fetch(x, session, id)) {
      return false;
    }
  }
  return true;
}

/* ---- a page */

static bool take_session(struct export *x, const struct json *session) {
  struct id id;
  const struct text name = json_member_text(session, TEXT("session"));
  const struct json *events = json_member(session, TEXT("events"));
  if (!id_from_text(name, &id) || events == NULL) {
    cli_error("the server's answer is not understood; is it as new as this "
              "program?");
    return false;
  }
  (void)fprintf(x->out, "%s\n%.*s", x->sessions == 0 ? "" : ",",
                TEXT_ARG(session->source));
  x->sessions++;
  for (const struct json *e = events->first; e != NULL; e = e->next) {
    if (!fetch_all(x, name, e)) {
      return false;
    }
  }
  return true;
}

/* {"customer":…,"exportedAt":…,"sessions":[ of the first page. */
static void put_head(struct export *x, const struct json *page) {
  const struct json *customer = json_member(page, TEXT("customer"));
  const struct json *at = json_member(page, TEXT("exportedAt"));
  (void)fputs("{", x->out);
  if (customer != NULL) {
    (void)fprintf(x->out, "\"customer\":%.*s,", TEXT_ARG(customer->source));
  }
  (void)fprintf(x->out, "\"exportedAt\":%.*s,\"sessions\":[",
                at == NULL ? 4 : (int)at->source.len,
                at == NULL ? "null" : at->source.ptr);
}

static bool take_page(struct export *x, struct text body, bool *more) {
  struct json *page = NULL;
  const struct text copy = arena_copy_text(&x->arena, body);
  if (copy.ptr == NULL ||
      json_parse(&x->arena, copy, JSON_DEPTH_MAX, &page, NULL) != BT_ERR_OK) {
    cli_error("the server's answer is no JSON of ours");
    return false;
  }
  const struct json *sessions = json_member(page, TEXT("sessions"));
  const struct text next = json_member_text(page, TEXT("next"));
  if (x->sessions == 0) {
    put_head(x, page);
  }
  for (const struct json *s = sessions == NULL ? NULL : sessions->first;
       s != NULL; s = s->next) {
    if (!take_session(x, s)) {
      return false;
    }
  }
  *more = next.len == ID_TEXT_LEN;
  (void)snprintf(x->after, sizeof x->after, "%.*s", TEXT_ARG(next));
  return true;
}

/* ---- all */

static void write_question(struct export *x) {
  struct json_out o;
  json_out_init(&o, &x->body);
  json_open_object(&o);
  json_key(&o, x->customer != NULL ? "customer" : "session");
  json_put_text(&o, text_from(x->customer != NULL ? x->customer : x->session));
  json_close_object(&o);
}

static bool take_all(struct export *x) {
  bool more = true;
  while (more) {
    char path[128];
    struct text body;
    (void)snprintf(path, sizeof path, "/exports%s%s",
                   x->after[0] == '\0' ? "" : "?after=", x->after);
    const struct server_question q = {.method = "POST",
                                      .path = path,
                                      .accept = "application/json",
                                      .body = textbuf_text(&x->body)};
    const int status = server_ask(x->ask, &q, &body);
    if (status != 200) {
      if (status > 0) {
        server_ask_say(x->ask, status, body);
      }
      return false;
    }
    arena_reset(&x->arena);
    if ((x->out == NULL && !begin(x)) || !take_page(x, body, &more)) {
      return false;
    }
  }
  return end(x);
}

static int export(struct export *x) {
  textbuf_init(&x->body, heap_mem());
  arena_init(&x->arena, heap_mem(), 0);
  write_question(x);
  const bool good = take_all(x);
  if (x->out != NULL) {
    (void)fclose(x->out);
  }
  arena_free(&x->arena);
  textbuf_free(&x->body);
  if (good) {
    printf("%s: %llu session%s, %llu file%s", x->into, x->sessions,
           x->sessions == 1 ? "" : "s", x->files, x->files == 1 ? "" : "s");
    if (x->gone > 0) {
      printf("; %llu more are not kept any more", x->gone);
    }
    printf("\n");
  }
  return good ? CLI_DONE : CLI_FAILED;
}

int cmd_export(const struct cli_command *self, int argc, char **argv) {
  struct server_access access = SERVER_ACCESS_DEFAULT;
  struct export x = {0};
  const struct cli_option options[] = {
      {"--customer", CLI_TEXT, &x.customer, "ID",
       "whose: the customer.id of its sessions"},
      {"--session", CLI_TEXT, &x.session, "ID", "or one session"},
      SERVER_ACCESS_OPTIONS(access),
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "BATON_TOKEN=... baton export --customer c-4711 c-4711", NULL};
  const struct cli_page page = {options, examples, 1, 1};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if ((x.customer == NULL) == (x.session == NULL)) {
    cli_error("export: name one of two: --customer ID or --session ID");
    return CLI_MISUSE;
  }
  x.into = argv[1];
  exit_code = server_ask_open(&access, &x.ask);
  if (exit_code == CLI_DONE) {
    exit_code = export(&x);
  }
  server_ask_close(x.ask);
  return exit_code;
}
