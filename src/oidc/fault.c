#include "oidc/fault.h"

#include "base/check.h"

static const struct oidc_fault_info table[] = {
    {"fine", 200, {"", ""}, {"", ""}},
#define OIDC_FAULT(name, wire, http, en, en_cure, de, de_cure)                 \
  {(wire), (http), {(en), (en_cure)}, {(de), (de_cure)}},
#include "oidc/fault.def"
#undef OIDC_FAULT
};

const struct oidc_fault_info *oidc_fault_info(enum oidc_fault fault) {
  bt_check(fault > OIDC_FINE && fault < OIDC_FAULTS);
  return &table[fault];
}
