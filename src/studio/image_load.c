/* Reading an image: nothing in it is believed. */
#include <string.h>

#include "base/check.h"
#include "studio/action.h"
#include "studio/date_priv.h"
#include "studio/image.h"
#include "studio/image_priv.h"
#include "studio/place_priv.h"

struct reader {
  struct text bytes;
  size_t at;
  bool bad; /* ran out, or a number was too large: everything after is 0 */
};

enum { FEW = 16 }; /* objects that most runs do not have more of */

struct loader {
  struct reader in;
  struct vm *vm;
  struct image_slot *table; /* .few, or allocated */
  size_t count, cap;
  bool no_memory;
  struct image_slot few[FEW];
};

/* ---- bytes */

static unsigned take_byte(struct reader *r) {
  if (r->bad || r->at >= r->bytes.len) {
    r->bad = true;
    return 0;
  }
  return (unsigned char)r->bytes.ptr[r->at++];
}

static uint64_t take_fixed(struct reader *r) {
  uint64_t n = 0;
  if (r->bad || r->bytes.len - r->at < 8) {
    r->bad = true;
    return 0;
  }
  const unsigned char *p = (const unsigned char *)r->bytes.ptr + r->at;
  for (unsigned i = 0; i < 8; i++) {
    n |= (uint64_t)p[i] << (8 * i);
  }
  r->at += 8;
  return n;
}

static uint64_t take_long_uint(struct reader *r, uint64_t max) {
  uint64_t n = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const unsigned byte = take_byte(r);
    n |= (uint64_t)(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) {
      r->bad = r->bad || n > max;
      return r->bad ? 0 : n;
    }
  }
  r->bad = true;
  return 0;
}

/* At most @max. Nearly all have one byte. */
static inline uint64_t take_uint(struct reader *r, uint64_t max) {
  if (!r->bad && r->at < r->bytes.len) {
    const unsigned char byte = (unsigned char)r->bytes.ptr[r->at];
    if (byte < 0x80 && byte <= max) {
      r->at++;
      return byte;
    }
  }
  return take_long_uint(r, max);
}

static int64_t take_int(struct reader *r) {
  const uint64_t n = take_uint(r, UINT64_MAX);
  return (int64_t)(n >> 1 ^ (n & 1 ? UINT64_MAX : 0));
}

/* Not looked at. */
static struct text take_bytes(struct reader *r) {
  const uint64_t len = take_uint(r, r->bytes.len - r->at);
  const struct text t = text_sub(r->bytes, r->at, (size_t)len);
  r->at += t.len;
  r->bad = r->bad || t.len != len;
  return t;
}

static struct text take_text(struct reader *r) {
  const struct text t = take_bytes(r);
  r->bad = r->bad || utf8_first_bad(t) != t.len;
  return t;
}

/* ---- values */

static struct value take_object(struct loader *l) {
  const uint64_t i = take_uint(&l->in, UINT32_MAX);
  if (i >= l->count) {
    l->in.bad = true;
    return value_null();
  }
  struct heap_obj *o = l->table[i].obj;
  return value_object_at((enum value_tag)o->tag, o);
}

static struct value take_constant(struct loader *l) {
  const struct program *p = l->vm->program;
  const uint64_t i = take_uint(&l->in, UINT32_MAX);
  if (i >= p->text_count) {
    l->in.bad = true;
    return value_null();
  }
  return value_text(p->texts[i]);
}

static struct value take_number(struct loader *l) {
  const uint64_t bits = take_fixed(&l->in);
  double d;
  memcpy(&d, &bits, sizeof d);
  return value_foreign_number(d);
}

static struct value take_date(struct loader *l) {
  const int64_t ms = take_int(&l->in);
  const bool good = ms >= -IMAGE_DATE_MAX_MS && ms <= IMAGE_DATE_MAX_MS &&
                    date_is_valid(date_from_ms(ms));
  l->in.bad = l->in.bad || !good;
  return good ? value_date(ms) : value_null();
}

