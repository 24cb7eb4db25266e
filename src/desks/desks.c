/* Which desks there are, their seats, and what happens to sessions. */
#include "desks/desks.h"

#include "base/check.h"
#include "desks/desks_priv.h"

#define X(name, wire, ops, doc) &(ops),
static const struct desk_ops *const connectors[DESK_KINDS] = {
    DESK_KIND_LIST(X)};
#undef X

struct api *desks_api(const struct desks *all) {
  return all->api;
}

struct loop *desks_loop(const struct desks *all) {
  return all->options.loop;
}

const struct mem *desks_mem(const struct desks *all) {
  return all->mem;
}

struct courier *desks_courier(const struct desks *all) {
  return courier_post_courier(all->post);
}

struct outbound *desks_outbound(const struct desks *all) {
  return courier_post_outbound(all->post);
}

void desk_log(struct desk *desk, enum api_log_level level, struct text what) {
  const struct desks_options *o = &desk->desks->options;
  const struct api_log entry = {
      .level = level, .what = "desk", .who = desk->settings.id, .detail = what};
  if (o->log != NULL) {
    o->log(o->ctx, &entry);
  }
}

/* ---- the seat */

static void set_state(struct desk *desk, const char *state) {
  struct command cmd = desk_command(desk, COMMAND_AGENT_STATE);
  record_set_num(&cmd.args, FIELD_AGENT, desk->seat);
  record_set_text(&cmd.args, FIELD_STATE, text_from(state));
  record_set_text(&cmd.args, FIELD_REASON, TEXT("desk unreachable"));
  api_submit(desk->desks->api, &cmd, NULL, NULL);
}

/* A seat that was lost with the process before this one comes back as it was,
 * and keeps its sessions. */
static void sit_down(struct desk *desk) {
  struct command cmd = api_own_command(COMMAND_AGENT_JOINED);
  record_set_num(&cmd.args, FIELD_AGENT, desk->seat);
  api_submit(desk->desks->api, &cmd, NULL, NULL);
}

void desk_set_up(struct desk *desk, bool up, struct text why) {
  if (!up) {
    desk_log(desk, API_LOG_WARNING, why);
  }
  if (desk->seat != DIR_NONE && (up != desk->up || !up)) {
    set_state(desk, up ? "available" : "away");
  }
  if (up && !desk->up) {
    desk_log(desk, API_LOG_INFO, TEXT("the desk can be reached"));
  }
  desk->up = up;
}

/* ---- events */

static void on_event(void *ctx, uint64_t seq, const struct record *event) {
  struct desks *all = ctx;
  uint32_t slot;
  (void)seq;
  /* Any event: the last one of a session, up to which it is looked at, may be
   * one that moves nothing. */
  if (record_has(event, FIELD_SESSION) &&
      engine_find(api_engine(all->api), record_id(event, FIELD_SESSION),
                  &slot)) {
    links_meet(all, slot);
  }
}

static void on_timer(void *ctx) {
  links_admit(ctx);
}

/* ---- requests: /desks/{id}/… */

static bool on_request(void *ctx, struct http_request *req) {
  const struct desks *all = ctx;
  static const struct text prefix = {"/desks/", 7};
  const struct text path = http_request_path(req);
  const struct text rest = text_sub(path, prefix.len, path.len);
  for (struct desk *d = all->list; d != NULL; d = d->next) {
    const struct text id = d->settings.id;
    if (text_starts(path, prefix) && text_starts(rest, id) &&
        rest.len > id.len && rest.ptr[id.len] == '/') {
      return d->ops->serve(d, text_sub(rest, id.len, rest.len), req);
    }
  }
  return false;
}

/* ---- life */

static bool copy_settings(struct arena *arena, const struct desk_settings *s,
                          struct desk_settings *out) {
  struct text *texts[DESK_TEXTS];
  bool good = true;
  *out = *s;
  desk_settings_texts(out, texts);
  for (size_t i = 0; i < DESK_TEXTS; i++) {
    *texts[i] = arena_copy_text(arena, *texts[i]);
    good = good && texts[i]->ptr != NULL;
  }
  return good;
}

