/* Which action each step is, and which of its members say what. */
#include "cli/convert_step.h"
#include "domain/heap.h"
#include "studio/action.h"

static bool is_container(const struct json *j) {
  return j->type == JSON_LIST || j->type == JSON_OBJECT;
}

static void steps_in(struct step *s, const struct json *inner) {
  if (inner != NULL) {
    convert_steps(s->c, inner, s->base);
  }
}

static void add(struct step *s, const char *line) {
  convert_add(s->c, s->from, "%s", line);
}

/* ---- transfers */

static const struct {
  const char *names, *member;
} transfer_members[] = {
    {"queueId", "queueId"},
    {"queue|queueName", "queue"},
    {"skill|skillId|skillName", "skill"},
    {"agentId|agent|agentName", "agentId"},
    {"bot|botId|botName", "bot"},
    {"target|destination|to|transferTo", "target"},
    {"address|phoneNumber|number|sip", "address"},
    {"skipQueue", "skipQueue"},
    {"priority", "priority"},
    {"skills", "skills"},
    {"when", "when"},
    {"release", "release"},
    {"requireAgent", "requireAgent"},
    {"async", "async"},
    {"reason|transferReason", "reason"},
    {"note|notes|comment", "note"},
};

enum { TARGETS = 7 }; /* the first rows say where to */

static void set_members(struct step *s) {
  bool has_target = false;
  for (size_t i = 0; i < sizeof transfer_members / sizeof transfer_members[0];
       i++) {
    const struct json *m = step_take(s, transfer_members[i].names);
    if (m != NULL) {
      has_target = has_target || i < TARGETS;
      const struct text a = convert_value(s->c, m, s->from);
      convert_add(s->c, s->from, "transfer.%s = %.*s",
                  transfer_members[i].member, TEXT_ARG(a));
    }
  }
  const struct text timeout = step_timeout(s, "");
  if (timeout.len > 0) {
    convert_add(s->c, s->from, "transfer.timeout = %.*s", TEXT_ARG(timeout));
  }
  const struct json *released = step_take(s, "waitForRelease|afterRelease");
  if (released != NULL && released->type == JSON_TRUE) {
    add(s, "transfer.when = \"released\"");
  }
  if (!has_target) {
    convert_note(s->c, s->c->count, s->from,
                 "this transfer names no target: set queueId, skill, agentId "
                 "or bot");
  }
}

static void put_result(struct step *s, const char *what) {
  const struct json *failed =
      step_take(s, "onError|onFailure|onFailed|fallback|else|catch");
  const struct json *done = step_take(s, "onSuccess|then|success");
  add(s, "IF result.code != 200 {");
  if (failed != NULL && is_container(failed)) {
    steps_in(s, failed);
  } else {
    convert_add(s->c, s->from, "LogError(\"%s failed: \" + result.message)",
                what);
  }
  if (done != NULL && is_container(done)) {
    add(s, "} ELSE {");
    steps_in(s, done);
  }
  add(s, "}");
}

static void put_transfer(struct step *s) {
  add(s, "DYNAMIC transfer");
  add(s, "transfer.action = \"Transfer\"");
  set_members(s);
  add(s, "ASSIGN result = Transfer(transfer)");
  put_result(s, "Transfer");
}

/* All other members become members of @object. */
static void put_options(struct step *s, const char *object) {
  size_t i = 0;
  convert_add(s->c, s->from, "DYNAMIC %s", object);
  for (const struct json *m = s->object->first; m != NULL; m = m->next, i++) {
    if (i < STEP_MEMBERS_MAX && !s->used[i] &&
        step_is_one_of(m->key,
                       "priority|initialPriority|acceleration|maxPriority|"
                       "targetAgent|lowProficiency|highProficiency")) {
      s->used[i] = true;
      const struct text a = convert_value(s->c, m, s->from);
      convert_add(s->c, s->from, "%s.%.*s = %.*s", object, TEXT_ARG(m->key),
                  TEXT_ARG(a));
    }
  }
}

static void put_req_agent(struct step *s) {
  const struct text skill = step_value(
      s, step_take(s, "skill|skillId|skillName|queue|target"), "null");
  put_options(s, "request");
  convert_add(s->c, s->from, "ASSIGN result = ReqAgent(%.*s, request)",
              TEXT_ARG(skill));
  put_result(s, "ReqAgent");
}

