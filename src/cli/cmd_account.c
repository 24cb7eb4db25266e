/* People who sign in: added, changed, disabled, removed, listed. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "accounts/accounts.h"
#include "audit/audit.h"
#include "base/json.h"
#include "cli/cli.h"
#include "domain/heap.h"
#include "server/secret.h"

enum { PATH_TEXT = 4096, SALT_BYTES = 16 };

struct choice {
  const char *action, *login;
  const char *role, *subject, *name, *data;
  const char *issuer, *person; /* who it is at a provider; both or none */
  bool json;
};

/* ---- the password */

/* A line from standard input; on a terminal it is not shown. */
static bool read_line(char *out, size_t size) {
  struct termios shown, hidden;
  const bool terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
  if (terminal) {
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)fprintf(stderr, "Password (%d bytes or more): ", PASSWORD_MIN);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  const bool read = fgets(out, (int)size, stdin) != NULL;
  if (terminal) {
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    (void)fputc('\n', stderr);
  }
  out[read ? strcspn(out, "\r\n") : 0] = '\0';
  return read;
}

static bool read_hash(char hash[ACCOUNT_HASH_MAX]) {
  char password[PASSWORD_MAX + 2];
  uint8_t salt[SALT_BYTES];
  if (!read_line(password, sizeof password)) {
    cli_error("there is no password on standard input");
    return false;
  }
  secret_fill(salt, sizeof salt);
  const enum bt_err err = accounts_hash(text_from(password), salt, hash);
  explicit_bzero(password, sizeof password);
  if (err == BT_ERR_RANGE) {
    cli_error("a password has %d to %d bytes", PASSWORD_MIN, PASSWORD_MAX);
  } else if (err != BT_ERR_OK) {
    cli_error("there is no memory to hash the password");
  }
  return err == BT_ERR_OK;
}

/* ---- actions */

static int failed(const struct choice *c, enum bt_err err) {
  if (err == BT_ERR_NOT_FOUND) {
    cli_error("there is no account '%s'", c->login);
  } else {
    cli_error("the accounts of %s: %s", c->data, bt_err_text(err));
  }
  return CLI_FAILED;
}

static bool is_role(const char *role) {
  return role != NULL &&
         (strcmp(role, "agent") == 0 || strcmp(role, "supervisor") == 0 ||
          strcmp(role, "admin") == 0);
}

/* What an account needs, said all at once by its form. */
static bool make_account(const struct choice *c, struct account *out) {
  if (!is_role(c->role)) {
    cli_error("--role is agent, supervisor or admin");
    return false;
  }
  if ((strcmp(c->role, "agent") == 0) != (c->subject != NULL)) {
    cli_error("--agent names the agent of the centre: of an account with the "
              "role agent, and of no other");
    return false;
  }
  const char *name = c->name != NULL ? c->name : c->login;
  if (c->login[0] != '\0' && account_set(&out->login, text_from(c->login)) &&
      account_set(&out->role, text_from(c->role)) &&
      account_set(&out->subject, text_from(c->subject)) &&
      account_set(&out->name, text_from(name))) {
    return true;
  }
  cli_error("a login, an agent's id and a name have 1 to %d bytes",
            ACCOUNT_TEXT_MAX);
  return false;
}

static enum bt_err link_person(struct accounts *a, const struct choice *c) {
  const struct account_identity who = {text_from(c->issuer),
                                       text_from(c->person)};
  return accounts_link(a, text_from(c->login), &who);
}

static int add(struct accounts *a, const struct choice *c) {
  struct account account;
  char hash[ACCOUNT_HASH_MAX] = "";
  if (!make_account(c, &account)) {
    return CLI_MISUSE;
  }
  if (c->issuer == NULL && !read_hash(hash)) {
    return CLI_FAILED;
  }
  enum bt_err err = accounts_put(a, &account, hash);
  if (err == BT_ERR_OK && c->issuer != NULL) {
    err = link_person(a, c);
  }
  return err == BT_ERR_OK ? CLI_DONE : failed(c, err);
}

