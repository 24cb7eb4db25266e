/* office.c - supervisors and REST callers: they interfere, and repeat what they
 * got no answer to. */
#include "base/check.h"
#include "world.h"

enum { OPENINGS = 5 };

/* One of the open sessions; false: there is none. */
static bool pick(struct world *w, struct id *out) {
  const struct engine *e = domain_engine(w->domain);
  uint32_t count = 0;
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    count++;
  }
  if (count == 0) {
    return false;
  }
  uint64_t n = rand_below(&w->office, count);
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    if (n-- == 0) {
      *out = engine_session_id(e, slot);
    }
  }
  return true;
}

/* With a key, and once more whether it was answered or not. */
static void request(struct world *w, enum command_type type, struct id session,
                    uint32_t word) {
  const struct letter l = {.type = type,
                           .party = PARTY_OFFICE,
                           .session = session,
                           .key = ++w->office_keys,
                           .word = word};
  wire_send(w, &l);
  if (world_one_in(&w->office, 3)) {
    wire_send(w, &l);
  }
}

static void interfere(struct world *w, const struct plan *p) {
  static const enum command_type acts[] = {
      COMMAND_TRANSFER, COMMAND_TRANSFER,       COMMAND_HANGUP, COMMAND_RELEASE,
      COMMAND_REQUEUE,  COMMAND_WITHDRAW_OFFER, COMMAND_SIGNAL, COMMAND_LISTEN};
  struct id session;
  if (w->domain != NULL && !w->healing && pick(w, &session)) {
    request(w, acts[rand_below(&w->office, 8)], session,
            (uint32_t)rand_below(&w->office, 64));
  }
  world_plan(w, world_about(&w->office, 45 * SECOND), p);
}

/* ---- over HTTP alone: what waits is withdrawn, and what is there is read */

static void withdraw(struct world *w, const struct plan *p) {
  wire_send(w, &p->letter);
}

void office_hear_pending(struct world *w, const struct letter *l,
                         struct text path) {
  struct id transfer;
  const size_t from = path.len > ID_TEXT_LEN ? path.len - ID_TEXT_LEN : 0;
  if (!id_from_text(text_sub(path, from, ID_TEXT_LEN), &transfer)) {
    check_break(w, CHECK_WIRE, l->session, "202 without where it waits");
  } else if (world_one_in(&w->office, 2)) {
    const struct letter mine = {.type = COMMAND_CANCEL_TRANSFER,
                                .party = PARTY_OFFICE,
                                .session = l->session,
                                .life = transfer.hi,
                                .offer = (int64_t)transfer.lo,
                                .key = ++w->office_keys};
    world_plan_letter(w, world_below(&w->office, 4 * SECOND), withdraw, &mine);
  }
}

static void look(struct world *w, const struct plan *p) {
  struct id session;
  if (w->domain != NULL && pick(w, &session)) {
    const struct letter l = {.type = COMMANDS,
                             .party = PARTY_OFFICE,
                             .session = session,
                             .word = (uint32_t)rand_below(&w->office, 64)};
    speak_look(w, &l);
  }
  world_plan(w, world_about(&w->office, 20 * SECOND), p);
}

void office_begin(struct world *w) {
  const struct plan p = {.fn = interfere};
  const struct plan looks = {.fn = look};
  if (w->options->bytes) {
    world_plan(w, 30 * SECOND, &looks);
  }
  world_plan(w, 60 * SECOND, &p);
}

/* ---- queues */

static void set_queue(struct world *w, enum command_type type, uint32_t queue) {
  if (w->options->bytes) {
    const struct letter l = {
        .type = type, .party = PARTY_OFFICE, .word = queue};
    wire_send(w, &l);
    return;
  }
  if (w->domain == NULL) {
    return;
  }
  struct command cmd =
      world_command(w, type, ROLE_SUPERVISOR, SESSION_NOBODY, TEXT("office"));
  record_set_num(&cmd.args, FIELD_QUEUE, queue);
  (void)world_submit(w, &cmd, NULL, NULL);
}

/* Over a wire it may be lost, and is said until the pause is long over. */
static void open_over_wire(struct world *w, const struct plan *p) {
  struct letter l = p->letter;
  set_queue(w, COMMAND_OPEN_QUEUE, l.word);
  if (++l.key < OPENINGS) {
    world_plan_letter(w, 7 * SECOND, open_over_wire, &l);
  }
}

/* Until it has been heard. */
static void open_queue(struct world *w, const struct plan *p) {
  if (w->options->bytes) {
    open_over_wire(w, p);
    return;
  }
  const uint64_t commands = w->result->commands;
  set_queue(w, COMMAND_OPEN_QUEUE, p->letter.word);
  if (w->result->commands == commands || w->disk.full) {
    world_plan_letter(w, SECOND, open_queue, &p->letter);
  }
}

void office_pause(struct world *w, int64_t for_us) {
  const uint32_t queue = (uint32_t)rand_below(&w->office, SIM_QUEUES);
  const struct letter l = {.party = PARTY_OFFICE, .word = queue};
  set_queue(w, COMMAND_PAUSE_QUEUE, queue);
  world_plan_letter(w, for_us, open_queue, &l);
}