static void put_update_contact(struct step *s) {
  put_options(s, "request");
  add(s, "ASSIGN result = UpdateContact(request)");
}

/* ---- time, and the end */

static void put_wait(struct step *s) {
  const struct json *status = step_take(s, "status|for|until");
  const struct json *value = step_take(s, "value");
  const struct text seconds =
      value != NULL ? step_seconds(s, value, false, "1") : step_timeout(s, "");
  const struct json *delay = step_take(s, "delay|time|delaySeconds|amount");
  const struct text wait =
      seconds.len > 0 ? seconds : step_seconds(s, delay, false, "1");
  if (status == NULL) {
    convert_add(s->c, s->from, "Wait(%.*s)", TEXT_ARG(wait));
  } else {
    const struct text a = convert_value(s->c, status, s->from);
    convert_add(s->c, s->from,
                "ASSIGN waited = WaitFor(GetSessionInfo().id, %.*s, %.*s)",
                TEXT_ARG(a), TEXT_ARG(wait));
  }
}

static void put_hangup(struct step *s) {
  add(s, "Hangup()");
}

static void put_end(struct step *s) {
  add(s, "EndConversation()");
}

static void put_release(struct step *s) {
  add(s, "Release()");
}

static void put_exit(struct step *s) {
  add(s, "EXIT");
}

static void put_info(struct step *s) {
  const struct text a =
      step_variable(s, "variable|saveAs|output|result", "session");
  convert_add(s->c, s->from, "ASSIGN %.*s = GetSessionInfo()", TEXT_ARG(a));
}

/* ---- the customer */

#define TEXT_NAMES "text|message|prompt|content|body|say|value|question"

static void put_say(struct step *s) {
  const struct text a = step_value(s, step_take(s, TEXT_NAMES), "\"\"");
  convert_add(s->c, s->from, "Say(%.*s)", TEXT_ARG(a));
}

static void put_play(struct step *s) {
  const struct json *file = step_take(s, "file|url|audio|prompt|sound");
  const struct text a = step_value(s, file, "\"\"");
  convert_add(s->c, s->from, "Play(%.*s)", TEXT_ARG(a));
}

#define SAVE_NAMES "variable|saveAs|saveTo|storeIn|output|assignTo|result"

static void put_ask(struct step *s) {
  const struct text text = step_value(s, step_take(s, TEXT_NAMES), "\"\"");
  const struct text variable = step_variable(s, SAVE_NAMES, "answer");
  const struct text a = step_timeout(s, "30");
  convert_add(s->c, s->from, "ASSIGN %.*s = Ask(%.*s, %.*s)",
              TEXT_ARG(variable), TEXT_ARG(text), TEXT_ARG(a));
}

static void put_branches(struct step *s, const struct json *branches,
                         struct text variable) {
  convert_add(s->c, s->from, "SWITCH %.*s.choice {", TEXT_ARG(variable));
  for (const struct json *b = branches->first; b != NULL; b = b->next) {
    if (step_is_one_of(b->key, "default|else|otherwise|timeout")) {
      add(s, "DEFAULT {");
    } else {
      const struct json name = {.type = JSON_TEXT, .text = b->key};
      const struct text a = convert_value(s->c, &name, s->from);
      convert_add(s->c, s->from, "CASE %.*s {", TEXT_ARG(a));
    }
    steps_in(s, b);
    add(s, "}");
  }
  add(s, "}");
}

static void put_menu(struct step *s) {
  const struct text text = step_value(s, step_take(s, TEXT_NAMES), "\"\"");
  const struct json *choices = step_take(s, "choices|options|buttons|items");
  const struct json *branches = step_take(s, "branches|cases|on|onChoice");
  const struct text variable = step_variable(s, SAVE_NAMES, "choice");
  const struct text a = step_value(s, choices, "\"\"");
  const struct text b = step_timeout(s, "30");
  convert_add(s->c, s->from, "ASSIGN %.*s = Menu(%.*s, %.*s, %.*s)",
              TEXT_ARG(variable), TEXT_ARG(text), TEXT_ARG(a), TEXT_ARG(b));
  if (branches != NULL && branches->type == JSON_OBJECT) {
    put_branches(s, branches, variable);
  }
}

