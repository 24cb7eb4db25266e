/* Files on the disk: what is kept is whole, what was changed is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "files/store.h"
#include "support.h"

struct place {
  struct test_mem memory;
  char above[32], dir[64], folder[128];
  struct file_place at;
  struct arena arena;
  struct textbuf whole;
  char id[FILE_ID_TEXT];
  bool fresh;
};

static const struct file_head head = {
    {"cat \"1\".png", 11}, {"image/png", 9}, 5};

static int set_up(void **state) {
  struct place *p = calloc(1, sizeof *p);
  test_mem_init(&p->memory);
  (void)snprintf(p->above, sizeof p->above, "files.XXXXXX");
  assert_non_null(mkdtemp(p->above));
  (void)snprintf(p->dir, sizeof p->dir, "%s/files", p->above);
  p->at = (struct file_place){p->dir, {7, 8}};
  char session[ID_TEXT_LEN];
  id_to_text(p->at.session, session);
  (void)snprintf(p->folder, sizeof p->folder, "%s/%.*s", p->dir, ID_TEXT_LEN,
                 session);
  arena_init(&p->arena, &p->memory.mem, 0);
  textbuf_init(&p->whole, &p->memory.mem);
  file_write_head(&head, &p->whole);
  textbuf_add(&p->whole, TEXT("bytes"));
  *state = p;
  return 0;
}

static int tear_down(void **state) {
  struct place *p = *state;
  textbuf_free(&p->whole);
  arena_free(&p->arena);
  assert_int_equal(p->memory.live_blocks, 0);
  (void)rmdir(p->folder);
  (void)rmdir(p->dir);
  assert_int_equal(rmdir(p->above), 0); /* nothing was left behind */
  free(p);
  return 0;
}

static struct text id_of(const struct place *p) {
  return (struct text){p->id, FILE_ID_TEXT};
}

static enum bt_err keep(struct place *p) {
  return file_keep(&p->at, textbuf_text(&p->whole), p->id, &p->fresh);
}

static enum bt_err look(struct place *p, struct text id, char *bytes) {
  struct file_read f = {.arena = &p->arena};
  textbuf_init(&f.whole, &p->memory.mem);
  const enum bt_err err = file_read(&p->at, id, &f);
  if (err == BT_ERR_OK) {
    assert_true(text_equal(f.head.name, head.name));
    assert_true(text_equal(f.head.type, head.type));
    assert_int_equal(f.head.size, f.bytes.len);
    memcpy(bytes, f.bytes.ptr, f.bytes.len);
    bytes[f.bytes.len] = '\0';
  }
  textbuf_free(&f.whole);
  return err;
}

static void what_is_kept_is_read_again(void **state) {
  struct place *p = *state;
  char bytes[16], first[FILE_ID_TEXT];
  assert_int_equal(keep(p), BT_ERR_OK);
  assert_true(p->fresh);
  memcpy(first, p->id, sizeof first);
  assert_int_equal(look(p, id_of(p), bytes), BT_ERR_OK);
  assert_string_equal(bytes, "bytes");
  assert_int_equal(keep(p), BT_ERR_OK);
  assert_false(p->fresh);
  assert_memory_equal(first, p->id, sizeof first);
  file_drop(&p->at, id_of(p));
  assert_int_equal(look(p, id_of(p), bytes), BT_ERR_NOT_FOUND);
}

static void no_name_leads_elsewhere(void **state) {
  struct place *p = *state;
  char bytes[16];
  assert_int_equal(keep(p), BT_ERR_OK);
  static const char *const others[] = {"", "..", "../secret", "part.123456"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    assert_int_equal(look(p, text_from(others[i]), bytes), BT_ERR_NOT_FOUND);
  }
  p->at.session.lo++;
  assert_int_equal(look(p, id_of(p), bytes), BT_ERR_NOT_FOUND);
  p->at.session.lo--;
  file_drop(&p->at, id_of(p));
}

static void what_was_changed_is_noticed(void **state) {
  struct place *p = *state;
  char path[256], bytes[16];
  assert_int_equal(keep(p), BT_ERR_OK);
  (void)snprintf(path, sizeof path, "%s/%.*s", p->folder, FILE_ID_TEXT, p->id);
  FILE *f = fopen(path, "r+");
  assert_non_null(f);
  assert_int_equal(fseek(f, -1, SEEK_END), 0);
  assert_int_equal(fputc('X', f), 'X');
  assert_int_equal(fclose(f), 0);
  assert_int_equal(look(p, id_of(p), bytes), BT_ERR_CORRUPT);
  file_drop(&p->at, id_of(p));
}

/* Each with its number, so that they differ. */
static enum bt_err keep_another(struct place *p, int number) {
  textbuf_clear(&p->whole);
  file_write_head(&head, &p->whole);
  textbuf_addf(&p->whole, "%d", number);
  return keep(p);
}

static void a_session_takes_so_many(void **state) {
  struct place *p = *state;
  char ids[FILES_MAX][FILE_ID_TEXT];
  for (int i = 0; i < FILES_MAX; i++) {
    assert_int_equal(keep_another(p, i), BT_ERR_OK);
    memcpy(ids[i], p->id, sizeof ids[i]);
  }
  assert_int_equal(keep_another(p, FILES_MAX), BT_ERR_RANGE);
  assert_int_equal(keep_another(p, 0), BT_ERR_OK); /* it is there already */
  for (int i = 0; i < FILES_MAX; i++) {
    file_drop(&p->at, (struct text){ids[i], FILE_ID_TEXT});
  }
}

static void a_disk_that_refuses_is_an_error(void **state) {
  struct place *p = *state;
  FILE *f = fopen(p->dir, "w"); /* where the folder should be */
  assert_non_null(f);
  assert_int_equal(fclose(f), 0);
  assert_int_equal(keep(p), BT_ERR_IO);
  assert_int_equal(unlink(p->dir), 0);
}

static void without_memory_nothing_is_read(void **state) {
  struct place *p = *state;
  char bytes[16];
  enum bt_err err = BT_ERR_NOMEM;
  assert_int_equal(keep(p), BT_ERR_OK);
  for (uint64_t n = 1; err != BT_ERR_OK; n++) {
    arena_reset(&p->arena);
    p->memory.calls = 0;
    p->memory.fail_at = n;
    err = look(p, id_of(p), bytes);
    assert_true(err == BT_ERR_OK || err == BT_ERR_NOMEM);
  }
  p->memory.fail_at = 0;
  file_drop(&p->at, id_of(p));
}

int main(void) {
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {STORY(what_is_kept_is_read_again),
                                     STORY(no_name_leads_elsewhere),
                                     STORY(what_was_changed_is_noticed),
                                     STORY(a_session_takes_so_many),
                                     STORY(a_disk_that_refuses_is_an_error),
                                     STORY(without_memory_nothing_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
