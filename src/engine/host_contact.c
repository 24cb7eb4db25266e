/* Actions that say how a contact waits for an agent: ReqAgent, UpdateContact.
 * Their options are those of a transfer, and a few in the words of contact
 * centres. */
#include "base/check.h"
#include "engine/form.h"
#include "engine/host_priv.h"
#include "studio/options.h"

enum contact_number { INITIAL, ACCELERATION, MOST, LOW, HIGH, NUMBERS };

/* @field: FIELDS for a proficiency, which is said of a skill. */
static const struct {
  const char *name;
  int min, max;
  int parts; /* in which the field counts */
  enum field field;
} numbers[NUMBERS] = {
    [INITIAL] = {"initialPriority", 0, ROUTER_PRIORITY_MAX, 1, FIELD_PRIORITY},
    [ACCELERATION] = {"acceleration", 0, ROUTER_AGEING_MAX / POINTS_PARTS,
                      POINTS_PARTS, FIELD_ACCELERATION},
    [MOST] = {"maxPriority", 0, ROUTER_PRIORITY_MAX, 1, FIELD_MAX_PRIORITY},
    [LOW] = {"lowProficiency", ROUTER_PROFICIENCY_BEST,
             ROUTER_PROFICIENCY_WORST, 1, FIELDS},
    [HIGH] = {"highProficiency", ROUTER_PROFICIENCY_BEST,
              ROUTER_PROFICIENCY_WORST, 1, FIELDS},
};

static const char target_agent[] = "targetAgent";

struct contact {
  int64_t number[NUMBERS]; /* in parts */
  bool has[NUMBERS];
};

static bool refuse_option(const struct act *t, struct text why,
                          struct answer *a) {
  answer_member(t->x, REFUSAL_INVALID_MEMBER, "", why, a);
  return false;
}

/* Options are an object, or a text: "initialPriority:3,targetAgent:anna". */
static bool is_object(const struct act *t, unsigned i) {
  return vm_arg_kind(t->vm, i) == VM_KIND_OBJECT;
}

static bool find_option(const struct act *t, unsigned i, const char *name,
                        struct text *value) {
  struct text rest = act_has(t, i) ? act_text(t, i) : TEXT("");
  struct options_pair pair;
  while (options_next(&rest, &pair)) {
    if (text_equal_nocase(pair.key, text_from(name))) {
      *value = pair.value;
      return true;
    }
  }
  return false;
}

/* What argument @i says for one of the own words, as text. */
static bool find_word(const struct act *t, unsigned i, const char *name,
                      struct text *value) {
  if (!is_object(t, i)) {
    return find_option(t, i, name, value);
  }
  *value = act_member_text(t, i, name);
  return vm_arg_member_kind(t->vm, i, name) != VM_KIND_NULL;
}

static bool word_number(const struct act *t, unsigned i, const char *name,
                        struct text said, double *value) {
  return is_object(t, i) ? vm_arg_member_number(t->vm, i, name, value)
                         : text_to_double(said, value);
}

static bool read_number(const struct act *t, unsigned i, size_t n,
                        struct contact *c, struct answer *a) {
  const char *name = numbers[n].name;
  struct text said;
  double value = 0;
  if (!find_word(t, i, name, &said)) {
    return true;
  }
  const bool number = word_number(t, i, name, said, &value) &&
                      value >= numbers[n].min && value <= numbers[n].max;
  c->number[n] = number ? (int64_t)(value * numbers[n].parts + 0.5) : 0;
  c->has[n] = true;
  if (number && (numbers[n].parts > 1 || (double)c->number[n] == value)) {
    return true;
  }
  return refuse_option(
      t,
      ctx_format(t->x, "%s is %s %d … %d%s.", name,
                 numbers[n].parts > 1 ? "a number" : "a whole number",
                 numbers[n].min, numbers[n].max,
                 numbers[n].field == FIELDS ? ", 1 is the best" : ""),
      a);
}

static bool is_own_word(struct text name) {
  bool own = text_equal_nocase(name, text_from(target_agent));
  for (size_t n = 0; n < NUMBERS; n++) {
    own = own || text_equal_nocase(name, text_from(numbers[n].name));
  }
  return own;
}

/* The options that are those of the command, too: a value may hold commas, so
 * that they stay as they were written. */
static struct text other_options(const struct act *t, unsigned i) {
  const struct text all = act_text(t, i);
  struct textbuf b;
  textbuf_init(&b, t->x->out->arena.mem);
  for (size_t from = 0; from <= all.len;) {
    const size_t comma = text_find(all, TEXT(","), from);
    const struct text part = text_sub(all, from, comma - from);
    const size_t colon = text_find(part, TEXT(":"), 0);
    if (!is_own_word(text_trim(text_sub(part, 0, colon)))) {
      textbuf_addf(&b, "%s%.*s", b.len > 0 ? "," : "", TEXT_ARG(part));
    }
    from = comma + 1;
  }
  return act_take(t, &b);
}

/* The members that are those of the command, too. */
static struct text other_members(const struct act *t, unsigned i) {
  struct json *tree = NULL;
  struct act_writer w;
  act_writer_begin(t, &w);
  if (json_parse(ctx_arena(t->x), act_json(t, i), JSON_DEPTH_MAX, &tree,
                 NULL) == BT_ERR_OK) {
    for (const struct json *m = tree->first; m != NULL; m = m->next) {
      if (!is_own_word(m->key)) {
        json_key_text(&w.json, m->key);
        json_put_tree(&w.json, m);
      }
    }
  }
  return act_writer_take(t, &w);
}

