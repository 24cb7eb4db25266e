/* Which master key wraps the file, and changing it.
 *
 * A change is made in place, slot by slot, between two headers: the first says
 * that it is under way, from which to which, and a key is then known by opening
 * with one of the two, or by having no wrapping. So it can be stopped anywhere;
 * and no copy of keys under the former one, or under none, is left behind.
 */
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "vault/vault_priv.h"

enum { MAGIC_BYTES = 13, CHANGING_AT = 14, TO_AT = 16, FROM_AT = 32 };

static const char magic_bare[] = "baton keys 1\n",
                  magic_wrapped[] = "baton keys 2\n";
static const uint8_t no_mark[VAULT_MARK];

struct header {
  bool wrapped, changing;
  uint8_t to[VAULT_MARK], from[VAULT_MARK]; /* zeros: no master key */
};

/* ---- on the disk */

static enum bt_err read_header(const struct vault *v, struct header *h) {
  uint8_t bytes[SLOT_BYTES];
  const enum bt_err err = slots_read_at(v, 0, bytes, sizeof bytes);
  *h = (struct header){.wrapped = false};
  if (err != BT_ERR_OK || memcmp(bytes, magic_bare, MAGIC_BYTES) == 0) {
    return err;
  }
  if (memcmp(bytes, magic_wrapped, MAGIC_BYTES) != 0) {
    return BT_ERR_FOREIGN;
  }
  h->wrapped = true;
  h->changing = bytes[CHANGING_AT] != 0;
  memcpy(h->to, bytes + TO_AT, VAULT_MARK);
  memcpy(h->from, bytes + FROM_AT, VAULT_MARK);
  return BT_ERR_OK;
}

static enum bt_err write_header(const struct vault *v, const struct header *h) {
  uint8_t bytes[SLOT_BYTES] = {0};
  memcpy(bytes, h->wrapped ? magic_wrapped : magic_bare, MAGIC_BYTES);
  bytes[CHANGING_AT] = h->changing;
  memcpy(bytes + TO_AT, h->to, VAULT_MARK);
  memcpy(bytes + FROM_AT, h->from, VAULT_MARK);
  return slots_write_at(v, 0, bytes, sizeof bytes);
}

enum bt_err header_check(const struct vault *v) {
  struct header h;
  return read_header(v, &h);
}

enum bt_err header_write_new(const struct vault *v,
                             const struct vault_master *m) {
  struct header h = {.wrapped = m->given};
  master_mark(m, h.to);
  return write_header(v, &h);
}

/* ---- changing */

struct change {
  struct vault *vault;
  const struct vault_master *to, *other; /* either may be none */
  bool bare_too; /* keys without wrapping may be among them */
};

static bool is_bare(const uint8_t rest[REST_BYTES]) {
  static const uint8_t zeros[REST_BYTES - KEY_BYTES];
  return memcmp(rest + KEY_BYTES, zeros, sizeof zeros) == 0;
}

static bool opens(const struct change *c, const struct vault_master *m,
                  const uint8_t rest[REST_BYTES], uint8_t key[KEY_BYTES]) {
  return m->given && !is_bare(rest) &&
         master_unwrap(c->vault->wrapping, m, rest, key);
}

/* BT_ERR_NOT_FOUND: it is erased. */
static enum bt_err find_key(const struct change *c,
                            const uint8_t rest[REST_BYTES],
                            uint8_t key[KEY_BYTES]) {
  if (key_is_erased(rest)) {
    return BT_ERR_NOT_FOUND;
  }
  if (is_bare(rest)) {
    memcpy(key, rest, KEY_BYTES);
    return c->bare_too || !c->to->given ? BT_ERR_OK : BT_ERR_CORRUPT;
  }
  return opens(c, c->to, rest, key) || opens(c, c->other, rest, key)
             ? BT_ERR_OK
             : BT_ERR_CORRUPT;
}

/* One that is as it is to be is written, too: it may be so in memory alone,
 * where a sync failed. */
static enum bt_err change_slot(void *ctx, uint64_t slot, const uint8_t *bytes) {
  const struct change *c = ctx;
  uint8_t key[KEY_BYTES], rest[REST_BYTES] = {0};
  enum bt_err err = find_key(c, bytes + ID_BYTES, key);
  if (err == BT_ERR_OK && c->to->given) {
    err = master_wrap(c->vault->wrapping, c->to, key, rest);
  } else if (err == BT_ERR_OK) {
    memcpy(rest, key, KEY_BYTES);
  }
  if (err == BT_ERR_OK) {
    err = slots_write_at(c->vault, slots_place(slot) + ID_BYTES, rest,
                         sizeof rest);
  }
  OPENSSL_cleanse(key, sizeof key);
  OPENSSL_cleanse(rest, sizeof rest);
  return err == BT_ERR_NOT_FOUND ? BT_ERR_OK : err;
}

static enum bt_err write_and_sync(struct vault *v, const struct header *h) {
  const enum bt_err err = write_header(v, h);
  return err == BT_ERR_OK ? slots_sync(v) : err;
}

static enum bt_err change_all(struct change *c, const struct header *before) {
  struct vault *v = c->vault;
  struct header under_way = {.wrapped = true, .changing = true};
  const struct header *h = before;
  master_mark(c->to, under_way.to);
  /* What was under way goes on, or back to where it came from. */
  const bool goes_on =
      before->changing && memcmp(before->to, under_way.to, VAULT_MARK) == 0;
  memcpy(under_way.from, goes_on ? before->from : before->to, VAULT_MARK);
  c->bare_too = memcmp(under_way.from, no_mark, VAULT_MARK) == 0 ||
                (h->changing && memcmp(h->from, no_mark, VAULT_MARK) == 0);
  enum bt_err err = write_and_sync(v, &under_way);
  if (err == BT_ERR_OK) {
    err = slots_each(v, v->slots, change_slot, c);
  }
  if (err == BT_ERR_OK) {
    err = slots_sync(v);
  }
  const struct header done = {.wrapped = c->to->given};
  struct header last = done;
  memcpy(last.to, under_way.to, VAULT_MARK);
  return err == BT_ERR_OK ? write_and_sync(v, &last) : err;
}

