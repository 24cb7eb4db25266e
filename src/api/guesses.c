#include "api/guesses.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"

enum { ROW = 8, US_PER_S = 1000000 };

struct guess_place {
  uint64_t who; /* 0: free */
  int64_t until_us;
  uint32_t failures;
};

enum bt_err guesses_init(struct guesses *g, const struct mem *mem,
                         const uint8_t key[GUESS_KEY]) {
  g->mem = mem;
  memcpy(g->key, key, GUESS_KEY);
  g->places = mem_new(mem, GUESS_PLACES * sizeof *g->places);
  return g->places == NULL ? BT_ERR_NOMEM : BT_ERR_OK;
}

void guesses_free(struct guesses *g) {
  mem_free(g->mem, g->places,
           g->places == NULL ? 0 : GUESS_PLACES * sizeof *g->places);
  g->places = NULL;
}

/* ---- who */

static uint64_t hash(const struct guesses *g, struct text t) {
  uint8_t digest[DIGEST_SHA256_SIZE];
  uint64_t n;
  digest_hmac_sha256((struct text){(const char *)g->key, GUESS_KEY}, t, digest);
  memcpy(&n, digest, sizeof n);
  return n != 0 ? n : 1;
}

static uint64_t hash_address(const struct guesses *g, struct text address) {
  char copy[INET6_ADDRSTRLEN] = {0};
  uint8_t v6[16];
  if (address.len < sizeof copy) {
    (void)snprintf(copy, sizeof copy, "%.*s", TEXT_ARG(address));
    if (inet_pton(AF_INET6, copy, v6) == 1) {
      return hash(g, (struct text){(const char *)v6, sizeof v6 / 2});
    }
  }
  return hash(g, address);
}

struct guess guess_of(const struct guesses *g, struct text login,
                      struct text address) {
  struct {
    uint64_t login, address;
  } both = {hash(g, login), hash_address(g, address)};
  return (struct guess){
      .who = hash(g, (struct text){(const char *)&both, sizeof both}),
      .address = both.address};
}

/* ---- counting */

static struct guess_place *row_of(const struct guesses *g, uint64_t who) {
  return g->places + who % (GUESS_PLACES / ROW) * ROW;
}

static struct guess_place *find(const struct guesses *g, uint64_t who) {
  struct guess_place *row = row_of(g, who);
  for (size_t i = 0; i < ROW; i++) {
    if (row[i].who == who) {
      return &row[i];
    }
  }
  return NULL;
}

/* A free place has waited for ever. */
static struct guess_place *make_room(const struct guesses *g, uint64_t who) {
  struct guess_place *row = row_of(g, who);
  struct guess_place *least = row;
  for (size_t i = 1; i < ROW; i++) {
    if (row[i].until_us < least->until_us) {
      least = &row[i];
    }
  }
  *least = (struct guess_place){.who = who};
  return least;
}

static int64_t pause_us(uint32_t failures) {
  if (failures <= GUESS_FREE) {
    return 0;
  }
  const uint32_t over = failures - GUESS_FREE;
  const int64_t s = over > 9 ? GUESS_LONGEST_S : INT64_C(1) << (over - 1);
  return (s < GUESS_LONGEST_S ? s : GUESS_LONGEST_S) * US_PER_S;
}

int64_t guesses_take(struct guesses *g, const struct guess *who,
                     int64_t now_us) {
  struct guess_place *place = find(g, who->who);
  if (place == NULL) {
    place = make_room(g, who->who);
  }
  if (place->until_us > now_us) {
    return place->until_us - now_us;
  }
  place->failures += place->failures < UINT32_MAX;
  place->until_us = now_us + pause_us(place->failures);
  return 0;
}

void guesses_wrong(struct guesses *g, const struct guess *who, int64_t now_us) {
  struct guess_place *place = find(g, who->who);
  if (place != NULL) {
    place->until_us = now_us + pause_us(place->failures);
  }
}

void guesses_forgive(struct guesses *g, const struct guess *who) {
  struct guess_place *place = find(g, who->who);
  if (place != NULL) {
    *place = (struct guess_place){0};
  }
}
