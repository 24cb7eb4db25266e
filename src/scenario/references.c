#include "scenario/references_priv.h"

#include "base/check.h"
#include "domain/heap.h"
#include "engine/event.h"
#include "engine/record.h"
#include "scenario/match_priv.h"
#include "scenario/roster_priv.h"
#include "server/zone.h"
#include "session/session.h"
#include "studio/action.h"

enum { NAMES_MAX = 512 };

struct checking {
  struct scenario_reader *r;
  const struct scenario *s;
  struct roster roster;
};

/* ---- names */

/* What there is of one kind. */
struct known {
  const char *missing; /* "there is no queue" */
  const struct text *names;
  size_t count;
};

static void require_known(struct scenario_reader *r, const struct json *at,
                          struct text name, const struct known *known) {
  for (size_t i = 0; i < known->count; i++) {
    if (text_equal(known->names[i], name)) {
      return;
    }
  }
  const struct text hint = fields_suggest(r, name, known->names, known->count);
  fields_error(r, at, "%s \"%.*s\"%.*s", known->missing, TEXT_ARG(name),
               TEXT_ARG(hint));
}

static size_t roster_names(const struct roster_list *list, struct text *out,
                           size_t count) {
  for (size_t i = 0; i < list->count && count < NAMES_MAX; i++) {
    out[count++] = list->items[i].id;
  }
  return count;
}

static void require_queue(const struct checking *c, const struct json *at) {
  struct text known[NAMES_MAX];
  const size_t count = roster_names(&c->roster.queues, known, 0);
  const struct known queues = {"there is no queue", known, count};
  require_known(c->r, at, match_scalar(at), &queues);
}

static void require_event(const struct checking *c, const struct json *at) {
  struct text known[NAMES_MAX];
  size_t count = 0;
  for (uint32_t type = 0; type < EVENTS; type++) {
    if (event_is_known(type)) {
      known[count++] = text_from(event_name(type));
    }
  }
  const struct known events = {"there is no event", known, count};
  require_known(c->r, at, match_scalar(at), &events);
}

/* One text, or a list of them. */
static void require_each(const struct checking *c, const struct json *m,
                         const char *missing, const struct text *names,
                         size_t count) {
  const struct known known = {missing, names, count};
  if (m != NULL && m->type != JSON_LIST) {
    require_known(c->r, m, match_scalar(m), &known);
    return;
  }
  for (const struct json *e = m == NULL ? NULL : m->first; e != NULL;
       e = e->next) {
    require_known(c->r, e, match_scalar(e), &known);
  }
}

/* Was it added from the centre, whose own reader has looked at it? */
static bool is_of_centre(const struct checking *c, const struct json *node) {
  const struct json *at = field_at(c->s->root, F_SCENARIO_CENTRE);
  return at != NULL && node->offset == at->offset;
}

/* ---- steps */

static const struct {
  enum scenario_field field;
  uint32_t parties;
} verbs[VERBS] = {
#define X(name, parties) [VERB_##name] = {F_STEP_##name, (parties)},
    VERB_LIST(X)
#undef X
};

enum verb step_verb(const struct json *step) {
  uint32_t v = 0;
  while (v < VERBS && field_at(step, verbs[v].field) == NULL) {
    v++;
  }
  return (enum verb)v;
}

static void check_verbs(const struct checking *c, const struct json *step,
                        enum scenario_party party) {
  static const char *const can[] = {
      "the customer's are say, leave, drop and return",
      "a bot's are say, goodbye, close, drop and transfer",
      "an agent's are say, end, complete, transfer, state, drop and return",
      "those of meanwhile are signal, pause and open"};
  unsigned count = 0;
  for (uint32_t v = 0; v < VERBS; v++) {
    const struct json *m = field_at(step, verbs[v].field);
    count += m != NULL;
    if (m != NULL && (verbs[v].parties >> party & 1) == 0) {
      fields_error(c->r, m, "\"%.*s\" is none of these steps; %s",
                   TEXT_ARG(m->key), can[party]);
    }
  }
  if (count != 1) {
    fields_error(c->r, step,
                 "a step does exactly one thing, and this one %s; %s",
                 count == 0 ? "does nothing" : "does several", can[party]);
  }
}

static void check_step(const struct checking *c, const struct json *step,
                       enum scenario_party party) {
  const struct json *on = field_at(step, F_STEP_ON);
  check_verbs(c, step, party);
  if ((field_at(step, F_STEP_AT) != NULL) +
          (field_at(step, F_STEP_AFTER) != NULL) + (on != NULL) >
      1) {
    fields_error(c->r, step,
                 "a step has one moment: \"at\", \"after\" or \"on\"");
  }
  if (on != NULL) {
    require_event(c, on);
  }
  if (field_at(step, F_STEP_PAUSE) != NULL) {
    require_queue(c, field_at(step, F_STEP_PAUSE));
  }
  if (field_at(step, F_STEP_OPEN) != NULL) {
    require_queue(c, field_at(step, F_STEP_OPEN));
  }
}

