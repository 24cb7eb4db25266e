/* One record as bytes and back. What is read may be anything: every length is
 * held against what is left, and nothing is taken for a name that is none. */
#include "codec/record_priv.h"

#include <string.h>

#include "base/check.h"
#include "base/varint.h"
#include "engine/event.h"

enum form { FORM_NUM, FORM_ID, FORM_BYTES, FORM_SAME };
enum { FORM_BITS = 2, FORM_MASK = 3 };
/* No version will have so many fields; keeps the sum of gaps small. */
enum { FIELD_NUMBER_MAX = 100000 };

/* ---- numbers */

static void drop(struct text *rest, size_t len) {
  rest->ptr += len;
  rest->len -= len;
}

/* Small numbers stay small whatever their sign. */
static uint64_t zigzag(int64_t n) {
  const uint64_t twice = (uint64_t)n << 1;
  return n < 0 ? ~twice : twice;
}

static int64_t unzigzag(uint64_t n) {
  const int64_t half = (int64_t)(n >> 1);
  return (n & 1) != 0 ? -half - 1 : half;
}

/* ---- writing */

static enum form form_of(enum field f) {
  if (field_is_text(f)) {
    return FORM_BYTES;
  }
  return field_kinds[f] == KIND_ID ? FORM_ID : FORM_NUM;
}

static bool is_same(const struct record *r, const struct record *before,
                    enum field f, enum form form) {
  if (!record_has(before, f)) {
    return false;
  }
  switch (form) {
  case FORM_BYTES:
    return text_equal(r->v[f].text, before->v[f].text);
  case FORM_ID:
    return id_equal(r->v[f].id, before->v[f].id);
  case FORM_NUM:
  case FORM_SAME:
    break;
  }
  return r->v[f].num == before->v[f].num;
}

/* These are given the place and answer the one behind it: room is made once a
 * record, and once more for each text. */

/* Most are below 128. */
static char *put_num(char *at, uint64_t n) {
  if (n >= 0x80) {
    return varint_write(at, n);
  }
  *at = (char)(unsigned char)n;
  return at + 1;
}

static char *put_u64(char *at, uint64_t n) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    *at++ = (char)(unsigned char)(n >> shift);
  }
  return at;
}

static char *put_bytes(char *at, struct text t) {
  at = put_num(at, t.len);
  if (t.len > 0) {
    memcpy(at, t.ptr, t.len);
  }
  return at + t.len;
}

static char *put_value(char *at, enum form form, const union field_value *v) {
  switch (form) {
  case FORM_NUM:
    return put_num(at, zigzag(v->num));
  case FORM_ID:
    return put_u64(put_u64(at, v->id.hi), v->id.lo);
  case FORM_BYTES:
    return put_bytes(at, v->text);
  case FORM_SAME:
    break;
  }
  return at;
}

/* A tag, and a number, an id or a text's length; and what stands before all. */
enum {
  FIELD_BYTES_MAX = VARINT_BYTES_MAX + ID_BYTES,
  HEAD_BYTES_MAX = 2 * VARINT_BYTES_MAX
};

static size_t count_fields(const struct record *r) {
  size_t n = 0;
  for (size_t i = 0; i < RECORD_WORDS; i++) {
    for (uint64_t bits = r->has[i]; bits != 0; bits &= bits - 1) {
      n++;
    }
  }
  return n;
}

/* A text of @len at @at, and @left fields behind it: NULL without memory. */
static char *make_room(struct textbuf *out, const char *at, size_t left,
                       size_t len) {
  out->len = (size_t)(at - out->ptr);
  return textbuf_reserve(out, (left + 1) * FIELD_BYTES_MAX + len)
             ? out->ptr + out->len
             : NULL;
}

void codec_put_record(struct textbuf *out, const struct record *r,
                      const struct record *before) {
  size_t left = count_fields(r);
  if (!textbuf_reserve(out, HEAD_BYTES_MAX + left * FIELD_BYTES_MAX)) {
    return;
  }
  char *at = put_num(put_num(out->ptr + out->len, r->type), left);
  uint32_t next = 0;
  for (uint32_t i = record_next(r, 0); i < FIELDS; i = record_next(r, i + 1)) {
    const enum field f = (enum field)i;
    const enum form own = form_of(f);
    const enum form form = is_same(r, before, f, own) ? FORM_SAME : own;
    left--;
    if (form == FORM_BYTES) {
      at = make_room(out, at, left, r->v[f].text.len);
      if (at == NULL) {
        return;
      }
    }
    at = put_num(at, (uint64_t)(i - next) << FORM_BITS | form);
    at = put_value(at, form, &r->v[f]);
    next = i + 1;
  }
  out->len = (size_t)(at - out->ptr);
  bt_check(out->len <= out->cap);
}

