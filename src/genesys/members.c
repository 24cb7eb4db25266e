/* Who serves a queue. The engine knows an agent's queues and a queue's rings;
 * the ring of each member, and who has stepped aside, stand in the store. */
#include "genesys/members_priv.h"
#include "genesys/scope_priv.h"

#include "base/check.h"

enum { MEMBERS_MAX = 100, RING_MAX = 6 };

/* ---- one member */

struct member {
  bool is; /* of the queue */
  bool joined;
  uint32_t ring; /* from 1 */
};

static struct text key_of(struct ask *a, struct text queue, struct text user) {
  return ask_format(a, "%.*s\n%.*s", TEXT_ARG(queue), TEXT_ARG(user));
}

static bool serves(struct ask *a, struct text config,
                   const struct dir_queue *q) {
  const struct json *tree = genesys_parse_copy(&a->arena, config);
  const struct json *queues = json_part(tree, "queues");
  if (queues == NULL) {
    return true; /* all */
  }
  for (const struct json *m = queues->first; m != NULL; m = m->next) {
    if (text_equal_nocase(m->text, q->id) ||
        text_equal_nocase(m->text, q->name)) {
      return true;
    }
  }
  return false;
}

static struct member look(struct ask *a, uint32_t queue, uint32_t agent) {
  const struct directory *d = genesys_directory(a->g);
  const struct dir_queue *q = &d->queues[queue];
  struct member m = {.ring = 1};
  const struct json *kept = genesys_parse_copy(
      &a->arena, shelf_get(&a->g->shelf, SHELF_MEMBERS,
                           key_of(a, q->id, d->agents[agent].id)));
  m.is = m.joined = serves(a, d->agents[agent].config, q);
  if (kept != NULL) {
    const struct json *joined = json_part(kept, "joined");
    const struct json *ring = json_part(kept, "ringNumber");
    m.is = true;
    m.joined = joined == NULL || joined->type == JSON_TRUE;
    m.ring = ring != NULL ? (uint32_t)ring->i : 1;
  }
  return m;
}

void members_count(struct ask *a, uint32_t queue, uint32_t *members,
                   uint32_t *joined) {
  const struct directory *d = genesys_directory(a->g);
  *members = *joined = 0;
  for (uint32_t i = 0; i < d->agent_count; i++) {
    if (!d->agents[i].origin.removed) {
      const struct member m = look(a, queue, i);
      *members += m.is;
      *joined += m.is && m.joined;
    }
  }
}

void members_forget(struct ask *a, struct text queue) {
  const struct text prefix = key_of(a, queue, TEXT(""));
  size_t at = 0;
  for (const struct shelf_entry *e;
       (e = shelf_next(&a->g->shelf, SHELF_MEMBERS, &at)) != NULL;) {
    if (text_starts(e->key, prefix)) {
      /* What stays behind is of a queue that nobody can name any more. */
      at = shelf_put(&a->g->shelf, SHELF_MEMBERS, e->key, TEXT("")) == BT_ERR_OK
               ? 0
               : at;
    }
  }
}

/* ---- rings */

static void put_without(const struct json *ring, struct json_out *o) {
  const struct json *list =
      json_part(json_part(ring, "actions"), "skillsToRemove");
  if (list == NULL || list->type != JSON_LIST || list->count == 0) {
    return;
  }
  json_key(o, "without");
  json_open_list(o);
  for (const struct json *m = list->first; m != NULL; m = m->next) {
    const struct text id = json_text_of(m, "id");
    json_put_text(o, id.len > 0 ? id : json_text_of(m, "name"));
  }
  json_close_list(o);
}

static void put_agents(struct ask *a, struct text queue, uint32_t ring,
                       struct json_out *o) {
  const struct directory *d = genesys_directory(a->g);
  const uint32_t number = directory_queue(d, queue);
  json_key(o, "agents");
  json_open_list(o);
  for (uint32_t i = 0; number != DIR_NONE && i < d->agent_count; i++) {
    const struct member m = look(a, number, i);
    if (!d->agents[i].origin.removed && m.is && m.joined && m.ring == ring) {
      json_put_text(o, d->agents[i].id);
    }
  }
  json_close_list(o);
}

static double threshold_of(const struct json *ring) {
  const struct json *list = json_part(ring, "expansionCriteria");
  for (const struct json *m = list == NULL ? NULL : list->first; m != NULL;
       m = m->next) {
    const struct json *threshold = json_part(m, "threshold");
    if (threshold != NULL &&
        text_equal(json_text_of(m, "type"), TEXT("TIMEOUT_SECONDS"))) {
      return threshold->d;
    }
  }
  return 0;
}

void members_put_rings(struct ask *a, struct text queue,
                       const struct json *words, struct json_out *o) {
  const struct json *rings = json_part(json_part(words, "bullseye"), "rings");
  double after = 0;
  uint32_t number = 1;
  json_open_list(o);
  for (const struct json *m = rings == NULL ? NULL : rings->first;
       m != NULL && number <= RING_MAX; m = m->next) {
    const double wait = threshold_of(m);
    number++;
    if (wait <= 0) {
      break; /* it never opens the next one */
    }
    after += wait;
    json_open_object(o);
    json_key(o, "after");
    json_put_double(o, after);
    put_without(m, o);
    put_agents(a, queue, number, o);
    json_close_object(o);
  }
  json_close_list(o);
}

