/* A journal whose content is sealed: read again as it was given; after an
 * erasure, the same without the content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/batch.h"
#include "engine/event.h"
#include "kept_file.h"
#include "vault/vault.h"

#define CANARY TEXT("canary 41f7")
#define OTHERS TEXT("another person")

static const struct id anna = {1, 2}, bert = {3, 4};

struct place {
  struct kept_file kept;
  struct vault *vault;
};

static enum bt_err vault_at(struct place *p, const char *path, bool read_only,
                            struct vault **out) {
  const struct vault_options options = {.path = path, .read_only = read_only};
  struct vault_error why;
  return vault_open(&p->kept.memory.mem, &options, out, &why);
}

static void open_vault(struct place *p) {
  assert_int_equal(vault_at(p, p->kept.path, false, &p->vault), BT_ERR_OK);
}

static void close_vault(struct place *p) {
  vault_close(p->vault);
  p->vault = NULL;
}

static int set_up(void **state) {
  struct place *p = calloc(1, sizeof *p);
  kept_file_make(&p->kept, "keys");
  open_vault(p);
  *state = p;
  return 0;
}

static int tear_down(void **state) {
  struct place *p = *state;
  close_vault(p);
  kept_file_remove(&p->kept);
  free(p);
  return 0;
}

/* Anna and Bert say something, twice each: texts as in the event before are
 * left out of a batch. */
static void write_batch(struct textbuf *out) {
  struct record events[4];
  for (size_t i = 0; i < 4; i++) {
    record_init(&events[i], EVENT_MESSAGE);
    record_set_id(&events[i], FIELD_SESSION, i < 2 ? anna : bert);
    record_set_num(&events[i], FIELD_AT, 1000);
    record_set_num(&events[i], FIELD_MESSAGE, (int64_t)i + 1);
    record_set_text(&events[i], FIELD_TEXT, i < 2 ? CANARY : OTHERS);
    if (i == 1) {
      record_set_text(&events[i], FIELD_DATA,
                      TEXT("{\"said\":\"canary 41f7\"}"));
    }
  }
  batch_encode(events, 4, out);
}

static void seal(struct place *p, struct text bytes, struct textbuf *out) {
  const struct journal_cover *c = vault_cover(p->vault);
  assert_int_equal(c->seal(c->ctx, JOURNAL_BATCH, bytes, out), BT_ERR_OK);
}

static enum bt_err open_batch(struct place *p, struct text bytes,
                              struct textbuf *out) {
  const struct journal_cover *c = vault_cover(p->vault);
  textbuf_clear(out);
  return c->open(c->ctx, JOURNAL_BATCH, bytes, out);
}

static bool holds(const struct textbuf *b, struct text word) {
  return text_find(textbuf_text(b), word, 0) < b->len;
}

struct three {
  struct textbuf plain, sealed, opened;
};

static void begin(struct place *p, struct three *t) {
  textbuf_init(&t->plain, &p->kept.memory.mem);
  textbuf_init(&t->sealed, &p->kept.memory.mem);
  textbuf_init(&t->opened, &p->kept.memory.mem);
  write_batch(&t->plain);
  seal(p, textbuf_text(&t->plain), &t->sealed);
}

static void end(struct three *t) {
  textbuf_free(&t->plain);
  textbuf_free(&t->sealed);
  textbuf_free(&t->opened);
}

/* @kept, opened where it stands, is @given. */
static void assert_same_event(struct place *p, struct seal_reader *opens,
                              struct record *kept, const struct record *given) {
  struct textbuf a, b;
  textbuf_init(&a, &p->kept.memory.mem);
  textbuf_init(&b, &p->kept.memory.mem);
  assert_int_equal(seal_reader_open(opens, kept), BT_ERR_OK);
  batch_encode(kept, 1, &a);
  batch_encode(given, 1, &b);
  assert_true(text_equal(textbuf_text(&a), textbuf_text(&b)));
  textbuf_free(&a);
  textbuf_free(&b);
}

static void assert_each_as_given(struct place *p, const struct three *t) {
  struct seal_reader opens = {.seal = vault_seal(p->vault)};
  struct batch_reader kept, given;
  struct record k, g;
  textbuf_init(&opens.plain, &p->kept.memory.mem);
  assert_int_equal(seal_reader_batch(textbuf_text(&t->sealed), &kept),
                   BT_ERR_OK);
  assert_int_equal(seal_reader_batch(textbuf_text(&t->plain), &given),
                   BT_ERR_OK);
  while (batch_next(&given, &g) == BT_ERR_OK) {
    assert_int_equal(batch_next(&kept, &k), BT_ERR_OK);
    assert_same_event(p, &opens, &k, &g);
  }
  assert_int_equal(batch_next(&kept, &k), BT_ERR_NOT_FOUND);
  textbuf_free(&opens.plain);
}

