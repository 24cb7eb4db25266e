/* Which hosts and addresses may be called. Pure. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "net/outbound_priv.h"
#include "net/url.h"

/* ---- addresses */

static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};

static void take_v4(const uint8_t *four, struct net_address *out) {
  memcpy(out->bytes, v4_mapped, sizeof v4_mapped);
  memcpy(out->bytes + sizeof v4_mapped, four, 4);
}

bool outbound_address_of(const struct sockaddr *from, struct net_address *out,
                         uint16_t *port) {
  if (from->sa_family == AF_INET) {
    struct sockaddr_in in;
    memcpy(&in, from, sizeof in);
    *port = ntohs(in.sin_port);
    uint8_t four[4];
    memcpy(four, &in.sin_addr, sizeof four);
    take_v4(four, out);
    return true;
  }
  if (from->sa_family == AF_INET6) {
    struct sockaddr_in6 in6;
    memcpy(&in6, from, sizeof in6);
    *port = ntohs(in6.sin6_port);
    memcpy(out->bytes, &in6.sin6_addr, sizeof out->bytes);
    return true;
  }
  return false;
}

static bool read_address(struct text t, struct net_address *out) {
  char copy[INET6_ADDRSTRLEN];
  uint8_t four[4];
  if (t.len >= sizeof copy || t.len == 0) {
    return false;
  }
  (void)snprintf(copy, sizeof copy, "%.*s", TEXT_ARG(t));
  if (inet_pton(AF_INET, copy, four) == 1) {
    take_v4(four, out);
    return true;
  }
  return inet_pton(AF_INET6, copy, out->bytes) == 1;
}

static bool begins(const struct net_address *a, const uint8_t *prefix,
                   unsigned bits) {
  const unsigned whole = bits / 8, rest = bits % 8;
  const unsigned mask = rest == 0 ? 0 : 0xffu << (8 - rest) & 0xffu;
  return memcmp(a->bytes, prefix, whole) == 0 &&
         (rest == 0 || ((a->bytes[whole] ^ prefix[whole]) & mask) == 0);
}

/* The special-purpose registries of IANA (RFC 6890), and multicast. */
static bool is_special_v4(const uint8_t *four) {
  static const struct {
    uint8_t prefix[4];
    uint8_t bits;
  } nets[] = {
      {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10},
      {{127, 0, 0, 0}, 8},    {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},
      {{192, 0, 0, 0}, 24},   {{192, 0, 2, 0}, 24},   {{192, 88, 99, 0}, 24},
      {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15},  {{198, 51, 100, 0}, 24},
      {{203, 0, 113, 0}, 24}, {{224, 0, 0, 0}, 3}};
  struct net_address a, prefix;
  take_v4(four, &a);
  for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
    take_v4(nets[i].prefix, &prefix);
    if (begins(&a, prefix.bytes, 96u + nets[i].bits)) {
      return true;
    }
  }
  return false;
}

bool outbound_is_inside(const struct net_address *a) {
  static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
  static const uint8_t global[1] = {0x20};
  static const uint8_t examples[4] = {0x20, 0x01, 0x0d, 0xb8};
  static const uint8_t more_examples[3] = {0x3f, 0xff, 0x00};
  if (begins(a, v4_mapped, 96) || begins(a, nat64, 96)) {
    return is_special_v4(a->bytes + 12);
  }
  if (a->bytes[0] == 0x20 && a->bytes[1] == 0x02) { /* 6to4 */
    return is_special_v4(a->bytes + 2);
  }
  /* Global unicast is 2000::/3; of it, 2001::/23 is for protocols (Teredo). */
  return !begins(a, global, 3) || begins(a, examples, 32) ||
         begins(a, more_examples, 20) ||
         (a->bytes[0] == 0x20 && a->bytes[1] == 0x01 && a->bytes[2] < 2);
}

static bool covers(const struct outbound_rule *rule,
                   const struct net_address *a) {
  return rule->bits > 0 && begins(a, rule->network.bytes, rule->bits);
}

static bool port_fits(const struct outbound_rule *rule, struct text scheme,
                      uint16_t port) {
  const bool tls = text_equal_nocase(scheme, TEXT("https"));
  const uint16_t wanted = rule->port != 0 ? rule->port : tls ? 443 : 80;
  return port == wanted &&
         (rule->scheme.len == 0 || text_equal_nocase(rule->scheme, scheme));
}

bool outbound_rule_opens(const struct outbound_rule *rule, struct text scheme,
                         const struct net_address *a, uint16_t port) {
  return port_fits(rule, scheme, port) && covers(rule, a);
}

/* ---- reading a rule */

static bool take_scheme(struct text *t, struct text *scheme) {
  const size_t at = text_find(*t, TEXT("://"), 0);
  *scheme = TEXT("");
  if (at == t->len) {
    return true;
  }
  const struct text s = text_sub(*t, 0, at);
  *t = text_sub(*t, at + 3, t->len);
  *scheme = text_equal_nocase(s, TEXT("https")) ? TEXT("https") : TEXT("http");
  return text_equal_nocase(s, *scheme);
}

