#include "loaded.h"
#include "oidc/jwt.h"

static void load(struct loaded *l, const char *yaml) {
  loaded_begin(l);
  (void)files_write(&l->files, "forum.studio", "TRACE \"hello\"\n");
  loaded_read(l, yaml);
}

#define REST "entryPoints: [{id: main, bot: cognigy}]\nbots: [{id: cognigy}]\n"

static const char good[] =
    "centre: acme\n"
    "timeZone: UTC\n"
    "listen: 127.0.0.1:0\n"
    "tokens:\n"
    "  - {role: agent, subject: anna, token: laptop-anna-token}\n"
    "  - {role: visitor, name: web, sha256: "
    "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF}\n"
    "skills: [English]\n"
    "queues:\n"
    "  - {id: support, skills: [English], overflow: second}\n"
    "  - {id: second, aliases: [other]}\n"
    "agents:\n"
    "  - {id: anna, skills: [{name: english, proficiency: 2}], queues: [OTHER]}\n"
    "scripts: [{name: forum, file: forum.studio}]\n"
    "limits: {body_bytes: 1000}\n"
    "rates: {customer: 7, bot: 0}\n"
    "log: {level: warning}\n"
    "entryPoints: [{id: main, bot: cognigy, onGoodbye: Forum, "
    "fallback: support}]\n"
    "bots: [{id: cognigy}]\n"
    "publicUrl: https://desk.shop.example\n"
    "oidc:\n"
    "  - {id: shop, name: Shop, issuer: \"https://id.shop.example\", clientId: "
    "baton, hosts: [\"10.1.2.3:8443\"], algorithms: [ES256], makeAccounts: true, "
    "roles: {agent: [a, b], admin: [c]}}\n";

static void a_good_file_is_read(void **state) {
  (void)state;
  struct loaded l;
  load(&l, good);
  assert_int_equal(l.err, BT_ERR_OK);
  assert_int_equal(l.findings.count, 0);
  assert_true(text_equal(l.config.centre, TEXT("acme")));
  assert_true(text_equal(l.config.data, TEXT("data/acme")));
  assert_string_equal(l.config.host, "127.0.0.1");
  assert_int_equal(l.config.limits.body_bytes, 1000);
  assert_int_equal(l.config.limits.header_bytes, 16384);
  assert_int_equal(l.config.rates.customer, 7);
  assert_int_equal(l.config.rates.agent, 100);
  assert_int_equal(l.config.log_level, API_LOG_WARNING);
  assert_int_equal(l.config.token_count, 2);
  assert_int_equal(l.config.tokens[0].role, ROLE_AGENT);
  assert_true(text_equal(l.config.tokens[0].subject, TEXT("anna")));
  assert_int_equal(l.config.tokens[1].role, ROLE_CUSTOMER);
  assert_int_equal(l.config.tokens[1].sha256[31], 0xff);
  assert_int_equal(l.config.script_count, 1);
  assert_true(
      text_equal(l.config.scripts[0].source, TEXT("TRACE \"hello\"\n")));
  assert_true(l.config.signin.passwords);
  assert_int_equal(l.config.signin.provider_count, 1);
  const struct oidc_settings *p = &l.config.signin.providers[0];
  assert_int_equal(p->algs, 1u << JWT_ES256);
  assert_true(text_equal(p->scope, TEXT("openid profile email")));
  assert_int_equal(p->grant_count, 3);
  assert_true(text_equal(p->grants[0].role, TEXT("admin")));
  assert_true(text_equal(p->grants[2].value, TEXT("b")));
  done(&l);
}

/* The order of the file does not matter: what is referred to comes first. */
static void objects_come_in_the_order_in_which_they_can_be_taken(void **state) {
  (void)state;
  struct loaded l;
  load(&l, good);
  static const enum config_object kinds[] = {CONFIG_SKILL, CONFIG_QUEUE,
                                             CONFIG_QUEUE, CONFIG_AGENT,
                                             CONFIG_BOT,   CONFIG_ENTRY};
  assert_int_equal(l.config.object_count, 6);
  for (size_t i = 0; i < 6; i++) {
    assert_int_equal(l.config.objects[i].kind, kinds[i]);
  }
  assert_true(
      text_equal(l.config.objects[0].json, TEXT("{\"name\":\"English\"}")));
  done(&l);
}

