/* The facades of a centre: made, asked, freed. */
#include "facades/facades.h"

#include "facades/facade_priv.h"

struct facades {
  const struct mem *mem;
  struct arena arena; /* of the settings */
  struct courier_post *post;
  struct facade *list;
};

static const struct facade_ops *const ops_of[FACADE_KINDS] = {
    [FACADE_COGNIGY] = &facade_cognigy_ops,
    [FACADE_DIRECTLINE] = &facade_directline_ops,
    [FACADE_CHATWOOT] = &facade_chatwoot_ops};

static bool on_request(void *ctx, struct http_request *req) {
  struct facades *all = ctx;
  for (struct facade *f = all->list; f != NULL; f = f->next) {
    if (f->ops->serve(f, req)) {
      return true;
    }
  }
  for (struct facade *f = all->list; f != NULL; f = f->next) {
    if (f->ops->refuse != NULL && f->ops->refuse(f, req)) {
      return true;
    }
  }
  return false;
}

static bool on_upload(void *ctx, const struct http_request *req) {
  const struct facades *all = ctx;
  for (struct facade *f = all->list; f != NULL; f = f->next) {
    if (f->ops->takes_upload != NULL && f->ops->takes_upload(f, req)) {
      return true;
    }
  }
  return false;
}

static bool copy_settings(struct arena *arena, const struct facade_settings *s,
                          struct facade_settings *out) {
  *out = *s;
  struct text *const texts[] = {&out->id, &out->token, &out->entry,
                                &out->webhook};
  bool good = true;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    *texts[i] = arena_copy_text(arena, *texts[i]);
    good = good && texts[i]->ptr != NULL;
  }
  return good;
}

static enum bt_err add(struct facades *all, const struct facades_options *o,
                       const struct facade_settings *s) {
  const struct facade_ops *ops = ops_of[s->kind];
  struct facade *f = mem_new(all->mem, ops->bytes);
  if (f == NULL) {
    return BT_ERR_NOMEM;
  }
  f->ops = ops;
  f->facades = all;
  f->api = o->api;
  f->loop = o->loop;
  f->bots = o->bots;
  f->mem = all->mem;
  f->courier = courier_post_courier(all->post);
  /* In the order of the file. */
  struct facade **end = &all->list;
  while (*end != NULL) {
    end = &(*end)->next;
  }
  *end = f;
  return copy_settings(&all->arena, s, &f->settings) ? ops->start(f)
                                                     : BT_ERR_NOMEM;
}

/* Who writes a webhook into the centre's file means that host. */
static enum bt_err create_post(struct facades *all,
                               const struct facades_options *o) {
  struct outbound_rules rules = *o->rules;
  struct text *allow = arena_alloc(
      &all->arena, (rules.allow_count + o->count + 1) * sizeof *allow);
  bool good = allow != NULL;
  for (size_t i = 0; good && i < rules.allow_count; i++) {
    allow[i] = rules.allow[i];
  }
  for (size_t i = 0; good && i < o->count; i++) {
    if (o->list[i].webhook.len > 0) {
      allow[rules.allow_count] =
          outbound_rule_of(&all->arena, o->list[i].webhook);
      good = allow[rules.allow_count++].len > 0;
    }
  }
  rules.allow = allow;
  return good ? courier_post_create(o->loop, &rules, &all->post) : BT_ERR_NOMEM;
}

enum bt_err facades_create(const struct facades_options *options,
                           struct facades **out) {
  const struct mem *mem = api_mem(options->api);
  struct facades *all = mem_new(mem, sizeof *all);
  if (all == NULL) {
    return BT_ERR_NOMEM;
  }
  all->mem = mem;
  arena_init(&all->arena, mem, 0);
  enum bt_err err = create_post(all, options);
  for (size_t i = 0; i < options->count && err == BT_ERR_OK; i++) {
    err = add(all, options, &options->list[i]);
  }
  if (err != BT_ERR_OK) {
    facades_free(all);
    return err;
  }
  if (options->count > 0) {
    api_open_door(options->api, on_request, all);
    api_take_uploads(options->api, on_upload, all);
  }
  *out = all;
  return BT_ERR_OK;
}

void facades_free(struct facades *all) {
  if (all == NULL) {
    return;
  }
  courier_post_free(all->post); /* no more answers */
  while (all->list != NULL) {
    struct facade *f = all->list;
    all->list = f->next;
    f->ops->stop(f);
    mem_free(all->mem, f, f->ops->bytes);
  }
  arena_free(&all->arena);
  mem_free(all->mem, all, sizeof *all);
}
