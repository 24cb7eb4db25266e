/* The timeline of a scenario that failed, a line an event. */
#include "scenario/judge_priv.h"

enum { SHOWN_FIRST = 30, SHOWN_LAST = 50, TEXT_SHOWN = 100 };

/* What somebody said has lines of its own; an event is one line. */
static void add_in_line(struct textbuf *out, struct text t) {
  for (size_t at = 0, n; at < t.len; at += n) {
    n = utf8_length(t, at);
    if (n == 0) {
      return; /* cut in the middle */
    }
    if (t.ptr[at] == '\n') {
      textbuf_add(out, TEXT(" ⏎ "));
    } else {
      textbuf_add(out, text_sub(t, at, n));
    }
  }
}

/* The members that tell events of one kind apart. */
static void put_details(struct judge *j, const struct tale_event *e) {
  static const char *const told[] = {"refusal", "queue", "agent",  "code",
                                     "url",     "text",  "reason", "detail"};
  const struct json *cause = json_member(e->tree, TEXT("cause"));
  const struct json *line = json_member(cause, TEXT("line"));
  if (line != NULL) {
    textbuf_addf(j->out, "  line %lld", (long long)line->i);
  }
  for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
    const struct json *m = json_member(e->tree, text_from(told[i]));
    const struct text t = m == NULL ? TEXT("") : match_scalar(m);
    if (t.len > 0) {
      const struct text shown = utf8_cut(t, TEXT_SHOWN);
      textbuf_addf(j->out, "  %s: ", told[i]);
      add_in_line(j->out, shown);
      textbuf_add(j->out, shown.len < t.len ? TEXT("…") : TEXT(""));
    }
  }
}

static void put_event(struct judge *j, const struct tale_event *e) {
  const int64_t ms = (e->at_us - j->tale->start_us) / 1000;
  textbuf_addf(j->out, "    %+6lld.%03lld s  %-10.*s %-20s",
               (long long)(ms / 1000), (long long)(ms % 1000),
               TEXT_ARG(e->status), event_name(e->type));
  put_details(j, e);
  while (j->out->len > 0 && j->out->ptr[j->out->len - 1] == ' ') {
    j->out->len--;
  }
  textbuf_add_char(j->out, '\n');
}

void judge_tell(struct judge *j) {
  const size_t count = j->tale->events.count;
  textbuf_add(j->out, TEXT("  what happened:\n"));
  for (size_t i = 0; i < count; i++) {
    if (i >= SHOWN_FIRST && count - i > SHOWN_LAST) {
      textbuf_addf(j->out, "    … %zu more …\n", count - i - SHOWN_LAST);
      i = count - SHOWN_LAST;
    }
    put_event(j, tale_event_at(j->tale, i));
  }
}