static void a_literal_secret_is_hashed_as_the_api_does_it(void **state) {
  (void)state;
  struct loaded l;
  uint8_t hash[32];
  load(&l, good);
  api_hash_token(TEXT("laptop-anna-token"), hash);
  assert_memory_equal(l.config.tokens[0].sha256, hash, sizeof hash);
  done(&l);
}

static void secrets_come_from_the_environment_and_from_files(void **state) {
  (void)state;
  struct loaded l;
  uint8_t hash[32];
  loaded_begin(&l);
  (void)files_write(&l.files, "admin.token", "a-secret-in-a-file\nmore\n");
  assert_int_equal(chmod(files_path(&l.files, "admin.token"), 0600), 0);
  assert_int_equal(setenv("BATON_TEST_TOKEN", "a-secret-from-outside", 1), 0);
  l.err = server_config_load(
      &l.tm.mem,
      files_write(&l.files, "centre.yaml",
                  "centre: acme\n"
                  "tokens:\n"
                  "  - {role: admin, file: admin.token}\n"
                  "  - {role: supervisor, env: BATON_TEST_TOKEN}\n" REST),
      &l.findings, &l.config);
  assert_int_equal(unsetenv("BATON_TEST_TOKEN"), 0);
  assert_int_equal(l.err, BT_ERR_OK);
  assert_int_equal(l.findings.count, 0);
  api_hash_token(TEXT("a-secret-in-a-file"), hash);
  assert_memory_equal(l.config.tokens[0].sha256, hash, sizeof hash);
  api_hash_token(TEXT("a-secret-from-outside"), hash);
  assert_memory_equal(l.config.tokens[1].sha256, hash, sizeof hash);
  done(&l);
}

/* Each is one file with one mistake. */
#define SIGN_IN(issuer, more)                                                  \
  "centre: c\npublicUrl: https://desk\n"                                       \
  "oidc: [{id: a, name: A, issuer: \"" issuer "\", clientId: b" more           \
  "}]\n" REST
#define CALENDARS                                                              \
  "centre: c\ntimeZone: Europe/Berlin\n" REST                                  \
  "hours:\n  - {id: office, mon: \"09:00-17:00\", holidays: [2026-12-25]}\n"

