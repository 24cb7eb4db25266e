/* An image is, in this order, numbers being LEB128 unless it says otherwise:
 *
 *   "BVM" and the version, a byte
 *   the program's hash, 8 bytes, least first; its layout
 *   state and flags, a byte each; steps left; time of the last stop (zigzag)
 *   the failure if there is one: kind, line, column, length, text
 *   the heap: count of objects, then each: tag, and
 *     text    length, bytes
 *     list    count, values
 *     object  count, and for each member its key (as a value) and its value
 *   frames: count, then part, place and base of each, the outermost
 *   first; a place is a statement or a call, see place_priv.h
 *   the stack: how many values, then they; all behind them is null
 *
 * A value is a byte, its kind and whether it is the result of a join, and
 * what belongs to it. Objects are named by their number in the heap's table,
 * texts of the program by their number among its texts. */
#include "studio/image.h"

#include <math.h>
#include <string.h>

#include "base/check.h"
#include "studio/action.h"
#include "studio/image_priv.h"
#include "studio/place_priv.h"

/* ---- writing */

static void put_byte(struct textbuf *out, unsigned byte) {
  textbuf_add_char(out, (char)(unsigned char)byte);
}

static void put_uint(struct textbuf *out, uint64_t n) {
  while (n >= 0x80) {
    put_byte(out, (unsigned)(n & 0x7f) | 0x80);
    n >>= 7;
  }
  put_byte(out, (unsigned)n);
}

static void put_int(struct textbuf *out, int64_t n) {
  put_uint(out, (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0));
}

static void put_fixed(struct textbuf *out, uint64_t n) {
  for (unsigned i = 0; i < 8; i++) {
    put_byte(out, (unsigned)(n >> (8 * i) & 255));
  }
}

static void put_text(struct textbuf *out, struct text t) {
  put_uint(out, t.len);
  textbuf_add(out, t);
}

static void put_number(struct textbuf *out, double d) {
  uint64_t bits;
  memcpy(&bits, &d, sizeof bits);
  const bool whole =
      fabs(d) <= 1e15 && !(fabs(trunc(d) - d) > 0) && bits != IMAGE_MINUS_ZERO;
  put_byte(out, whole ? IMAGE_WHOLE : IMAGE_NUMBER);
  if (whole) {
    put_int(out, (int64_t)d);
  } else {
    put_fixed(out, bits);
  }
}

static void put_object(struct textbuf *out, const struct heap_obj *o,
                       unsigned joined) {
  put_byte(out, (o->constant ? IMAGE_CONSTANT : IMAGE_OBJECT) | joined);
  put_uint(out, o->index);
}

static void put_value(struct textbuf *out, struct value v) {
  switch (value_tag(v)) {
  case VALUE_NULL:
    put_byte(out, IMAGE_NULL);
    break;
  case VALUE_BOOL:
    put_byte(out, value_bool_of(v) ? IMAGE_TRUE : IMAGE_FALSE);
    break;
  case VALUE_NUMBER:
    put_number(out, value_number_of(v));
    break;
  case VALUE_DATE:
    put_byte(out, IMAGE_DATE);
    put_int(out, value_date_of(v));
    break;
  default:
    put_object(out, value_head_of(v), value_is_joined(v) ? IMAGE_JOINED : 0);
  }
}

static void put_heap_object(struct textbuf *out, const struct heap_obj *o) {
  put_byte(out, o->tag - VALUE_TEXT + IMAGE_HEAP_TEXT);
  if (o->tag == VALUE_TEXT) {
    put_text(out, text_obj_text((const struct text_obj *)o));
  } else if (o->tag == VALUE_LIST) {
    const struct list_obj *list = (const struct list_obj *)o;
    put_uint(out, list->count);
    for (size_t i = 0; i < list->count; i++) {
      put_value(out, list->items[i]);
    }
  } else {
    const struct object_obj *object = (const struct object_obj *)o;
    put_uint(out, object->count);
    for (size_t i = 0; i < object->count; i++) {
      put_object(out, &object->members[i].key->head, 0);
      put_value(out, object->members[i].value);
    }
  }
}