static void assert_as_given(struct place *p, struct three *t) {
  assert_int_equal(open_batch(p, textbuf_text(&t->sealed), &t->opened),
                   BT_ERR_OK);
  assert_true(text_equal(textbuf_text(&t->opened), textbuf_text(&t->plain)));
  assert_each_as_given(p, t);
}

static void what_is_sealed_holds_nothing_and_opens_to_the_byte(void **state) {
  struct place *p = *state;
  struct three t;
  begin(p, &t);
  assert_false(holds(&t.sealed, TEXT("canary")));
  assert_false(holds(&t.sealed, TEXT("another")));
  assert_as_given(p, &t);
  end(&t);
}

static void it_opens_after_a_restart(void **state) {
  struct place *p = *state;
  struct three t;
  begin(p, &t);
  close_vault(p);
  open_vault(p);
  assert_as_given(p, &t);
  end(&t);
}

static void an_erased_session_is_the_same_without_its_content(void **state) {
  struct place *p = *state;
  struct three t;
  struct vault_erased erased = {0};
  begin(p, &t);
  assert_int_equal(vault_erase(p->vault, &anna, 1, &erased), BT_ERR_OK);
  assert_int_equal(erased.keys, 1);
  for (int restarted = 0; restarted < 2; restarted++) {
    struct batch_reader reader;
    struct record r;
    size_t count = 0;
    assert_int_equal(open_batch(p, textbuf_text(&t.sealed), &t.opened),
                     BT_ERR_OK);
    assert_false(holds(&t.opened, TEXT("canary")));
    assert_int_equal(batch_open(textbuf_text(&t.opened), &reader), BT_ERR_OK);
    while (batch_next(&reader, &r) == BT_ERR_OK) {
      const bool annas = count++ < 2;
      assert_int_equal(record_num(&r, FIELD_MESSAGE), count);
      assert_true(text_equal(record_text(&r, FIELD_TEXT),
                             annas ? TEXT("[erased]") : OTHERS));
      assert_true(!record_has(&r, FIELD_DATA) ||
                  text_equal(record_text(&r, FIELD_DATA), TEXT("{}")));
      assert_false(record_has(&r, FIELD_SEALED));
    }
    assert_int_equal(count, 4);
    close_vault(p);
    open_vault(p);
  }
  end(&t);
}

static void who_is_erased_gets_no_other_key(void **state) {
  struct place *p = *state;
  struct three t;
  struct vault_erased erased = {0};
  begin(p, &t);
  assert_int_equal(vault_erase(p->vault, &anna, 1, &erased), BT_ERR_OK);
  textbuf_clear(&t.sealed);
  seal(p, textbuf_text(&t.plain), &t.sealed);
  assert_int_equal(open_batch(p, textbuf_text(&t.sealed), &t.opened),
                   BT_ERR_OK);
  assert_false(holds(&t.opened, TEXT("canary")));
  assert_true(holds(&t.opened, OTHERS));
  end(&t);
}

static void a_session_is_erased_once(void **state) {
  struct place *p = *state;
  struct three t;
  struct vault_erased erased = {0};
  const struct id nobody = {9, 9};
  begin(p, &t);
  assert_int_equal(vault_erase(p->vault, &anna, 1, &erased), BT_ERR_OK);
  assert_int_equal(vault_erase(p->vault, &anna, 1, &erased), BT_ERR_OK);
  assert_int_equal(erased.keys, 0);
  assert_int_equal(erased.known, 1);
  assert_int_equal(vault_erase(p->vault, &nobody, 1, &erased), BT_ERR_OK);
  assert_int_equal(erased.keys, 0);
  assert_int_equal(erased.known, 0);
  end(&t);
}

static void patch(const struct place *p, long at, const void *bytes,
                  size_t size) {
  FILE *file = fopen(p->kept.path, "r+");
  assert_non_null(file);
  assert_int_equal(fseek(file, at, SEEK_SET), 0);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  (void)fclose(file);
}

/* A loss of power may take whose the slots are: they are found in the batches
 * again, and nobody else gets a key that is taken. */
