/* Who has a conversation, out of its participants. */
#include "bots/shared/parts.h"
#include "desks/genesys/genesys_priv.h"

/* The state of a participant, or that of its latest communication. */
static struct text state_of(const struct json *participant) {
  const struct json *list = part_of(participant, "messages");
  struct text state = part_text(participant, "state");
  for (const struct json *m = list == NULL ? NULL : list->first; m != NULL;
       m = m->next) {
    state = part_text(m, "state");
  }
  return state;
}

static bool is_gone(const struct json *participant) {
  const struct text state = state_of(participant);
  return text_equal(state, TEXT("disconnected")) ||
         text_equal(state, TEXT("terminated")) ||
         part_text(participant, "endTime").len > 0;
}

static bool is_one_of(struct text word, const char *a, const char *b) {
  return text_equal(word, text_from(a)) || text_equal(word, text_from(b));
}

static void add_agent(const struct json *p, struct conversation_state *out) {
  const struct text code = part_text(part_of(p, "wrapup"), "name");
  out->outcome = code.len > 0 ? code : out->outcome;
  if (!is_gone(p) && text_equal(state_of(p), TEXT("connected"))) {
    out->agent = true;
    out->name = part_text(p, "name");
  }
}

struct conversation_state conversation_read(const struct json *conversation) {
  struct conversation_state out = {.name = TEXT(""), .outcome = TEXT("")};
  const struct json *list = part_of(conversation, "participants");
  out.known = list != NULL && list->type == JSON_LIST && list->count > 0;
  for (const struct json *p = list == NULL ? NULL : list->first; p != NULL;
       p = p->next) {
    const struct text purpose = part_text(p, "purpose");
    if (is_one_of(purpose, "customer", "external")) {
      out.customer = out.customer || !is_gone(p);
    } else {
      out.others = out.others || !is_gone(p);
    }
    if (is_one_of(purpose, "agent", "user")) {
      add_agent(p, &out);
    }
  }
  return out;
}