/* ---- may it be opened? */

__attribute__((format(printf, 2, 3))) static enum bt_err
refuse(struct vault_error *why, const char *format, ...) {
  va_list args;
  va_start(args, format);
  (void)vsnprintf(why->text, sizeof why->text, format, args);
  va_end(args);
  return BT_ERR_STATE;
}

enum { SHOWN = 8 }; /* characters of a mark, for people */

static void show(const uint8_t mark[VAULT_MARK], char out[VAULT_MARK_TEXT]) {
  if (memcmp(mark, no_mark, VAULT_MARK) == 0) {
    (void)snprintf(out, VAULT_MARK_TEXT, "none");
    return;
  }
  hex_write(mark, VAULT_MARK, out);
  out[SHOWN] = '\0';
}

static bool is_of(const struct vault_master *m,
                  const uint8_t mark[VAULT_MARK]) {
  uint8_t own[VAULT_MARK];
  master_mark(m, own);
  return CRYPTO_memcmp(own, mark, VAULT_MARK) == 0;
}

/* One of the two that are named, or none was needed. */
static const struct vault_master *find_named(const struct vault_options *o,
                                             const uint8_t mark[VAULT_MARK]) {
  static const struct vault_master none;
  return memcmp(mark, no_mark, VAULT_MARK) == 0 ? &none
         : is_of(&o->master, mark)              ? &o->master
         : is_of(&o->former, mark)              ? &o->former
                                                : NULL;
}

static enum bt_err refuse_mark(const struct vault_options *o,
                               const struct header *h,
                               struct vault_error *why) {
  char is[VAULT_MARK_TEXT], was[VAULT_MARK_TEXT], given[VAULT_MARK_TEXT];
  uint8_t mark[VAULT_MARK];
  show(h->to, is);
  show(h->from, was);
  if (h->changing) {
    return refuse(why,
                  "%s: changing its master key from %s to %s was interrupted. "
                  "Name both of them (vault: { masterKey, formerKey }); the "
                  "change is then finished.",
                  o->path, was, is);
  }
  if (!o->master.given) {
    return refuse(why,
                  "%s: its keys are wrapped with the master key %s, and none "
                  "is named. Name it in the centre's file: vault: { masterKey: "
                  "env:NAME } or file:PATH.",
                  o->path, is);
  }
  master_mark(&o->master, mark);
  show(mark, given);
  return refuse(why,
                "%s: its keys are wrapped with the master key %s, and the one "
                "that is named is %s. Name the right one as masterKey; or, to "
                "change it, the one before as formerKey.",
                o->path, is, given);
}

static enum bt_err change(struct vault *v, const struct vault_options *o,
                          const struct header *h, struct vault_error *why) {
  const struct vault_master *to = find_named(o, h->to);
  const struct vault_master *from = find_named(o, h->from);
  if (to == NULL || (h->changing && from == NULL) ||
      (!o->master.given && !o->bare)) {
    return refuse_mark(o, h, why);
  }
  /* Of the two that may wrap a key the one that is not wanted. */
  struct change c = {.vault = v, .to = &o->master, .other = to};
  if (h->changing && is_of(&o->master, h->to)) {
    c.other = from;
  }
  const enum bt_err err = change_all(&c, h);
  if (err != BT_ERR_OK) {
    (void)snprintf(
        why->text, sizeof why->text,
        "%s: its master key could not be changed: %s. What was "
        "done is good; start again with both of them named%s.",
        o->path, bt_err_text(err),
        err == BT_ERR_CORRUPT ? ", or put the file back from a backup" : "");
  }
  return err;
}

enum bt_err header_settle(struct vault *v, const struct vault_options *wanted,
                          struct vault_error *why) {
  struct header h;
  const enum bt_err err = read_header(v, &h);
  if (err != BT_ERR_OK) {
    (void)snprintf(why->text, sizeof why->text, "%s: %s.", wanted->path,
                   bt_err_text(err));
    return err;
  }
  if (wanted->read_only && (!h.wrapped || !wanted->master.given)) {
    v->locked = h.wrapped;
    return BT_ERR_OK;
  }
  const bool settled = !h.changing && is_of(&wanted->master, h.to);
  if (wanted->read_only && !settled) {
    return refuse_mark(wanted, &h, why);
  }
  v->master = wanted->master;
  return settled ? BT_ERR_OK : change(v, wanted, &h, why);
}

/* ---- told */

static enum bt_err count_slot(void *ctx, uint64_t slot, const uint8_t *bytes) {
  struct vault_status *s = ctx;
  const bool taken = !id_is_null(id_from_bytes(bytes));
  (void)slot;
  s->taken += taken;
  s->erased += taken && key_is_erased(bytes + ID_BYTES);
  return BT_ERR_OK;
}

enum bt_err header_status(const struct vault *v, struct vault_status *out) {
  struct header h;
  const enum bt_err err = read_header(v, &h);
  if (err != BT_ERR_OK) {
    return err;
  }
  *out = (struct vault_status){
      .slots = v->slots, .wrapped = h.wrapped, .changing = h.changing};
  hex_write(h.to, sizeof h.to, out->mark);
  return slots_each(v, v->slots, count_slot, out);
}
