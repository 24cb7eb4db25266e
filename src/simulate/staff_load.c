/* Who needs to be staffed, and what comes: the numbers to begin with. */
#include <math.h>

#include "routing/figures.h"
#include "simulate/erlang.h"
#include "simulate/staff_priv.h"

static const struct simulate_object *queue_of(const struct simulate_staff *s,
                                              struct text id) {
  for (size_t i = 0; i < s->setting.object_count; i++) {
    const struct simulate_object *o = &s->setting.objects[i];
    if (o->kind == CONFIG_QUEUE && text_equal_nocase(o->id, id)) {
      return o;
    }
  }
  return NULL;
}

/* Is the target one of the group's? */
static bool goes_to(const struct simulate_staff *s, size_t group,
                    struct text target) {
  const struct staff_group *g = &s->groups[group];
  bool same = g->name_count == 0;
  for (size_t i = 0; i < g->name_count && !same; i++) {
    same = text_equal_nocase(g->names[i], target);
  }
  return same;
}

/* A queue goes by its id, name and aliases, a skill by its name. */
static bool find_names(struct simulate_staff *s, struct staff_group *g) {
  const struct simulate_object *o = queue_of(s, g->name);
  struct json *v = NULL;
  const struct json *aliases = NULL;
  size_t count = 2;
  if (o != NULL && json_parse(s->arena, o->json, JSON_DEPTH_DEFAULT, &v,
                              NULL) == BT_ERR_OK) {
    aliases = config_list(v, CONFIG_QUEUE_ALIASES);
    count += aliases == NULL ? 0 : aliases->count;
  }
  g->names = arena_alloc(s->arena, count * sizeof *g->names);
  if (g->names == NULL) {
    return false;
  }
  g->names[g->name_count++] = g->name;
  if (v != NULL && config_text(v, CONFIG_QUEUE_NAME).len > 0) {
    g->names[g->name_count++] = config_text(v, CONFIG_QUEUE_NAME);
  }
  for (const struct json *a = aliases == NULL ? NULL : aliases->first;
       a != NULL; a = a->next) {
    g->names[g->name_count++] = a->text;
  }
  return true;
}

/* ---- skills */

/* Names, each once. */
struct skills {
  struct text names[ROUTER_AGENT_SKILLS_MAX];
  size_t count;
};

static void add_skill(struct skills *k, struct text name) {
  for (size_t i = 0; i < k->count; i++) {
    if (text_equal_nocase(k->names[i], name)) {
      return;
    }
  }
  if (k->count < ROUTER_AGENT_SKILLS_MAX) {
    k->names[k->count++] = name;
  }
}

static void add_skills(struct simulate_staff *s, struct skills *k,
                       struct text json, bool queue) {
  struct json *v = NULL;
  if (json.len == 0 ||
      json_parse(s->arena, json, JSON_DEPTH_DEFAULT, &v, NULL) != BT_ERR_OK) {
    return;
  }
  const struct json *list = queue ? config_list(v, CONFIG_QUEUE_SKILLS) : v;
  for (const struct json *e = list == NULL ? NULL : list->first; e != NULL;
       e = e->next) {
    add_skill(k, config_skill_name(e));
  }
}

static bool put_skills(struct simulate_staff *s, const struct skills *k,
                       struct text *out) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, s->mem);
  json_out_init(&o, &b);
  json_open_list(&o);
  for (size_t i = 0; i < k->count; i++) {
    json_open_object(&o);
    json_key(&o, "name");
    json_put_text(&o, k->names[i]);
    json_key(&o, "proficiency");
    json_put_i64(&o, ROUTER_PROFICIENCY_BEST);
    json_close_object(&o);
  }
  json_close_list(&o);
  *out = arena_copy_text(s->arena, textbuf_text(&b));
  textbuf_free(&b);
  return out->ptr != NULL;
}

