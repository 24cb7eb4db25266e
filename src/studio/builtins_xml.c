/* asxml and fromxml. */
#include "base/check.h"
#include "studio/builtin_impl_priv.h"
#include "studio/xml_priv.h"

enum op_result builtin_do_ASXML(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  const struct text root = b->argc > 1 ? builtin_text(b, 1, buffer) : TEXT("");
  struct textbuf *out = builtin_scratch(b);
  struct text bad_name = TEXT("");
  switch ((unsigned)xml_write(b->args[0], root, out, &bad_name)) {
  case BT_ERR_OK:
    break;
  case BT_ERR_SYNTAX:
    bad_name = utf8_cut(bad_name, 40);
    return vm_fail(b->vm, FAILURE_XML,
                   "asxml: '%.*s' cannot be the name of an element: letters, "
                   "digits, - _ . and :, a letter first",
                   TEXT_ARG(bad_name));
  default:
    return vm_fail(b->vm, FAILURE_XML,
                   "asxml: objects within objects deeper than %d, perhaps one "
                   "that holds itself",
                   VALUE_DEPTH_MAX);
  }
  return out->len > VM_JSON_TEXT_MAX ? builtin_too_large(b, out->len, false)
                                     : builtin_put_scratch(b);
}

/* For a person: the line and the character in it. */
static enum op_result bad_xml(const struct builtin *b, struct text t,
                              const struct xml_error *error) {
  size_t line = 1, begins = 0;
  for (size_t i = 0; i < error->at && i < t.len; i++) {
    if (t.ptr[i] == '\n') {
      line++;
      begins = i + 1;
    }
  }
  const size_t column = utf8_count(text_sub(t, begins, error->at - begins)) + 1;
  return vm_fail(b->vm, FAILURE_XML, "fromxml: %s (line %zu, character %zu)",
                 error->message, line, column);
}

enum op_result builtin_do_FROMXML(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  struct xml_error error;
  enum op_result result;
  struct value v;
  struct text t;
  if (!builtin_message(b, buffer, &t, &result)) {
    return result;
  }
  vm_charge(b->vm, 16 * t.len); /* members are looked for one after another */
  const enum bt_err err = xml_read(&b->vm->heap, t, &v, &error);
  return builtin_put_message(b, err, v, &result) ? result
                                                 : bad_xml(b, t, &error);
}
