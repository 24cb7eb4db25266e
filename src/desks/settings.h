/* settings.h - what one desk outside is told: "desks" of the centre's file. */
#ifndef BATON_DESKS_SETTINGS_H
#define BATON_DESKS_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* DESK_KIND(name, wire, ops, meaning) */
#define DESK_KIND_LIST(X)                                                      \
  X(GENESYS, "genesys", desk_genesys_ops,                                      \
    "the agents of a Genesys Cloud organisation, by open messaging")
#define X(name, wire, ops, doc) DESK_##name,
enum desk_kind { DESK_KIND_LIST(X) DESK_KINDS };
#undef X

const char *desk_kind_wire(enum desk_kind kind);

/* All texts are borrowed from the configuration, and copied by desks_create().
 * An empty text is one that is not there. */
struct desk_settings {
  struct text id;
  enum desk_kind kind;
  struct text url, login, streaming; /* without a "/" at the end */
  struct text client, secret;        /* of OAuth's client credentials */
  struct text integration;
  struct text webhook_secret; /* signs what comes in */
  struct text then;    /* a transfer's target, when the agent has left; or "" */
  uint32_t sessions;   /* with the desk at once */
  int64_t patience_ms; /* of a conversation that cannot be served meanwhile */
  bool leaves_by_event;
};

enum { DESK_TEXTS = 9 };
/* Its texts, for who copies or compares them. */
void desk_settings_texts(struct desk_settings *s, struct text *out[DESK_TEXTS]);
bool desk_settings_equal(const struct desk_settings *a,
                         const struct desk_settings *b);

#endif
