#include "bots/cognigy/about.h"

#include "bots/cognigy/output.h"

void cognigy_put_about(const struct json *session, struct textbuf *out) {
  static const struct text told[] = {{"id", 2},
                                     {"entryPoint", 10},
                                     {"channel", 7},
                                     {"customer", 8},
                                     {"attributes", 10}};
  struct json_out o;
  json_out_init(&o, out);
  json_open_object(&o);
  json_key(&o, "session");
  json_open_object(&o);
  for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
    const struct json *m = json_member(session, told[i]);
    if (m != NULL) {
      json_key_text(&o, told[i]);
      json_put_tree(&o, m);
    }
  }
  json_close_object(&o);
  json_close_object(&o);
}

bool cognigy_was_with_agent(const struct json *session) {
  const struct json *list = json_member(session, TEXT("messages"));
  const struct json *m = list == NULL ? NULL : list->first;
  while (m != NULL && !text_equal(cognigy_text(m, "from"), TEXT("agent"))) {
    m = m->next;
  }
  return m != NULL;
}