/* ---- changing members, one after the other */

struct change {
  const struct json *next;
  uint32_t queue;
  bool removes, many;
  uint32_t done;
};

static void go_on(struct ask *a);

static void then_next(struct ask *a, const struct json *unused) {
  (void)unused;
  go_on(a);
}

/* All queues but @without, for an agent who served them all. */
static void put_all_but(struct ask *a, const struct dir_queue *without,
                        struct json_out *o) {
  const struct directory *d = genesys_directory(a->g);
  for (uint32_t i = 0; i < d->queue_count; i++) {
    const struct dir_queue *q = &d->queues[i];
    if (q != without && !q->origin.removed && q->skill == DIR_NONE &&
        q->agent == DIR_NONE) {
      json_put_text(o, q->id);
    }
  }
}

static void put_queues(struct ask *a, const struct dir_queue *q,
                       struct text config, bool with) {
  const struct json *had =
      json_part(genesys_parse_copy(&a->arena, config), "queues");
  struct json_out o = ask_json(a);
  json_open_object(&o);
  json_key(&o, "queues");
  json_open_list(&o);
  if (had != NULL) {
    const struct json *m = had->first;
    for (; m != NULL; m = m->next) {
      if (!text_equal_nocase(m->text, q->id) &&
          !text_equal_nocase(m->text, q->name)) {
        json_put_text(&o, m->text);
      }
    }
  } else {
    put_all_but(a, q, &o);
  }
  if (with) {
    json_put_text(&o, q->id);
  }
  json_close_list(&o);
  json_close_object(&o);
}

static void patch_queues(struct ask *a, const struct dir_queue *q,
                         const struct dir_agent *who, bool with) {
  put_queues(a, q, who->config, with);
  const struct ask_step step = {
      .by = a->by,
      .method = HTTP_PATCH,
      .path = ask_path(a, "/api/v1/agents/", who->id, ""),
      .body = arena_copy_text(&a->arena, textbuf_text(&a->out)),
      .then = then_next};
  ask_api(a, &step);
}

/* The agent serves the queue by itself when it has joined, in the first ring.
 */
static void put_agent(struct ask *a, uint32_t queue, uint32_t agent) {
  const struct directory *d = genesys_directory(a->g);
  const struct member m = look(a, queue, agent);
  const bool with = m.is && m.joined && m.ring == 1;
  const struct dir_agent *who = &d->agents[agent];
  if (with == serves(a, who->config, &d->queues[queue])) {
    go_on(a);
    return;
  }
  patch_queues(a, &d->queues[queue], who, with);
}

static bool keep(struct ask *a, struct text key, struct text value) {
  if (shelf_put(&a->g->shelf, SHELF_MEMBERS, key, value) == BT_ERR_OK) {
    return true;
  }
  ask_fail_code(a, 503, "service.unavailable",
                TEXT("The file of the queues' members cannot be written."));
  return false;
}

static void remove_one(struct ask *a, const struct change *c, uint32_t agent) {
  const struct directory *d = genesys_directory(a->g);
  const struct dir_queue *q = &d->queues[c->queue];
  const struct dir_agent *who = &d->agents[agent];
  if (!keep(a, key_of(a, q->id, who->id), TEXT(""))) {
    return;
  }
  if (!serves(a, who->config, q)) {
    go_on(a);
    return;
  }
  patch_queues(a, q, who, false);
}

/* joined and ringNumber of the element over what was. False: answered. */
static bool change_one(struct ask *a, const struct json *element,
                       const struct change *c, uint32_t agent) {
  const struct directory *d = genesys_directory(a->g);
  struct member m = look(a, c->queue, agent);
  const struct json *joined = json_part(element, "joined");
  const struct json *ring = json_part(element, "ringNumber");
  if (joined != NULL && joined->type != JSON_TRUE &&
      joined->type != JSON_FALSE) {
    ask_fail_field(a, "joined", TEXT("joined is true or false."));
    return false;
  }
  if (ring != NULL &&
      (ring->type != JSON_INT || ring->i < 1 || ring->i > RING_MAX)) {
    ask_fail_field(a, "ringNumber", TEXT("ringNumber is 1 … 6."));
    return false;
  }
  m.joined = joined != NULL ? joined->type == JSON_TRUE : !m.is || m.joined;
  m.ring = ring != NULL ? (uint32_t)ring->i : m.ring;
  return keep(a, key_of(a, d->queues[c->queue].id, d->agents[agent].id),
              ask_format(a, "{\"joined\":%s,\"ringNumber\":%u}",
                         m.joined ? "true" : "false", (unsigned)m.ring));
}