static struct value take_value(struct loader *l) {
  const unsigned kind = take_byte(&l->in);
  struct value v = value_null();
  switch (kind & ~(unsigned)IMAGE_JOINED) {
  case IMAGE_NULL:
    break;
  case IMAGE_FALSE:
  case IMAGE_TRUE:
    v = value_bool(kind == IMAGE_TRUE);
    break;
  case IMAGE_WHOLE:
    v = value_number((double)take_int(&l->in));
    break;
  case IMAGE_NUMBER:
    v = take_number(l);
    break;
  case IMAGE_DATE:
    v = take_date(l);
    break;
  case IMAGE_OBJECT:
    v = take_object(l);
    break;
  case IMAGE_CONSTANT:
    v = take_constant(l);
    break;
  default:
    l->in.bad = true;
  }
  if ((kind & IMAGE_JOINED) == 0) {
    return v;
  }
  l->in.bad = l->in.bad || value_tag(v) != VALUE_TEXT;
  return value_joined(v);
}

/* ---- heap: once over the bytes to make the objects, once to fill them */

static bool keep(struct loader *l, struct heap_obj *o) {
  if (o == NULL) {
    l->no_memory = l->vm->heap.out_of_memory;
    l->in.bad = true;
    return false;
  }
  bt_check(l->count < l->cap);
  l->table[l->count++].obj = o;
  return true;
}

static void skip_value(struct loader *l) {
  const unsigned kind = take_byte(&l->in) & ~(unsigned)IMAGE_JOINED;
  if (kind == IMAGE_NUMBER) {
    (void)take_fixed(&l->in);
  } else if (kind >= IMAGE_WHOLE) {
    (void)take_uint(&l->in, UINT64_MAX);
  }
}

/* How many follow: no more than there are bytes for. */
static size_t take_count(struct loader *l) {
  return (size_t)take_uint(&l->in, l->in.bytes.len - l->in.at);
}

static void make_object(struct loader *l) {
  struct heap *heap = &l->vm->heap;
  const unsigned tag = take_byte(&l->in);
  if (tag == IMAGE_HEAP_TEXT) {
    const struct text t = take_text(&l->in);
    (void)(!l->in.bad && keep(l, (struct heap_obj *)heap_new_text(heap, t)));
    return;
  }
  if (tag != IMAGE_HEAP_LIST && tag != IMAGE_HEAP_OBJECT) {
    l->in.bad = true;
    return;
  }
  const bool made = keep(l, tag == IMAGE_HEAP_LIST
                                ? (struct heap_obj *)heap_new_list(heap, 0)
                                : (struct heap_obj *)heap_new_object(heap));
  const size_t count = made ? take_count(l) : 0;
  for (size_t i = 0; i < count && !l->in.bad; i++) {
    if (tag == IMAGE_HEAP_OBJECT) {
      skip_value(l);
    }
    skip_value(l);
  }
}

static void fill_list(struct loader *l, struct list_obj *list, size_t count) {
  for (size_t i = 0; i < count && !l->in.bad; i++) {
    const struct value v = take_value(l);
    if (!heap_list_add(&l->vm->heap, list, v)) {
      l->in.bad = true;
      l->no_memory = l->vm->heap.out_of_memory;
    }
  }
}

static void fill_members(struct loader *l, struct object_obj *o, size_t count) {
  for (size_t i = 0; i < count && !l->in.bad; i++) {
    const struct value key = take_value(l), v = take_value(l);
    if (value_tag(key) != VALUE_TEXT) {
      l->in.bad = true;
    } else if (!heap_object_set(&l->vm->heap, o, value_text_of(key), v)) {
      l->in.bad = true;
      l->no_memory = l->vm->heap.out_of_memory;
    }
  }
}

