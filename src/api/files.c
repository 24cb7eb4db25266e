/* Files of a session: sent up, looked at, kept beside the journal, and only
 * then said as a message; fetched by the parties of the session.
 *
 * The disk and the scanner are asked on another thread. A message refers to its
 * file by {"files":[{id, name, type, size, url}]} in its data; the id is the
 * hash of the content, and a file is found only below its own session, so that
 * whoever makes such a reference up leads nowhere. */
#include <stdio.h>
#include <string.h>

#include "api/serve_priv.h"
#include "base/check.h"
#include "domain/heap.h"
#include "files/kinds.h"
#include "files/store.h"

enum {
  JOBS_MAX = 16,   /* under way, or waiting for their turn */
  AT_WORK_MAX = 2, /* sign-ins need threads, too */
  BUSY_RETRY_MS = 1000,
  SCAN_RETRY_MS = 5000,
  SIZE_TEXT = 32
};

/* JOB_TOLD: what its message says is on its way to the journal. */
enum job_state { JOB_WAITS, JOB_AT_WORK, JOB_TOLD };

struct file_job {
  struct api *api; /* NULL: it is gone */
  struct call *call;
  struct file_job *next;
  enum job_state state;
  bool fetches;
  struct arena arena;
  struct file_place place;
  struct scan_settings scan;
  struct text id; /* of what is fetched */
  struct file_head head;
  size_t head_len;
  struct file_read file; /* whole: what is sent, too */
  char kept_id[FILE_ID_TEXT];
  bool fresh;
  struct textbuf said; /* the message's data */
  enum scan_verdict verdict;
  char words[SCAN_WORDS_MAX];
  enum bt_err err;
};

/* ---- life of a job */

static void job_free(struct file_job *j) {
  textbuf_free(&j->file.whole);
  textbuf_free(&j->said);
  arena_free(&j->arena);
  mem_free(heap_mem(), j, sizeof *j);
}

void file_jobs_free(struct api *api) {
  while (api->file_jobs != NULL) {
    struct file_job *j = api->file_jobs;
    api->file_jobs = j->next;
    j->api = NULL;
    if (j->state != JOB_AT_WORK) { /* else it frees itself when it is done */
      job_free(j);
    }
  }
}

static void job_end(struct file_job *j) {
  struct file_job **at = &j->api->file_jobs;
  while (*at != j) {
    at = &(*at)->next;
  }
  *at = j->next;
  job_free(j);
}

static void send_work(struct file_job *j) {
  const struct text whole = textbuf_text(&j->file.whole);
  j->verdict =
      scan_bytes(&j->scan, text_sub(whole, j->head_len, whole.len), j->words);
  if (j->verdict == SCAN_CLEAN) {
    j->err = file_keep(&j->place, whole, j->kept_id, &j->fresh);
  }
}

static void work(void *ctx) {
  struct file_job *j = ctx;
  if (j->fetches) {
    j->err = file_read(&j->place, j->id, &j->file);
  } else {
    send_work(j);
  }
}

static void on_done(void *ctx);

/* The first that waits, while there is room at work. */
static void start_next(struct api *api) {
  size_t at_work = 0;
  struct file_job *first = NULL;
  for (struct file_job *j = api->file_jobs; j != NULL; j = j->next) {
    at_work += j->state == JOB_AT_WORK;
    first = first == NULL && j->state == JOB_WAITS ? j : first;
  }
  if (first == NULL || at_work >= AT_WORK_MAX) {
    return;
  }
  first->state = JOB_AT_WORK;
  if (loop_work(api->options.loop, work, on_done, first) != BT_ERR_OK) {
    call_refuse_memory(first->call);
    job_end(first);
  }
}

/* NULL: answered. */
static struct file_job *job_new(struct call *c) {
  size_t jobs = 0;
  for (const struct file_job *j = c->api->file_jobs; j != NULL; j = j->next) {
    jobs++;
  }
  if (jobs >= JOBS_MAX) {
    call_refuse_for(c, REFUSAL_UNAVAILABLE,
                    TEXT("Too many files are on their way at this moment."),
                    BUSY_RETRY_MS);
    return NULL;
  }
  struct file_job *j = mem_new(heap_mem(), sizeof *j);
  if (j == NULL) {
    call_refuse_memory(c);
    return NULL;
  }
  j->api = c->api;
  j->call = c;
  arena_init(&j->arena, heap_mem(), 0);
  textbuf_init(&j->file.whole, heap_mem());
  textbuf_init(&j->said, heap_mem());
  j->file.arena = &j->arena;
  j->place.session = c->session;
  return j;
}