/* What the queue, and what contacts of it, require. */
static bool find_skills(struct simulate_staff *s, size_t group) {
  struct skills k = {.count = 0};
  struct text last = TEXT("");
  for (size_t i = 0; i < s->rows.count; i++) {
    const struct simulate_object *o = queue_of(s, s->rows.names[i]);
    if (!s->pooled && i != group) {
      continue;
    }
    if (o != NULL) {
      add_skills(s, &k, o->json, true);
    } else {
      add_skill(&k, s->rows.names[i]);
    }
  }
  for (size_t i = 0; i < s->setting.plan->stream_count; i++) {
    const struct simulate_contact *c = &s->setting.plan->streams[i].form;
    if (c->skills.len > 0 && goes_to(s, group, c->target)) {
      add_skills(s, &k, c->skills, false);
    }
  }
  for (size_t i = 0; i < s->setting.plan->contact_count; i++) {
    const struct simulate_contact *c = &s->setting.plan->contacts[i];
    if (!text_equal(c->skills, last) && goes_to(s, group, c->target)) {
      add_skills(s, &k, c->skills, false);
      last = c->skills;
    }
  }
  return put_skills(s, &k, &s->groups[group].skills);
}

/* The strictest of the group's. */
static double target_of(const struct simulate_staff *s, size_t group) {
  double target_s = (double)INFINITY;
  for (size_t i = 0; i < s->rows.count; i++) {
    const struct simulate_object *o = queue_of(s, s->rows.names[i]);
    struct json *v = NULL;
    if ((s->pooled || i == group) && o != NULL &&
        json_parse(s->arena, o->json, JSON_DEPTH_DEFAULT, &v, NULL) ==
            BT_ERR_OK) {
      target_s =
          fmin(target_s, (double)config_ms(v, CONFIG_QUEUE_TARGET) / 1e3);
    }
  }
  return isinf(target_s) ? 20 : target_s;
}

enum bt_err staff_find_groups(struct simulate_staff *s,
                              struct simulate_error *why) {
  struct simulate_rows rows = {0};
  enum bt_err err = simulate_rows_of(s->mem, &s->setting, &rows, why);
  if (err != BT_ERR_OK) {
    return err;
  }
  s->rows.count = rows.count;
  s->rows.names = arena_alloc(s->arena, (rows.count + 1) * sizeof *rows.names);
  s->group_count = s->pooled ? 1 : rows.count;
  s->groups = arena_alloc(s->arena, (s->group_count + 1) * sizeof *s->groups);
  bool good = s->rows.names != NULL && s->groups != NULL;
  for (size_t i = 0; good && i < rows.count; i++) {
    s->rows.names[i] = rows.names[i];
  }
  simulate_rows_free(s->mem, &rows);
  for (size_t i = 0; good && i < s->group_count; i++) {
    s->groups[i].name = s->pooled ? TEXT("all") : s->rows.names[i];
    s->groups[i].queue = s->pooled || queue_of(s, s->rows.names[i]) == NULL
                             ? TEXT("")
                             : s->rows.names[i];
    s->groups[i].target_s = target_of(s, i);
    good = (s->pooled || find_names(s, &s->groups[i])) && find_skills(s, i);
  }
  return good ? BT_ERR_OK : BT_ERR_NOMEM;
}

/* ---- what comes */

/* Sums over the contacts of one interval. */
struct load {
  double contacts, handling_s, patience_s;
  bool patient; /* some wait for ever */
};

/* One contact of the stream, or @c, counts @share times. */
static void add_load(struct load *l, const struct simulate_stream *stream,
                     const struct simulate_contact *c, double share) {
  const struct simulate_law *patience = &stream->laws[SIMULATE_PATIENCE];
  for (unsigned t = SIMULATE_HANDLING; t <= SIMULATE_WRAPUP; t++) {
    const bool open = c == NULL || c->times_us[t] == SIMULATE_OPEN;
    l->handling_s += share * (open ? simulate_law_mean(&stream->laws[t])
                                   : (double)c->times_us[t] / 1e6);
  }
  l->contacts += share;
  l->patience_s += share * simulate_law_mean(patience);
  l->patient = l->patient || patience->form == SIMULATE_NONE;
}

/* The part of a forecast that lies in the interval. */
static double part_in(const struct simulate_plan *p,
                      const struct simulate_piece *piece, size_t interval) {
  const int64_t from_us = p->from_us + (int64_t)interval * p->interval_us;
  const int64_t to_us = from_us + p->interval_us;
  const int64_t begin_us = piece->from_us > from_us ? piece->from_us : from_us;
  const int64_t end_us = piece->to_us < to_us ? piece->to_us : to_us;
  return end_us <= begin_us ? 0
                            : (double)(end_us - begin_us) /
                                  (double)(piece->to_us - piece->from_us);
}