static int link_one(struct accounts *a, const struct choice *c) {
  if (c->issuer == NULL) {
    cli_error("account link: --issuer and --person say who it is at a "
              "provider");
    return CLI_MISUSE;
  }
  const enum bt_err err = link_person(a, c);
  return err == BT_ERR_OK ? CLI_DONE : failed(c, err);
}

static int disable(struct accounts *a, const struct choice *c) {
  const enum bt_err err = accounts_disable(a, text_from(c->login), true);
  return err == BT_ERR_OK ? CLI_DONE : failed(c, err);
}

static int enable(struct accounts *a, const struct choice *c) {
  const enum bt_err err = accounts_disable(a, text_from(c->login), false);
  return err == BT_ERR_OK ? CLI_DONE : failed(c, err);
}

static int set_password(struct accounts *a, const struct choice *c) {
  char hash[ACCOUNT_HASH_MAX];
  if (!read_hash(hash)) {
    return CLI_FAILED;
  }
  const enum bt_err err = accounts_set_hash(a, text_from(c->login), hash);
  return err == BT_ERR_OK ? CLI_DONE : failed(c, err);
}

static int remove_one(struct accounts *a, const struct choice *c) {
  const enum bt_err err = accounts_remove(a, text_from(c->login));
  return err == BT_ERR_OK ? CLI_DONE : failed(c, err);
}

static void print_plain(void *ctx, const struct account *account) {
  (void)ctx;
  const struct text subject = account_text(&account->subject);
  printf("%-20.*s %-10.*s %.*s%s%.*s%s\n",
         TEXT_ARG(account_text(&account->login)),
         TEXT_ARG(account_text(&account->role)), TEXT_ARG(subject),
         subject.len > 0 ? "  " : "", TEXT_ARG(account_text(&account->name)),
         account->disabled ? "  (disabled)" : "");
}

static void put_json(void *ctx, const struct account *account) {
  struct json_out *o = ctx;
  json_open_object(o);
  json_key(o, "login");
  json_put_text(o, account_text(&account->login));
  json_key(o, "role");
  json_put_text(o, account_text(&account->role));
  json_key(o, "agent");
  json_put_text(o, account_text(&account->subject));
  json_key(o, "name");
  json_put_text(o, account_text(&account->name));
  json_key(o, "disabled");
  json_put_bool(o, account->disabled);
  json_close_object(o);
}

static int list(struct accounts *a, const struct choice *c) {
  struct textbuf out;
  struct json_out o;
  textbuf_init(&out, heap_mem());
  json_out_init(&o, &out);
  json_open_list(&o);
  const enum bt_err err =
      accounts_each(a, c->json ? put_json : print_plain, &o);
  json_close_list(&o);
  if (err == BT_ERR_OK && c->json) {
    printf("%.*s\n", TEXT_ARG(textbuf_text(&out)));
  }
  textbuf_free(&out);
  return err == BT_ERR_OK ? CLI_DONE : failed(c, err);
}

/* ---- who did it */

/* Whoever may write the data directory; the system's user tells who that is. */
static enum bt_err write_down(struct audit *audit, const char *action,
                              const struct choice *c) {
  char what[32], who[32];
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  (void)snprintf(what, sizeof what, "account%c%s", toupper(action[0]),
                 action + 1);
  (void)snprintf(who, sizeof who, "uid %lu", (unsigned long)getuid());
  const struct audit_entry entry = {.at_us = (int64_t)now.tv_sec * 1000000 +
                                             now.tv_nsec / 1000,
                                    .role = TEXT("operator"),
                                    .who = text_from(who),
                                    .what = text_from(what),
                                    .of = text_from(c->login)};
  const enum bt_err err = audit_put(audit, &entry);
  return err == BT_ERR_OK ? audit_sync(audit) : err;
}