static const struct {
  const char *yaml;
  uint32_t line;
  const char *says; /* part of it: the cure or the nearest name */
} mistakes[] = {
    {"centre: c\noidc: [{id: a, name: A, issuer: \"https://id\", clientId: "
     "b}]\n" REST,
     2, "needs \"publicUrl\""},
    {"centre: c\npasswords: false\n" REST, 2, "nobody could sign in"},
    {"centre: c\npublicUrl: https://a/b\n" REST, 2, "nothing else"},
    {SIGN_IN("http://id", ""), 3, "begins with https://"},
    {SIGN_IN("https://id?a=b", ""), 3, "has no query"},
    {SIGN_IN("https://id", ", scope: [profile]"), 3, "openid"},
    {SIGN_IN("https://id", ", hosts: [\"*\"]"), 3, "a rule is"},
    {SIGN_IN("https://id", ", algorithms: [none]"), 3, "RS256"},
    {SIGN_IN("https://id", ", makeAccounts: true"), 3, "needs \"roles\""},
    {SIGN_IN("https://id", ", roles: {amin: [a]}"), 3, "\"admin\""},
    {SIGN_IN("https://id", ", roles: {admin: []}"), 3, "nobody could sign in"},
    {SIGN_IN("https://id", ", clientSecret: plain"), 3, "env:NAME"},
    {CALENDARS "queues: [{id: support, hours: offcie}]\n", 7,
     "there is no calendar \"offcie\"; did you mean \"office\"?"},
    {CALENDARS "  - {id: o, timeZone: Europe/Berln}\n", 7,
     "there is no time zone \"Europe/Berln\" on this machine: write one such "
     "as Europe/Berlin"},
    {CALENDARS "  - {id: o, holidays: [{date: 2026-13-01}]}\n", 7,
     "expected a date such as \"2026-12-25\", found \"2026-13-01\""},
    {CALENDARS "  - {id: o, tue: 9-17}\n", 7,
     "a night is two: until 24:00, and from 00:00 on the next day"},
    {"listen: 127.0.0.1:1\n" REST, 1, "\"centre\" is missing"},
    {"centre: 5\n" REST, 1, "in quotes"},
    {"centre: ../x\n" REST, 1, "letters, digits"},
    {"centre: a\nlisen: 127.0.0.1:1\n" REST, 2, "did you mean \"listen\"?"},
    {"centre: a\nlisten: 8080\n" REST, 2, "found an integer"},
    {"centre: a\nlisten: example.com:80\n" REST, 2, "127.0.0.1:8080"},
    {"centre: a\nlisten: 127.0.0.1:65536\n" REST, 2, "no address and port"},
    {"centre: a\nvisitors: yes\n" REST, 2, "true or false"},
    {"centre: a\norigins: [shop.example]\n" REST, 2, "begins with https://"},
    {"centre: a\norigins: ['https://shop.example/']\n" REST, 2, "no path"},
    {"centre: a\norigins: ['https://']\n" REST, 2, "host is missing"},
    {"centre: a\nqueues: support\n" REST, 2, "must be a list"},
    {"centre: a\nlimits:\n  body_byte: 1\n" REST, 3, "\"body_bytes\""},
    {"centre: a\nlimits:\n  body_bytes: 0\n" REST, 3, "above 0"},
    {"centre: a\nrates:\n  custommer: 1\n" REST, 3, "\"customer\""},
    {"centre: a\nrates:\n  bot: -1\n" REST, 3, "0 … 1000000"},
    {"centre: a\nlimits:\n  header_bytes: 70000\n" REST, 2, "65536 together"},
    {"centre: a\nlog: {level: warn}\n" REST, 2, "did you mean \"warning\"?"},
    {"centre: a\nlog: {levle: info}\n" REST, 2, "did you mean \"level\""},
    /* files, mail */
    {"centre: a\nfiles: {scan: clamdscan}\n" REST, 2, "must be a list"},
    {"centre: a\nfiles: {scan: []}\n" REST, 2, "a program and its arguments"},
    {"centre: a\nfiles: {scan: [a], scanUrl: 'http://b'}\n" REST, 2,
     "a program or a URL"},
    {"centre: a\nfiles: {scanUrl: 'ftp://b'}\n" REST, 2,
     "begins with https://"},
    {"centre: a\nfiles: {scanSeconds: 301}\n" REST, 2, "300 at most"},
    {"centre: a\nbots: [{id: b}]\nentryPoints:\n"
     "  - {id: e, bot: b, files: [images]}\n",
     4, "a media type such as image/png, or image/*"},
    {"centre: a\nbots: [{id: b}]\nentryPoints:\n"
     "  - {id: e, bot: b, callbacks: c}\n",
     4, "there is no queue \"c\""},
    {"centre: a\nmail: {url: 'http://b', from: a@b.c}\n" REST, 2,
     "begins with smtps://"},
    {"centre: a\nmail: {url: 'smtp://b', from: Shop}\n" REST, 2,
     "a bare mail address"},
    {"centre: a\nmail: {url: 'smtp://b'}\n" REST, 2, "\"from\" is missing"},
    {"centre: a\nmail: {url: 'smtp://b', from: a@b.c, user: u}\n" REST, 2,
     "come together"},
    {"centre: a\nmail: {url: 'smtp://b', from: a@b.c, user: u, password: p}\n" REST,
     2, "does not stand in the file"},
    /* retention */
    {"centre: a\nretention: {contentDay: 1}\n" REST, 2, "\"contentDays\""},
    {"centre: a\nretention: {contentDays: 0}\n" REST, 2, "above 0"},
    {"centre: a\nretention: {fileDays: 36501}\n" REST, 2, "36500 days"},
    {"centre: a\nretention: {historyDays: 9, fileDays: 9}\n" REST, 2,
     "the content for longer"},
    {"centre: a\nretention:\n  contentDays: 3\n  fileDays: 3\n"
     "  historyDays: 3\n  channels:\n    chat: {fileDays: 4}\n" REST,
     7, "the files for longer"},
    {"centre: a\nretention:\n  channels:\n    vioce: {fileDays: 4}\n" REST, 4,
     "did you mean \"voice\"?"},
    {"centre: a\nretention:\n  channels:\n    voice: 4\n" REST, 4,
     "expected members"},
    /* objects */
    {"centre: a\nqueues:\n  - id: q\n    prioirty: 1\n" REST, 4,
     "\"priority\""},
    {"centre: a\nqueues:\n  - id: q\n    maxWait: soon\n" REST, 4, "\"soon\""},
    {"centre: a\nqueues:\n  - name: q\n" REST, 3, "\"id\" is missing"},
    {"centre: a\nagents:\n  - id: x\n    skills: [{name: s, proficiency: 21}]\n" REST,
     4, "1 … 20"},
    /* names */
    {"centre: a\nqueues:\n  - id: q\n  - id: Q\n" REST, 4, "in line 3"},
    {"centre: a\nqueues:\n  - id: q\n  - id: r\n    aliases: [q]\n" REST, 4,
     "in line 3"},
    {"centre: a\nagents:\n  - id: x\n    name: y\n  - id: y\n" REST, 5,
     "in line 3"},
    {"centre: a\nqueues:\n  - id: first\n    overflow: frist2\n" REST, 4,
     "did you mean \"first\"?"},
    {"centre: a\nqueues:\n  - id: q\n    owners: [ann]\nagents: [{id: anna}]\n" REST,
     4, "did you mean \"anna\"?"},
    {"centre: a\nagents:\n  - id: x\n    queues: [nowhere]\n" REST, 4,
     "there is none at all"},
    {"centre: a\nskills: [English]\nagents:\n  - {id: x, skills: [Englsh]}\n" REST,
     4, "did you mean \"English\"?"},
    {"centre: a\nbots: [{id: b}]\nentryPoints:\n  - {id: e, bot: c}\n", 4,
     "there is no bot \"c\""},
    {"centre: a\nbots: [{id: b}]\nentryPoints:\n"
     "  - {id: e, bot: b, onGoodbye: c}\n",
     4, "there is no script \"c\""},
    {"centre: a\nbots: [{id: b}]\nentryPoints:\n"
     "  - {id: e, bot: b, fallback: c}\n",
     4, "there is no queue \"c\""},
    {"centre: a\ndispositions: [{id: solved}]\nqueues:\n"
     "  - {id: q, dispositions: [solvd]}\n" REST,
     4, "there is no disposition \"solvd\"; did you mean \"solved\"?"},
    {"centre: a\ndispositions:\n  - {id: solved, note: true}\n" REST, 3,
     "\"noteRequired\""},
    /* contradictions */
    {"centre: a\nqueues:\n  - id: q\n    overflow: q\n" REST, 4, "for ever"},
    {"centre: a\nbots: [{id: b}]\nscripts: [{name: s, file: forum.studio}]\n"
     "entryPoints:\n  - {id: e, bot: b, script: s}\n",
     5, "not both"},
    {"centre: a\nentryPoints:\n  - {id: e}\n", 3, "needs a bot or a script"},
    /* scripts */
    {"centre: a\nscripts:\n  - {name: s, file: no.studio}\n" REST, 3,
     "No such file"},
    {"centre: a\nscripts:\n  - {name: s}\n" REST, 3, "\"file\" is missing"},
    {"centre: a\nscripts:\n  - {name: s, file: forum.studio}\n"
     "  - {name: S, file: forum.studio}\n" REST,
     4, "in line 3"},
    /* replies */
    {"centre: a\nreplies:\n  - {name: hello}\n" REST, 3, "\"text\" is missing"},
    {"centre: a\nreplies:\n  - {name: a, text: b}\n  - {name: A, text: c}\n" REST,
     4, "another reply"},
    {"centre: a\nqueues: [{id: first}]\nreplies:\n"
     "  - {name: a, text: b, queues: [frist]}\n" REST,
     4, "did you mean \"first\"?"},
    /* tokens */
    {"centre: a\ntokens:\n  - {role: admin}\n" REST, 3, "secret is missing"},
    {"centre: a\ntokens:\n  - {role: admin, token: short}\n" REST, 3, "16"},
    {"centre: a\ntokens:\n  - {role: admin, sha256: 12ab}\n" REST, 3, "64"},
    {"centre: a\ntokens:\n  - {role: admin, env: BATON_TEST_UNSET}\n" REST, 3,
     "is not set"},
    {"centre: a\ntokens:\n  - {role: admin, file: no.token}\n" REST, 3,
     "No such file"},
    {"centre: a\ntokens:\n  - {role: amin, token: a-long-enough-token}\n" REST,
     3, "did you mean \"admin\"?"},
    {"centre: a\ntokens:\n  - {token: a-long-enough-token}\n" REST, 3,
     "\"role\" is missing"},
    {"centre: a\ntokens:\n  - {role: bot, token: a-long-enough-token}\n" REST,
     3, "\"subject\" is missing"},
    {"centre: a\ntokens:\n"
     "  - {role: bot, subject: cognygi, token: a-long-enough-token}\n" REST,
     3, "did you mean \"cognigy\"?"},
    {"centre: a\ntokens:\n"
     "  - {role: admin, subject: me, token: a-long-enough-token}\n" REST,
     3, "no subject"},
    {"centre: a\ntokens:\n  - {role: admin, token: a-long-enough-token}\n"
     "  - {role: supervisor, token: a-long-enough-token}\n" REST,
     4, "same secret"},
    {"centre: a\ntokens:\n  - {role: admin, token: a-long-enough-token, "
     "env: X}\n" REST,
     3, "this one has \"token\" too"},
};