/* Argument @i into the members of the command that @args is. */
static bool read_contact(const struct act *t, unsigned i, struct contact *c,
                         struct record *args, struct answer *a) {
  const enum command_type type = (enum command_type)args->type;
  *c = (struct contact){.has = {false}};
  if (!act_has(t, i)) {
    return true;
  }
  struct form_error error;
  const bool good = is_object(t, i)
                        ? form_read_json(type, other_members(t, i),
                                         ctx_arena(t->x), args, &error)
                        : form_read_options(type, other_options(t, i),
                                            ctx_arena(t->x), args, &error);
  if (!good) {
    act_refuse_form(t, type, &error, a);
    return false;
  }
  for (size_t n = 0; n < NUMBERS; n++) {
    if (!read_number(t, i, n, c, a)) {
      return false;
    }
    if (c->has[n] && numbers[n].field != FIELDS) {
      record_set_num(args, numbers[n].field, c->number[n]);
    }
  }
  return true;
}

/* ---- proficiencies */

static bool range_fits(const struct act *t, const struct contact *c,
                       const struct record *args, struct answer *a) {
  if (c->has[LOW] && c->has[HIGH] && c->number[HIGH] > c->number[LOW]) {
    return refuse_option(
        t,
        ctx_format(t->x,
                   "highProficiency %d is weaker than lowProficiency %d: 1 is "
                   "the best, so that nobody is between them.",
                   (int)c->number[HIGH], (int)c->number[LOW]),
        a);
  }
  if ((c->has[LOW] || c->has[HIGH]) && record_has(args, FIELD_SKILLS)) {
    return refuse_option(
        t,
        TEXT("skills say their proficiencies themselves: leave lowProficiency "
             "and highProficiency out."),
        a);
  }
  return true;
}

static void put_need(struct json_out *o, struct text skill, int64_t weakest,
                     int64_t best) {
  json_open_object(o);
  json_key(o, "name");
  json_put_text(o, skill);
  json_key(o, "minProficiency");
  json_put_i64(o, weakest);
  if (best > ROUTER_PROFICIENCY_BEST) {
    json_key(o, "maxProficiency");
    json_put_i64(o, best);
  }
  json_close_object(o);
}

static void set_range(const struct act *t, const struct contact *c,
                      struct text skill, struct record *args) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, t->x->out->arena.mem);
  json_out_init(&o, &b);
  json_open_list(&o);
  put_need(&o, skill, c->has[LOW] ? c->number[LOW] : ROUTER_PROFICIENCY_WORST,
           c->number[HIGH]);
  json_close_list(&o);
  record_set_text(args, FIELD_SKILLS, act_take(t, &b));
}

/* What the session needs of itself, else what its queue needs. */
static uint32_t needs_now(const struct act *t, struct router_request *q) {
  const struct engine *e = t->x->e;
  const struct live *l = engine_live(e, t->slot);
  *q = (struct router_request){.queue = l->s.queue};
  live_ask_needs(l, q);
  if (q->need_count == 0 && live_in_queue(&l->s)) {
    const struct router_queue_params *p = &e->dir.queues[l->s.queue].params;
    q->need_count = p->need_count;
    for (uint32_t i = 0; i < p->need_count; i++) {
      q->needs[i] = p->needs[i];
    }
  }
  return q->need_count;
}

/* The range, of each skill that the session waits for. */
static bool change_range(const struct act *t, const struct contact *c,
                         struct record *args, struct answer *a) {
  struct router_request q;
  struct textbuf b;
  struct json_out o;
  if (needs_now(t, &q) == 0) {
    return refuse_option(
        t, TEXT("The session waits for no skill: there is no proficiency."), a);
  }
  textbuf_init(&b, t->x->out->arena.mem);
  json_out_init(&o, &b);
  json_open_list(&o);
  for (uint32_t i = 0; i < q.need_count; i++) {
    put_need(&o, t->x->e->dir.skills[q.needs[i].skill].name,
             c->has[LOW] ? c->number[LOW] : q.needs[i].proficiency,
             c->has[HIGH] ? c->number[HIGH] : q.best[i]);
  }
  json_close_list(&o);
  record_set_text(args, FIELD_SKILLS, act_take(t, &b));
  return true;
}

/* ---- the actions */

bool host_read_req_agent(const struct act *t, struct record *args,
                         struct answer *a) {
  struct contact c;
  record_init(args, COMMAND_TRANSFER);
  if (!read_contact(t, 1, &c, args, a) || !range_fits(t, &c, args, a)) {
    return false;
  }
  record_set_text(args, FIELD_TARGET, act_text(t, 0));
  if (c.has[LOW] || c.has[HIGH]) {
    set_range(t, &c, act_text(t, 0), args);
  }
  struct text agent;
  if (find_word(t, 1, target_agent, &agent)) {
    record_set_text(args, FIELD_TARGET,
                    ctx_format(t->x, "agent:%.*s", TEXT_ARG(agent)));
  }
  return true;
}

enum act_result host_req_agent(const struct act *t) {
  struct record args;
  struct answer a = {0};
  return host_read_req_agent(t, &args, &a) ? host_do_transfer(t, &args, t->slot)
                                           : act_give(t, &a);
}

enum act_result host_update_contact(const struct act *t) {
  struct record args;
  struct answer a = {0};
  struct contact c;
  record_init(&args, COMMAND_REPRIORITISE);
  if (!read_contact(t, 0, &c, &args, &a) || !range_fits(t, &c, &args, &a)) {
    return act_give(t, &a);
  }
  if ((c.has[LOW] || c.has[HIGH]) && !change_range(t, &c, &args, &a)) {
    return act_give(t, &a);
  }
  return act_do(t, t->slot, &args);
}