static char *copy_string(struct file_job *j, const char *s) {
  const size_t size = strlen(s) + 1;
  char *copy = arena_alloc(&j->arena, size);
  if (copy != NULL) {
    memcpy(copy, s, size);
  }
  return copy;
}

/* A reload may change them while the job is at work. */
static bool take_settings(struct file_job *j) {
  const struct api_files *s = &j->api->options.files;
  char *const *command = s->scan.command;
  size_t count = 0;
  while (command != NULL && command[count] != NULL) {
    count++;
  }
  char **argv = arena_alloc(&j->arena, (count + 1) * sizeof *argv);
  bool good = argv != NULL;
  for (size_t i = 0; good && i < count; i++) {
    argv[i] = copy_string(j, command[i]);
    good = argv[i] != NULL;
  }
  if (good) {
    argv[count] = NULL;
  }
  j->scan = s->scan;
  j->scan.command = count > 0 ? argv : NULL;
  j->scan.url = s->scan.url == NULL ? NULL : copy_string(j, s->scan.url);
  j->place.dir = copy_string(j, s->directory);
  return good && (s->scan.url == NULL || j->scan.url != NULL) &&
         j->place.dir != NULL;
}

/* Takes the job on every path. */
static void enqueue(struct file_job *j) {
  struct api *api = j->api;
  if (j->file.whole.failed || !take_settings(j)) {
    call_refuse_memory(j->call);
    job_free(j);
    return;
  }
  struct file_job **at = &api->file_jobs;
  while (*at != NULL) {
    at = &(*at)->next;
  }
  *at = j;
  start_next(api);
}

/* ---- what is taken */

static struct text size_text(struct call *c, uint64_t bytes) {
  return bytes < 1024 ? call_format(c, "%llu bytes", (unsigned long long)bytes)
         : bytes < (1u << 20)
             ? call_format(c, "%.0f KB", (double)bytes / 1024)
             : call_format(c, "%.1f MB", (double)bytes / (1 << 20));
}

static bool refuse(struct call *c, enum refusal why, struct text detail) {
  call_refuse(c, why, detail, TEXT(""));
  return false;
}

static bool refuse_size(struct call *c, const struct file_head *head,
                        uint64_t most) {
  struct text has = size_text(c, head->size), may = size_text(c, most);
  if (text_equal(has, may)) { /* nearly as much */
    has = call_format(c, "%llu bytes", (unsigned long long)head->size);
    may = call_format(c, "%llu", (unsigned long long)most);
  }
  return refuse(c, REFUSAL_TOO_LARGE,
                call_format(c, "The file '%.*s' has %.*s; %.*s may be.",
                            TEXT_ARG(head->name), TEXT_ARG(has),
                            TEXT_ARG(may)));
}

/* "image/png, image/gif" */
static struct text with_commas(struct call *c, struct text words) {
  struct textbuf b;
  textbuf_init(&b, c->api->mem);
  for (size_t i = 0; i < words.len; i++) {
    textbuf_add(&b, words.ptr[i] == ' ' ? TEXT(", ") : text_sub(words, i, 1));
  }
  const struct text copy = call_format(c, "%.*s", TEXT_ARG(textbuf_text(&b)));
  textbuf_free(&b);
  return copy;
}

/* What a customer sends while nothing is kept is not taken: a file is kept. */
static bool is_unkept(const struct call *c) {
  const struct engine *e = api_engine(c->api);
  uint32_t slot;
  return c->by.role == ROLE_CUSTOMER && engine_find(e, c->session, &slot) &&
         engine_session_is_unkept(e, slot);
}

static bool refuse_unkept(struct call *c) {
  return refuse(c, REFUSAL_NO_FILES,
                TEXT("What is said at the moment is not kept, and so no file "
                     "is; send it when the recording goes on."));
}

/* False: answered. */
static bool is_taken(struct call *c, const struct file_head *head) {
  const struct dir_entry *e = api_entry_of(c->api, c->slot);
  if (c->api->options.files.directory == NULL) {
    return refuse(
        c, REFUSAL_NO_FILES,
        TEXT("This server keeps nothing on a disk, and so no files."));
  }
  if (e->files.len == 0) {
    return refuse(c, REFUSAL_NO_FILES,
                  call_format(c, "The entry point '%.*s' takes no files.",
                              TEXT_ARG(e->id)));
  }
  if (is_unkept(c)) {
    return refuse_unkept(c);
  }
  if (head->size == 0) {
    return refuse(
        c, REFUSAL_BAD_REQUEST,
        call_format(c, "The file '%.*s' is empty.", TEXT_ARG(head->name)));
  }
  if (head->size > (uint64_t)e->file_bytes) {
    return refuse_size(c, head, (uint64_t)e->file_bytes);
  }
  if (!file_kind_is_among(head->type, e->files)) {
    return refuse(c, REFUSAL_UNSUPPORTED_TYPE,
                  call_format(c,
                              "The file '%.*s' is %.*s by its content; taken "
                              "are: %.*s.",
                              TEXT_ARG(head->name), TEXT_ARG(head->type),
                              TEXT_ARG(with_commas(c, e->files))));
  }
  return true;
}

