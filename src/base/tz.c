/* TZif files, RFC 8536: transitions, then a rule for what comes after them. */
#include "base/tz.h"

#include <string.h>

#include "base/check.h"
#include "base/tz_priv.h"

enum {
  HEADER_SIZE = 44,
  TYPE_SIZE = 6,
  TYPES_MAX = 256,
  CHANGES_MAX = 10000, /* today's largest file has some 250 */
  OFFSET_MAX_S = 26 * 3600,
  DAY_S = 86400
};

/* Dates beyond this many seconds are not asked for: civil_from_us() and the
 * sums here stay within 64 bits. */
#define TIME_MAX_S INT64_C(9000000000000)

struct change {
  int64_t at_s;
  int32_t offset_s;
};

struct tz {
  const struct mem *mem;
  char name[TZ_NAME_MAX];
  size_t name_len;
  int32_t first_s; /* before the first change */
  struct change *changes;
  size_t count, cap;
  bool has_rule; /* for what comes after the last change */
  struct tz_rule rule;
};

/* ---- names */

static bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
}

bool tz_name_is_valid(struct text name) {
  bool inside = false; /* a slash stands between two parts */
  for (size_t i = 0; i < name.len; i++) {
    const bool slash = name.ptr[i] == '/';
    if (slash ? !inside : !is_name_char(name.ptr[i])) {
      return false;
    }
    inside = !slash;
  }
  return inside && name.len <= TZ_NAME_MAX;
}

struct text tz_name(const struct tz *zone) {
  return zone == NULL ? TEXT("UTC") : (struct text){zone->name, zone->name_len};
}

static enum bt_err new_zone(const struct mem *mem, struct text name,
                            struct tz **out) {
  struct tz *zone = mem_new(mem, sizeof *zone);
  if (zone == NULL) {
    return BT_ERR_NOMEM;
  }
  zone->mem = mem;
  zone->name_len = name.len < TZ_NAME_MAX ? name.len : TZ_NAME_MAX;
  memcpy(zone->name, name.ptr, zone->name_len);
  *out = zone;
  return BT_ERR_OK;
}

void tz_free(struct tz *zone) {
  if (zone != NULL) {
    const struct mem *mem = zone->mem;
    mem_free(mem, zone->changes, zone->cap * sizeof *zone->changes);
    mem_free(mem, zone, sizeof *zone);
  }
}

/* ---- a file */

/* One of its two blocks: the first has times of 32 bits, the second of 64. */
struct block {
  struct text bytes; /* behind its header */
  uint32_t utcs, standards, leaps, times, types, chars;
  unsigned time_size;
};

static uint64_t number_at(struct text t, size_t at, unsigned size) {
  uint64_t n = 0;
  for (unsigned i = 0; i < size; i++) {
    n = n << 8 | (unsigned char)t.ptr[at + i];
  }
  return n;
}

static size_t block_size(const struct block *b) {
  return (size_t)b->times * (b->time_size + 1) + (size_t)b->types * TYPE_SIZE +
         b->chars + (size_t)b->leaps * (b->time_size + 4) + b->standards +
         b->utcs;
}

static bool read_header(struct text t, unsigned time_size, struct block *out) {
  if (t.len < HEADER_SIZE || !text_starts(t, TEXT("TZif"))) {
    return false;
  }
  uint32_t counts[6];
  for (size_t i = 0; i < 6; i++) {
    counts[i] = (uint32_t)number_at(t, 20 + 4 * i, 4);
  }
  *out = (struct block){.bytes = text_sub(t, HEADER_SIZE, t.len),
                        .utcs = counts[0],
                        .standards = counts[1],
                        .leaps = counts[2],
                        .times = counts[3],
                        .types = counts[4],
                        .chars = counts[5],
                        .time_size = time_size};
  return out->times <= CHANGES_MAX && out->types > 0 &&
         out->types <= TYPES_MAX && block_size(out) <= out->bytes.len;
}

static bool type_offset(const struct block *b, unsigned type, int32_t *out) {
  if (type >= b->types) {
    return false;
  }
  const size_t types = (size_t)b->times * (b->time_size + 1);
  *out = (int32_t)(uint32_t)number_at(b->bytes,
                                      types + (size_t)type * TYPE_SIZE, 4);
  return *out >= -OFFSET_MAX_S && *out <= OFFSET_MAX_S;
}

