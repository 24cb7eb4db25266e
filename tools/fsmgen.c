/* fsmgen.c - prints the tables of the machines as documents and as a model.
 *
 * usage: fsmgen session | agent | offer | refusals | promela
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/refusal.h"

enum kind {
  KIND_END,
  KIND_STATUS,
  KIND_TIMER,
  KIND_HOLDER,
  KIND_CMD,
  KIND_EVENT,
  KIND_EFFECT,
  KIND_GUARD,
  KIND_REFUSAL,
  KIND_ROW,
  KIND_REFUSE
};

/* One line of a table, whatever its kind. */
struct entry {
  enum kind kind;
  const char *name, *wire, *doc;
  const char *more;  /* status: INITIAL, NORMAL, FINAL; command: its refusal;
                        timer: its default in ms */
  const char *timer; /* of a status */
  /* Rows and refusals: */
  const char *from, *cmd, *guard, *to, *holder, *event, *effects;
  const char *refusal;
};

struct machine {
  const char *title, *about, *table;
  const struct entry *entries; /* up to KIND_END */
};

/* --- the tables ------------------------------------------------------------*/

#define COMMAND_WITH_REFUSAL(n, r, d)                                          \
  {.kind = KIND_CMD, .name = #n, .wire = #n, .doc = (d), .more = #r},
#define COMMAND_ALONE(n, d)                                                    \
  {.kind = KIND_CMD, .name = #n, .wire = #n, .doc = (d), .more = ""},
#define EFFECT(n, d) {.kind = KIND_EFFECT, .name = #n, .wire = #n, .doc = (d)},
#define GUARD(n, d)  {.kind = KIND_GUARD, .name = #n, .wire = #n, .doc = (d)},

#define STATUS(n, w, k, t, d)                                                  \
  {.kind = KIND_STATUS,                                                        \
   .name = #n,                                                                 \
   .wire = (w),                                                                \
   .doc = (d),                                                                 \
   .more = #k,                                                                 \
   .timer = #t},
#define TIMER(n, w, ms, d)                                                     \
  {.kind = KIND_TIMER, .name = #n, .wire = (w), .doc = (d), .more = #ms},
#define HOLDER(n, w, d)                                                        \
  {.kind = KIND_HOLDER, .name = #n, .wire = (w), .doc = (d)},
#define COMMAND COMMAND_WITH_REFUSAL
#define EVENT(n, w, d)                                                         \
  {.kind = KIND_EVENT, .name = #n, .wire = (w), .doc = (d)},
#define ROW(f, c, g, t, h, e, fx)                                              \
  {.kind = KIND_ROW,                                                           \
   .from = #f,                                                                 \
   .cmd = #c,                                                                  \
   .guard = #g,                                                                \
   .to = #t,                                                                   \
   .holder = #h,                                                               \
   .event = #e,                                                                \
   .effects = #fx},
#define REFUSE(s, c, g, r)                                                     \
  {.kind = KIND_REFUSE, .from = #s, .cmd = #c, .guard = #g, .refusal = #r},
#define REFUSAL(n, w, http, retry, slug, title, message)                       \
  {.kind = KIND_REFUSAL, .name = #n, .wire = (w), .doc = (title)},
static const struct entry session_entries[] = {
#include "session/refusal.def"
#include "session/session_fsm.def"
    {.kind = KIND_END}};
#undef STATUS
#undef TIMER
#undef HOLDER
#undef COMMAND
#undef EVENT
#undef ROW
#undef REFUSE
#undef REFUSAL

/* Agents and offers: the same form without holders and timers. */
#define STATE(n, k, d)                                                         \
  {.kind = KIND_STATUS,                                                        \
   .name = #n,                                                                 \
   .wire = #n,                                                                 \
   .doc = (d),                                                                 \
   .more = #k,                                                                 \
   .timer = NULL},
#define COMMAND COMMAND_ALONE
#define EVENT(n, w, d)                                                         \
  {.kind = KIND_EVENT, .name = #n, .wire = (w), .doc = (d)},
#define REFUSAL(n, w, d)                                                       \
  {.kind = KIND_REFUSAL, .name = #n, .wire = (w), .doc = (d)},
#define ROW(f, c, g, t, e, fx)                                                 \
  {.kind = KIND_ROW,                                                           \
   .from = #f,                                                                 \
   .cmd = #c,                                                                  \
   .guard = #g,                                                                \
   .to = #t,                                                                   \
   .holder = "",                                                               \
   .event = #e,                                                                \
   .effects = #fx},
#define REFUSE(s, c, r)                                                        \
  {.kind = KIND_REFUSE,                                                        \
   .from = #s,                                                                 \
   .cmd = #c,                                                                  \
   .guard = "ALWAYS",                                                          \
   .refusal = #r},
static const struct entry agent_entries[] = {
#include "agent/agent_fsm.def"
    {.kind = KIND_END}};
static const struct entry offer_entries[] = {
#include "agent/offer_fsm.def"
    {.kind = KIND_END}};

static const struct machine session = {
    .title = "The life of a session",
    .about = "At every moment at most one party holds a session; a transfer "
             "moves the hold.",
    .table = "src/session/session_fsm.def",
    .entries = session_entries,
};
static const struct machine agent = {
    .title = "Presence and work of an agent",
    .about = "Presence is what the agent chose; what others see is computed "
             "from it and from the work in hand.",
    .table = "src/agent/agent_fsm.def",
    .entries = agent_entries,
};
static const struct machine offer = {
    .title = "The life of an offer",
    .about = "One agent is asked whether it takes one session, until a "
             "deadline.",
    .table = "src/agent/offer_fsm.def",
    .entries = offer_entries,
};

/* --- reading them ----------------------------------------------------------*/

/* The first entry of this kind at or after @e; NULL at the end. */
static const struct entry *seek(const struct entry *e, enum kind kind) {
  while (e->kind != kind) {
    if (e->kind == KIND_END) {
      return NULL;
    }
    e++;
  }
  return e;
}

#define EACH(e, machine, kind)                                                 \
  const struct entry *e = seek((machine)->entries, (kind));                    \
  (e) != NULL;                                                                 \
  (e) = seek((e) + 1, (kind))

static bool same(const char *a, const char *b) {
  return strcmp(a, b) == 0;
}

static const char *wire_of(const struct machine *m, enum kind kind,
                           const char *name) {
  for (EACH(e, m, kind)) {
    if (same(e->name, name)) {
      return e->wire;
    }
  }
  return name;
}

static bool is_about(const struct entry *e, const char *status,
                     const char *cmd) {
  return same(e->from, status) && same(e->cmd, cmd);
}

/* Does some row, or line, of the pair hold whatever the guards say? */
static bool is_certain(const struct machine *m, enum kind kind,
                       const char *status, const char *cmd) {
  for (EACH(e, m, kind)) {
    if (is_about(e, status, cmd) && same(e->guard, "ALWAYS")) {
      return true;
    }
  }
  return false;
}

/* "A | B" contains the word @name? */
static bool mentions(const char *list, const char *name) {
  const size_t n = strlen(name);
  for (const char *p = list; (p = strstr(p, name)) != NULL; p += n) {
    const bool starts = p == list || p[-1] == ' ';
    if (starts && (p[n] == '\0' || p[n] == ' ')) {
      return true;
    }
  }
  return false;
}

/* --- documents of a machine ------------------------------------------------*/

static void print_timer(const struct machine *m, const char *name) {
  for (EACH(e, m, KIND_TIMER)) {
    if (same(e->name, name)) {
      const long ms = strtol(e->more, NULL, 10);
      printf(ms ? "`%s`, %ld s" : "`%s`, by the queue", e->wire, ms / 1000);
    }
  }
}

static void print_statuses(const struct machine *m) {
  const bool timed = seek(m->entries, KIND_TIMER) != NULL;
  puts(timed
           ? "| status | meaning | the timer that moves it on |\n|---|---|---|"
           : "| status | meaning |\n|---|---|");
  for (EACH(e, m, KIND_STATUS)) {
    printf("| `%s` | %s |", e->wire, e->doc);
    if (timed) {
      putchar(' ');
      if (same(e->timer, "NEVER")) {
        printf("–");
      } else {
        print_timer(m, e->timer);
      }
      printf(" |");
    }
    putchar('\n');
  }
}

/* One arrow for a pair of statuses, whatever the number of its commands. */
static void print_arrow(const struct machine *m, const struct entry *from,
                        const struct entry *to) {
  const char *separator = "";
  const char *last = "";
  for (EACH(r, m, KIND_ROW)) {
    if (!same(r->from, from->name) || !same(r->to, to->name) ||
        same(r->cmd, last)) {
      continue;
    }
    if (*separator == '\0') {
      printf("  %s --> %s: ", from->wire, to->wire);
    }
    printf("%s%s", separator, r->cmd);
    separator = ", ";
    last = r->cmd;
  }
  if (*separator != '\0') {
    putchar('\n');
  }
}

static void print_diagram(const struct machine *m) {
  puts("```mermaid\nstateDiagram-v2");
  for (EACH(from, m, KIND_STATUS)) {
    if (same(from->more, "INITIAL")) {
      printf("  [*] --> %s\n", from->wire);
    }
    for (EACH(to, m, KIND_STATUS)) {
      if (from != to) {
        print_arrow(m, from, to);
      }
    }
    if (same(from->more, "FINAL")) {
      printf("  %s --> [*]\n", from->wire);
    }
  }
  puts("```");
}

/* Where the command leads, then how it is refused if it may be. */
static void print_cell(const struct machine *m, const char *status,
                       const struct entry *cmd) {
  const char *separator = " ";
  const char *last = "";
  for (EACH(r, m, KIND_ROW)) {
    if (is_about(r, status, cmd->name) && !same(r->to, last)) {
      printf("%s`%s`", separator, wire_of(m, KIND_STATUS, r->to));
      separator = ", ";
      last = r->to;
    }
  }
  if (is_certain(m, KIND_ROW, status, cmd->name)) {
    printf(" |");
    return;
  }
  for (EACH(r, m, KIND_REFUSE)) {
    if (is_about(r, status, cmd->name)) {
      printf("%s%s", separator, wire_of(m, KIND_REFUSAL, r->refusal));
      separator = ", ";
    }
  }
  if (!is_certain(m, KIND_REFUSE, status, cmd->name) && *cmd->more != '\0') {
    printf("%s%s", separator, wire_of(m, KIND_REFUSAL, cmd->more));
  }
  printf(" |");
}

static void print_matrix(const struct machine *m) {
  printf("|  |");
  for (EACH(s, m, KIND_STATUS)) {
    printf(" `%s` |", s->wire);
  }
  printf("\n|---|");
  for (EACH(s, m, KIND_STATUS)) {
    printf("---|");
  }
  for (EACH(c, m, KIND_CMD)) {
    printf("\n| %s |", c->name);
    for (EACH(s, m, KIND_STATUS)) {
      print_cell(m, s->name, c);
    }
  }
  putchar('\n');
}

static void print_effects(const char *effects) {
  if (same(effects, "0")) {
    return;
  }
  for (const char *p = effects; *p != '\0'; p++) {
    if (strncmp(p, " | ", 3) == 0) {
      printf(", ");
      p += 2;
    } else {
      putchar(*p);
    }
  }
}

static void print_rows(const struct machine *m) {
  const bool held = seek(m->entries, KIND_HOLDER) != NULL;
  puts(held ? "| from | command | if | to | holder | event | effects |\n"
              "|---|---|---|---|---|---|---|"
            : "| from | command | if | to | event | effects |\n"
              "|---|---|---|---|---|---|");
  for (EACH(r, m, KIND_ROW)) {
    printf("| `%s` | %s | %s | `%s` |", wire_of(m, KIND_STATUS, r->from),
           r->cmd, same(r->guard, "ALWAYS") ? "" : r->guard,
           wire_of(m, KIND_STATUS, r->to));
    if (held) {
      printf(" %s |", same(r->holder, "SAME")
                          ? "the same"
                          : wire_of(m, KIND_HOLDER, r->holder));
    }
    printf(" `%s` | ", wire_of(m, KIND_EVENT, r->event));
    print_effects(r->effects);
    puts(" |");
  }
}

static void print_list(const struct machine *m, enum kind kind,
                       const char *heading) {
  printf("\n## %s\n| name | meaning |\n|---|---|\n", heading);
  for (EACH(e, m, kind)) {
    if (*e->wire != '\0') {
      printf(same(e->wire, e->name) ? "| %s | %s |\n" : "| `%s` | %s |\n",
             e->wire, e->doc);
    }
  }
}

static void print_machine(const struct machine *m) {
  printf("<!-- generated by fsmgen from %s; do not edit -->\n# %s\n%s\n\n"
         "## Statuses\n",
         m->table, m->title, m->about);
  print_statuses(m);
  puts("\nWhat leaves a status as it is has no arrow:\n");
  print_diagram(m);
  puts("\n## What a command does in a status\n"
       "Where it leads, and how it is refused when no row holds.\n");
  print_matrix(m);
  puts("\n## Rows\n"
       "Rows of one status and command are tried from top to bottom.\n");
  print_rows(m);
  print_list(m, KIND_CMD, "Commands");
  print_list(m, KIND_GUARD, "Conditions");
  print_list(m, KIND_EVENT, "Events");
  print_list(m, KIND_EFFECT, "Effects");
  if (seek(m->entries, KIND_TIMER) != NULL) {
    print_list(m, KIND_TIMER, "Timers");
  } else {
    print_list(m, KIND_REFUSAL, "Refusals");
  }
}

static void print_session(void) {
  print_machine(&session);
}
static void print_agent(void) {
  print_machine(&agent);
}
static void print_offer(void) {
  print_machine(&offer);
}

/* --- the refusals' page ----------------------------------------------------*/

/* May the command be answered so in the status? */
static bool may_answer(const char *refusal, const char *status,
                       const struct entry *cmd) {
  if (is_certain(&session, KIND_ROW, status, cmd->name)) {
    return false;
  }
  for (EACH(r, &session, KIND_REFUSE)) {
    if (is_about(r, status, cmd->name) && same(r->refusal, refusal)) {
      return true;
    }
  }
  return same(cmd->more, refusal) &&
         !is_certain(&session, KIND_REFUSE, status, cmd->name);
}

/* "- TRANSFER in `connected`" */
static void print_places(const char *refusal) {
  for (EACH(c, &session, KIND_CMD)) {
    const char *separator = " in";
    for (EACH(s, &session, KIND_STATUS)) {
      if (same(s->more, "INITIAL") || !may_answer(refusal, s->name, c)) {
        continue;
      }
      if (same(separator, " in")) {
        printf("- %s", c->name);
      }
      printf("%s `%s`", separator, s->wire);
      separator = ",";
    }
    if (same(separator, ",")) {
      putchar('\n');
    }
  }
}

static void print_remedies(enum refusal refusal) {
  for (size_t i = 0; refusal_remedy(refusal, i) != NULL; i++) {
    const struct refusal_remedy *r = refusal_remedy(refusal, i);
    printf("- Remedy: %s", r->does);
    printf(*r->script ? ": `%s`\n" : "%s\n", r->script);
  }
}

static void print_refusal(enum refusal refusal) {
  const struct refusal_info *r = refusal_info(refusal);
  printf("\n## %s\n%s (`%s`, %d %s%s).\n> %s\n\n", r->slug, r->title, r->wire,
         r->http, refusal_http_text(r->http), r->retry ? ", Retry-After" : "",
         r->message);
  print_places(r->name);
  print_remedies(refusal);
}

static void print_refusals(void) {
  puts(
      "<!-- generated by fsmgen from src/session/refusal.def; do not edit -->\n"
      "# Refusals\n"
      "Every answer that is a no, as a problem document (RFC 9457): `refusal` "
      "is the name,\nthe last part of `type` the slug, and `message` what "
      "scripts have always printed.\nA refused command changes nothing.\n\n"
      "| refusal | HTTP | `type` | |\n|---|---|---|---|");
  for (uint32_t i = REFUSAL_NONE + 1; i < REFUSALS; i++) {
    const struct refusal_info *r = refusal_info((enum refusal)i);
    printf("| `%s` | %d%s | [%s](#%s) | %s |\n", r->wire, r->http,
           r->retry ? " + Retry-After" : "", r->slug, r->slug, r->title);
  }
  for (uint32_t i = REFUSAL_NONE + 1; i < REFUSALS; i++) {
    print_refusal((enum refusal)i);
  }
}

/* --- the model -------------------------------------------------------------*/

static void print_mtype(enum kind kind, const char *type, char prefix) {
  printf("mtype:%s = {", type);
  const char *separator = " ";
  for (EACH(e, &session, kind)) {
    printf("%s%c_%s", separator, prefix, e->name);
    separator = ", ";
  }
  puts(" };");
}

static void print_promela_row(const struct entry *r) {
  printf("  :: st == S_%s && c == C_%s && G_%s", r->from, r->cmd, r->guard);
  /* Rows are ordered: a later one excludes the earlier guards of its pair. */
  for (const struct entry *e = session.entries; e != r; e++) {
    if (e->kind == KIND_ROW && is_about(e, r->from, r->cmd)) {
      printf(" && !(G_%s)", e->guard);
    }
  }
  printf(" ->\n       st = S_%s; ev = E_%s;", r->to, r->event);
  if (!same(r->holder, "SAME")) {
    printf(" h = H_%s;", r->holder);
  }
  for (EACH(f, &session, KIND_EFFECT)) {
    if (mentions(r->effects, f->name)) {
      printf(" F_%s();", f->name);
    }
  }
  putchar('\n');
}

static void print_promela(void) {
  puts("/* session.gen.pml - generated by fsmgen from session_fsm.def; do not "
       "edit */");
  print_mtype(KIND_STATUS, "status", 'S');
  print_mtype(KIND_HOLDER, "holder", 'H');
  print_mtype(KIND_CMD, "cmd", 'C');
  print_mtype(KIND_EVENT, "event", 'E');
  puts("\n/* st, h, ev, c and the G_ and F_ macros come from the including "
       "file. */\ninline session_step()\n{\n  if");
  for (EACH(r, &session, KIND_ROW)) {
    print_promela_row(r);
  }
  puts("  :: else -> refused = true\n  fi\n}");
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*print)(void);
  } forms[] = {{"session", print_session},
               {"agent", print_agent},
               {"offer", print_offer},
               {"refusals", print_refusals},
               {"promela", print_promela}};
  for (size_t i = 0; argc == 2 && i < sizeof forms / sizeof forms[0]; i++) {
    if (same(argv[1], forms[i].name)) {
      forms[i].print();
      return 0;
    }
  }
  fputs("usage: fsmgen session|agent|offer|refusals|promela\n", stderr);
  return 2;
}