static void each_mistake_is_named_with_its_line_and_cure(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
    struct loaded l;
    load(&l, mistakes[i].yaml);
    assert_int_equal(l.err, BT_ERR_SYNTAX);
    assert_true(l.findings.count >= 1);
    const struct finding *f = &l.findings.items[0];
    if (l.findings.errors != 1 || f->place.line != mistakes[i].line ||
        text_find(f->message, text_from(mistakes[i].says), 0) ==
            f->message.len) {
      fail_msg("%s\n%u:%u: %.*s (%zu errors)", mistakes[i].yaml, f->place.line,
               f->place.column, TEXT_ARG(f->message), l.findings.errors);
    }
    done(&l);
  }
}

static void two_providers_without_an_id(void **state) {
  (void)state;
  struct loaded l;
  load(&l, "centre: c\n"
           "publicUrl: https://d\n"
           "oidc:\n"
           "  - {name: a, issuer: \"https://id\", clientId: b}\n"
           "  - {name: b, issuer: \"https://id\", clientId: c}\n" REST);
  assert_int_equal(l.err, BT_ERR_SYNTAX);
  assert_int_equal(l.findings.errors, 2);
  assert_true(
      text_equal(l.findings.items[1].message, TEXT("\"id\" is missing")));
  assert_int_equal(l.findings.items[1].place.line, 5);
  done(&l);
}