static int64_t time_at(const struct block *b, size_t i) {
  const uint64_t n = number_at(b->bytes, i * b->time_size, b->time_size);
  return b->time_size == 4 ? (int32_t)(uint32_t)n : (int64_t)n;
}

static enum bt_err read_changes(const struct block *b, struct tz *zone) {
  if (!mem_grow(zone->mem, &zone->changes, &zone->cap, b->times + 1,
                sizeof *zone->changes)) {
    return BT_ERR_NOMEM;
  }
  if (!type_offset(b, 0, &zone->first_s)) {
    return BT_ERR_CORRUPT;
  }
  for (size_t i = 0; i < b->times; i++) {
    struct change *c = &zone->changes[i];
    const unsigned type =
        (unsigned char)b->bytes.ptr[(size_t)b->times * b->time_size + i];
    c->at_s = time_at(b, i);
    if (!type_offset(b, type, &c->offset_s) ||
        (i > 0 && c->at_s <= c[-1].at_s)) {
      return BT_ERR_CORRUPT;
    }
    zone->count++;
  }
  return BT_ERR_OK;
}

/* Behind the second block: a line feed, the rule, a line feed. */
static enum bt_err read_footer(struct text t, struct tz *zone) {
  if (!text_starts(t, TEXT("\n"))) {
    return BT_ERR_CORRUPT;
  }
  const struct text rest = text_sub(t, 1, t.len);
  const struct text rule = text_sub(rest, 0, text_find(rest, TEXT("\n"), 0));
  zone->has_rule = rule.len > 0;
  return rule.len == 0 || tz_rule_read(rule, &zone->rule) ? BT_ERR_OK
                                                          : BT_ERR_CORRUPT;
}

static enum bt_err read_file(struct text bytes, struct tz *zone) {
  struct block b;
  if (!read_header(bytes, 4, &b)) {
    return BT_ERR_CORRUPT;
  }
  if (bytes.ptr[4] == '\0') { /* version 1 has nothing else */
    return read_changes(&b, zone);
  }
  if (!read_header(text_sub(b.bytes, block_size(&b), b.bytes.len), 8, &b)) {
    return BT_ERR_CORRUPT;
  }
  const enum bt_err err = read_changes(&b, zone);
  return err == BT_ERR_OK
             ? read_footer(text_sub(b.bytes, block_size(&b), b.bytes.len), zone)
             : err;
}

enum bt_err tz_from_tzif(const struct mem *mem, struct text name,
                         struct text bytes, struct tz **out) {
  struct tz *zone = NULL;
  if (!tz_name_is_valid(name)) {
    return BT_ERR_RANGE;
  }
  enum bt_err err = new_zone(mem, name, &zone);
  if (err == BT_ERR_OK) {
    err = read_file(bytes, zone);
  }
  if (err != BT_ERR_OK) {
    tz_free(zone);
    return err;
  }
  *out = zone;
  return BT_ERR_OK;
}

enum bt_err tz_from_rule(const struct mem *mem, struct text rule,
                         struct tz **out) {
  struct tz_rule read;
  struct tz *zone = NULL;
  if (!tz_rule_read(rule, &read)) {
    return BT_ERR_SYNTAX;
  }
  const enum bt_err err = new_zone(mem, rule, &zone);
  if (err == BT_ERR_OK) {
    zone->has_rule = true;
    zone->rule = read;
    *out = zone;
  }
  return err;
}

/* ---- moments */

/* How many changes lie at or before this moment. */
static size_t changes_until(const struct tz *zone, int64_t unix_s) {
  size_t low = 0, high = zone->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (zone->changes[middle].at_s <= unix_s) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

int32_t tz_offset_at(const struct tz *zone, int64_t unix_s) {
  if (zone == NULL) {
    return 0;
  }
  bt_check(unix_s >= -TIME_MAX_S && unix_s <= TIME_MAX_S);
  const size_t passed = changes_until(zone, unix_s);
  if (passed == zone->count && zone->has_rule) {
    return tz_rule_offset(&zone->rule, unix_s);
  }
  return passed == 0 ? zone->first_s : zone->changes[passed - 1].offset_s;
}

int64_t tz_from_local(const struct tz *zone, int64_t local_s) {
  const int32_t before = tz_offset_at(zone, local_s - DAY_S);
  const int32_t after = tz_offset_at(zone, local_s + DAY_S);
  const int64_t first = local_s - before, second = local_s - after;
  const bool is_first = tz_offset_at(zone, first) == before;
  return is_first || tz_offset_at(zone, second) != after ? first : second;
}
