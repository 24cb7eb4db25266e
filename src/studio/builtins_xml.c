/* asxml and fromxml. */
#include "base/check.h"
#include "studio/builtin_impl_priv.h"
#include "studio/xml_priv.h"

/* The same bound as for JSON: what is larger is no message. */
static enum op_result too_large(const struct builtin *b, size_t bytes) {
  return vm_fail(b->vm, FAILURE_XML, "%s: %zu bytes, and %d are the limit",
                 builtin_info(b->id)->name.ptr, bytes, VM_JSON_TEXT_MAX);
}

enum op_result builtin_do_ASXML(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  const struct text root = b->argc > 1 ? builtin_text(b, 1, buffer) : TEXT("");
  struct textbuf *out = builtin_scratch(b);
  struct text bad_name = TEXT("");
  switch ((unsigned)xml_write(b->args[0], root, out, &bad_name)) {
  case BT_ERR_OK:
    break;
  case BT_ERR_SYNTAX:
    bad_name = text_sub(bad_name, 0, 40);
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
  return out->len > VM_JSON_TEXT_MAX ? too_large(b, out->len)
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
  const struct text t = builtin_text(b, 0, buffer);
  struct xml_error error;
  struct value v;
  if (value_tag(b->args[0]) == VALUE_LIST ||
      value_tag(b->args[0]) == VALUE_OBJECT) {
    return builtin_put(b, b->args[0]); /* a reply that was parsed already */
  }
  if (t.len > VM_JSON_TEXT_MAX) {
    return too_large(b, t.len);
  }
  vm_charge(b->vm, 16 * t.len); /* members are looked for one after another */
  switch ((unsigned)xml_read(&b->vm->heap, t, &v, &error)) {
  case BT_ERR_OK:
    return builtin_put(b, v);
  case BT_ERR_NOMEM:
    b->vm->heap.out_of_memory = true;
    return OP_RESULT_ROOM;
  case BT_ERR_FULL:
    return OP_RESULT_ROOM;
  default:
    return bad_xml(b, t, &error);
  }
}