static void check_steps(const struct checking *c, const struct json *owner,
                        enum scenario_field field, enum scenario_party party) {
  for (const struct json *s = field_first(owner, field); s != NULL;
       s = s->next) {
    check_step(c, s, party);
  }
}

/* ---- what a centre would refuse */

/* Only the members that engine/config.def knows, with the id of @id if there is
 * none. */
static const struct json *as_config(struct arena *arena,
                                    const struct json *node,
                                    enum config_object object, struct text id) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, heap_mem());
  json_out_init(&o, &b);
  if (id.len > 0) {
    textbuf_add(&b, TEXT("\"id\":"));
    json_put_text(&o, id);
  }
  const struct text json = field_config(
      arena, node, object, arena_copy_text(arena, textbuf_text(&b)));
  textbuf_free(&b);
  struct json *tree = NULL;
  const enum bt_err err =
      json_parse(arena, json, JSON_DEPTH_DEFAULT, &tree, NULL);
  return err == BT_ERR_OK ? tree : NULL;
}

static void check_config(const struct checking *c, const struct json *node,
                         enum config_object object, struct text id) {
  const struct json *config = as_config(c->r->arena, node, object, id);
  struct config_error error;
  if (config == NULL) {
    c->r->no_memory = true;
    return;
  }
  for (unsigned skip = 0;
       skip < FINDINGS_MAX && !config_check(object, config, skip, &error);
       skip++) {
    const struct json *at = yaml_tree_follow(node, text_from(error.pointer));
    fields_error(c->r, at, "%s", error.message);
  }
}

static void check_objects(const struct checking *c, enum scenario_field list,
                          enum config_object object) {
  for (const struct json *n = field_first(c->s->root, list); n != NULL;
       n = n->next) {
    check_config(c, n, object, (struct text){"", 0});
    const struct json *id = json_member(n, TEXT("id"));
    for (const struct json *t = field_first(c->s->root, list); t != n;
         t = t->next) {
      const struct json *other = json_member(t, TEXT("id"));
      if (id != NULL && other != NULL &&
          text_equal_nocase(id->text, other->text)) {
        fields_error(c->r, id, "\"%.*s\" stands here a second time",
                     TEXT_ARG(id->text));
      }
    }
  }
}

/* ---- people */

static void check_customer(const struct checking *c) {
  const struct json *customer = field_at(c->s->root, F_SCENARIO_CUSTOMER);
  for (const struct json *a = field_first(customer, F_CUSTOMER_ANSWERS);
       a != NULL; a = a->next) {
    if ((field_at(a, F_REPLY_SAY) != NULL) == field_flag(a, F_REPLY_SILENT)) {
      fields_error(c->r, a,
                   "an answer either says something (\"say\") or is "
                   "\"silent: true\"");
    }
  }
  check_steps(c, customer, F_CUSTOMER_DOES, PARTY_CUSTOMER);
}

static void check_bots(const struct checking *c) {
  const struct json *bot = field_at(c->s->root, F_SCENARIO_BOT);
  const struct json *id = json_member(bot, TEXT("id"));
  if (bot != NULL) {
    check_config(c, bot, CONFIG_BOT, id == NULL ? TEXT("cognigy") : TEXT(""));
    check_steps(c, bot, F_BOT_DOES, PARTY_BOT);
  }
  if (bot != NULL &&
      text_equal(field_text(c->s->root, F_SCENARIO_START), TEXT("script"))) {
    fields_error(c->r, bot,
                 "with \"start: script\" no bot holds the session; "
                 "others go into \"bots\"");
  }
  check_objects(c, F_SCENARIO_BOTS, CONFIG_BOT);
  for (const struct json *b = field_first(c->s->root, F_SCENARIO_BOTS);
       b != NULL; b = b->next) {
    check_steps(c, b, F_BOT_DOES, PARTY_BOT);
  }
}

static void check_agents(const struct checking *c) {
  check_objects(c, F_SCENARIO_AGENTS, CONFIG_AGENT);
  for (const struct json *a = field_first(c->s->root, F_SCENARIO_AGENTS);
       a != NULL; a = a->next) {
    check_steps(c, a, F_AGENT_DOES, PARTY_AGENT);
    const struct json *queues = json_member(a, TEXT("queues"));
    for (const struct json *q = queues == NULL ? NULL : queues->first;
         q != NULL && !is_of_centre(c, q); q = q->next) {
      require_queue(c, q);
    }
  }
}

