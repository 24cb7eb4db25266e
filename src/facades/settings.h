/* settings.h - what one facade is told: "facades" of the centre's file. */
#ifndef BATON_FACADES_SETTINGS_H
#define BATON_FACADES_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* FACADE_KIND(name, wire, meaning) */
#define FACADE_KIND_LIST(X)                                                    \
  X(COGNIGY, "cognigy", "a Cognigy endpoint: socket, REST and webhook")        \
  X(DIRECTLINE, "directline", "Direct Line 3.0")                               \
  X(CHATWOOT, "chatwoot", "a subset of Chatwoot's API")
#define X(name, wire, doc) FACADE_##name,
enum facade_kind { FACADE_KIND_LIST(X) FACADE_KINDS };
#undef X

const char *facade_kind_wire(enum facade_kind kind);

/* All texts are borrowed from the configuration, and copied by
 * facades_create(). An empty text is one that is not there. */
struct facade_settings {
  struct text id;
  enum facade_kind kind;
  struct text token; /* the secret itself */
  struct text entry; /* id of the entry point */
  struct text webhook;
  bool ping_as_output;
};

bool facade_settings_equal(const struct facade_settings *a,
                           const struct facade_settings *b);

#endif
