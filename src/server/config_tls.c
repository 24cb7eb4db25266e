/* The section "tls": tried as the server will use it. */
#include <sys/stat.h>
#include <time.h>

#include "net/tls.h"
#include "server/config_priv.h"

enum { PEM_MAX = 65536, DAY_S = 86400, SOON_DAYS = 14 };

static const struct json *read_file(struct reader *r, const struct json *map,
                                    enum file_member member, struct text *out) {
  const struct json *at = reader_member(map, member);
  if (at == NULL) {
    return NULL; /* reported as missing */
  }
  struct stat about;
  const struct text path = reader_path(r, at->text);
  if (path.ptr == NULL || !reader_slurp(r, at, path, PEM_MAX, out)) {
    return NULL;
  }
  if (member == FILE_TLS_KEY && stat(path.ptr, &about) == 0 &&
      (about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    reader_warn(r, at,
                "others on this machine can read the key: chmod 600 %.*s",
                TEXT_ARG(path));
  }
  return at;
}

static void check_times(struct reader *r, const struct json *at,
                        const struct tls *tls) {
  const int64_t now_s = (int64_t)time(NULL);
  const int64_t left_s = tls_expires_s(tls) - now_s;
  if (tls_begins_s(tls) > now_s) {
    reader_warn(r, at, "the certificate is not good yet: look at the clock");
  } else if (left_s <= 0) {
    reader_warn(r, at, "the certificate has expired: clients will refuse it");
  } else if (left_s < SOON_DAYS * (int64_t)DAY_S) {
    reader_warn(r, at, "the certificate expires in less than %lld days",
                (long long)(left_s / DAY_S + 1));
  }
}

void reader_read_tls(struct reader *r) {
  const struct json *map = reader_member(r->tree.root, FILE_CENTRE_TLS);
  struct tls_identity *identity = &r->out->tls;
  if (map == NULL) {
    return;
  }
  reader_check(r, map, FILE_TLS);
  const struct json *strict = reader_member(map, FILE_TLS_STRICT);
  r->out->tls_strict = strict == NULL || strict->type == JSON_TRUE;
  const struct json *certificate =
      read_file(r, map, FILE_TLS_CERTIFICATE, &identity->certificate);
  const struct json *key = read_file(r, map, FILE_TLS_KEY, &identity->key);
  if (certificate == NULL || key == NULL) {
    return;
  }
  struct tls *tls = NULL;
  struct tls_fault fault;
  const enum bt_err err = tls_create(r->mem, identity, &tls, &fault);
  if (err == BT_ERR_SYNTAX) {
    reader_error(r, fault.in_key ? key : certificate, "%s", fault.why);
  } else if (err != BT_ERR_OK) {
    r->no_memory = true;
  } else {
    check_times(r, certificate, tls);
  }
  tls_free(tls);
}