static void check_zone(const struct checking *c, const struct json *at) {
  struct tz *zone = NULL;
  if (at == NULL || at->type != JSON_TEXT) {
    return;
  }
  if (zone_load(heap_mem(), at->text, &zone) != BT_ERR_OK) {
    fields_error(c->r, at,
                 "there is no time zone \"%.*s\" on this machine; one is "
                 "Europe/Berlin",
                 TEXT_ARG(at->text));
    return;
  }
  tz_free(zone);
}

/* A @what of that id or name, among the objects of the scenario's @list, which
 * is called @where. */
static void require_one(const struct checking *c, enum scenario_field list,
                        const char *where, const char *what,
                        const struct json *at) {
  const struct json *n = field_first(c->s->root, list);
  for (; n != NULL; n = n->next) {
    const struct json *id = json_member(n, TEXT("id"));
    const struct json *name = json_member(n, TEXT("name"));
    if ((id != NULL && text_equal_nocase(id->text, at->text)) ||
        (name != NULL && text_equal_nocase(name->text, at->text))) {
      return;
    }
  }
  fields_error(c->r, at,
               "there is no %s \"%.*s\"; %ss stand in the scenario's \"%s\"",
               what, TEXT_ARG(at->text), what, where);
}

static void check_calendars(const struct checking *c) {
  check_zone(c, field_at(c->s->root, F_SCENARIO_ZONE));
  check_objects(c, F_SCENARIO_HOURS, CONFIG_HOURS);
  for (const struct json *n = field_first(c->s->root, F_SCENARIO_HOURS);
       n != NULL; n = n->next) {
    check_zone(c, json_member(n, TEXT("timeZone")));
  }
  for (const struct json *n = field_first(c->s->root, F_SCENARIO_QUEUES);
       n != NULL; n = n->next) {
    const struct json *hours = json_member(n, TEXT("hours"));
    if (hours != NULL && hours->type == JSON_TEXT) {
      require_one(c, F_SCENARIO_HOURS, "hours", "calendar", hours);
    }
  }
}

static void check_dispositions(const struct checking *c) {
  check_objects(c, F_SCENARIO_DISPOSITIONS, CONFIG_DISPOSITION);
  for (const struct json *n = field_first(c->s->root, F_SCENARIO_QUEUES);
       n != NULL; n = n->next) {
    const struct json *list = json_member(n, TEXT("dispositions"));
    for (const struct json *e =
             list != NULL && list->type == JSON_LIST ? list->first : NULL;
         e != NULL; e = e->next) {
      require_one(c, F_SCENARIO_DISPOSITIONS, "dispositions", "disposition", e);
    }
  }
}

static void check_outside(const struct checking *c) {
  check_calendars(c);
  check_dispositions(c);
  const struct json *entry = field_at(c->s->root, F_SCENARIO_ENTRY);
  if (entry != NULL) {
    const bool named = json_member(entry, TEXT("id")) != NULL;
    check_config(c, entry, CONFIG_ENTRY, named ? TEXT("") : TEXT("main"));
    const struct json *fallback = json_member(entry, TEXT("fallback"));
    if (fallback != NULL && fallback->type == JSON_TEXT &&
        !is_of_centre(c, fallback)) {
      require_queue(c, fallback);
    }
  }
  for (const struct json *n = field_first(c->s->root, F_SCENARIO_REST);
       n != NULL; n = n->next) {
    if (field_at(n, F_REST_URL) == NULL) {
      fields_error(c->r, n, "\"url\" is missing; * stands for any text");
    }
    if (field_at(n, F_REST_JSON) != NULL && field_at(n, F_REST_TEXT) != NULL) {
      fields_error(c->r, n, "a reply has \"json\" or \"text\", not both");
    }
  }
  for (const struct json *n = field_first(c->s->root, F_SCENARIO_SCRIPTS);
       n != NULL; n = n->next) {
    if (field_at(n, F_SCRIPT_FILE) == NULL) {
      fields_error(c->r, n, "\"file\" is missing");
    }
  }
  check_steps(c, c->s->root, F_SCENARIO_MEANWHILE, PARTY_OUTSIDE);
}

/* ---- expectations */

static bool is_event_member(struct text key) {
  static const char *const own[] = {"event",  "at",   "within", "times",
                                    "who",    "role", "line",   "request",
                                    "holder", "seq"};
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    if (text_equal(key, text_from(own[i]))) {
      return true;
    }
  }
  for (uint32_t f = 0; f < FIELDS; f++) {
    if (text_equal(key, text_from(field_info((enum field)f)->wire))) {
      return true;
    }
  }
  return false;
}

