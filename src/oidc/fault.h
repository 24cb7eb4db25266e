/* fault.h - why somebody could not sign in by a provider. */
#ifndef BATON_OIDC_FAULT_H
#define BATON_OIDC_FAULT_H

#define OIDC_FAULT(name, wire, http, en, en_cure, de, de_cure) OIDC_##name,
enum oidc_fault {
  OIDC_FINE,
#include "oidc/fault.def"
  OIDC_FAULTS
};
#undef OIDC_FAULT

struct oidc_words {
  const char *title, *cure;
};

struct oidc_fault_info {
  const char *wire;
  int http;
  struct oidc_words english, german;
};

/* Not of OIDC_FINE. */
const struct oidc_fault_info *oidc_fault_info(enum oidc_fault fault);

#endif
