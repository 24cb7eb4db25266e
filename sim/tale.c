/* tale.c - the session of a failure as a scenario for `baton test`.
 *
 * The tale is lines of "SECONDS WHO WHAT …"; what people did from the moment in
 * which the scenario begins becomes their steps. The centre's other sessions
 * are not in it, nor are crashes: it shows what the session went through, and
 * the laws of the engine hold in every scenario. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "domain/heap.h"
#include "world.h"

struct line {
  double at_s;
  struct text who, what;
};

struct tale {
  struct text lines;
  double begin_s; /* of the scenario */
  struct text entry;
  bool goodbye;
};

static struct text word(struct text *rest) {
  const size_t end = text_find(*rest, TEXT(" "), 0);
  const struct text w = text_sub(*rest, 0, end);
  *rest = text_sub(*rest, end + 1, rest->len);
  return w;
}

/* The next line from *@at on; false at the end. What somebody said may have
 * line ends of its own: those are passed over. */
static bool next(const struct tale *t, size_t *at, struct line *out) {
  while (*at < t->lines.len) {
    const size_t end = text_find(t->lines, TEXT("\n"), *at);
    struct text rest = text_sub(t->lines, *at, end - *at);
    *at = end + 1;
    if (text_to_double(word(&rest), &out->at_s)) {
      out->who = word(&rest);
      out->what = word(&rest);
      return true;
    }
  }
  return false;
}

static bool is(struct text t, const char *what) {
  return text_equal(t, text_from(what));
}

/* The bot's goodbye; without one the moment in which somebody held it first. */
static void find_begin(struct tale *t) {
  struct line l;
  for (size_t at = 0; next(t, &at, &l);) {
    if (is(l.who, "entry")) {
      t->entry = l.what;
      t->begin_s = l.at_s;
    } else if (is(l.who, "session.attached") && !t->goodbye) {
      t->begin_s = l.at_s;
    } else if (is(l.who, "bot.goodbye")) {
      t->begin_s = l.at_s;
      t->goodbye = true;
    }
  }
}

/* ---- steps: what is in the tale, and what a scenario calls it */

struct phrase {
  const char *told, *step;
};
static const struct phrase customer_phrases[] = {{"say", "say: Hello"},
                                                 {"leave", "leave: true"},
                                                 {"drop", "drop: true"},
                                                 {"return", "return: true"}};
static const struct phrase bot_phrases[] = {{"message", "say: Hello"}};
static const struct phrase agent_phrases[] = {{"message", "say: Hello"},
                                              {"transfer", "transfer: support"},
                                              {"end", "end: true"},
                                              {"complete", "complete: done"}};

static const char *phrase_of(const struct phrase *list, size_t count,
                             struct text told) {
  for (size_t i = 0; i < count; i++) {
    if (is(told, list[i].told)) {
      return list[i].step;
    }
  }
  return NULL;
}

static void put_steps(FILE *f, const struct tale *t, const char *who,
                      const struct phrase *list, size_t count) {
  struct line l;
  (void)fprintf(f, "    does:\n");
  for (size_t at = 0; next(t, &at, &l);) {
    const char *step = phrase_of(list, count, l.what);
    if (is(l.who, who) && step != NULL && l.at_s >= t->begin_s) {
      (void)fprintf(f, "      - { at: %.3f, %s, optional: true }\n",
                    l.at_s - t->begin_s, step);
    }
  }
  (void)fprintf(f, "      - { at: 7200, optional: true, %s }\n", list[0].step);
}

/* What became of each offer, in order; those without an answer ran out. */
static void put_offers(FILE *f, const struct tale *t, const char *agent) {
  struct line l;
  (void)fprintf(f, "    offers: [");
  for (size_t at = 0; next(t, &at, &l);) {
    if (is(l.who, agent) && is(l.what, "acceptOffer")) {
      (void)fprintf(f, "accept, ");
    } else if (is(l.who, agent) && is(l.what, "declineOffer")) {
      (void)fprintf(f, "decline, ");
    }
  }
  (void)fprintf(f, "ignore]\n");
}

/* Seconds from its goodbye to its close. */
static void put_close(FILE *f, const struct tale *t) {
  struct line l;
  for (size_t at = 0; next(t, &at, &l);) {
    if (is(l.who, "bot") && is(l.what, "closed") && l.at_s >= t->begin_s) {
      (void)fprintf(f, "    closes: %.3f\n", l.at_s - t->begin_s);
      return;
    }
  }
  (void)fprintf(f, "    closes: never\n");
}

#define STEPS(f, t, who, list)                                                 \
  put_steps((f), (t), (who), (list), sizeof(list) / sizeof(list)[0])

static void put_people(FILE *f, const struct tale *t, bool has_bot) {
  (void)fprintf(f, "customer:\n");
  STEPS(f, t, "customer", customer_phrases);
  if (has_bot) {
    (void)fprintf(f, "bot:\n    id: cognigy\n");
    put_close(f, t);
    STEPS(f, t, "bot", bot_phrases);
  }
  (void)fprintf(f, "agents:\n");
  for (uint32_t i = 0; i < SIM_AGENTS; i++) {
    (void)fprintf(f, "  - id: %s\n    skills: [sales]\n", agents_id(i));
    put_offers(f, t, agents_id(i));
    STEPS(f, t, agents_id(i), agent_phrases);
  }
}

static const char *script_of(const struct tale *t) {
  return is(t->entry, "first")      ? "menu"
         : is(t->entry, "released") ? "released"
                                    : "ticket";
}

static bool write_script(const struct tale *t, const char *path) {
  char name[512];
  (void)snprintf(name, sizeof name, "%s.studio", path);
  FILE *f = fopen(name, "w");
  if (f == NULL) {
    return false;
  }
  (void)fputs(server_script(text_from(script_of(t))), f);
  return fclose(f) == 0;
}

static bool write_case(const struct tale *t, const struct sim_options *o,
                       const struct sim_result *found, const char *path) {
  char name[512];
  (void)snprintf(name, sizeof name, "%s.yaml", path);
  FILE *f = fopen(name, "w");
  if (f == NULL) {
    return false;
  }
  const char *base = strrchr(path, '/');
  const bool first = is(t->entry, "first");
  (void)fprintf(f,
                "# baton-sim --seed %llu: %s: %s\n"
                "scenario: Seed %llu, %s\n"
                "script: %s.studio\n"
                "start: %s\n"
                "queues: [{ id: support }, { id: sales, skills: [sales] }, "
                "{ id: billing }]\n",
                (unsigned long long)o->seed, sim_checks[found->check].name,
                found->broken, (unsigned long long)o->seed,
                sim_checks[found->check].name, base == NULL ? path : base + 1,
                first        ? "script"
                : t->goodbye ? "releasing"
                             : "connected");
  put_people(f, t, !first);
  return fclose(f) == 0;
}

bool sim_write_scenario(const struct sim_options *options,
                        const struct sim_result *found, const char *path) {
  struct textbuf lines;
  struct sim_options o = *options;
  struct sim_result again;
  textbuf_init(&lines, heap_mem());
  o.tale = &lines;
  o.tell_of = found->session;
  sim_play(&o, &again);
  struct tale t = {.lines = textbuf_text(&lines)};
  find_begin(&t);
  const bool good =
      write_script(&t, path) && write_case(&t, options, found, path);
  textbuf_free(&lines);
  return good;
}