static void add_stream(const struct simulate_plan *p,
                       const struct simulate_stream *stream,
                       struct load *loads) {
  const double scale = stream->scale > 0 ? stream->scale : 1;
  const size_t intervals = simulate_interval_count(p);
  for (size_t k = 0; k < stream->piece_count; k++) {
    const struct simulate_piece *piece = &stream->pieces[k];
    for (size_t i = 0; i < intervals; i++) {
      add_load(&loads[i], stream, NULL,
               scale * piece->contacts * part_in(p, piece, i));
    }
  }
}

static void add_group(const struct simulate_staff *s, size_t group,
                      struct load *loads) {
  const struct simulate_plan *p = s->setting.plan;
  for (size_t i = 0; i < p->stream_count; i++) {
    if (p->streams[i].piece_count > 0 &&
        goes_to(s, group, p->streams[i].form.target)) {
      add_stream(p, &p->streams[i], loads);
    }
  }
  for (size_t i = 0; i < p->contact_count; i++) {
    const struct simulate_contact *c = &p->contacts[i];
    if (goes_to(s, group, c->target)) {
      const struct simulate_stream *stream = &p->streams[c->stream];
      add_load(&loads[simulate_interval_of(p, c->at_us)], stream, c,
               stream->scale > 0 ? stream->scale : 1);
    }
  }
}

static bool meets(const struct simulate_goal *goal,
                  const struct erlang_figures *f) {
  return f->service_level >= goal->service_level &&
         f->occupancy <= goal->occupancy && f->abandonment <= goal->abandonment;
}

static bool is_enough(const struct simulate_goal *goal,
                      const struct erlang_load *load, uint32_t agents) {
  struct erlang_load tried = *load;
  struct erlang_figures f;
  tried.agents = agents;
  return erlang_figures(&tried, &f) && meets(goal, &f);
}

/* The fewest that are enough, from @least on: with more agents every figure is
 * better. Each try costs milliseconds, and the answer is mostly near @about. */
static uint32_t find_fewest(const struct simulate_goal *goal,
                            const struct erlang_load *load, uint32_t least,
                            uint32_t about) {
  uint32_t few = least - 1, many = about; /* not enough; enough */
  for (uint32_t step = 1;
       many < STAFF_AGENTS_MAX && !is_enough(goal, load, many); step *= 2) {
    few = many;
    many = many + step < STAFF_AGENTS_MAX ? many + step : STAFF_AGENTS_MAX;
  }
  while (many - few > 1) {
    const uint32_t mid = few + (many - few) / 2;
    if (is_enough(goal, load, mid)) {
      many = mid;
    } else {
      few = mid;
    }
  }
  return many;
}

/* The fewest agents that meet the goal by the formula. Answering an offer binds
 * the agent, and is part of the wait. */
static uint32_t erlang_agents(const struct simulate_staff *s, size_t group,
                              const struct load *l) {
  const struct simulate_plan *p = s->setting.plan;
  const double answer_s = simulate_law_mean(&p->people.answer);
  const struct erlang_load load = {
      .arrivals_per_s = l->contacts / ((double)p->interval_us / 1e6),
      .handling_s = l->handling_s / l->contacts + answer_s,
      .patience_s = l->patient ? 0 : l->patience_s / l->contacts,
      .target_s = fmax(s->groups[group].target_s - answer_s, 0),
      .short_s = FIGURES_SHORT_US / 1e6};
  const double offered =
      fmin(load.arrivals_per_s * load.handling_s, STAFF_AGENTS_MAX - 1);
  const uint32_t least = (uint32_t)fmax(offered / 4, 1);
  return load.handling_s > 0
             ? find_fewest(&s->goal, &load, least, (uint32_t)offered + 1)
             : least;
}

bool staff_find_load(struct simulate_staff *s) {
  for (size_t g = 0; g < s->group_count; g++) {
    struct load *loads =
        arena_alloc(s->arena, (s->intervals + 1) * sizeof *loads);
    if (loads == NULL) {
      return false;
    }
    add_group(s, g, loads);
    for (size_t i = 0; i < s->intervals; i++) {
      struct simulate_need *n = &s->needs[staff_at(s, g, i)];
      n->contacts = loads[i].contacts;
      if (n->contacts > 0) {
        n->handling_s = loads[i].handling_s / n->contacts;
        n->erlang = erlang_agents(s, g, &loads[i]);
      }
      n->agents = n->erlang;
    }
  }
  return true;
}
