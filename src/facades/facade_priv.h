/* facade_priv.h - one facade, as its folder implements it. */
#ifndef BATON_FACADES_FACADE_PRIV_H
#define BATON_FACADES_FACADE_PRIV_H

#include "api/shell.h"
#include "base/arena.h"
#include "facades/facades.h"
#include "net/courier.h"

struct facade;

struct facade_ops {
  size_t bytes; /* of the facade's own struct */
  /* @f is cleared but for what facades.c fills in. BT_ERR_NOMEM: stop() is
   * called all the same. */
  enum bt_err (*start)(struct facade *f);
  void (*stop)(struct facade *f);
  /* As api_door_fn. */
  bool (*serve)(struct facade *f, struct http_request *req);
  /* The same, when no facade serves it: refuses what is of this protocol. May
   * be NULL. */
  bool (*refuse)(struct facade *f, struct http_request *req);
  /* As api_upload_fn; may be NULL. */
  bool (*takes_upload)(struct facade *f, const struct http_request *req);
};

/* The first member of each facade's own struct. */
struct facade {
  const struct facade_ops *ops;
  struct facades *facades;
  struct bots *bots; /* borrowed */
  struct facade_settings settings;
  struct api *api;
  struct loop *loop;
  const struct mem *mem;
  struct courier *courier; /* of webhooks */
  struct facade *next;
};

extern const struct facade_ops facade_cognigy_ops, facade_directline_ops,
    facade_chatwoot_ops;

#endif