/* Before it is done: what cannot be written down does not happen. */
static bool audit_action(const char *action, const struct choice *c) {
  char path[PATH_TEXT];
  struct audit *audit = NULL;
  (void)snprintf(path, sizeof path, "%s/audit.log", c->data);
  enum bt_err err = audit_open(heap_mem(), path, &audit);
  if (err == BT_ERR_OK) {
    err = write_down(audit, action, c);
  }
  audit_close(audit);
  if (err != BT_ERR_OK) {
    cli_error("%s: %s; nothing was done", path, bt_err_text(err));
  }
  return err == BT_ERR_OK;
}

/* ---- choosing */

static const struct action {
  const char *name;
  int (*run)(struct accounts *a, const struct choice *c);
  bool of_one; /* needs a login */
} actions[] = {{"add", add, true},       {"password", set_password, true},
               {"link", link_one, true}, {"disable", disable, true},
               {"enable", enable, true}, {"remove", remove_one, true},
               {"list", list, false}};

enum { ACTIONS = sizeof actions / sizeof actions[0] };

static const struct action *find_action(const char *name) {
  struct text names[ACTIONS];
  for (size_t i = 0; i < ACTIONS; i++) {
    names[i] = text_from(actions[i].name);
    if (strcmp(actions[i].name, name) == 0) {
      return &actions[i];
    }
  }
  const size_t near = text_nearest(text_from(name), names, ACTIONS);
  if (near < ACTIONS) {
    cli_error("account: there is no action '%s'; did you mean '%s'?", name,
              actions[near].name);
  } else {
    cli_error("account: there is no action '%s'; there are add, password, "
              "link, disable, enable, remove and list",
              name);
  }
  return NULL;
}

static int carry_out(const struct action *action, const struct choice *c) {
  char path[PATH_TEXT];
  struct accounts *accounts = NULL;
  if ((c->login != NULL) != action->of_one) {
    cli_error("account %s: %s", action->name,
              action->of_one ? "the login is missing" : "takes no login");
    return CLI_MISUSE;
  }
  if ((c->issuer == NULL) != (c->person == NULL)) {
    cli_error("account %s: --issuer and --person come together", action->name);
    return CLI_MISUSE;
  }
  (void)snprintf(path, sizeof path, "%s/accounts.db", c->data);
  const enum bt_err err = accounts_open(heap_mem(), path, &accounts);
  if (err != BT_ERR_OK) {
    cli_error("%s: %s. --data names a centre's data directory, which a first "
              "\"baton serve\" makes.",
              path, bt_err_text(err));
    return CLI_FAILED;
  }
  const int exit_code = !action->of_one || audit_action(action->name, c)
                            ? action->run(accounts, c)
                            : CLI_FAILED;
  accounts_close(accounts);
  return exit_code;
}

int cmd_account(const struct cli_command *self, int argc, char **argv) {
  struct choice c = {.data = NULL};
  const struct cli_option options[] = {
      {"--data", CLI_TEXT, &c.data, "DIR", "the centre's data directory"},
      {"--role", CLI_TEXT, &c.role, "ROLE", "agent, supervisor or admin"},
      {"--agent", CLI_TEXT, &c.subject, "ID", "who of the centre's agents"},
      {"--name", CLI_TEXT, &c.name, "NAME",
       "what people read; default the login"},
      {"--issuer", CLI_TEXT, &c.issuer, "URL",
       "add, link: the provider at which they sign in, without a password"},
      {"--person", CLI_TEXT, &c.person, "SUB",
       "add, link: who they are there (the \"sub\" of their ID token)"},
      {"--json", CLI_FLAG, &c.json, NULL, "list: as a JSON list"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton account add anna --role agent --agent anna --data data/main",
      "baton account password anna --data data/main",
      "baton account disable anna --data data/main",
      "baton account list --data data/main", NULL};
  const struct cli_page page = {options, examples, 1, 2};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  const struct action *action = find_action(argv[1]);
  if (action == NULL) {
    return CLI_MISUSE;
  }
  if (c.data == NULL) {
    cli_error("account: --data is missing: the centre's data directory");
    return CLI_MISUSE;
  }
  c.login = argc > 2 ? argv[2] : NULL;
  return carry_out(action, &c);
}