static enum bt_err add(struct desks *all, const struct desk_settings *s) {
  const struct desk_ops *ops = connectors[s->kind];
  const struct directory *d = engine_directory(api_engine(all->api));
  struct desk *desk = mem_new(all->mem, ops->desk_bytes);
  if (desk == NULL) {
    return BT_ERR_NOMEM;
  }
  desk->ops = ops;
  desk->desks = all;
  desk->seat = directory_agent(d, s->id);
  desk->next = all->list;
  all->list = desk;
  if (!copy_settings(&all->arena, s, &desk->settings)) {
    return BT_ERR_NOMEM;
  }
  if (desk->seat != DIR_NONE) {
    sit_down(desk);
  }
  return ops->start(desk);
}

/* Who writes a URL into the centre's file means that host. */
static enum bt_err create_post(struct desks *all) {
  const struct desks_options *o = &all->options;
  struct outbound_rules rules = *o->rules;
  struct text *allow = arena_alloc(
      &all->arena, (rules.allow_count + 3 * o->count + 1) * sizeof *allow);
  bool good = allow != NULL;
  for (size_t i = 0; good && i < rules.allow_count; i++) {
    allow[i] = rules.allow[i];
  }
  for (size_t i = 0; good && i < o->count; i++) {
    const struct desk_settings *s = &o->list[i];
    const struct text urls[] = {s->url, s->login, s->streaming};
    for (size_t u = 0; good && u < 3; u++) {
      allow[rules.allow_count] = outbound_rule_of(&all->arena, urls[u]);
      good = allow[rules.allow_count++].len > 0;
    }
  }
  rules.allow = allow;
  return good ? courier_post_create(o->loop, &rules, &all->post) : BT_ERR_NOMEM;
}

static enum bt_err start(struct desks *all) {
  const struct desks_options *o = &all->options;
  const struct engine *e = api_engine(all->api);
  enum bt_err err = create_post(all);
  if (err == BT_ERR_OK) {
    err = loop_timer_create(o->loop, on_timer, all, &all->timer);
  }
  for (size_t i = 0; i < o->count && err == BT_ERR_OK; i++) {
    err = add(all, &o->list[i]);
  }
  for (uint32_t slot = 0;
       err == BT_ERR_OK && o->count > 0 && engine_next_session(e, &slot);
       slot++) {
    links_find(all, slot);
  }
  if (err == BT_ERR_OK) {
    links_begin(all);
  }
  return err;
}

enum bt_err desks_create(const struct desks_options *options,
                         struct desks **out) {
  const struct mem *mem = api_mem(options->api);
  struct desks *all = mem_new(mem, sizeof *all);
  if (all == NULL) {
    return BT_ERR_NOMEM;
  }
  all->options = *options;
  all->api = options->api;
  all->mem = mem;
  arena_init(&all->arena, mem, 0);
  const enum bt_err err = start(all);
  if (err != BT_ERR_OK) {
    desks_free(all);
    return err;
  }
  all->options.list = NULL; /* copied */
  all->options.rules = NULL;
  if (options->count > 0) {
    const struct domain_listener listener = {.ctx = all, .on_event = on_event};
    domain_listen(api_domain(all->api), &listener);
    api_open_door(all->api, on_request, all);
  }
  *out = all;
  return BT_ERR_OK;
}

void desks_free(struct desks *all) {
  if (all == NULL) {
    return;
  }
  while (all->links != NULL) {
    link_drop(all->links);
  }
  courier_post_free(all->post); /* no more answers */
  while (all->list != NULL) {
    struct desk *d = all->list;
    all->list = d->next;
    d->ops->stop(d);
    mem_free(all->mem, d, d->ops->desk_bytes);
  }
  loop_timer_free(all->timer);
  arena_free(&all->arena);
  mem_free(all->mem, all, sizeof *all);
}