static void fill_object(struct loader *l, struct heap_obj *o) {
  (void)take_byte(&l->in); /* the tag */
  if (o->tag == VALUE_TEXT) {
    (void)take_bytes(&l->in); /* is in the object */
  } else if (o->tag == VALUE_LIST) {
    fill_list(l, (struct list_obj *)o, take_count(l));
  } else {
    fill_members(l, (struct object_obj *)o, take_count(l));
  }
}

static bool make_table(struct loader *l, size_t count) {
  l->table = l->few;
  l->cap = FEW;
  if (count > FEW) {
    l->table = mem_new(l->vm->mem, count * sizeof *l->table);
    l->cap = count;
  }
  l->no_memory = l->table == NULL;
  l->in.bad = l->in.bad || l->no_memory;
  return !l->no_memory;
}

static void take_heap(struct loader *l) {
  const size_t count = take_count(l);
  const size_t from = l->in.at;
  if (!make_table(l, count)) {
    return;
  }
  for (size_t i = 0; i < count && !l->in.bad; i++) {
    make_object(l);
  }
  if (!l->in.bad) {
    l->in.at = from;
  }
  for (size_t i = 0; i < count && !l->in.bad; i++) {
    fill_object(l, l->table[i].obj);
  }
}

/* ---- frames and stack */

static const struct insn *insn_at(const struct program *p,
                                  const struct frame *f) {
  return &p->parts[f->part].code[f->pc];
}

/* Is @f what the call at the pc of @outer makes? */
static bool is_called(const struct program *p, const struct frame *outer,
                      const struct frame *f) {
  const struct insn *in = insn_at(p, outer);
  return in->op == OP_CALL && in->b == f->part &&
         f->base == outer->base + in->a;
}

static bool is_first(const struct program *p, const struct frame *f) {
  return p->parts[f->part].unit->kind != UNIT_FUNCTION && f->base == 0;
}

static void take_frame(struct loader *l) {
  struct vm *vm = l->vm;
  const struct program *p = vm->program;
  struct frame f = {.part =
                        (uint32_t)take_uint(&l->in, p->script.unit_count - 1)};
  const uint32_t place = (uint32_t)take_uint(&l->in, UINT32_MAX);
  f.base = (uint32_t)take_uint(&l->in, VM_VALUES_MAX);
  const bool there = place_find(&p->parts[f.part], place, &f.pc);
  const bool fits = !there                 ? false
                    : vm->frame_count == 0 ? is_first(p, &f)
                                           : is_called(p, vm_frame(vm), &f);
  if (l->in.bad || !fits) {
    l->in.bad = true;
    return;
  }
  if (!vm_enter(vm, f.part, f.base, 0)) {
    l->no_memory = vm->heap.out_of_memory;
    l->in.bad = true;
    return;
  }
  vm_frame(vm)->pc = f.pc;
}

static void take_frames(struct loader *l) {
  const uint64_t count = take_uint(&l->in, VM_CALLS_MAX + 1);
  for (uint64_t i = 0; i < count && !l->in.bad; i++) {
    take_frame(l);
  }
}

static void take_stack(struct loader *l) {
  struct vm *vm = l->vm;
  size_t room = vm->program->script.variable_count;
  if (vm->frame_count > 0) {
    const struct frame *f = vm_frame(vm);
    room = (size_t)f->base + vm->program->parts[f->part].registers;
  }
  const uint64_t count = take_uint(&l->in, room);
  for (size_t i = 0; i < room; i++) {
    vm->stack[i] = i < count ? take_value(l) : value_null();
  }
}

/* ---- the whole */

static enum bt_err take_identity(struct reader *r, uint64_t *hash) {
  const bool magic = text_starts(r->bytes, TEXT("BVM"));
  r->at = 3;
  const unsigned version = take_byte(r);
  if (r->bad || !magic || version == 0) {
    return BT_ERR_CORRUPT;
  }
  if (version > IMAGE_VERSION || version < IMAGE_FIRST_VERSION) {
    return BT_ERR_FOREIGN;
  }
  const uint64_t n = take_fixed(r);
  if (r->bad) {
    return BT_ERR_CORRUPT;
  }
  *hash = n;
  return BT_ERR_OK;
}

