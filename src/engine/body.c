/* What a body must hold as a whole; what each member must be is form.c. */
#include "base/check.h"
#include "engine/engine_priv.h"

static const struct {
  enum command_type command;
  enum field field;
  const char *pointer, *what;
} required[] = {
    {COMMAND_SAY, FIELD_TEXT, "/text", "A message needs a text, or data."},
    {COMMAND_WHISPER, FIELD_TEXT, "/text", "A whisper needs a text."},
    {COMMAND_ADD_NOTE, FIELD_TEXT, "/text", "A note needs a text."},
    {COMMAND_SET_ATTRIBUTES, FIELD_ATTRIBUTES, "/attributes",
     "Attributes are needed: an object."},
    {COMMAND_SET_DISPOSITION, FIELD_DISPOSITION, "/disposition",
     "A disposition is needed."},
    {COMMAND_MOVE, FIELD_QUEUE_NAME, "/queue",
     "The queue is needed to which the session goes."},
    {COMMAND_ASSIGN, FIELD_AGENT_ID, "/agentId",
     "The agent is needed who gets the session."},
    {COMMAND_AGENT_STATE, FIELD_STATE, "/state",
     "A state is needed: \"available\", \"away\" or \"offline\"."},
    {COMMAND_BOOK_CALL, FIELD_PHONE, "/number",
     "A telephone number is needed."},
    {COMMAND_RUN_SCRIPT, FIELD_NAME, "/name", "The script's name is needed."},
    {COMMAND_PUT_SCRIPT, FIELD_NAME, "/name", "The script's name is needed."},
};

/* Of a session that waits, at least one thing must change. */
static bool has_change(struct ctx *x, const struct record *args,
                       struct answer *a) {
  static const enum field fields[] = {FIELD_PRIORITY, FIELD_ACCELERATION,
                                      FIELD_MAX_PRIORITY, FIELD_SKILLS};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    if (record_has(args, fields[i])) {
      return true;
    }
  }
  answer_member(x, REFUSAL_INVALID_MEMBER, "",
                TEXT("Nothing to change: give priority (0 … 1000), "
                     "acceleration, maxPriority or skills."),
                a);
  return false;
}

/* A picture or a choice needs no words. */
static bool has_field(const struct record *args, enum field f) {
  return record_has(args, f) ||
         (args->type == COMMAND_SAY && record_has(args, FIELD_DATA));
}

static bool has_required(struct ctx *x, const struct record *args,
                         struct answer *a) {
  for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
    if (required[i].command == args->type &&
        !has_field(args, required[i].field)) {
      answer_member(x, REFUSAL_INVALID_MEMBER, required[i].pointer,
                    text_from(required[i].what), a);
      return false;
    }
  }
  return args->type != COMMAND_REPRIORITISE || has_change(x, args, a);
}

/* Members that hold one of a few words. */
static const struct {
  enum command_type command;
  enum field field;
  const char *pointer;
  const char *words[3];
} wordings[] = {
    {COMMAND_TRANSFER, FIELD_ACTION, "/action", {"Transfer"}},
    {COMMAND_GOODBYE, FIELD_OUTCOME, "/outcome", {"escalate", "end"}},
    {COMMAND_AGENT_STATE,
     FIELD_STATE,
     "/state",
     {"available", "away", "offline"}},
};

static bool refuse_word(struct ctx *x, size_t i, struct text found,
                        struct answer *a) {
  struct textbuf b;
  textbuf_init(&b, x->out->arena.mem);
  textbuf_addf(&b, "Not \"%.*s\", but", TEXT_ARG(found));
  for (size_t w = 0; w < 3 && wordings[i].words[w] != NULL; w++) {
    textbuf_addf(&b, "%s \"%s\"", w == 0 ? "" : " or", wordings[i].words[w]);
  }
  textbuf_add_char(&b, '.');
  answer_member(x, REFUSAL_INVALID_MEMBER, wordings[i].pointer,
                arena_copy_text(ctx_arena(x), textbuf_text(&b)), a);
  textbuf_free(&b);
  return false;
}

