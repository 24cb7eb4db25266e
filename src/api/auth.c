#include "api/auth.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/check.h"
#include "base/digest.h"
#include "base/id.h"

#define CUSTOMER_PREFIX TEXT("cs_")
#define TICKET_PREFIX   TEXT("tk_")

/* ---- helpers */

/* Our own digest takes no memory: a token that is known must not be unknown
 * because there is none. */
static void sha256(struct text t, uint8_t out[AUTH_HASH]) {
  digest_sha256(t, out);
}

void api_hash_token(struct text token, uint8_t out[32]) {
  sha256(token, out);
}

static uint64_t hash_of(const uint8_t sha[AUTH_HASH]) {
  uint64_t n = 0;
  memcpy(&n, sha, sizeof n);
  return n;
}

/* ---- the table */

static bool same_entry(const void *ctx, uint32_t value, const void *key) {
  const struct auth *a = ctx;
  return CRYPTO_memcmp(a->entries[value].sha256, key, AUTH_HASH) == 0;
}

void auth_init(struct auth *a, const struct mem *mem, struct text secret) {
  *a = (struct auth){.mem = mem};
  sha256(secret, a->signing_key);
  arena_init(&a->arena, mem, 0);
  map_init(&a->by_hash, mem, same_entry, a);
}

void auth_free(struct auth *a) {
  arena_free(&a->arena);
  map_free(&a->by_hash);
  for (size_t i = 0; i < TICKET_RINGS; i++) {
    struct auth_ticket *tickets = a->rings[i].tickets;
    mem_free(a->mem, tickets,
             tickets == NULL ? 0 : TICKETS_MAX * sizeof *tickets);
  }
  OPENSSL_cleanse(a->signing_key, sizeof a->signing_key);
}

static bool copy_entry(struct arena *arena, const struct api_token *from,
                       struct auth_entry *to) {
  struct text *list =
      arena_alloc(arena, (from->entry_count + 1) * sizeof *list);
  if (list == NULL) {
    return false;
  }
  for (size_t i = 0; i < from->entry_count; i++) {
    list[i] = arena_copy_text(arena, from->entry_points[i]);
    if (list[i].ptr == NULL) {
      return false;
    }
  }
  memcpy(to->sha256, from->sha256, AUTH_HASH);
  to->role = from->role;
  to->expires_us = from->expires_us;
  to->entry_points = list;
  to->entry_count = from->entry_count;
  to->subject = arena_copy_text(arena, from->subject);
  return to->subject.ptr != NULL;
}

static void replace(struct auth *a, const struct arena *arena,
                    struct auth_entry *entries, size_t count) {
  arena_free(&a->arena);
  map_clear(&a->by_hash);
  a->arena = *arena;
  a->entries = entries;
  a->count = count;
  for (size_t i = 0; i < count; i++) {
    const uint64_t hash = hash_of(entries[i].sha256);
    /* Of a token that stands twice the first counts. */
    if (map_get(&a->by_hash, hash, entries[i].sha256) == MAP_NONE) {
      const bool put = map_put(&a->by_hash, hash, (uint32_t)i);
      bt_check(put);
    }
  }
}

enum bt_err auth_set(struct auth *a, const struct api_token *tokens,
                     size_t count) {
  struct arena fresh;
  arena_init(&fresh, a->mem, 0);
  struct auth_entry *entries =
      arena_alloc(&fresh, (count + 1) * sizeof *entries);
  bool room = entries != NULL && map_reserve(&a->by_hash, count);
  for (size_t i = 0; i < count && room; i++) {
    room = copy_entry(&fresh, &tokens[i], &entries[i]);
  }
  if (!room) {
    arena_free(&fresh);
    return BT_ERR_NOMEM;
  }
  replace(a, &fresh, entries, count);
  return BT_ERR_OK;
}

/* ---- customers */