/* ---- sending */

static void write_said(struct file_job *j) {
  struct json_out o;
  char session[ID_TEXT_LEN], url[160];
  id_to_text(j->place.session, session);
  (void)snprintf(url, sizeof url, "/api/v1/sessions/%.*s/files/%.*s",
                 ID_TEXT_LEN, session, FILE_ID_TEXT, j->kept_id);
  json_out_init(&o, &j->said);
  json_open_object(&o);
  json_key(&o, "files");
  json_open_list(&o);
  json_open_object(&o);
  json_key(&o, "id");
  json_put_text(&o, (struct text){j->kept_id, FILE_ID_TEXT});
  json_key(&o, "name");
  json_put_text(&o, j->head.name);
  json_key(&o, "type");
  json_put_text(&o, j->head.type);
  json_key(&o, "size");
  json_put_u64(&o, j->head.size);
  json_key(&o, "url");
  json_put_text(&o, text_from(url));
  json_close_object(&o);
  json_close_list(&o);
  json_close_object(&o);
}

static void drop(const struct file_job *j) {
  if (j->fresh) {
    file_drop(&j->place, (struct text){j->kept_id, FILE_ID_TEXT});
  }
}

/* What nobody hears of is not kept. */
static void on_said(void *ctx, const struct answer *a) {
  struct file_job *j = ctx;
  if (a->code >= 400) {
    drop(j);
  }
  call_answer(j->call, a);
  job_end(j);
}

static void say(struct file_job *j) {
  struct call *c = j->call;
  struct command cmd = {.by = c->by};
  record_init(&cmd.args, COMMAND_SAY);
  uint64_t hash = hash_text(c->path);
  hash ^= hash_u64(hash_bytes(j->kept_id, FILE_ID_TEXT));
  if (!call_read_key(c, hash, &cmd.args)) {
    job_end(j);
    return;
  }
  record_set_id(&cmd.args, FIELD_SESSION, j->place.session);
  record_set_text(&cmd.args, FIELD_TEXT, j->head.name);
  record_set_text(&cmd.args, FIELD_DATA, textbuf_text(&j->said));
  call_put_epoch(c, &cmd.args);
  api_submit(c->api, &cmd, on_said, j);
}

static void refuse_scan(struct file_job *j) {
  struct call *c = j->call;
  const bool infected = j->verdict == SCAN_INFECTED;
  const struct text detail =
      infected
          ? call_format(c, "The virus scanner found something in '%.*s'%s%s.",
                        TEXT_ARG(j->head.name), j->words[0] == '\0' ? "" : ": ",
                        j->words)
          : call_format(c, "The file '%.*s' was not taken, for %s.",
                        TEXT_ARG(j->head.name), j->words);
  const struct api_log entry = {
      .level = infected ? API_LOG_INFO : API_LOG_WARNING,
      .what = infected ? "file.infected" : "file.unscanned",
      .request = c->by.request,
      .who = c->by.name,
      .detail = text_from(j->words)};
  api_note(c->api, &entry);
  if (infected) {
    call_refuse(c, REFUSAL_FILE_INFECTED, detail, TEXT(""));
  } else {
    call_refuse_for(c, REFUSAL_FILE_NOT_SCANNED, detail, SCAN_RETRY_MS);
  }
}

static void refuse_disk(struct file_job *j) {
  if (j->err == BT_ERR_RANGE) {
    call_refuse(j->call, REFUSAL_TOO_LARGE,
                call_format(j->call,
                            "A session takes %d files at most, and %d MB of "
                            "them.",
                            FILES_MAX, FILES_BYTES_MAX >> 20),
                TEXT(""));
    return;
  }
  call_refuse(j->call, REFUSAL_UNAVAILABLE,
              j->err == BT_ERR_FULL
                  ? TEXT("The disk has no room for the file.")
                  : TEXT("The file cannot be written to the disk."),
              TEXT(""));
}

static void on_kept(struct file_job *j) {
  if (is_unkept(j->call)) { /* since it was looked at */
    drop(j);
    (void)refuse_unkept(j->call);
    job_end(j);
    return;
  }
  write_said(j);
  if (!j->said.failed && !j->call->unsaid) {
    say(j);
    return;
  }
  const struct reply r = {.code = 200, .body = textbuf_text(&j->said)};
  j->said.failed ? call_refuse_memory(j->call) : call_reply(j->call, &r);
  job_end(j);
}

