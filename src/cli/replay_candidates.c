#include "cli/replay_candidates.h"

#include <stdio.h>

#include "base/json.h"
#include "domain/heap.h"
#include "engine/decision.h"

void replay_print_candidates(const struct engine *e, uint64_t seq,
                             const struct record *offered,
                             const struct replay_decisions *how) {
  struct textbuf json, line;
  struct json_out o;
  textbuf_init(&json, heap_mem());
  textbuf_init(&line, heap_mem());
  json_out_init(&o, &json);
  if (decision_write(e, seq, offered, text_from(how->only), &o)) {
    if (how->json) {
      textbuf_addf(&line, "{\"seq\":%llu,\"decision\":%.*s}\n",
                   (unsigned long long)seq, TEXT_ARG(textbuf_text(&json)));
    } else {
      decision_tell(heap_mem(), textbuf_text(&json), &line);
    }
  }
  (void)fwrite(line.ptr, 1, line.len, stdout);
  textbuf_free(&line);
  textbuf_free(&json);
}
