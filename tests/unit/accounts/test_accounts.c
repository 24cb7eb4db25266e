#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accounts/accounts.h"
#include "support.h"

#define PASSWORD TEXT("correct horse battery")
#define T0       INT64_C(1700000000000000)
#define SECOND   INT64_C(1000000)

static const uint8_t salt[16] = "sixteen bytes ..";

struct place {
  struct test_mem memory;
  char dir[64], path[96];
  struct accounts *accounts;
};

static void open_accounts(struct place *p) {
  assert_int_equal(accounts_open(&p->memory.mem, p->path, &p->accounts),
                   BT_ERR_OK);
}

static int set_up(void **state) {
  struct place *p = calloc(1, sizeof *p);
  test_mem_init(&p->memory);
  (void)snprintf(p->dir, sizeof p->dir, "accounts.XXXXXX");
  assert_non_null(mkdtemp(p->dir));
  (void)snprintf(p->path, sizeof p->path, "%s/accounts.db", p->dir);
  open_accounts(p);
  *state = p;
  return 0;
}

static int tear_down(void **state) {
  struct place *p = *state;
  static const char *const endings[] = {"", "-wal", "-shm"};
  accounts_close(p->accounts);
  assert_int_equal(p->memory.live_blocks, 0);
  for (size_t i = 0; i < 3; i++) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s%s", p->path, endings[i]);
    (void)unlink(path);
  }
  assert_int_equal(rmdir(p->dir), 0);
  free(p);
  return 0;
}

static void put(struct place *p, const char *login, const char *role) {
  struct account account;
  char hash[ACCOUNT_HASH_MAX];
  assert_true(account_set(&account.login, text_from(login)));
  assert_true(account_set(&account.role, text_from(role)));
  assert_true(account_set(&account.subject, TEXT("anna")));
  assert_true(account_set(&account.name, TEXT("Anna")));
  assert_int_equal(accounts_hash(PASSWORD, salt, hash), BT_ERR_OK);
  assert_int_equal(accounts_put(p->accounts, &account, hash), BT_ERR_OK);
}

static struct text sign_in(struct place *p, const char *login, int64_t now_us,
                           char cookie[ACCOUNT_COOKIE]) {
  static uint8_t secret[ACCOUNT_SECRET];
  const struct account_entrance entrance = {
      .login = text_from(login), .provider = TEXT("shop"), .now_us = now_us};
  secret[0]++; /* another one each time */
  assert_int_equal(accounts_begin(p->accounts, &entrance, secret, cookie),
                   BT_ERR_OK);
  return (struct text){cookie, ACCOUNT_COOKIE};
}

static enum bt_err who(struct place *p, struct text cookie, int64_t now_us) {
  struct account account;
  uint8_t sha256[32];
  return accounts_who(p->accounts, cookie, now_us, &account, sha256);
}

static void a_password_is_looked_at_by_its_hash(void **state) {
  struct place *p = *state;
  char hash[ACCOUNT_HASH_MAX];
  put(p, "anna", "agent");
  assert_int_equal(accounts_find_hash(p->accounts, TEXT("anna"), hash),
                   BT_ERR_OK);
  assert_true(accounts_fits(hash, PASSWORD));
  assert_false(accounts_fits(hash, TEXT("correct horse batterz")));
  assert_null(strstr(hash, "horse"));
}

static void an_unknown_login_takes_as_long_and_fits_nothing(void **state) {
  struct place *p = *state;
  char hash[ACCOUNT_HASH_MAX];
  assert_int_equal(accounts_find_hash(p->accounts, TEXT("nobody"), hash),
                   BT_ERR_NOT_FOUND);
  assert_true(text_starts(text_from(hash), TEXT("$argon2id$v=19$m=19456,t=2")));
  assert_false(accounts_fits(hash, TEXT("nobody has it")));
}

static void a_password_has_ten_to_256_bytes(void **state) {
  (void)state;
  char hash[ACCOUNT_HASH_MAX], long_one[PASSWORD_MAX + 1];
  memset(long_one, 'x', sizeof long_one);
  assert_int_equal(accounts_hash(TEXT("nine char"), salt, hash), BT_ERR_RANGE);
  assert_int_equal(
      accounts_hash((struct text){long_one, sizeof long_one}, salt, hash),
      BT_ERR_RANGE);
  assert_int_equal(accounts_hash(TEXT("ten chars."), salt, hash), BT_ERR_OK);
}