/* The values that the run still needs: the stack up to its top, and not
 * beyond the arguments of what it waits for. */
static size_t live_values(const struct vm *vm) {
  size_t count = vm_top(vm);
  if (vm->state == VM_STATE_WAITING || vm->state == VM_STATE_BROKEN) {
    const struct frame *f = &vm->frames[vm->frame_count - 1];
    const struct insn *in = &vm->program->parts[f->part].code[f->pc];
    count = (size_t)f->base + in->a + in->c;
  }
  while (count > 0 && value_tag(vm->stack[count - 1]) == VALUE_NULL) {
    count--;
  }
  return count;
}

/* Of the heap's table. */
struct row {
  struct heap_obj *obj;
};

/* The heap's own list has the newest first; the table has the oldest first, so
 * that a run that was loaded is saved as the same bytes. */
static bool put_heap(const struct vm *vm, struct textbuf *out) {
  struct heap_marking marking = {0};
  struct row *table = NULL;
  size_t count = 0, cap = 0;
  for (size_t i = 0; i < live_values(vm); i++) {
    heap_mark(&marking, vm->stack[i]);
  }
  heap_follow(&marking);
  for (struct heap_obj *o = vm->heap.first; o != NULL; o = o->next) {
    count += o->marked;
  }
  const bool room =
      mem_grow(vm->mem, &table, &cap, count == 0 ? 1 : count, sizeof *table);
  size_t left = count;
  for (struct heap_obj *o = vm->heap.first; o != NULL && room; o = o->next) {
    if (o->marked) {
      table[--left].obj = o;
      o->index = (uint32_t)left;
    }
  }
  heap_unmark(&vm->heap);
  put_uint(out, count);
  for (size_t i = 0; i < count && room; i++) {
    put_heap_object(out, table[i].obj);
  }
  mem_free(vm->mem, table, cap * sizeof *table);
  return room;
}

static void put_head(const struct vm *vm, struct textbuf *out) {
  const unsigned flags = (vm->slept ? IMAGE_SLEPT : 0) |
                         (vm->caught ? IMAGE_CAUGHT : 0) |
                         (vm->line_shown ? IMAGE_LINE_SHOWN : 0);
  textbuf_add(out, TEXT("BVM"));
  put_byte(out, IMAGE_VERSION);
  put_fixed(out, vm->program->hash);
  put_uint(out, vm->program->layout);
  put_byte(out, vm->state);
  put_byte(out, flags);
  put_uint(out, vm->steps > 0 ? (uint64_t)vm->steps : 0);
  put_int(out, vm->paused_us);
  if (image_has_failure(vm)) {
    put_uint(out, vm->failure);
    put_uint(out, vm->failure_spot.line);
    put_uint(out, vm->failure_spot.column);
    put_text(out, textbuf_text(&vm->failure_text));
  }
}

static void put_frames(const struct vm *vm, struct textbuf *out) {
  put_uint(out, vm->frame_count);
  for (size_t i = 0; i < vm->frame_count; i++) {
    const struct frame *f = &vm->frames[i];
    const bool calls = i + 1 < vm->frame_count || vm->state != VM_STATE_READY;
    put_uint(out, f->part);
    put_uint(out, place_of(&vm->program->parts[f->part], f->pc, calls));
    put_uint(out, f->base);
  }
}

enum bt_err image_save(const struct vm *vm, struct textbuf *out) {
  put_head(vm, out);
  if (!put_heap(vm, out)) {
    return BT_ERR_NOMEM;
  }
  put_frames(vm, out);
  const size_t count = live_values(vm);
  put_uint(out, count);
  for (size_t i = 0; i < count; i++) {
    put_value(out, vm->stack[i]);
  }
  return out->failed ? BT_ERR_NOMEM : BT_ERR_OK;
}
