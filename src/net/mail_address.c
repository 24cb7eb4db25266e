#include "net/mail_address.h"

#include <string.h>

enum { ADDRESS_MAX = 254, LOCAL_MAX = 64, LABEL_MAX = 63 };

static bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

/* Atoms with points between. */
static bool is_local(struct text t) {
  bool atom = false;
  for (size_t i = 0; i < t.len; i++) {
    const char c = t.ptr[i];
    if (c == '.'
            ? !atom
            : !is_letter_or_digit(c) &&
                  (c == '\0' || strchr("!#$%&'*+-/=?^_`{|}~", c) == NULL)) {
      return false;
    }
    atom = c != '.';
  }
  return atom && t.len <= LOCAL_MAX;
}

static bool is_label(struct text t) {
  for (size_t i = 0; i < t.len; i++) {
    const bool edge = i == 0 || i + 1 == t.len;
    if (!is_letter_or_digit(t.ptr[i]) && (edge || t.ptr[i] != '-')) {
      return false;
    }
  }
  return t.len > 0 && t.len <= LABEL_MAX;
}

static bool is_domain(struct text t) {
  size_t labels = 0, from = 0;
  while (from <= t.len) {
    const size_t end = text_find(t, TEXT("."), from);
    if (!is_label(text_sub(t, from, end - from))) {
      return false;
    }
    labels++;
    from = end + 1;
  }
  return labels > 1;
}

bool mail_address_is_good(struct text t) {
  const size_t at = text_find(t, TEXT("@"), 0);
  return t.len <= ADDRESS_MAX && at < t.len && is_local(text_sub(t, 0, at)) &&
         is_domain(text_sub(t, at + 1, t.len));
}