static void
a_browser_is_known_until_it_is_idle_old_or_signed_out(void **state) {
  struct place *p = *state;
  char cookie[ACCOUNT_COOKIE];
  put(p, "anna", "agent");
  struct text c = sign_in(p, "anna", T0, cookie);
  struct account account;
  uint8_t sha256[32];
  assert_int_equal(accounts_who(p->accounts, c, T0, &account, sha256),
                   BT_ERR_OK);
  assert_true(text_equal(account_text(&account.role), TEXT("agent")));
  assert_true(text_equal(account_text(&account.name), TEXT("Anna")));
  assert_true(accounts_still(p->accounts, sha256));
  /* each visit lets it be idle anew, up to a week */
  int64_t now_us = T0;
  while (now_us + ACCOUNT_IDLE_US <= T0 + ACCOUNT_LIFE_US) {
    now_us += ACCOUNT_IDLE_US;
    assert_int_equal(who(p, c, now_us), BT_ERR_OK);
  }
  assert_int_equal(who(p, c, T0 + ACCOUNT_LIFE_US + 1), BT_ERR_NOT_FOUND);
  c = sign_in(p, "anna", T0, cookie);
  assert_int_equal(who(p, c, T0 + ACCOUNT_IDLE_US + 1), BT_ERR_NOT_FOUND);
  c = sign_in(p, "anna", T0, cookie);
  struct account_text provider;
  assert_int_equal(accounts_end(p->accounts, c, &provider), BT_ERR_OK);
  assert_true(text_equal(account_text(&provider), TEXT("shop")));
  assert_int_equal(accounts_end(p->accounts, c, &provider), BT_ERR_NOT_FOUND);
  assert_int_equal(who(p, c, T0), BT_ERR_NOT_FOUND);
  assert_int_equal(who(p, TEXT("guessed"), T0), BT_ERR_NOT_FOUND);
}

static void a_disabled_account_lets_nobody_in(void **state) {
  struct place *p = *state;
  char cookie[ACCOUNT_COOKIE], hash[ACCOUNT_HASH_MAX];
  static const uint8_t secret[ACCOUNT_SECRET] = "another one";
  const struct account_entrance entrance = {.login = TEXT("anna"),
                                            .now_us = T0};
  put(p, "anna", "agent");
  const struct text c = sign_in(p, "anna", T0, cookie);
  assert_int_equal(accounts_disable(p->accounts, TEXT("anna"), true),
                   BT_ERR_OK);
  assert_int_equal(who(p, c, T0), BT_ERR_NOT_FOUND);
  assert_int_equal(accounts_find_hash(p->accounts, TEXT("anna"), hash),
                   BT_ERR_NOT_FOUND);
  assert_false(accounts_fits(hash, PASSWORD));
  assert_int_equal(accounts_begin(p->accounts, &entrance, secret, cookie),
                   BT_ERR_NOT_FOUND);
  assert_int_equal(accounts_disable(p->accounts, TEXT("anna"), false),
                   BT_ERR_OK);
  (void)sign_in(p, "anna", T0, cookie);
  assert_int_equal(accounts_disable(p->accounts, TEXT("nobody"), true),
                   BT_ERR_NOT_FOUND);
}

/* Which login it is; "" if nobody's. */
static const char *login_of(struct place *p, const char *issuer,
                            const char *subject) {
  static char login[ACCOUNT_TEXT_MAX + 1];
  struct account account;
  const struct account_identity at = {text_from(issuer), text_from(subject)};
  const enum bt_err err = accounts_find_identity(p->accounts, &at, &account);
  (void)snprintf(login, sizeof login, "%.*s",
                 err == BT_ERR_OK ? account.login.len : 0, account.login.bytes);
  return login;
}

static void link_to(struct place *p, const char *login, const char *subject) {
  const struct account_identity at = {TEXT("https://id"), text_from(subject)};
  assert_int_equal(accounts_link(p->accounts, text_from(login), &at),
                   BT_ERR_OK);
}

static void who_somebody_is_at_a_provider(void **state) {
  struct place *p = *state;
  const struct account_identity at = {TEXT("https://id"), TEXT("7")};
  put(p, "anna", "agent");
  put(p, "bert", "agent");
  assert_int_equal(accounts_link(p->accounts, TEXT("nobody"), &at),
                   BT_ERR_NOT_FOUND);
  link_to(p, "anna", "7");
  assert_string_equal(login_of(p, "https://id", "7"), "anna");
  assert_string_equal(login_of(p, "https://other", "7"), "");
  link_to(p, "anna", "8"); /* of one account, the last */
  assert_string_equal(login_of(p, "https://id", "7"), "");
  link_to(p, "bert", "8"); /* and of one identity */
  assert_string_equal(login_of(p, "https://id", "8"), "bert");
  assert_int_equal(accounts_remove(p->accounts, TEXT("bert")), BT_ERR_OK);
  assert_string_equal(login_of(p, "https://id", "8"), "");
}

