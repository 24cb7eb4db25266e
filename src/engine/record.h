/* record.h - a command, an event or an effect: a type and some fields.
 *
 * Which fields exist, what they hold and what they are called is field.def.
 * A record borrows its texts; whoever keeps one copies what it needs.
 */
#ifndef BATON_ENGINE_RECORD_H
#define BATON_ENGINE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/id.h"
#include "base/text.h"

#define FIELD(name, wire, kind, min, max, doc) FIELD_##name,
enum field {
#include "engine/field.def"
  FIELDS
};
#undef FIELD

enum field_kind {
  KIND_NUM,
  KIND_TIME,
  KIND_POINTS, /* hundredths; on the wire a number with two decimals */
  KIND_FLAG,
  KIND_ID,
  KIND_TEXT,
  KIND_JSON,
  KIND_BYTES,
  /* numbers that have names */
  KIND_STATUS,
  KIND_HOLDER,
  KIND_CHANNEL,
  KIND_ROLE,
  KIND_REFUSAL,
  KIND_WHEN,
  KIND_REQUIRE,
  KIND_QUEUE,
  KIND_AGENT,
  KIND_BOT,
  KIND_SCRIPT,
  KIND_ENTRY
};

enum { POINTS_PARTS = 100 };

struct field_info {
  const char *name; /* SKIP_QUEUE */
  const char *wire; /* skipQueue */
  enum field_kind kind;
  int64_t min, max;
  const char *doc;
};

extern const struct field_info field_infos[FIELDS];
/* Their kinds alone, in a few cache lines: every field of every record is asked
 * for its own. */
extern const uint8_t field_kinds[FIELDS];

static inline const struct field_info *field_info(enum field field) {
  bt_check(field < FIELDS);
  return &field_infos[field];
}
/* Is the value a text slice (TEXT, JSON, BYTES)? */
static inline bool field_is_text(enum field field) {
  bt_check(field < FIELDS);
  const uint8_t k = field_kinds[field];
  return k == KIND_TEXT || k == KIND_JSON || k == KIND_BYTES;
}

union field_value {
  int64_t num;
  struct id id;
  struct text text;
};

enum { RECORD_WORDS = (FIELDS + 63) / 64 };

struct record {
  uint32_t type;
  uint64_t has[RECORD_WORDS];
  union field_value v[FIELDS]; /* only those in has mean anything */
};

void record_init(struct record *r, uint32_t type);
static inline bool record_has(const struct record *r, enum field f) {
  return r->has[f / 64] >> (f % 64) & 1;
}
/* The first field from number @from on that the record has; FIELDS if there is
 * none. Few of them are there, so that this is how all are visited. */
static inline uint32_t record_next(const struct record *r, uint32_t from) {
  uint64_t keep = ~UINT64_C(0) << (from % 64);
  for (uint32_t word = from / 64; word < RECORD_WORDS; word++) {
    const uint64_t bits = r->has[word] & keep;
    if (bits != 0) {
      return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    keep = ~UINT64_C(0);
  }
  return FIELDS;
}
/* What is missing reads as 0, the null id, the empty text. */
int64_t record_num(const struct record *r, enum field f);
struct id record_id(const struct record *r, enum field f);
struct text record_text(const struct record *r, enum field f);
void record_set_num(struct record *r, enum field f, int64_t n);
void record_set_id(struct record *r, enum field f, struct id id);
void record_set_text(struct record *r, enum field f, struct text t);
/* Sets it if the text is not empty. */
void record_set_given(struct record *r, enum field f, struct text t);
/* Copies a field if @from has it. */
void record_copy(struct record *r, enum field f, const struct record *from);
/* Copies all fields that @from has. */
void record_copy_all(struct record *r, const struct record *from);
/* Its texts become copies in @arena. False: there was no memory for one, which
 * is empty now. */
bool record_keep_texts(struct record *r, struct arena *arena);

/* ---- names of small enumerations that fields carry */

#define ROLE_LIST(X)                                                           \
  X(NONE, "none")                                                              \
  X(CUSTOMER, "customer")                                                      \
  X(BOT, "bot")                                                                \
  X(AGENT, "agent")                                                            \
  X(SUPERVISOR, "supervisor")                                                  \
  X(ADMIN, "admin")                                                            \
  X(SCRIPT, "script") X(SYSTEM, "system") X(OPERATOR, "operator")
#define X(name, wire) ROLE_##name,
enum role { ROLE_LIST(X) ROLES };
#undef X

enum channel { CHANNEL_CHAT, CHANNEL_VOICE, CHANNEL_MESSAGE, CHANNELS };
enum when { WHEN_NOW, WHEN_RELEASED, WHEN_ACCEPTED, WHENS };
enum require { REQUIRE_NONE, REQUIRE_LOGGED_IN, REQUIRE_AVAILABLE, REQUIRES };

const char *role_name(uint32_t role);
const char *channel_name(uint32_t channel);
const char *when_name(uint32_t when);
const char *require_name(uint32_t require);
/* The number of @t among the names of a small enumeration @kind (CHANNEL, ROLE,
 * WHEN, REQUIRE); false if it is none of them. */
bool field_name_to_num(enum field_kind kind, struct text t, int64_t *out);
/* The names of such an enumeration by number, and how many; NULL for others. */
const char *const *field_names(enum field_kind kind, size_t *count);

#endif