/* The number behind @mark, at the end of *t; *out stays without one. */
static bool take_number(struct text *t, char mark, int64_t max, int64_t *out) {
  size_t at = t->len;
  while (at > 0 && t->ptr[at - 1] >= '0' && t->ptr[at - 1] <= '9') {
    at--;
  }
  if (at == 0 || at == t->len || t->ptr[at - 1] != mark) {
    return true;
  }
  const bool good =
      text_to_i64(text_sub(*t, at, t->len), out) && *out >= 1 && *out <= max;
  *t = text_sub(*t, 0, at - 1);
  return good;
}

static bool is_name(struct text t) {
  for (size_t i = 0; i < t.len; i++) {
    const char c = t.ptr[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_')) {
      return false;
    }
  }
  return t.len > 0 && t.ptr[0] != '.' && t.ptr[0] != '-';
}

static bool read_network(struct text host, int64_t bits,
                         struct outbound_rule *out) {
  if (text_starts(host, TEXT("[")) && text_ends(host, TEXT("]"))) {
    host = text_sub(host, 1, host.len - 2);
  }
  if (!read_address(host, &out->network)) {
    return false;
  }
  const bool v4 = begins(&out->network, v4_mapped, 96);
  const unsigned most = v4 ? 32 : 128;
  out->bits = (v4 ? 96u : 0u) + (bits == 0 ? most : (unsigned)bits);
  return bits <= (int64_t)most;
}

bool outbound_read_rule(struct text t, struct outbound_rule *out,
                        const char **why) {
  int64_t port = 0, bits = 0;
  *out = (struct outbound_rule){0};
  t = text_trim(t);
  *why = "a rule is a host that scripts may call: api.example.com, "
         "*.example.com, https://api.example.com:8443, 10.1.2.3 or 10.0.0.0/8";
  if (!take_scheme(&t, &out->scheme)) {
    *why = "only http:// and https:// can be called";
    return false;
  }
  const bool bare_v6 =
      text_find(t, TEXT(":"), 0) != text_find(t, TEXT("]:"), 0) + 1 &&
      !text_starts(t, TEXT("[")) &&
      text_find(t, TEXT(":"), text_find(t, TEXT(":"), 0) + 1) < t.len;
  if (!bare_v6 && !take_number(&t, ':', UINT16_MAX, &port)) {
    *why = "a port is a number 1 … 65535";
    return false;
  }
  if (!take_number(&t, '/', 128, &bits)) {
    *why = "a network has 1 … 32 bits (IPv4) or 1 … 128 bits (IPv6)";
    return false;
  }
  out->port = (uint16_t)port;
  if (read_network(t, bits, out)) {
    return true;
  }
  if (out->bits > 0) {
    *why = "a network has 1 … 32 bits (IPv4) or 1 … 128 bits (IPv6)";
    return false;
  }
  const bool wild = text_starts(t, TEXT("*."));
  out->bits = 0;
  out->host = wild ? text_sub(t, 1, t.len) : t; /* ".example.com" */
  return bits == 0 && is_name(wild ? text_sub(t, 2, t.len) : t);
}

bool outbound_check_rule(struct text rule, const char **why) {
  struct outbound_rule out;
  return outbound_read_rule(rule, &out, why);
}

/* ---- asking */

static bool host_fits(const struct outbound_rule *rule, struct text host) {
  struct net_address a;
  struct text bare = host;
  if (text_starts(host, TEXT("["))) {
    bare = text_sub(host, 1, host.len - 2);
  }
  if (read_address(bare, &a)) {
    return covers(rule, &a);
  }
  if (rule->bits > 0) {
    return false;
  }
  if (text_ends(host, TEXT("."))) { /* the root is meant anyway */
    host.len--;
  }
  if (text_starts(rule->host, TEXT("."))) {
    return host.len > rule->host.len &&
           text_equal_nocase(
               text_sub(host, host.len - rule->host.len, host.len), rule->host);
  }
  return text_equal_nocase(host, rule->host);
}

bool outbound_rule_allows(const struct outbound_rule *rule, struct text scheme,
                          struct text host, uint16_t port) {
  return port_fits(rule, scheme, port) && host_fits(rule, host);
}

/* ---- a URL's own host */

struct text outbound_rule_of(struct arena *arena, struct text url) {
  struct url_parts parts;
  struct textbuf rule;
  const char *why;
  const bool good = url_split(url, &parts, &why);
  bt_check(good);
  textbuf_init(&rule, arena->mem);
  textbuf_addf(&rule, "%s://%.*s:%u", parts.tls ? "https" : "http",
               TEXT_ARG(parts.host), (unsigned)parts.port);
  const struct text copy =
      rule.failed ? TEXT("") : arena_copy_text(arena, textbuf_text(&rule));
  textbuf_free(&rule);
  return copy.ptr == NULL ? TEXT("") : copy;
}
