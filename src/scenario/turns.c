/* Bots that scripts ask for one turn: what the scenario has them answer. */
#include "base/check.h"
#include "domain/heap.h"
#include "scenario/match_priv.h"
#include "scenario/world_priv.h"

/* Without entropy, which nothing here needs: a world in which nobody asks a bot
 * is the same to the byte. */
static void submit(struct world *w, enum command_type type, uint32_t bot,
                   const struct plan *p, struct text value) {
  struct command cmd = {.by = {.role = ROLE_SYSTEM,
                               .number = SESSION_NOBODY,
                               .name = w->bots[bot].id},
                        .now_us = w->now_us};
  record_init(&cmd.args, type);
  record_set_num(&cmd.args, FIELD_BOT, bot);
  if (p != NULL) {
    record_set_id(&cmd.args, FIELD_SESSION, p->session);
    record_set_num(&cmd.args, FIELD_QUESTION, p->question);
    record_set_text(&cmd.args, FIELD_VALUE, value);
  }
  world_submit(w, &cmd);
}

void turns_connect(struct world *w) {
  for (uint32_t i = 0; i < w->roster.bots.count; i++) {
    submit(w, COMMAND_BOT_JOINED, i, NULL, TEXT(""));
  }
}

void turns_ask(struct world *w, const struct record *fx) {
  const uint32_t bot = (uint32_t)record_num(fx, FIELD_BOT);
  bt_check(bot < w->roster.bots.count);
  struct actor *a = &w->bots[bot];
  const struct json *turn = people_next(a);
  const struct plan p = {.kind = PLAN_TURN,
                         .actor = a,
                         .session = record_id(fx, FIELD_SESSION),
                         .question = record_num(fx, FIELD_QUESTION),
                         .node = turn};
  if (!field_flag(turn, F_TURN_SILENT)) { /* else its time runs out */
    world_plan(w, field_us(turn, F_TURN_WAIT), &p);
  }
}

static void put_messages(struct json_out *o, const struct json *turn) {
  json_key(o, "messages");
  json_open_list(o);
  for (const struct json *m = field_first(turn, F_TURN_SAYS); m != NULL;
       m = m->next) {
    json_put_text(o, match_scalar(m));
  }
  json_close_list(o);
}

void turns_answer(struct world *w, const struct plan *p) {
  const struct json *payload = field_at(p->node, F_TURN_PAYLOAD);
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, heap_mem());
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "branch");
  json_put_text(&o, p->node == NULL ? TEXT("ReturnControlToScript")
                                    : field_text(p->node, F_TURN_BRANCH));
  put_messages(&o, p->node);
  if (payload != NULL) {
    json_key(&o, "payload");
    json_put_tree(&o, payload);
  }
  json_close_object(&o);
  submit(w, COMMAND_BOT_REPLY, p->actor->number, p, textbuf_text(&b));
  textbuf_free(&b);
}