static void all_mistakes_of_a_file_are_found_in_one_pass(void **state) {
  (void)state;
  struct loaded l;
  load(&l, "centre: a\n"
           "lisen: x\n"
           "queues:\n"
           "  - {id: q, overflow: r, maxWait: soon}\n"
           "  - {id: q}\n"
           "tokens:\n"
           "  - {role: agent, subject: nobody, token: x}\n"
           "scripts:\n"
           "  - {name: s, file: no.studio}\n"
           "entryPoints:\n"
           "  - {id: e, bot: c, fallback: nowhere}\n");
  static const uint32_t lines[] = {2, 4, 4, 5, 7, 7, 9, 11, 11};
  assert_int_equal(l.err, BT_ERR_SYNTAX);
  assert_int_equal(l.findings.errors, 9);
  for (size_t i = 0; i < 9; i++) {
    assert_int_equal(l.findings.items[i].place.line, lines[i]);
  }
  done(&l);
}

static void errors_of_a_script_have_the_places_of_the_script(void **state) {
  (void)state;
  struct loaded l;
  loaded_begin(&l);
  (void)files_write(&l.files, "s.studio", "ASSIGN x = 1\nIF x = 1\n");
  l.err = server_config_load(
      &l.tm.mem,
      files_write(&l.files, "centre.yaml",
                  "centre: a\nscripts: [{name: s, file: s.studio}]\n" REST),
      &l.findings, &l.config);
  assert_int_equal(l.err, BT_ERR_SYNTAX);
  const struct finding *f = &l.findings.items[0];
  assert_true(text_ends(f->place.file, TEXT("/s.studio")));
  assert_int_equal(f->place.line, 2);
  done(&l);
}

static bool warns(const struct loaded *l, const char *says) {
  for (size_t i = 0; i < l->findings.count; i++) {
    const struct finding *f = &l->findings.items[i];
    if (f->level == FINDING_WARNING &&
        text_find(f->message, text_from(says), 0) < f->message.len) {
      return true;
    }
  }
  return false;
}

static void warnings_do_not_keep_a_centre_from_starting(void **state) {
  (void)state;
  struct loaded l;
  load(&l, "centre: a\nlisten: 0.0.0.0:8080\n"
           "tokens: [{role: admin, token: a-long-enough-token}]\n"
           "queues: [{id: q, skills: [English]}]\n");
  assert_int_equal(l.err, BT_ERR_OK);
  assert_int_equal(l.findings.warnings, 3);
  assert_true(warns(&l, "a secret stands in this file"));
  assert_true(warns(&l, "no agent has the skill \"English\""));
  assert_true(warns(&l, "no entry point"));
  done(&l);
}

