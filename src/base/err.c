#include "base/err.h"

#include "base/check.h"

const char *bt_err_text(enum bt_err err) {
#define X(name, text) [BT_ERR_##name] = (text),
  static const char *const texts[BT_ERRS] = {BT_ERR_LIST(X)};
#undef X
  bt_check(err < BT_ERRS);
  return texts[err];
}