static void on_sent(struct file_job *j) {
  if (j->verdict == SCAN_CLEAN && j->err == BT_ERR_OK) {
    on_kept(j);
    return;
  }
  j->verdict == SCAN_CLEAN ? refuse_disk(j) : refuse_scan(j);
  job_end(j);
}

void serve_send_file(struct call *c) {
  struct textbuf name;
  if (!call_may(c) || !call_find_session(c)) {
    return;
  }
  textbuf_init(&name, c->api->mem);
  file_name_clean(call_query(c, TEXT("name")), &name);
  const struct text kept = arena_copy_text(&c->arena, textbuf_text(&name));
  textbuf_free(&name);
  if (kept.ptr == NULL) {
    call_refuse_memory(c);
    return;
  }
  const struct file_head head = {
      .name = kept, .type = file_kind(c->body, kept), .size = c->body.len};
  struct file_job *j = is_taken(c, &head) ? job_new(c) : NULL;
  if (j != NULL) {
    j->head = head;
    file_write_head(&head, &j->file.whole);
    j->head_len = j->file.whole.len;
    textbuf_add(&j->file.whole, c->body);
    enqueue(j);
  }
}

/* ---- fetching */

static void on_fetched(struct file_job *j) {
  struct call *c = j->call;
  const struct reply r = {.code = 200,
                          .type = j->file.head.type.ptr,
                          .body = j->file.bytes,
                          .file_name = j->file.head.name};
  if (j->err == BT_ERR_OK) {
    call_reply(c, &r);
  } else if (j->err == BT_ERR_NOT_FOUND) {
    call_refuse(c, REFUSAL_NOT_FOUND, TEXT("The session has no such file."),
                TEXT(""));
  } else {
    call_refuse(
        c, REFUSAL_UNAVAILABLE,
        call_format(c, "The file cannot be read: %s.", bt_err_text(j->err)),
        TEXT(""));
  }
  job_end(j);
}

/* The type of a reply is a string. */
static void end_type(struct file_job *j) {
  j->file.head.type = arena_copy_text(&j->arena, j->file.head.type);
  if (j->file.head.type.ptr == NULL) {
    j->err = BT_ERR_NOMEM;
  }
}

static void on_done(void *ctx) {
  struct file_job *j = ctx;
  struct api *api = j->api;
  if (api == NULL) {
    job_free(j);
    return;
  }
  j->state = JOB_TOLD;
  if (!j->fetches) {
    on_sent(j);
  } else {
    if (j->err == BT_ERR_OK) {
      end_type(j);
    }
    on_fetched(j);
  }
  start_next(api);
}

void call_fetch_file(struct call *c, struct text id) {
  if (c->api->options.files.directory == NULL) {
    call_refuse(c, REFUSAL_NOT_FOUND, TEXT("The session has no such file."),
                TEXT(""));
    return;
  }
  struct file_job *j = job_new(c);
  if (j != NULL) {
    j->fetches = true;
    j->id = arena_copy_text(&j->arena, id);
    enqueue(j);
  }
}

void serve_file(struct call *c) {
  if (call_find_story(c)) {
    call_fetch_file(c, c->params[1]);
  }
}

/* ---- bodies beyond the usual size */

bool files_take_upload(void *ctx, const struct http_request *req) {
  struct api *api = ctx;
  const struct text path = http_request_path(req);
  if (api->options.files.directory == NULL ||
      http_request_method(req) != HTTP_POST) {
    return false;
  }
  return text_starts(path, TEXT("/api/v1/sessions/"))
             ? text_ends(path, TEXT("/files")) && api_knows(api, req)
             : api->upload != NULL && api->upload(api->upload_ctx, req);
}

void api_take_uploads(struct api *api, api_upload_fn *fn, void *ctx) {
  api->upload = fn;
  api->upload_ctx = ctx;
}

void api_put_files_taken(struct api *api, uint32_t slot, struct json_out *o) {
  const struct dir_entry *entry = api_entry_of(api, slot);
  if (api->options.files.directory == NULL || entry->files.len == 0) {
    return;
  }
  json_key(o, "files");
  json_open_object(o);
  json_key(o, "types");
  json_put_text(o, entry->files);
  json_key(o, "maxBytes");
  json_put_i64(o, entry->file_bytes);
  json_close_object(o);
}

void api_set_files(struct api *api, const struct api_files *files) {
  api->options.files = *files;
}