static void put_member(struct ask *a, uint32_t queue, uint32_t agent,
                       struct json_out *o) {
  const struct directory *d = genesys_directory(a->g);
  const struct member m = look(a, queue, agent);
  json_open_object(o);
  put_key_text(o, "id", d->agents[agent].id);
  put_key_text(o, "name", d->agents[agent].name);
  json_key(o, "user");
  put_user_ref(a->g, o, agent);
  json_key(o, "joined");
  json_put_bool(o, m.joined);
  put_key_i64(o, "ringNumber", m.ring);
  put_key_text(o, "memberBy", TEXT("user"));
  json_key(o, "routingStatus");
  put_routing_status(a->g, agent, o);
  json_close_object(o);
}

static void then_answered(struct ask *a, const struct json *unused) {
  (void)unused;
  ask_send_empty(a, a->route->method == HTTP_PATCH ? 202 : 204);
}

/* The rings name their members: they are told anew. */
static void tell_rings(struct ask *a, uint32_t queue) {
  const struct text id =
      arena_copy_text(&a->arena, genesys_directory(a->g)->queues[queue].id);
  const struct json *words = queue_words(a, id);
  if (json_part(words, "bullseye") == NULL) {
    then_answered(a, NULL);
    return;
  }
  struct json_out o = ask_json(a);
  json_open_object(&o);
  json_key(&o, "rings");
  members_put_rings(a, id, words, &o);
  json_close_object(&o);
  const struct ask_step step = {
      .by = a->by,
      .method = HTTP_PATCH,
      .path = ask_path(a, "/api/v1/queues/", id, ""),
      .body = arena_copy_text(&a->arena, textbuf_text(&a->out)),
      .then = then_answered};
  ask_api(a, &step);
}

static void go_on(struct ask *a) {
  struct change *c = a->kept;
  const struct json *element = c->next;
  uint32_t agent;
  if (element == NULL) {
    tell_rings(a, c->queue);
    return;
  }
  c->next = c->many ? element->next : NULL;
  const struct text id = c->many ? json_text_of(element, "id") : a->params[1];
  if (!ask_find_user(a, id, &agent)) {
    return;
  }
  if (c->removes) {
    remove_one(a, c, agent);
  } else if (change_one(a, element, c, agent)) {
    put_agent(a, c->queue, agent);
  }
}

static void begin(struct ask *a, const struct json *first, bool removes,
                  bool many) {
  struct change *c = arena_alloc(&a->arena, sizeof *c);
  if (c == NULL) {
    ask_fail_memory(a);
    return;
  }
  *c = (struct change){.next = first, .removes = removes, .many = many};
  a->kept = c;
  if (ask_find_queue(a, a->params[0], &c->queue)) {
    go_on(a);
  }
}

static bool check_list(struct ask *a) {
  const struct json *list = a->body;
  if (list == NULL || list->type != JSON_LIST || list->count == 0) {
    ask_fail_code(a, 400, "bad.request",
                  TEXT("The body is a list of members: [{\"id\": …}]."));
    return false;
  }
  if (list->count > MEMBERS_MAX) {
    ask_fail_code(a, 400, "invalid.value",
                  TEXT("Up to 100 members may be changed at once."));
    return false;
  }
  uint32_t agent;
  for (const struct json *m = list->first; m != NULL; m = m->next) {
    if (!ask_find_user(a, json_text_of(m, "id"), &agent)) {
      return false; /* all of them, or none */
    }
  }
  return true;
}

void genesys_add_members(struct ask *a) {
  if (check_list(a)) {
    begin(a, a->body->first, text_equal(ask_query(a, "delete"), TEXT("true")),
          true);
  }
}

void genesys_change_members(struct ask *a) {
  if (check_list(a)) {
    begin(a, a->body->first, false, true);
  }
}

void genesys_change_member(struct ask *a) {
  if (a->body == NULL || a->body->type != JSON_OBJECT) {
    ask_fail_code(a, 400, "bad.request", TEXT("The body must be an object."));
    return;
  }
  begin(a, a->body, false, false);
}

void genesys_drop_member(struct ask *a) {
  static const struct json nothing = {.type = JSON_OBJECT};
  begin(a, &nothing, true, false);
}

/* ---- the list */

static bool wanted(struct ask *a, uint32_t queue, uint32_t agent) {
  const struct directory *d = genesys_directory(a->g);
  const struct text joined = ask_query(a, "joined");
  const struct member m = look(a, queue, agent);
  return !d->agents[agent].origin.removed && m.is &&
         (joined.len == 0 || m.joined == text_equal(joined, TEXT("true"))) &&
         name_fits(d->agents[agent].name, ask_query(a, "name"));
}

void genesys_members(struct ask *a) {
  const struct directory *d = genesys_directory(a->g);
  uint32_t queue;
  struct listing l;
  if (!ask_find_queue(a, a->params[0], &queue) || !list_begin(&l, a)) {
    return;
  }
  for (uint32_t i = 0; i < d->agent_count; i++) {
    if (wanted(a, queue, i) && ask_has_agent(a, i) && list_next(&l)) {
      put_member(a, queue, i, &l.o);
    }
  }
  list_send(&l);
}