static void another_role_keeps_password_and_identity(void **state) {
  struct place *p = *state;
  char cookie[ACCOUNT_COOKIE], hash[ACCOUNT_HASH_MAX];
  struct account account;
  put(p, "anna", "agent");
  link_to(p, "anna", "7");
  const struct text c = sign_in(p, "anna", T0, cookie);
  assert_int_equal(accounts_find(p->accounts, TEXT("anna"), &account),
                   BT_ERR_OK);
  assert_true(account_set(&account.role, TEXT("supervisor")));
  assert_int_equal(accounts_change(p->accounts, &account), BT_ERR_OK);
  assert_int_equal(who(p, c, T0), BT_ERR_NOT_FOUND);
  assert_int_equal(accounts_find_hash(p->accounts, TEXT("anna"), hash),
                   BT_ERR_OK);
  assert_string_equal(login_of(p, "https://id", "7"), "anna");
}

/* What the program of before left. */
static void a_file_without_providers_grows(void **state) {
  struct place *p = *state;
  sqlite3 *db = NULL;
  put(p, "anna", "agent");
  accounts_close(p->accounts);
  assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
  assert_int_equal(
      sqlite3_exec(db,
                   "DROP TABLE identity; ALTER TABLE account DROP COLUMN "
                   "disabled; ALTER TABLE browser DROP COLUMN provider; "
                   "PRAGMA user_version = 0;",
                   NULL, NULL, NULL),
      SQLITE_OK);
  (void)sqlite3_close(db);
  open_accounts(p);
  link_to(p, "anna", "7");
  assert_string_equal(login_of(p, "https://id", "7"), "anna");
}

static void a_new_password_signs_out_everywhere(void **state) {
  struct place *p = *state;
  char cookie[ACCOUNT_COOKIE], hash[ACCOUNT_HASH_MAX];
  put(p, "anna", "agent");
  put(p, "bert", "agent");
  char berts[ACCOUNT_COOKIE];
  const struct text b = sign_in(p, "bert", T0, berts);
  struct text c = sign_in(p, "anna", T0, cookie);
  assert_int_equal(accounts_hash(TEXT("another password"), salt, hash),
                   BT_ERR_OK);
  assert_int_equal(accounts_set_hash(p->accounts, TEXT("anna"), hash),
                   BT_ERR_OK);
  assert_int_equal(who(p, c, T0), BT_ERR_NOT_FOUND);
  c = sign_in(p, "anna", T0, cookie);
  assert_int_equal(accounts_remove(p->accounts, TEXT("anna")), BT_ERR_OK);
  assert_int_equal(who(p, c, T0), BT_ERR_NOT_FOUND);
  assert_int_equal(who(p, b, T0), BT_ERR_OK);
  assert_int_equal(accounts_remove(p->accounts, TEXT("anna")),
                   BT_ERR_NOT_FOUND);
  assert_int_equal(accounts_set_hash(p->accounts, TEXT("anna"), hash),
                   BT_ERR_NOT_FOUND);
}

static void note(void *ctx, const struct account *account) {
  struct textbuf *out = ctx;
  textbuf_add(out, account_text(&account->login));
  textbuf_add_char(out, ' ');
}

static void everything_is_there_after_a_restart(void **state) {
  struct place *p = *state;
  char cookie[ACCOUNT_COOKIE];
  put(p, "bert", "supervisor");
  put(p, "anna", "agent");
  const struct text c = sign_in(p, "anna", T0, cookie);
  accounts_close(p->accounts);
  struct stat file;
  assert_int_equal(stat(p->path, &file), 0);
  assert_int_equal(file.st_mode & 077, 0);
  open_accounts(p);
  assert_int_equal(who(p, c, T0), BT_ERR_OK);
  struct textbuf all;
  textbuf_init(&all, &p->memory.mem);
  assert_int_equal(accounts_each(p->accounts, note, &all), BT_ERR_OK);
  assert_true(text_equal(textbuf_text(&all), TEXT("anna bert ")));
  textbuf_free(&all);
}

static void what_is_no_database_is_refused_and_left_alone(void **state) {
  struct place *p = *state;
  struct accounts *other = NULL;
  char path[128];
  (void)snprintf(path, sizeof path, "%s/other", p->dir);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  for (int i = 0; i < 1000; i++) {
    (void)fputs("not a database\n", f);
  }
  (void)fclose(f);
  assert_int_equal(accounts_open(&p->memory.mem, path, &other), BT_ERR_CORRUPT);
  struct stat file;
  assert_int_equal(stat(path, &file), 0);
  assert_int_equal(file.st_size, 15000);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(accounts_open(&p->memory.mem, "not-there/at-all", &other),
                   BT_ERR_IO);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      STORY(a_password_is_looked_at_by_its_hash),
      STORY(an_unknown_login_takes_as_long_and_fits_nothing),
      STORY(a_password_has_ten_to_256_bytes),
      STORY(a_browser_is_known_until_it_is_idle_old_or_signed_out),
      STORY(a_new_password_signs_out_everywhere),
      STORY(a_disabled_account_lets_nobody_in),
      STORY(who_somebody_is_at_a_provider),
      STORY(another_role_keeps_password_and_identity),
      STORY(a_file_without_providers_grows),
      STORY(everything_is_there_after_a_restart),
      STORY(what_is_no_database_is_refused_and_left_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