/* ---- reading */

/* How many names the numbers of a kind have; 0: they are plain numbers. */
static uint32_t names_of(enum field_kind kind) {
  switch (kind) {
  case KIND_FLAG:
    return 2;
  case KIND_STATUS:
    return SESSION_STATUSES;
  case KIND_HOLDER:
    return SESSION_HOLDERS;
  case KIND_CHANNEL:
    return CHANNELS;
  case KIND_ROLE:
    return ROLES;
  case KIND_REFUSAL:
    return REFUSALS;
  case KIND_WHEN:
    return WHENS;
  case KIND_REQUIRE:
    return REQUIRES;
  case KIND_NUM:
  case KIND_TIME:
  case KIND_POINTS:
  case KIND_ID:
  case KIND_TEXT:
  case KIND_JSON:
  case KIND_BYTES:
  case KIND_QUEUE:
  case KIND_AGENT:
  case KIND_BOT:
  case KIND_SCRIPT:
  case KIND_ENTRY:
    break;
  }
  return 0;
}

static uint64_t take_u64(struct text *rest) {
  uint64_t n = 0;
  for (size_t i = 0; i < 8; i++) {
    n = n << 8 | (unsigned char)rest->ptr[i];
  }
  drop(rest, 8);
  return n;
}

static bool take_bytes(struct text *rest, struct text *out) {
  uint64_t len = 0;
  if (!varint_take(rest, &len) || len > rest->len) {
    return false;
  }
  *out = text_sub(*rest, 0, len);
  drop(rest, len);
  return true;
}

static bool take_value(struct text *rest, enum form form,
                       union field_value *out) {
  uint64_t n = 0;
  switch (form) {
  case FORM_NUM:
    if (varint_take(rest, &n)) {
      out->num = unzigzag(n);
      return true;
    }
    return false;
  case FORM_ID:
    if (rest->len < ID_BYTES) {
      return false;
    }
    out->id.hi = take_u64(rest);
    out->id.lo = take_u64(rest);
    return true;
  case FORM_BYTES:
    return take_bytes(rest, &out->text);
  case FORM_SAME:
    break;
  }
  return true;
}

static enum bt_err take_known(struct text *rest, enum form form, enum field f,
                              struct record *r) {
  if (form == FORM_SAME) {
    return record_has(r, f) ? BT_ERR_OK : BT_ERR_CORRUPT;
  }
  if (form != form_of(f) || !take_value(rest, form, &r->v[f])) {
    return BT_ERR_CORRUPT;
  }
  const uint32_t names = names_of(field_info(f)->kind);
  const bool is_named = names == 0 || (uint64_t)r->v[f].num < names;
  return is_named ? BT_ERR_OK : BT_ERR_FOREIGN;
}

static enum bt_err take_field(struct text *rest, uint64_t *next,
                              struct record *r, uint64_t has[RECORD_WORDS]) {
  uint64_t tag = 0;
  if (!varint_take(rest, &tag) ||
      *next + (tag >> FORM_BITS) > FIELD_NUMBER_MAX) {
    return BT_ERR_CORRUPT;
  }
  const enum form form = (enum form)(tag & FORM_MASK);
  const uint64_t number = *next + (tag >> FORM_BITS);
  *next = number + 1;
  if (number >= FIELDS) {
    union field_value unknown;
    return take_value(rest, form, &unknown) ? BT_ERR_OK : BT_ERR_CORRUPT;
  }
  has[number / 64] |= UINT64_C(1) << (number % 64);
  return take_known(rest, form, (enum field)number, r);
}

enum bt_err codec_take_record(struct text *rest, struct record *r) {
  uint64_t type = 0;
  uint64_t fields = 0;
  if (!varint_take(rest, &type) || type > UINT32_MAX ||
      !varint_take(rest, &fields)) {
    return BT_ERR_CORRUPT;
  }
  uint64_t has[RECORD_WORDS] = {0};
  uint64_t next = 0;
  for (uint64_t i = 0; i < fields; i++) {
    const enum bt_err err = take_field(rest, &next, r, has);
    if (err != BT_ERR_OK) {
      return err;
    }
  }
  record_init(r, (uint32_t)type);
  for (size_t i = 0; i < RECORD_WORDS; i++) {
    r->has[i] = has[i];
  }
  return BT_ERR_OK;
}