static void check_event_members(const struct checking *c,
                                const struct json *event) {
  struct text known[FIELDS + 4];
  size_t count = 0;
  for (uint32_t f = 0; f < FIELDS; f++) {
    known[count++] = text_from(field_info((enum field)f)->wire);
  }
  known[count++] = TEXT("within");
  known[count++] = TEXT("times");
  for (const struct json *m = event->first; m != NULL; m = m->next) {
    if (!is_event_member(m->key)) {
      const struct text hint = fields_suggest(c->r, m->key, known, count);
      fields_error(c->r, m, "no event has a member \"%.*s\"%.*s",
                   TEXT_ARG(m->key), TEXT_ARG(hint));
    }
  }
}

static void check_events(const struct checking *c, const struct json *expect,
                         enum scenario_field list) {
  for (const struct json *e = field_first(expect, list); e != NULL;
       e = e->next) {
    const struct json *name = field_at(e, F_EVENT_EVENT);
    if (name == NULL) {
      fields_error(c->r, e, "\"event\" is missing: the name of the event");
    } else {
      require_event(c, name);
    }
    check_event_members(c, e);
  }
}

static void check_calls(const struct checking *c, const struct json *expect) {
  struct text known[ACTIONS];
  for (uint32_t a = 0; a < ACTIONS; a++) {
    known[a] = action_info((enum action_id)a)->name;
  }
  for (const struct json *e = field_first(expect, F_EXPECT_CALLS); e != NULL;
       e = e->next) {
    const struct json *name = field_at(e, F_CALL_ACTION);
    if (name == NULL) {
      fields_error(c->r, e, "\"action\" is missing: the name of the action");
    } else {
      const struct known actions = {"there is no action", known, ACTIONS};
      require_known(c->r, name, match_scalar(name), &actions);
    }
  }
}

static void check_hears(const struct checking *c, const struct json *expect) {
  const struct json *hears = field_at(expect, F_EXPECT_HEARS);
  struct text known[NAMES_MAX];
  size_t count = 0;
  known[count++] = TEXT("customer");
  count = roster_names(&c->roster.bots, known, count);
  count = roster_names(&c->roster.agents, known, count);
  for (const struct json *m = hears == NULL ? NULL : hears->first; m != NULL;
       m = m->next) {
    const struct known people = {"nobody is called", known, count};
    require_known(c->r, m, m->key, &people);
    if (m->type != JSON_LIST && m->type != JSON_TEXT) {
      fields_error(c->r, m, "\"%.*s\" must be a list of texts; found %s",
                   TEXT_ARG(m->key), json_type_name(m->type));
    }
  }
}

static void check_expect(const struct checking *c) {
  const struct json *expect = field_at(c->s->root, F_SCENARIO_EXPECT);
  struct text known[NAMES_MAX];
  size_t count = 0;
  for (uint32_t s = SESSION_NONE + 1; s < SESSION_STATUSES; s++) {
    known[count++] = text_from(session_status_name((enum session_status)s));
  }
  known[count++] = TEXT("**");
  known[count++] = TEXT("*");
  require_each(c, field_at(expect, F_EXPECT_STATUSES), "there is no status",
               known, count);
  known[0] = TEXT("none");
  count = roster_names(&c->roster.agents, known, 1);
  require_each(c, field_at(expect, F_EXPECT_AGENT), "there is no agent", known,
               count);
  count = roster_names(&c->roster.queues, known, 1);
  require_each(c, field_at(expect, F_EXPECT_QUEUE), "there is no queue", known,
               count);
  check_hears(c, expect);
  check_events(c, expect, F_EXPECT_TIMELINE);
  check_events(c, expect, F_EXPECT_NEVER);
  check_calls(c, expect);
}

static void check_skips(const struct checking *c) {
  static const char *const wires[] = {
#define MEMBER(object, name, wire, kind, of, def, doc) #object "." wire,
#include "scenario/scenario.def"
#undef MEMBER
  };
  struct text known[NAMES_MAX];
  size_t count = 0;
  for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++) {
    const struct text wire = text_from(wires[i]);
    if (text_starts(wire, TEXT("EXPECT."))) {
      known[count++] = text_sub(wire, 7, wire.len);
    }
  }
  const struct json *faults = field_at(c->s->root, F_SCENARIO_FAULTS);
  require_each(c, field_at(faults, F_FAULTS_SKIP), "nothing is expected as",
               known, count);
}

void references_check(struct scenario_reader *r, const struct scenario *s) {
  struct checking c = {.r = r, .s = s};
  if (!roster_make(r->arena, s, &c.roster)) {
    r->no_memory = true;
    return;
  }
  check_objects(&c, F_SCENARIO_QUEUES, CONFIG_QUEUE);
  check_customer(&c);
  check_bots(&c);
  check_agents(&c);
  check_outside(&c);
  check_expect(&c);
  check_skips(&c);
}
