/* The form is told in batch.h and snapshot.h: here records change their fields,
 * and what they are written in stays the same. */
#include "codec/seal.h"

#include <string.h>

#include "base/varint.h"
#include "codec/batch.h"
#include "codec/record_priv.h"
#include "codec/snapshot.h"
#include "engine/event.h"

/* What stands in a field of content when that is erased; NULL: it holds none.
 */
static const struct text erased[FIELDS] = {
#define CONTENT(name, erased) [FIELD_##name] = {erased, sizeof(erased) - 1},
#include "codec/content.def"
#undef CONTENT
};

bool seal_is_content(enum field f) {
  return erased[f].ptr != NULL;
}

/* Records on their way from one form into the other. */
struct sealing {
  const struct seal *seal;
  bool opens;
  bool chained; /* a record leaves out what is as in the one before */
  bool any;     /* of them was sealed */
  struct textbuf *out;
  struct record from;      /* the last that was read, as it stands there */
  struct record to[2];     /* the last that was written, and the next */
  struct textbuf plain[2]; /* contents of this record and the one before */
  struct textbuf sealed;
  unsigned turn; /* of plain */
  unsigned last; /* of to */
};

/* Its records stay as they are: they are large, and set when they are used. */
static void begin(struct sealing *s, const struct seal *seal,
                  struct textbuf *out) {
  s->seal = seal;
  s->out = out;
  s->opens = s->chained = s->any = false;
  s->turn = s->last = 0;
}

static void drop(struct record *r, enum field f) {
  r->has[f / 64] &= ~(UINT64_C(1) << (f % 64));
}

/* Whose content it is. */
static bool find_session(const struct record *r, struct id *out) {
  const bool kept = r->type == EVENT_ANSWER_KEPT &&
                    !record_has(r, FIELD_SESSION) &&
                    record_has(r, FIELD_TRANSFER_ID); /* in a snapshot */
  *out = record_id(r, kept ? FIELD_TRANSFER_ID : FIELD_SESSION);
  return !id_is_null(*out);
}

/* ---- one record */

static bool is_content(const struct record *r, uint32_t f) {
  return erased[f].ptr != NULL && r->v[f].text.len > 0;
}

static bool has_content(const struct record *r) {
  uint32_t f = record_next(r, 0);
  while (f < FIELDS && !is_content(r, f)) {
    f = record_next(r, f + 1);
  }
  return f < FIELDS;
}

/* What is in it and is not empty. False: nothing is. */
static bool take_content(struct record *r, struct record *content) {
  bool any = false;
  record_init(content, 0);
  for (uint32_t f = record_next(r, 0); f < FIELDS; f = record_next(r, f + 1)) {
    if (is_content(r, f)) {
      record_copy(content, (enum field)f, r);
      record_set_text(r, (enum field)f, TEXT(""));
      any = true;
    }
  }
  return any;
}

static enum bt_err close_record(struct sealing *s, struct record *r) {
  struct record content, none;
  struct id session;
  if (!find_session(r, &session) || !take_content(r, &content)) {
    return BT_ERR_OK;
  }
  struct textbuf *plain = &s->plain[0];
  record_init(&none, 0);
  textbuf_clear(plain);
  textbuf_clear(&s->sealed);
  codec_put_record(plain, &content, &none);
  if (plain->failed) {
    return BT_ERR_NOMEM;
  }
  const enum bt_err err =
      s->seal->close(s->seal->ctx, session, textbuf_text(plain), &s->sealed);
  record_set_text(r, FIELD_SEALED, textbuf_text(&s->sealed));
  s->any = true;
  return err != BT_ERR_OK ? err : s->sealed.failed ? BT_ERR_NOMEM : BT_ERR_OK;
}

/* Places that were filled are empty; those of a snapshot, too. */
static void put_erased(struct record *r) {
  for (uint32_t f = record_next(r, 0); f < FIELDS; f = record_next(r, f + 1)) {
    if (erased[f].ptr != NULL) {
      record_set_text(r, (enum field)f, erased[f]);
    }
  }
}

static enum bt_err put_content(struct record *r, struct text plain) {
  struct record content;
  record_init(&content, 0);
  const enum bt_err err = codec_take_record(&plain, &content);
  for (uint32_t f = record_next(&content, 0); f < FIELDS && err == BT_ERR_OK;
       f = record_next(&content, f + 1)) {
    if (erased[f].ptr != NULL) {
      record_copy(r, (enum field)f, &content);
    }
  }
  return err;
}

static enum bt_err open_sealed(const struct seal *seal, struct record *r,
                               struct textbuf *plain) {
  struct id session;
  if (seal == NULL || !find_session(r, &session)) {
    return BT_ERR_CORRUPT;
  }
  textbuf_clear(plain);
  enum bt_err err =
      seal->open(seal->ctx, session, record_text(r, FIELD_SEALED), plain);
  drop(r, FIELD_SEALED);
  if (err == BT_ERR_NOT_FOUND) {
    put_erased(r);
    return BT_ERR_OK;
  }
  err = plain->failed ? BT_ERR_NOMEM : err;
  return err == BT_ERR_OK ? put_content(r, textbuf_text(plain)) : err;
}

static enum bt_err open_record(struct sealing *s, struct record *r) {
  if (!record_has(r, FIELD_SEALED)) {
    return BT_ERR_OK;
  }
  s->turn ^= 1;
  return open_sealed(s->seal, r, &s->plain[s->turn]);
}

enum bt_err seal_reader_open(struct seal_reader *u, struct record *r) {
  return record_has(r, FIELD_SEALED) ? open_sealed(u->seal, r, &u->plain)
                                     : BT_ERR_OK;
}