/* ---- what is kept */

static void put_log(struct step *s) {
  const struct json *level = step_take(s, "level|severity");
  const struct text name = level == NULL ? TEXT("") : level->text;
  const char *function = step_is_one_of(name, "error")          ? "LogError"
                         : step_is_one_of(name, "warn|warning") ? "LogWarn"
                         : step_is_one_of(name, "info")         ? "LogInfo"
                                                                : "Log";
  const struct text a = step_value(s, step_take(s, TEXT_NAMES), "\"\"");
  convert_add(s->c, s->from, "%s(%.*s)", function, TEXT_ARG(a));
}

static void put_log_error(struct step *s) {
  const struct text a = step_value(s, step_take(s, TEXT_NAMES), "\"\"");
  convert_add(s->c, s->from, "LogError(%.*s)", TEXT_ARG(a));
}

static void put_trace(struct step *s) {
  const struct text a = step_value(s, step_take(s, TEXT_NAMES), "\"\"");
  convert_add(s->c, s->from, "TRACE %.*s", TEXT_ARG(a));
}

static void put_attributes(struct step *s) {
  const struct json *all = step_take(s, "attributes|values|data");
  if (all == NULL || all->type != JSON_OBJECT) {
    const struct json *name = step_take(s, "name|key|attribute");
    const struct text a = step_value(s, name, "\"\"");
    const struct text b = step_value(s, step_take(s, "value|text"), "null");
    convert_add(s->c, s->from, "SetAttribute(%.*s, %.*s)", TEXT_ARG(a),
                TEXT_ARG(b));
    return;
  }
  for (const struct json *m = all->first; m != NULL; m = m->next) {
    const struct json name = {.type = JSON_TEXT, .text = m->key};
    const struct text a = convert_value(s->c, &name, s->from);
    const struct text b = convert_value(s->c, m, s->from);
    convert_add(s->c, s->from, "SetAttribute(%.*s, %.*s)", TEXT_ARG(a),
                TEXT_ARG(b));
  }
}

static void put_disposition(struct step *s) {
  const struct json *code = step_take(s, "code|disposition|value");
  const struct json *note = step_take(s, "note|notes|comment");
  const struct text a = step_value(s, code, "\"\"");
  const struct text b = step_value(s, note, "");
  convert_add(s->c, s->from, "SetDisposition(%.*s%s%.*s)", TEXT_ARG(a),
              note == NULL ? "" : ", ", TEXT_ARG(b));
}

static void put_assign(struct step *s) {
  const struct text name =
      step_variable(s, "variable|name|var|key|target", "value");
  const struct json *expression = step_take(s, "expression|expr|formula");
  const struct json *value = step_take(s, "value|to");
  const struct text e = expression != NULL && expression->type == JSON_TEXT
                            ? expression->text
                            : step_value(s, value, "null");
  bool in_comment = false;
  struct textbuf line;
  textbuf_init(&line, heap_mem());
  textbuf_addf(&line, "ASSIGN %.*s = %.*s", TEXT_ARG(name), TEXT_ARG(e));
  convert_words(s->c, textbuf_text(&line), s->from, &in_comment);
  textbuf_free(&line);
}

/* ---- control */

static void put_if(struct step *s) {
  const struct json *condition =
      step_take(s, "condition|expression|if|test|when");
  const struct json *yes = step_take(s, "then|steps|true|yes|onTrue|actions");
  const struct json *no = step_take(s, "else|otherwise|false|no|onFalse");
  const bool is_text = condition != NULL && condition->type == JSON_TEXT;
  bool in_comment = false;
  struct textbuf line;
  textbuf_init(&line, heap_mem());
  const struct text a =
      is_text ? condition->text : step_value(s, condition, "false");
  textbuf_addf(&line, "IF %.*s {", TEXT_ARG(a));
  convert_words(s->c, textbuf_text(&line), s->from, &in_comment);
  textbuf_free(&line);
  steps_in(s, yes);
  if (no != NULL) {
    add(s, "} ELSE {");
    steps_in(s, no);
  }
  add(s, "}");
}

static void put_repeat(struct step *s) {
  const struct json *count = step_take(s, "count|times|repeat|n");
  const struct json *steps = step_take(s, "steps|actions|do|body");
  const struct text a = step_value(s, count, "1");
  convert_add(s->c, s->from, "REPEAT %.*s {", TEXT_ARG(a));
  steps_in(s, steps);
  add(s, "}");
}

