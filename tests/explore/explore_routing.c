/* explore_routing.c - every reachable state of small centres, with the shipped
 * engine, whole: three sessions, two agents, two queues.
 *
 *   explore_routing [--deep] [SETTING]
 *
 * Proved for these places, at every step: an agent has at most one offer a
 * session and never more than its capacity; who waits keeps place and clock;
 * no session waits beside an idle agent who could take it; who goes first, is
 * served first; who is idle longest, is asked first; and the other laws of
 * tests/centre/laws.h. A snapshot of every state goes on as the engine would
 * have; from every state everybody can go home.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search.h"

enum { STATES_MOST = 500000 };

static void explore(const struct setting *s, bool deep) {
  const struct search_report r =
      search_setting(s, deep ? &s->deep : &s->form, STATES_MOST);
  printf("%-10s %8zu states %9zu transitions %10zu steps, %u acts deep, %zu "
         "futures compared, %.1f s%s\n",
         s->name, r.states, r.transitions, r.steps, r.deepest, r.compared,
         r.seconds, r.whole ? "" : " (not all)");
  (void)fflush(stdout);
}

int main(int argc, char **argv) {
  const char *thorough = getenv("BATON_LONG");
  bool deep = thorough != NULL && strcmp(thorough, "1") == 0;
  int at = 1;
  if (at < argc && strcmp(argv[at], "--deep") == 0) {
    deep = true;
    at++;
  }
  const char *only = at < argc ? argv[at++] : NULL;
  if (at < argc) {
    fputs("usage: explore_routing [--deep] [SETTING]\n", stderr);
    return 2;
  }
  const struct setting *s;
  for (size_t i = 0; (s = setting_get(i)) != NULL; i++) {
    if (only == NULL || strcmp(only, s->name) == 0) {
      explore(s, deep);
    }
  }
  puts("all laws hold");
  return 0;
}