/* A record of a snapshot stands by itself: one without content goes as it is.
 */
static bool goes_as_it_is(const struct sealing *s) {
  struct id session;
  if (s->chained || record_has(&s->from, FIELD_SEALED)) {
    return false;
  }
  return s->opens || !find_session(&s->from, &session) ||
         !has_content(&s->from);
}

static enum bt_err change_record(struct sealing *s, struct text *rest) {
  const struct text before = *rest;
  if (!s->chained) {
    record_init(&s->from, 0);
  }
  enum bt_err err = codec_take_record(rest, &s->from);
  if (err != BT_ERR_OK) {
    return err;
  }
  if (goes_as_it_is(s)) {
    textbuf_add(s->out, text_sub(before, 0, before.len - rest->len));
    return s->out->failed ? BT_ERR_NOMEM : BT_ERR_OK;
  }
  struct record *changed = &s->to[s->last ^ 1];
  record_init(changed, s->from.type);
  record_copy_all(changed, &s->from);
  err = s->opens ? open_record(s, changed) : close_record(s, changed);
  if (err != BT_ERR_OK) {
    return err;
  }
  codec_put_record(s->out, changed, &s->to[s->last]);
  if (s->chained) {
    drop(changed, FIELD_SEALED); /* each has its own */
    s->last ^= 1;
  }
  return s->out->failed ? BT_ERR_NOMEM : BT_ERR_OK;
}

/* ---- all of them */

static enum bt_err change_records(struct sealing *s, struct text rest,
                                  uint64_t count) {
  enum bt_err err = BT_ERR_OK;
  textbuf_init(&s->plain[0], s->out->mem);
  textbuf_init(&s->plain[1], s->out->mem);
  textbuf_init(&s->sealed, s->out->mem);
  record_init(&s->from, 0);
  record_init(&s->to[0], 0);
  for (uint64_t i = 0; i < count && err == BT_ERR_OK; i++) {
    err = change_record(s, &rest);
  }
  if (err == BT_ERR_OK && rest.len > 0) {
    err = BT_ERR_CORRUPT;
  }
  textbuf_free(&s->plain[0]);
  textbuf_free(&s->plain[1]);
  textbuf_free(&s->sealed);
  return err;
}

static enum bt_err change_batch(struct sealing *s, struct text bytes) {
  struct batch_reader reader;
  const size_t at = s->out->len;
  const enum bt_err err =
      codec_open_batch(bytes, s->opens ? BATCH_SEALED : BATCH_VERSION, &reader);
  if (err != BT_ERR_OK) {
    return err;
  }
  textbuf_add_char(s->out, (char)BATCH_VERSION);
  varint_put(s->out, reader.left);
  const enum bt_err changed = change_records(s, reader.rest, reader.left);
  if (changed == BT_ERR_OK && !s->opens && s->any) {
    s->out->ptr[at] = (char)BATCH_SEALED;
  }
  return changed;
}

/* Half of all batches tell of no content. */
static bool batch_has_content(struct sealing *s, struct text bytes) {
  struct batch_reader r;
  bool found = codec_open_batch(bytes, BATCH_VERSION, &r) != BT_ERR_OK;
  record_init(&s->from, 0);
  for (; !found && r.left > 0; r.left--) {
    found = codec_take_record(&r.rest, &s->from) != BT_ERR_OK ||
            has_content(&s->from);
  }
  return found;
}

enum bt_err seal_reader_batch(struct text bytes, struct batch_reader *r) {
  const enum bt_err err = codec_open_batch(bytes, BATCH_VERSION, r);
  return err == BT_ERR_FOREIGN ? codec_open_batch(bytes, BATCH_SEALED, r) : err;
}

/* Nothing in it is sealed: most batches. */
static bool is_plain(struct text bytes) {
  return bytes.len > 0 && bytes.ptr[0] == (char)BATCH_VERSION;
}

static enum bt_err pass_on(struct text bytes, struct textbuf *out) {
  textbuf_add(out, bytes);
  return out->failed ? BT_ERR_NOMEM : BT_ERR_OK;
}

enum bt_err seal_batch(const struct seal *seal, struct text bytes,
                       struct textbuf *out) {
  struct sealing s;
  begin(&s, seal, out);
  s.chained = true;
  return batch_has_content(&s, bytes) ? change_batch(&s, bytes)
                                      : pass_on(bytes, out);
}

enum bt_err seal_open_batch(const struct seal *seal, struct text bytes,
                            struct textbuf *out) {
  struct sealing s;
  if (is_plain(bytes)) {
    return pass_on(bytes, out);
  }
  begin(&s, seal, out);
  s.opens = s.chained = true;
  return change_batch(&s, bytes);
}

static enum bt_err change_snapshot(struct sealing *s, struct text bytes) {
  uint64_t count = 0;
  struct text rest;
  const enum bt_err err = snapshot_open(bytes, &rest, &count);
  if (err == BT_ERR_FOREIGN) { /* whoever reads it says so */
    return pass_on(bytes, s->out);
  }
  if (err != BT_ERR_OK) {
    return err;
  }
  textbuf_add(s->out, text_sub(bytes, 0, bytes.len - rest.len));
  return change_records(s, rest, count);
}

enum bt_err seal_snapshot(const struct seal *seal, struct text bytes,
                          struct textbuf *out) {
  struct sealing s;
  begin(&s, seal, out);
  return change_snapshot(&s, bytes);
}

enum bt_err seal_open_snapshot(const struct seal *seal, struct text bytes,
                               struct textbuf *out) {
  struct sealing s;
  begin(&s, seal, out);
  s.opens = true;
  return change_snapshot(&s, bytes);
}
