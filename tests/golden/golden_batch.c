/* golden_batch.c - a journal's batch of every version decodes for ever.
 *
 * usage: golden_batch check PREFIX    PREFIX.hex must decode to PREFIX.txt and,
 *                                     if its version is the current one, what
 *                                     it decodes to must encode to it
 *        golden_batch make PREFIX     writes both, for a new version of the
 *                                     format; those of old versions stay
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/rand.h"
#include "codec/batch.h"
#include "engine/event.h"
#include "golden.h"
#include "support.h"

enum { RECORDS_MAX = 512 };

static struct record records[RECORDS_MAX];

/* ---- the batch as text: one event a line */

static void print_value(const struct record *r, enum field f,
                        struct textbuf *out) {
  if (field_info(f)->kind == KIND_BYTES) {
    for (size_t i = 0; i < r->v[f].text.len; i++) {
      textbuf_addf(out, "%02x", (unsigned)(unsigned char)r->v[f].text.ptr[i]);
    }
  } else if (field_is_text(f)) {
    struct json_out o;
    json_out_init(&o, out);
    json_put_text(&o, r->v[f].text);
  } else if (field_info(f)->kind == KIND_ID) {
    char id[ID_TEXT_LEN];
    id_to_text(r->v[f].id, id);
    textbuf_add(out, (struct text){id, ID_TEXT_LEN});
  } else {
    textbuf_add_i64(out, r->v[f].num);
  }
}

static void print_record(const struct record *r, struct textbuf *out) {
  textbuf_addf(out, "%u %s", r->type, event_name(r->type));
  for (uint32_t f = 0; f < FIELDS; f++) {
    if (record_has(r, (enum field)f)) {
      textbuf_addf(out, " %s=", field_info((enum field)f)->name);
      print_value(r, (enum field)f, out);
    }
  }
  textbuf_add_char(out, '\n');
}

static bool decode(struct text bytes, struct textbuf *text, size_t *count) {
  struct batch_reader reader;
  enum bt_err err = batch_open(bytes, &reader);
  size_t n = 0;
  while (err == BT_ERR_OK && n < RECORDS_MAX) {
    err = batch_next(&reader, &records[n]);
    if (err == BT_ERR_OK) {
      print_record(&records[n++], text);
    }
  }
  if (err != BT_ERR_NOT_FOUND) {
    fprintf(stderr, "record %zu: %s\n", n + 1, bt_err_text(err));
    return false;
  }
  *count = n;
  return true;
}

/* ---- make: each event that there is, and each field several times */

static int64_t sample_num(struct rand *rng, enum field_kind kind) {
  if (kind != KIND_NUM && kind != KIND_TIME && kind != KIND_POINTS) {
    return (int64_t)rand_below(rng, 2);
  }
  const int64_t n = (int64_t)(rand_u64(rng) >> (1 + rand_below(rng, 62)));
  return rand_below(rng, 4) == 0 ? -n : n;
}

static void set_sample(struct rand *rng, struct record *r, enum field f) {
  static const struct text texts[] = {
      {"", 0}, {"S\u00e4le, \"quoted\"", 15}, {"{\"a\":[1,null]}", 14}};
  static const struct text bytes = {"\0\x01\x7f\xff", 4};
  if (field_info(f)->kind == KIND_BYTES) {
    record_set_text(r, f, bytes);
  } else if (field_is_text(f)) {
    record_set_text(r, f, texts[rand_below(rng, 3)]);
  } else if (field_info(f)->kind == KIND_ID) {
    record_set_id(r, f, (struct id){rand_u64(rng), rand_u64(rng)});
  } else {
    record_set_num(r, f, sample_num(rng, field_info(f)->kind));
  }
}

static size_t make_records(void) {
  struct rand rng;
  rand_seed(&rng, BATCH_VERSION);
  size_t count = 0;
  uint32_t field = 0;
  for (uint32_t type = 0; type < EVENTS; type++) {
    if (!event_is_known(type) || count == RECORDS_MAX) {
      continue;
    }
    struct record *r = &records[count];
    record_init(r, type);
    record_set_id(r, FIELD_SESSION, id_make_v7(1700000000000, 1, count / 4));
    record_set_num(r, FIELD_AT, 1700000000000000 + (int64_t)count / 3);
    record_set_text(r, FIELD_ACTOR, TEXT("anna"));
    for (unsigned i = 0; i < 4; i++, field = (field + 1) % FIELDS) {
      set_sample(&rng, r, (enum field)field);
    }
    count++;
  }
  return count;
}

struct files {
  struct textbuf bytes, text, hex;
};

static bool make(const char *prefix, struct files *out) {
  batch_encode(records, make_records(), &out->bytes);
  size_t count = 0;
  if (!decode(textbuf_text(&out->bytes), &out->text, &count)) {
    return false;
  }
  golden_print_hex(textbuf_text(&out->bytes), &out->hex);
  return golden_write(prefix, ".hex", &out->hex) &&
         golden_write(prefix, ".txt", &out->text);
}

/* ---- check */

static bool same(const char *what, const struct textbuf *kept,
                 const struct textbuf *now) {
  size_t at = 0;
  unsigned line = 1;
  while (at < kept->len && at < now->len && kept->ptr[at] == now->ptr[at]) {
    line += kept->ptr[at++] == '\n';
  }
  if (at == kept->len && at == now->len) {
    return true;
  }
  fprintf(stderr, "%s: not the same from line %u on\n", what, line);
  return false;
}

static bool check(const char *prefix, struct files *now, struct files *kept) {
  if (!golden_read(prefix, ".hex", &kept->hex) ||
      !golden_read(prefix, ".txt", &kept->text)) {
    return false;
  }
  golden_parse_hex(textbuf_text(&kept->hex), &kept->bytes);
  size_t count = 0;
  if (!decode(textbuf_text(&kept->bytes), &now->text, &count)) {
    return false;
  }
  batch_encode(records, count, &now->bytes);
  golden_print_hex(textbuf_text(&now->bytes), &now->hex);
  /* Only batches of the current version are still written. */
  const bool is_old = kept->bytes.ptr[0] != BATCH_VERSION;
  const bool text = same("decoded", &kept->text, &now->text);
  const bool hex = is_old || same("encoded again", &kept->hex, &now->hex);
  return text && hex && count > 0;
}

static void files_init(struct files *f, const struct mem *mem) {
  textbuf_init(&f->bytes, mem);
  textbuf_init(&f->text, mem);
  textbuf_init(&f->hex, mem);
}

static void files_free(struct files *f) {
  textbuf_free(&f->bytes);
  textbuf_free(&f->text);
  textbuf_free(&f->hex);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fputs("usage: golden_batch check|make PREFIX\n", stderr);
    return 2;
  }
  struct test_mem tm;
  test_mem_init(&tm);
  struct files now;
  struct files kept;
  files_init(&now, &tm.mem);
  files_init(&kept, &tm.mem);
  const bool done = strcmp(argv[1], "make") == 0 ? make(argv[2], &now)
                                                 : check(argv[2], &now, &kept);
  files_free(&now);
  files_free(&kept);
  return done ? 0 : 1;
}
