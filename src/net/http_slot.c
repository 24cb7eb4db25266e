#include "base/check.h"
#include "net/server_priv.h"

bool http_slot_take(struct http_server *server, struct http_conn *conn) {
  uint32_t slot = server->free_slot;
  if (slot != 0) {
    slot--;
    server->free_slot = server->slots[slot].next_free;
  } else {
    if (!mem_grow(server->loop->mem, (void *)&server->slots, &server->slot_cap,
                  server->slot_count + 1, sizeof *server->slots)) {
      return false;
    }
    slot = (uint32_t)server->slot_count++;
  }
  server->slots[slot].conn = conn;
  conn->slot = slot;
  return true;
}

void http_slot_free(struct http_server *server, uint32_t slot) {
  struct net_slot *s = &server->slots[slot];
  s->conn = NULL;
  s->generation++;
  s->next_free = server->free_slot;
  server->free_slot = slot + 1;
}

void http_slot_renew(const struct http_conn *conn) {
  conn->server->slots[conn->slot].generation++;
}

struct net_ref http_slot_ref(const struct http_conn *conn) {
  return (struct net_ref){conn->slot,
                          conn->server->slots[conn->slot].generation};
}

struct http_conn *http_slot_find(const struct http_server *server,
                                 struct net_ref ref) {
  if (ref.slot >= server->slot_count ||
      server->slots[ref.slot].generation != ref.generation) {
    return NULL;
  }
  return server->slots[ref.slot].conn;
}