static void sign(const struct auth *a, struct id session,
                 uint8_t out[AUTH_HASH]) {
  static const char what[] = "baton customer session ";
  char text[sizeof what - 1 + ID_TEXT_LEN];
  memcpy(text, what, sizeof what - 1);
  id_to_text(session, text + sizeof what - 1);
  digest_hmac_sha256(
      (struct text){(const char *)a->signing_key, sizeof a->signing_key},
      (struct text){text, sizeof text}, out);
}

void auth_customer_token(const struct auth *a, struct id session,
                         char out[CUSTOMER_TOKEN_TEXT]) {
  uint8_t mac[AUTH_HASH];
  sign(a, session, mac);
  memcpy(out, CUSTOMER_PREFIX.ptr, CUSTOMER_PREFIX.len);
  id_to_text(session, out + CUSTOMER_PREFIX.len);
  out[CUSTOMER_PREFIX.len + ID_TEXT_LEN] = '_';
  hex_write(mac, AUTH_HASH, out + CUSTOMER_PREFIX.len + ID_TEXT_LEN + 1);
}

static bool find_customer(const struct auth *a, struct text token,
                          struct auth_identity *out) {
  struct id session;
  uint8_t given[AUTH_HASH], right[AUTH_HASH];
  const struct text rest = text_sub(token, CUSTOMER_PREFIX.len, token.len);
  if (!id_from_text(text_sub(rest, 0, ID_TEXT_LEN), &session) ||
      rest.len <= ID_TEXT_LEN || rest.ptr[ID_TEXT_LEN] != '_' ||
      !hex_read(text_sub(rest, ID_TEXT_LEN + 1, rest.len), given, AUTH_HASH)) {
    return false;
  }
  sign(a, session, right);
  if (CRYPTO_memcmp(given, right, AUTH_HASH) != 0) {
    return false;
  }
  *out = (struct auth_identity){
      .role = ROLE_CUSTOMER, .subject = TEXT("customer"), .session = session};
  return true;
}

static uint64_t hash_of_subject(const struct auth_entry *e) {
  return e->subject.len == 0 ? 0 : hash_text(e->subject);
}

static bool is_over(const struct auth_entry *e, int64_t now_us) {
  return e->expires_us != 0 && e->expires_us <= now_us;
}

static const struct auth_entry *entry_of(const struct auth *a,
                                         const uint8_t sha[AUTH_HASH]) {
  const uint32_t i = map_get(&a->by_hash, hash_of(sha), sha);
  return i == MAP_NONE ? NULL : &a->entries[i];
}

bool auth_find(const struct auth *a, struct text token, int64_t now_us,
               struct auth_identity *out) {
  if (text_starts(token, CUSTOMER_PREFIX)) {
    return find_customer(a, token, out);
  }
  uint8_t sha[AUTH_HASH];
  sha256(token, sha);
  const struct auth_entry *e = entry_of(a, sha);
  if (e == NULL || is_over(e, now_us)) {
    return false;
  }
  *out = (struct auth_identity){.role = e->role,
                                .subject = e->subject,
                                .source = {.from_table = true,
                                           .role = e->role,
                                           .subject = hash_of_subject(e)}};
  memcpy(out->source.sha256, sha, AUTH_HASH);
  return true;
}

bool auth_has_expired(const struct auth *a, struct text token, int64_t now_us) {
  uint8_t sha[AUTH_HASH];
  sha256(token, sha);
  const struct auth_entry *e = entry_of(a, sha);
  return e != NULL && is_over(e, now_us);
}

bool auth_still(const struct auth *a, const struct auth_source *source,
                int64_t now_us) {
  if (!source->from_table) {
    return true;
  }
  const struct auth_entry *e = entry_of(a, source->sha256);
  return e != NULL && !is_over(e, now_us) && e->role == source->role &&
         hash_of_subject(e) == source->subject;
}

int64_t auth_next_expiry(const struct auth *a, int64_t now_us) {
  int64_t next = INT64_MAX;
  for (size_t i = 0; i < a->count; i++) {
    const int64_t at_us = a->entries[i].expires_us;
    next = at_us > now_us && at_us < next ? at_us : next;
  }
  return next;
}