static void a_file_that_is_not_there_says_so(void **state) {
  (void)state;
  struct loaded l;
  loaded_begin(&l);
  l.err = server_config_load(&l.tm.mem, files_path(&l.files, "no.yaml"),
                             &l.findings, &l.config);
  assert_int_equal(l.err, BT_ERR_IO);
  assert_int_equal(l.findings.items[0].place.line, 0);
  done(&l);
}

static void addresses_are_read_in_all_their_forms(void **state) {
  (void)state;
  char host[SERVER_HOST_MAX];
  uint16_t port = 0;
  assert_true(server_parse_listen(TEXT("[::1]:0"), host, &port));
  assert_string_equal(host, "::1");
  assert_true(server_is_loopback(host));
  assert_true(server_parse_listen(TEXT("localhost:80"), host, &port));
  assert_string_equal(host, "127.0.0.1");
  assert_int_equal(port, 80);
  assert_true(server_parse_listen(TEXT("0.0.0.0:65535"), host, &port));
  assert_false(server_is_loopback(host));
  static const char *const bad[] = {
      "",       "80",        ":80",        "1.2.3.4:", "1.2.3:80", "::1",
      "a b:80", "1.2.3.4:x", "1.2.3.4:-1", "[::1:80",  "[]:80"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_false(server_parse_listen(text_from(bad[i]), host, &port));
  }
}

static void memory_may_run_out_at_any_moment(void **state) {
  (void)state;
  struct files files;
  files_begin(&files);
  (void)files_write(&files, "forum.studio", "TRACE \"hello\"\n");
  char path[FILES_PATH + 300];
  (void)snprintf(path, sizeof path, "%s",
                 files_write(&files, "centre.yaml", good));
  enum bt_err err = BT_ERR_NOMEM;
  for (uint64_t nth = 1; err != BT_ERR_OK; nth++) {
    struct loaded l;
    test_mem_init(&l.tm);
    findings_init(&l.findings, &l.tm.mem);
    l.tm.fail_at = nth;
    err = server_config_load(&l.tm.mem, path, &l.findings, &l.config);
    assert_true(err == BT_ERR_OK || err == BT_ERR_NOMEM || err == BT_ERR_IO);
    if (err == BT_ERR_OK) {
      server_config_free(&l.config);
    }
    findings_free(&l.findings);
    assert_int_equal(l.tm.live_bytes, 0);
    assert_true(nth < 5000);
  }
  files_end(&files);
}

static void calendars_come_before_queues_with_their_zone(void **state) {
  (void)state;
  struct loaded l;
  load(&l, CALENDARS "  - {id: ny, timeZone: America/New_York}\n"
                     "  - {id: utc, timeZone: UTC}\n"
                     "queues: [{id: support, hours: Office}]\n");
  assert_int_equal(l.err, BT_ERR_OK);
  assert_int_equal(l.config.objects[0].kind, CONFIG_HOURS);
  assert_true(text_equal(l.config.objects[0].zone, TEXT("Europe/Berlin")));
  assert_true(text_starts(l.config.objects[0].zone_file, TEXT("TZif")));
  assert_true(text_equal(l.config.objects[1].zone, TEXT("America/New_York")));
  assert_true(text_starts(l.config.objects[1].zone_file, TEXT("TZif")));
  assert_int_equal(l.config.objects[2].zone_file.len, 0);
  assert_int_equal(l.config.objects[3].kind, CONFIG_QUEUE);
  done(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_good_file_is_read),
      cmocka_unit_test(objects_come_in_the_order_in_which_they_can_be_taken),
      cmocka_unit_test(a_literal_secret_is_hashed_as_the_api_does_it),
      cmocka_unit_test(secrets_come_from_the_environment_and_from_files),
      cmocka_unit_test(each_mistake_is_named_with_its_line_and_cure),
      cmocka_unit_test(two_providers_without_an_id),
      cmocka_unit_test(all_mistakes_of_a_file_are_found_in_one_pass),
      cmocka_unit_test(errors_of_a_script_have_the_places_of_the_script),
      cmocka_unit_test(warnings_do_not_keep_a_centre_from_starting),
      cmocka_unit_test(a_file_that_is_not_there_says_so),
      cmocka_unit_test(addresses_are_read_in_all_their_forms),
      cmocka_unit_test(memory_may_run_out_at_any_moment),
      cmocka_unit_test(calendars_come_before_queues_with_their_zone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