static void owners_that_power_took_are_learnt_again(void **state) {
  struct place *p = *state;
  static const uint8_t zeros[16];
  struct three t;
  struct vault_erased erased = {0};
  begin(p, &t);
  close_vault(p);
  patch(p, 64, zeros, sizeof zeros);
  patch(p, 128, zeros, sizeof zeros);
  open_vault(p);
  assert_as_given(p, &t);
  textbuf_clear(&t.sealed);
  seal(p, textbuf_text(&t.plain), &t.sealed);
  assert_int_equal(vault_erase(p->vault, &anna, 1, &erased), BT_ERR_OK);
  assert_int_equal(erased.keys, 1);
  assert_int_equal(open_batch(p, textbuf_text(&t.sealed), &t.opened),
                   BT_ERR_OK);
  assert_true(holds(&t.opened, OTHERS));
  end(&t);
}

static void keys_of_another_journal_are_noticed(void **state) {
  struct place *p = *state;
  struct three t;
  begin(p, &t);
  close_vault(p);
  assert_int_equal(unlink(p->kept.path), 0);
  open_vault(p);
  assert_int_equal(open_batch(p, textbuf_text(&t.sealed), &t.opened),
                   BT_ERR_CORRUPT);
  end(&t);
}

static void a_changed_byte_is_noticed(void **state) {
  struct place *p = *state;
  struct three t;
  begin(p, &t);
  for (size_t i = t.sealed.len - 40; i < t.sealed.len; i++) {
    t.sealed.ptr[i] ^= 1;
    assert_int_not_equal(open_batch(p, textbuf_text(&t.sealed), &t.opened),
                         BT_ERR_OK);
    t.sealed.ptr[i] ^= 1;
  }
  assert_as_given(p, &t);
  end(&t);
}

static void without_the_file_all_reads_as_erased(void **state) {
  struct place *p = *state;
  struct place reader = {.vault = NULL};
  struct three t;
  begin(p, &t);
  assert_int_equal(vault_at(p, "vault.nowhere", true, &reader.vault),
                   BT_ERR_OK);
  assert_int_equal(open_batch(&reader, textbuf_text(&t.sealed), &t.opened),
                   BT_ERR_OK);
  assert_true(holds(&t.opened, TEXT("[erased]")));
  assert_false(holds(&t.opened, OTHERS));
  vault_close(reader.vault);
  end(&t);
}

static void another_file_is_refused(void **state) {
  struct place *p = *state;
  close_vault(p);
  patch(p, 0, "no keys", 7);
  assert_int_equal(vault_at(p, p->kept.path, false, &p->vault), BT_ERR_FOREIGN);
}

/* More than are made at once, and those that ended are forgotten. */
static void thousands_of_sessions_have_a_key_each(void **state) {
  struct place *p = *state;
  const struct journal_cover *c = vault_cover(p->vault);
  struct textbuf plain, sealed;
  textbuf_init(&plain, &p->kept.memory.mem);
  textbuf_init(&sealed, &p->kept.memory.mem);
  for (uint64_t i = 1; i <= 5000; i++) {
    struct record event;
    const struct id session = {7, i};
    record_init(&event, EVENT_MESSAGE);
    record_set_id(&event, FIELD_SESSION, session);
    record_set_text(&event, FIELD_TEXT, CANARY);
    textbuf_clear(&plain);
    textbuf_clear(&sealed);
    batch_encode(&event, 1, &plain);
    seal(p, textbuf_text(&plain), &sealed);
    c->forget(c->ctx, session);
  }
  struct three t = {.plain = plain, .sealed = sealed};
  textbuf_init(&t.opened, &p->kept.memory.mem);
  assert_as_given(p, &t);
  struct vault_erased erased = {0};
  const struct id last = {7, 5000};
  assert_int_equal(vault_erase(p->vault, &last, 1, &erased), BT_ERR_OK);
  assert_int_equal(erased.keys, 1);
  end(&t);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(what_is_sealed_holds_nothing_and_opens_to_the_byte),
      TEST(it_opens_after_a_restart),
      TEST(an_erased_session_is_the_same_without_its_content),
      TEST(who_is_erased_gets_no_other_key),
      TEST(a_session_is_erased_once),
      TEST(owners_that_power_took_are_learnt_again),
      TEST(keys_of_another_journal_are_noticed),
      TEST(a_changed_byte_is_noticed),
      TEST(without_the_file_all_reads_as_erased),
      TEST(another_file_is_refused),
      TEST(thousands_of_sessions_have_a_key_each),
  };
#undef TEST
  return cmocka_run_group_tests(tests, NULL, NULL);
}