size_t auth_entry_points(const struct auth *a, const struct auth_source *source,
                         const struct text **list) {
  const struct auth_entry *e =
      source->from_table ? entry_of(a, source->sha256) : NULL;
  *list = e == NULL ? NULL : e->entry_points;
  return e == NULL ? 0 : e->entry_count;
}

/* ---- tickets */

static bool is_of(const struct auth_ticket *t,
                  const struct auth_identity *who) {
  return t->expires_us != 0 && t->who.role == who->role &&
         id_equal(t->who.session, who->session) &&
         memcmp(t->who.source.sha256, who->source.sha256, AUTH_HASH) == 0 &&
         text_equal(t->who.subject, who->subject);
}

/* Whoever has enough of them loses the own oldest, not another's. */
static struct auth_ticket *place_for(struct auth *a,
                                     const struct auth_identity *who) {
  struct ticket_ring *ring = &a->rings[who->role == ROLE_CUSTOMER];
  struct auth_ticket *oldest = NULL;
  size_t count = 0;
  for (size_t i = 0; i < TICKETS_MAX; i++) {
    struct auth_ticket *t = &ring->tickets[i];
    if (is_of(t, who)) {
      oldest =
          oldest == NULL || t->expires_us < oldest->expires_us ? t : oldest;
      count++;
    }
  }
  if (count >= TICKETS_OF_ONE) {
    return oldest;
  }
  struct auth_ticket *next = &ring->tickets[ring->next];
  ring->next = (ring->next + 1) % TICKETS_MAX;
  return next;
}

static bool has_ring(struct auth *a, struct ticket_ring *ring) {
  if (ring->tickets == NULL) {
    ring->tickets = mem_new(a->mem, TICKETS_MAX * sizeof *ring->tickets);
  }
  return ring->tickets != NULL;
}

enum bt_err auth_make_ticket(struct auth *a, const struct auth_identity *who,
                             const uint8_t random[AUTH_HASH],
                             int64_t expires_us, char out[TICKET_TEXT]) {
  if (who->subject.len > sizeof(((struct auth_ticket *)NULL)->subject)) {
    return BT_ERR_RANGE;
  }
  if (!has_ring(a, &a->rings[who->role == ROLE_CUSTOMER])) {
    return BT_ERR_NOMEM;
  }
  struct auth_ticket *t = place_for(a, who);
  memcpy(t->secret, random, AUTH_HASH);
  t->expires_us = expires_us;
  t->who = *who;
  if (who->subject.len > 0) {
    memcpy(t->subject, who->subject.ptr, who->subject.len);
  }
  t->who.subject.ptr = t->subject;
  memcpy(out, TICKET_PREFIX.ptr, TICKET_PREFIX.len);
  hex_write(random, AUTH_HASH, out + TICKET_PREFIX.len);
  return BT_ERR_OK;
}

static struct auth_ticket *find_ticket(struct auth *a,
                                       const uint8_t secret[AUTH_HASH]) {
  for (size_t i = 0; i < TICKET_RINGS * TICKETS_MAX; i++) {
    const struct ticket_ring *ring = &a->rings[i / TICKETS_MAX];
    struct auth_ticket *t =
        ring->tickets == NULL ? NULL : &ring->tickets[i % TICKETS_MAX];
    if (t != NULL && t->expires_us != 0 &&
        CRYPTO_memcmp(t->secret, secret, AUTH_HASH) == 0) {
      return t;
    }
  }
  return NULL;
}

bool auth_take_ticket(struct auth *a, struct text ticket, int64_t now_us,
                      struct auth_identity *out) {
  uint8_t secret[AUTH_HASH];
  if (!text_starts(ticket, TICKET_PREFIX) ||
      !hex_read(text_sub(ticket, TICKET_PREFIX.len, ticket.len), secret,
                AUTH_HASH)) {
    return false;
  }
  struct auth_ticket *t = find_ticket(a, secret);
  if (t == NULL) {
    return false;
  }
  const bool good =
      t->expires_us > now_us && auth_still(a, &t->who.source, now_us);
  *out = t->who;
  t->expires_us = 0;
  return good;
}