static bool words_fit(struct ctx *x, const struct record *args,
                      struct answer *a) {
  for (size_t i = 0; i < sizeof wordings / sizeof wordings[0]; i++) {
    if (wordings[i].command != args->type ||
        !record_has(args, wordings[i].field)) {
      continue;
    }
    const struct text found = record_text(args, wordings[i].field);
    bool known = false;
    for (size_t w = 0; w < 3 && wordings[i].words[w] != NULL; w++) {
      known =
          known || text_equal_nocase(found, text_from(wordings[i].words[w]));
    }
    if (!known) {
      return refuse_word(x, i, found, a);
    }
  }
  return true;
}

/* ---- what a transfer goes to */

static const enum field targets[] = {
    FIELD_TARGET,   FIELD_QUEUE_ID, FIELD_QUEUE_NAME, FIELD_SKILL,
    FIELD_AGENT_ID, FIELD_BOT_ID,   FIELD_ADDRESS};
enum { TARGETS = sizeof targets / sizeof targets[0] };

enum field body_target_field(const struct record *args) {
  for (size_t i = 0; i < TARGETS; i++) {
    if (record_has(args, targets[i])) {
      return targets[i];
    }
  }
  return FIELDS;
}

struct text body_target(const struct record *args) {
  const enum field field = body_target_field(args);
  return field == FIELDS ? TEXT("AgentSkill") : record_text(args, field);
}

static bool has_one_target(struct ctx *x, const struct record *args,
                           struct answer *a) {
  unsigned count = 0;
  for (size_t i = 0; i < TARGETS; i++) {
    count += record_has(args, targets[i]);
  }
  if (count != 1) {
    answer_member(x, REFUSAL_INVALID_MEMBER, "",
                  ctx_format(x,
                             "A transfer needs exactly one of queueId, "
                             "queue, skill, agentId, bot and address; %u "
                             "are given.",
                             count),
                  a);
  } else if (record_has(args, FIELD_ADDRESS)) {
    answer_member(x, REFUSAL_INVALID_MEMBER, "/address",
                  TEXT("Only a voice session can go to an address; this "
                       "version serves no voice."),
                  a);
  }
  return count == 1 && !record_has(args, FIELD_ADDRESS);
}

bool body_is_whole(struct ctx *x, const struct record *args, struct answer *a) {
  return has_required(x, args, a) && words_fit(x, args, a) &&
         ((args->type != COMMAND_TRANSFER && args->type != COMMAND_CONSULT) ||
          has_one_target(x, args, a));
}

bool body_skills(struct ctx *x, struct text skills, struct router_request *q,
                 struct answer *a) {
  struct text unknown = {"", 0};
  if (engine_parse_needs(x->e, skills, q, &unknown)) {
    return true;
  }
  answer_member(
      x, REFUSAL_INVALID_MEMBER, "/skills",
      unknown.len > 0
          ? ctx_format(x, "No skill is called '%.*s'.", TEXT_ARG(unknown))
          : ctx_format(x, "More than %d skills, or one twice.", LIMIT_NEEDS),
      a);
  return false;
}

bool body_ageing_fits(struct ctx *x, const struct own_ageing *own,
                      const struct router_request *q, struct answer *a) {
  _Static_assert(LIMIT_SLOPES == (int)ROUTER_SLOPES_MAX,
                 "what the router can do is what is promised");
  if ((!own->has_points && !own->has_most) ||
      router_slope_fits(&x->e->router, q)) {
    return true;
  }
  answer_member(
      x, REFUSAL_INVALID_MEMBER,
      own->has_points ? "/acceleration" : "/maxPriority",
      ctx_format(x,
                 "Sessions with the same needs wait with %d different "
                 "settings of acceleration and maxPriority already: "
                 "use one of those, or none.",
                 LIMIT_SLOPES),
      a);
  return false;
}
