#include "facades/shared/keep.h"

#include "facades/shared/reply.h"
#include "net/url.h"

struct kept {
  struct keeping *of;
  struct textbuf json; /* as the message's data has it */
};

struct keeping {
  struct keeping *next;
  struct keeper *keeper;
  struct visit *visit; /* held */
  struct keep_user user;
  int code;
  struct textbuf why;
  size_t waits, count;
  struct kept files[];
};

static const struct mem *mem_of(const struct keeping *k) {
  return k->visit->visits->facade->mem;
}

static void end(struct keeping *k) {
  const struct mem *mem = mem_of(k);
  struct keeping **at = &k->keeper->first;
  while (*at != k) {
    at = &(*at)->next;
  }
  *at = k->next;
  for (size_t i = 0; i < k->count; i++) {
    textbuf_free(&k->files[i].json);
  }
  textbuf_free(&k->why);
  visit_drop(k->visit);
  mem_free(mem, k, sizeof *k + k->count * sizeof k->files[0]);
}

static void put_list(const struct keeping *k, struct textbuf *out) {
  for (size_t i = 0; i < k->count; i++) {
    textbuf_addf(out, "%s%.*s", i == 0 ? "[" : ",",
                 TEXT_ARG(textbuf_text(&k->files[i].json)));
  }
  textbuf_add(out, k->count == 0 ? TEXT("[]") : TEXT("]"));
}

static void tell(struct keeping *k) {
  struct textbuf list;
  textbuf_init(&list, mem_of(k));
  put_list(k, &list);
  const struct kept_files kept = {.code = list.failed ? 503 : k->code,
                                  .why = textbuf_text(&k->why),
                                  .list = textbuf_text(&list)};
  k->user.fn(k->user.ctx, &kept);
  textbuf_free(&list);
  end(k);
}

static void refuse(struct keeping *k, int code, struct text why) {
  if (k->code == 0) {
    k->code = code;
    textbuf_add(&k->why, why);
  }
}

static void on_kept(void *ctx, const struct api_reply *reply) {
  struct kept *f = ctx;
  struct keeping *k = f->of;
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, mem_of(k), 0);
  const bool read =
      json_parse(&arena, reply->body, JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK;
  const struct json *files = read ? json_member(tree, TEXT("files")) : NULL;
  if (reply->code < 300 && files != NULL && files->first != NULL) {
    textbuf_add(&f->json, files->first->source);
  } else {
    refuse(k, reply->code < 400 ? 503 : reply->code, peer_text(tree, "detail"));
  }
  arena_free(&arena);
  if (--k->waits == 0) {
    tell(k);
  }
}

static void keep(struct keeping *k, struct kept *f,
                 const struct form_file *file) {
  char session[ID_TEXT_LEN];
  struct textbuf path;
  id_to_text(k->visit->session, session);
  textbuf_init(&path, mem_of(k));
  textbuf_addf(&path, "/api/v1/sessions/%.*s/files?name=", ID_TEXT_LEN,
               session);
  url_encode(file->name, &path);
  const struct api_request request = {.by = visit_caller(k->visit),
                                      .method = HTTP_POST,
                                      .path = textbuf_text(&path),
                                      .body = file->bytes,
                                      .unsaid = true};
  k->waits++;
  if (path.failed || api_call(k->visit->visits->facade->api, &request, on_kept,
                              f) != BT_ERR_OK) {
    k->waits--;
    refuse(k, 503, TEXT("There is no memory for it."));
  }
  textbuf_free(&path);
}

bool keep_files(struct keeper *keeper, struct visit *visit,
                const struct form_files *files, const struct keep_user *user) {
  const struct mem *mem = visit->visits->facade->mem;
  struct keeping *k =
      mem_new(mem, sizeof *k + files->count * sizeof k->files[0]);
  if (k == NULL) {
    return false;
  }
  k->keeper = keeper;
  k->visit = visit;
  k->user = *user;
  k->count = files->count;
  textbuf_init(&k->why, mem);
  k->next = keeper->first;
  keeper->first = k;
  visit_hold(visit);
  k->waits = 1; /* ourselves */
  for (size_t i = 0; i < k->count; i++) {
    k->files[i].of = k;
    textbuf_init(&k->files[i].json, mem);
    keep(k, &k->files[i], &files->list[i]);
  }
  if (--k->waits == 0) {
    tell(k);
  }
  return true;
}

void keeper_clear(struct keeper *keeper) {
  while (keeper->first != NULL) {
    struct keeping *k = keeper->first;
    k->user.drop(k->user.ctx);
    end(k);
  }
}
