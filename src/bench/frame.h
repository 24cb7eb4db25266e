/* frame.h - frames of our sockets, as far as the load reads and writes them. */
#ifndef BATON_BENCH_FRAME_H
#define BATON_BENCH_FRAME_H

#include "base/arena.h"
#include "base/id.h"
#include "base/text.h"
#include "net/ws.h"

/* What was heard; the texts are borrowed from the message and the arena. */
struct heard {
  struct text type, from, status, problem;
  struct id session; /* null if the frame names none */
  int64_t offer;
};

/* False: not an object with a "type". */
bool frame_read(struct arena *arena, struct text message, struct heard *out);

/* Sends {"type":@type,"session":@session,@members}; @members is JSON, or
 * empty. */
enum bt_err frame_send(struct ws *ws, const char *type, struct id session,
                       const char *members) BT_USE_RESULT;

#endif
