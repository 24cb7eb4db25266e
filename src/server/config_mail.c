/* The section "mail": the server that takes transcripts. */
#include "net/mail_address.h"
#include "server/config_priv.h"

static void read_url(struct reader *r, const struct json *url) {
  if (!text_starts(url->text, TEXT("smtp://")) &&
      !text_starts(url->text, TEXT("smtps://"))) {
    reader_error(r, url, "\"url\" of \"mail\" begins with smtps:// or smtp://");
    return;
  }
  r->out->mail.url = reader_string(r, url->text);
}

static void read_from(struct reader *r, const struct json *from) {
  if (!mail_address_is_good(from->text)) {
    reader_error(r, from,
                 "\"from\" is a bare mail address such as chat@shop.example");
    return;
  }
  r->out->mail.from = reader_string(r, from->text);
}

/* A name without its password would be refused by the mail server, much later.
 */
static void read_sign_in(struct reader *r, const struct json *map) {
  const struct json *user = reader_member(map, FILE_MAIL_USER);
  const struct json *password = reader_member(map, FILE_MAIL_PASSWORD);
  struct text secret;
  if (user == NULL && password == NULL) {
    return;
  }
  if (user == NULL || password == NULL) {
    reader_error(r, user == NULL ? password : user,
                 "\"user\" and \"password\" come together");
    return;
  }
  if (reader_secret(r, password, &secret)) {
    r->out->mail.user = reader_string(r, user->text);
    r->out->mail.password = reader_string(r, secret);
  }
}

void reader_read_mail(struct reader *r) {
  const struct json *map = reader_member(r->tree.root, FILE_CENTRE_MAIL);
  if (map == NULL) {
    return;
  }
  reader_check(r, map, FILE_MAIL);
  const struct json *url = reader_member(map, FILE_MAIL_URL);
  const struct json *from = reader_member(map, FILE_MAIL_FROM);
  if (url != NULL) {
    read_url(r, url);
  }
  if (from != NULL) {
    read_from(r, from);
  }
  read_sign_in(r, map);
}
