/* peer.h - a client of the server that speaks bytes: requests over HTTP/1.1, or
 * a WebSocket, over one line.
 *
 * It reads what RFC 9112 and RFC 6455 let a server send, and nothing else, with
 * code of its own: a fault of src/net would not be a fault here, too. What it
 * has read goes to hear.c.
 */
#ifndef BATON_SIM_PEER_H
#define BATON_SIM_PEER_H

#include "line.h"
#include "world.h"

enum { PEER_KEY = 24 };

enum peer_phase { PEER_HEAD, PEER_BODY, PEER_FRAMES, PEER_OVER };

/* How far somebody has heard a session on this line. */
struct heard {
  struct id session;
  uint32_t number; /* of the last message; */
};

struct peer {
  struct peer *next, *prev; /* of the world's */
  struct world *world;
  struct line *line; /* NULL: it is gone */
  struct letter letter;
  uint64_t life;
  bool is_socket;
  bool left;        /* nobody listens any more */
  bool busy;        /* inside of a call of its line */
  bool closes;      /* it has said its close frame */
  bool cut_short;   /* the request is reset in its middle */
  uint32_t expects; /* answers to come */
  enum peer_phase phase;
  struct textbuf out, in, body;
  uint8_t opcode; /* of the message in body; 0: none */
  char key[PEER_KEY];
  struct {
    int code;
    int64_t length; /* -1: none is given */
    bool chunked, close, json;
    char accept[28];
    char location[160];
  } head;
  struct heard *heard;
  size_t heard_count, heard_cap;
};

/* Dials, and says @request, @count times in a row. */
struct peer *peer_ask(struct world *w, const struct letter *l,
                      struct text request, uint32_t count);
/* Dials and asks for a WebSocket; @head is the request up to its last header,
 * without the empty line. */
struct peer *peer_open(struct world *w, const struct letter *l,
                       struct text head);
/* One text message, if the socket is open. */
void peer_say(struct peer *p, struct text message);

enum peer_leave { LEAVE_IN_ORDER, LEAVE_ENDED, LEAVE_RESET, LEAVE_ABANDONED };
/* Nothing is heard from it any more. */
void peer_leave(struct peer *p, enum peer_leave how);
/* Its line is dead: it is left without a word, and its user is told. */
void peer_give_up(struct peer *p);
void peers_free(struct world *w);

/* ---- hear.c */

void hear_answer(struct peer *p, int code, struct text body);
void hear_open(struct peer *p);
void hear_message(struct peer *p, struct text message);
/* The socket was not opened, or is over. */
void hear_over(struct peer *p);

/* ---- what was read is none */
__attribute__((format(printf, 2, 3))) void peer_break(struct peer *p,
                                                      const char *format, ...);

#endif