static void take_failure(struct loader *l) {
  struct vm *vm = l->vm;
  vm->failure = (enum failure)take_uint(&l->in, FAILURES - 1);
  vm->failure_spot.line = (uint32_t)take_uint(&l->in, UINT32_MAX);
  vm->failure_spot.column = (uint32_t)take_uint(&l->in, UINT32_MAX);
  textbuf_add(&vm->failure_text, take_text(&l->in));
}

static void take_state(struct loader *l) {
  struct vm *vm = l->vm;
  const unsigned state = take_byte(&l->in), flags = take_byte(&l->in);
  l->in.bad = l->in.bad || state > VM_STATE_FAILED || flags > 7;
  vm->state = l->in.bad ? VM_STATE_FAILED : (enum vm_state)state;
  vm->slept = (flags & IMAGE_SLEPT) != 0;
  vm->caught = (flags & IMAGE_CAUGHT) != 0;
  vm->line_shown = (flags & IMAGE_LINE_SHOWN) != 0;
  vm->steps = (int64_t)take_uint(&l->in, VM_STEPS_MAX);
  vm->paused_us = take_int(&l->in);
  if (vm->caught || state == VM_STATE_BROKEN || state == VM_STATE_FAILED) {
    take_failure(l);
  }
}

/* Does the state agree with where the run stands? */
static bool is_sound(const struct vm *vm) {
  const bool ended = vm->state == VM_STATE_DONE || vm->state == VM_STATE_FAILED;
  if (ended || vm->frame_count == 0) {
    return ended && vm->frame_count == 0;
  }
  const struct frame *f = &vm->frames[vm->frame_count - 1];
  const struct insn *in = insn_at(vm->program, f);
  if (vm->state == VM_STATE_READY) {
    return true;
  }
  if (in->op != OP_ACTION) {
    return false;
  }
  const struct action_info *info = action_info((enum action_id)in->b);
  return info->offer != ACTION_OFFER_METHOD ||
         value_is_proxy(vm->stack[f->base + in->a]);
}

static enum bt_err load(struct loader *l) {
  const uint64_t layout = take_uint(&l->in, UINT32_MAX);
  if (!l->in.bad && layout != l->vm->program->layout) {
    return BT_ERR_FOREIGN;
  }
  take_state(l);
  take_heap(l);
  take_frames(l);
  take_stack(l);
  if (l->no_memory || l->vm->failure_text.failed) {
    return BT_ERR_NOMEM;
  }
  const bool whole = !l->in.bad && l->in.at == l->in.bytes.len;
  return whole && is_sound(l->vm) ? BT_ERR_OK : BT_ERR_CORRUPT;
}

enum bt_err image_program_hash(struct text bytes, uint64_t *out) {
  struct reader r = {.bytes = bytes};
  return take_identity(&r, out);
}

enum bt_err image_load(const struct mem *mem, const struct program *program,
                       struct text bytes, struct vm **out) {
  struct loader l;
  l.in = (struct reader){.bytes = bytes};
  l.table = NULL;
  l.count = l.cap = 0;
  l.no_memory = false;
  uint64_t hash = 0;
  enum bt_err err = take_identity(&l.in, &hash);
  if (err == BT_ERR_OK && hash != program->hash) {
    err = BT_ERR_FOREIGN;
  }
  if (err == BT_ERR_OK) {
    err = vm_start(mem, program, &l.vm);
  }
  if (err != BT_ERR_OK) {
    return err;
  }
  l.vm->frame_count = 0; /* the variables stay, with room for them */
  err = load(&l);
  if (l.table != l.few) {
    mem_free(mem, l.table, l.cap * sizeof *l.table);
  }
  if (err != BT_ERR_OK) {
    vm_free(l.vm);
    return err;
  }
  *out = l.vm;
  return BT_ERR_OK;
}