static void put_signal(struct step *s) {
  const struct json *id = step_take(s, "session|sessionId|id|contactId");
  const struct json *list =
      step_take(s, "params|parameters|arguments|args|data");
  const struct json *e = list == NULL ? NULL : list->first;
  const struct text to = step_value(s, id, "GetSessionInfo().id");
  struct textbuf line;
  textbuf_init(&line, heap_mem());
  textbuf_addf(&line, "Signal(%.*s", TEXT_ARG(to));
  for (; e != NULL; e = e->next) {
    const struct text value = convert_value(s->c, e, s->from);
    textbuf_addf(&line, ", %.*s", TEXT_ARG(value));
  }
  textbuf_add_char(&line, ')');
  convert_add_text(s->c, s->from, textbuf_text(&line));
  textbuf_free(&line);
}

static void put_comment(struct step *s) {
  const struct json *text = step_take(s, TEXT_NAMES "|comment");
  if (text != NULL && text->type == JSON_TEXT) {
    convert_add(s->c, s->from, "// %.*s",
                (int)text_find(text->text, TEXT("\n"), 0), text->text.ptr);
  }
}

/* ---- which is which */

static const struct kind {
  const char *names;
  void (*put)(struct step *s);
} kinds[] = {
    {"transfer|transferToQueue|transferToSkill|transferToAgent|handover|"
     "handoff|escalate|transferSession|transferContact",
     put_transfer},
    {"reqAgent|requestAgent", put_req_agent},
    {"updateContact", put_update_contact},
    {"wait|sleep|delay|pause|waitFor|waitForStatus", put_wait},
    {"say|message|sendMessage|speak|sendText|text|reply|prompt", put_say},
    {"play|playAudio|playPrompt", put_play},
    {"ask|question|input|collectInput|getInput", put_ask},
    {"menu|choice|choices|buttons", put_menu},
    {"hangup|disconnect|terminate", put_hangup},
    {"endConversation|endSession|endChat|closeConversation|close", put_end},
    {"release|releaseSession", put_release},
    {"exit|end|stop|finish|return", put_exit},
    {"getSessionInfo|sessionInfo", put_info},
    {"log|logInfo|logWarn", put_log},
    {"logError", put_log_error},
    {"trace|print", put_trace},
    {"setAttribute|setAttributes|attribute|attributes", put_attributes},
    {"setDisposition|disposition", put_disposition},
    {"assign|set|setVariable|variable", put_assign},
    {"if|condition|branch", put_if},
    {"repeat|loop", put_repeat},
    {"signal", put_signal},
    {"comment|note|annotation", put_comment},
};

static const struct kind *find_kind(struct text name) {
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (name.len > 0 && step_is_one_of(name, kinds[i].names)) {
      return &kinds[i];
    }
  }
  return NULL;
}

bool step_is_action(struct text name) {
  return find_kind(name) != NULL || action_find(name) != ACTIONS;
}

/* An action that nothing more is known of: its members in their order. */
static void put_any(struct step *s, const struct action_info *action) {
  struct textbuf line;
  size_t i = 0, written = 0;
  textbuf_init(&line, heap_mem());
  textbuf_addf(&line, "%.*s(", TEXT_ARG(action->name));
  for (const struct json *m = s->object->first; m != NULL; m = m->next, i++) {
    if (i < STEP_MEMBERS_MAX && !s->used[i]) {
      const struct text value = convert_value(s->c, m, s->from);
      s->used[i] = true;
      textbuf_addf(&line, "%s%.*s", written++ > 0 ? ", " : "", TEXT_ARG(value));
    }
  }
  textbuf_add_char(&line, ')');
  convert_note(s->c, s->c->count, s->from,
               "the members are taken in their order: compare with %.*s",
               TEXT_ARG(action->form));
  convert_add_text(s->c, s->from, textbuf_text(&line));
  textbuf_free(&line);
}

void step_put_action(struct step *s, struct text name) {
  const struct kind *kind = find_kind(name);
  if (kind != NULL) {
    kind->put(s);
  } else if (action_find(name) != ACTIONS) {
    put_any(s, action_info(action_find(name)));
  }
}
