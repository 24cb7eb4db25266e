/* Reading an image: nothing in it is believed. */
#include <string.h>

#include "base/check.h"
#include "studio/action.h"
#include "studio/date_priv.h"
#include "studio/image.h"
#include "studio/image_priv.h"
#include "studio/image_read_priv.h"
#include "studio/place_priv.h"

enum { FEW = 16 }; /* objects that most runs do not have more of */

/* An object, and where its elements or members are; a text has none. */
struct slot {
  struct heap_obj *obj;
  const unsigned char *content;
};

struct loader {
  struct image_reader in;
  struct vm *vm;
  struct slot *table; /* .few, or allocated */
  size_t count, cap;
  bool no_memory;
  struct slot few[FEW];
};

/* ---- values */

static const unsigned char *
take_object(struct loader *l, const unsigned char *at, struct value *out) {
  uint64_t i;
  at = take_uint(&l->in, at, UINT32_MAX, &i);
  if (i >= l->count) {
    return fault(&l->in);
  }
  struct heap_obj *o = l->table[i].obj;
  *out = value_object_at((enum value_tag)o->tag, o);
  return at;
}

static const unsigned char *
take_constant(struct loader *l, const unsigned char *at, struct value *out) {
  const struct program *p = l->vm->program;
  uint64_t i;
  at = take_uint(&l->in, at, UINT32_MAX, &i);
  if (i >= p->text_count) {
    return fault(&l->in);
  }
  *out = value_text(p->texts[i]);
  return at;
}

static const unsigned char *
take_whole(struct loader *l, const unsigned char *at, struct value *out) {
  int64_t n;
  at = take_int(&l->in, at, &n);
  *out = value_number((double)n);
  return at;
}

static const unsigned char *
take_number(struct loader *l, const unsigned char *at, struct value *out) {
  uint64_t bits;
  double d;
  at = take_fixed(&l->in, at, &bits);
  memcpy(&d, &bits, sizeof d);
  *out = value_foreign_number(d);
  return at;
}

static const unsigned char *take_date(struct loader *l, const unsigned char *at,
                                      struct value *out) {
  int64_t ms;
  at = take_int(&l->in, at, &ms);
  if (ms < -IMAGE_DATE_MAX_MS || ms > IMAGE_DATE_MAX_MS ||
      !date_is_valid(date_from_ms(ms))) {
    return fault(&l->in);
  }
  *out = value_date(ms);
  return at;
}

static const unsigned char *take_joined(struct loader *l,
                                        const unsigned char *at, unsigned kind,
                                        struct value *out) {
  if (kind == (IMAGE_CONSTANT | IMAGE_JOINED)) {
    at = take_constant(l, at, out);
  } else if (kind == (IMAGE_OBJECT | IMAGE_JOINED)) {
    at = take_object(l, at, out);
  } else {
    return fault(&l->in);
  }
  if (value_tag(*out) != VALUE_TEXT) {
    return fault(&l->in);
  }
  *out = value_joined(*out);
  return at;
}

static const unsigned char *take_any(struct loader *l, const unsigned char *at,
                                     struct value *out) {
  unsigned kind;
  *out = value_null();
  at = take_byte(&l->in, at, &kind);
  switch (kind) {
  case IMAGE_NULL:
    return at;
  case IMAGE_FALSE:
  case IMAGE_TRUE:
    *out = value_bool(kind == IMAGE_TRUE);
    return at;
  case IMAGE_WHOLE:
    return take_whole(l, at, out);
  case IMAGE_NUMBER:
    return take_number(l, at, out);
  case IMAGE_DATE:
    return take_date(l, at, out);
  case IMAGE_OBJECT:
    return take_object(l, at, out);
  case IMAGE_CONSTANT:
    return take_constant(l, at, out);
  default:
    return take_joined(l, at, kind, out);
  }
}

/* What nearly all are: a byte for the kind, and at most one behind it. False:
 * it is something else, or a fault. */
static inline bool take_quickly(const struct loader *l, unsigned kind,
                                unsigned n, struct value *out) {
  const struct program *p = l->vm->program;
  if (kind == IMAGE_CONSTANT && n < p->text_count && n < 0x80) {
    *out = value_text(p->texts[n]);
    return true;
  }
  if (kind == IMAGE_OBJECT && n < l->count && n < 0x80) {
    struct heap_obj *o = l->table[n].obj;
    *out = value_object_at((enum value_tag)o->tag, o);
    return true;
  }
  return false;
}

/* Null where there is a fault. */
static inline const unsigned char *
take_value(struct loader *l, const unsigned char *at, struct value *out) {
  if (l->in.end - at >= 2) {
    if (at[0] == IMAGE_NULL) {
      *out = value_null();
      return at + 1;
    }
    if (take_quickly(l, at[0], at[1], out)) {
      return at + 2;
    }
  }
  return take_any(l, at, out);
}

/* ---- heap: once over the bytes to make the objects, once to fill them */

static void no_room(struct loader *l) {
  l->no_memory = l->vm->heap.out_of_memory;
  l->in.bad = true;
}

static bool keep(struct loader *l, struct heap_obj *o,
                 const unsigned char *content) {
  if (o == NULL) {
    no_room(l);
    return false;
  }
  bt_check(l->count < l->cap);
  l->table[l->count++] = (struct slot){o, content};
  return true;
}

static const unsigned char *skip_value(struct loader *l,
                                       const unsigned char *at) {
  unsigned byte;
  uint64_t n;
  at = take_byte(&l->in, at, &byte);
  const unsigned kind = byte & ~(unsigned)IMAGE_JOINED;
  if (kind == IMAGE_NUMBER) {
    return take_fixed(&l->in, at, &n);
  }
  return kind >= IMAGE_WHOLE ? take_uint(&l->in, at, UINT64_MAX, &n) : at;
}

/* How many follow: no more than there are bytes for. */
static const unsigned char *take_count(struct loader *l,
                                       const unsigned char *at, size_t *out) {
  uint64_t n;
  at = take_uint(&l->in, at, (uint64_t)(l->in.end - at), &n);
  *out = (size_t)n;
  return at;
}

static const unsigned char *make_text(struct loader *l,
                                      const unsigned char *at) {
  struct text t;
  at = take_text(&l->in, at, &t);
  if (!l->in.bad) {
    (void)keep(l, (struct heap_obj *)heap_new_text(&l->vm->heap, t), NULL);
  }
  return at;
}

static const unsigned char *make_object(struct loader *l,
                                        const unsigned char *at) {
  struct heap *heap = &l->vm->heap;
  unsigned tag;
  size_t count;
  at = take_byte(&l->in, at, &tag);
  if (tag == IMAGE_HEAP_TEXT) {
    return make_text(l, at);
  }
  if (tag != IMAGE_HEAP_LIST && tag != IMAGE_HEAP_OBJECT) {
    return fault(&l->in);
  }
  if (!keep(l,
            tag == IMAGE_HEAP_LIST ? (struct heap_obj *)heap_new_list(heap, 0)
                                   : (struct heap_obj *)heap_new_object(heap),
            at)) {
    return at;
  }
  at = take_count(l, at, &count);
  for (size_t i = 0; i < count && !l->in.bad; i++) {
    if (tag == IMAGE_HEAP_OBJECT) {
      at = skip_value(l, at);
    }
    at = skip_value(l, at);
  }
  return at;
}

/* Both: what was just made shares nothing yet, and the count has been seen to
 * be true. */

static void fill_list(struct loader *l, const unsigned char *at,
                      struct list_obj *list) {
  size_t count;
  at = take_count(l, at, &count);
  if (!heap_list_reserve(&l->vm->heap, list, count)) {
    no_room(l);
  }
  while (list->count < count && !l->in.bad) {
    at = take_value(l, at, &list->items[list->count++]);
  }
}

static void fill_members(struct loader *l, const unsigned char *at,
                         struct object_obj *o) {
  size_t count;
  at = take_count(l, at, &count);
  if (!heap_object_reserve(&l->vm->heap, o, count)) {
    no_room(l);
  }
  while (o->count < count && !l->in.bad) {
    struct member *m = &o->members[o->count];
    struct value key;
    at = take_value(l, at, &key);
    if (value_tag(key) != VALUE_TEXT) {
      l->in.bad = true;
      return;
    }
    m->key = value_text_of(key);
    at = take_value(l, at, &m->value);
    o->count++;
  }
}

static void fill_object(struct loader *l, const struct slot *slot) {
  if (slot->content == NULL) {
    return;
  }
  if (slot->obj->tag == VALUE_LIST) {
    fill_list(l, slot->content, (struct list_obj *)slot->obj);
  } else {
    fill_members(l, slot->content, (struct object_obj *)slot->obj);
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

static const unsigned char *take_heap(struct loader *l,
                                      const unsigned char *at) {
  size_t count;
  at = take_count(l, at, &count);
  if (!make_table(l, count)) {
    return at;
  }
  for (size_t i = 0; i < count && !l->in.bad; i++) {
    at = make_object(l, at);
  }
  for (size_t i = 0; i < count && !l->in.bad; i++) {
    fill_object(l, &l->table[i]);
  }
  return at;
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

/* Can it stand inside of the last? */
static bool fits(const struct vm *vm, const struct frame *f) {
  const struct program *p = vm->program;
  return vm->frame_count == 0
             ? is_first(p, f)
             : is_called(p, &vm->frames[vm->frame_count - 1], f);
}

static const unsigned char *take_frame(struct loader *l,
                                       const unsigned char *at) {
  struct vm *vm = l->vm;
  const struct program *p = vm->program;
  uint64_t part, place, base;
  at = take_uint(&l->in, at, p->script.unit_count - 1, &part);
  at = take_uint(&l->in, at, UINT32_MAX, &place);
  at = take_uint(&l->in, at, VM_VALUES_MAX, &base);
  struct frame f = {.part = (uint32_t)part, .base = (uint32_t)base};
  if (l->in.bad || !place_find(&p->parts[f.part], (uint32_t)place, &f.pc) ||
      !fits(vm, &f)) {
    return fault(&l->in);
  }
  vm->frames[vm->frame_count++] = f;
  return at;
}

static const unsigned char *take_frames(struct loader *l,
                                        const unsigned char *at) {
  uint64_t count;
  at = take_uint(&l->in, at, VM_CALLS_MAX + 1, &count);
  if (!vm_reserve(l->vm, (size_t)count, 0)) {
    no_room(l);
  }
  for (uint64_t i = 0; i < count && !l->in.bad; i++) {
    at = take_frame(l, at);
  }
  return at;
}

/* What the widest of the frames needs: when the inner ones have returned, the
 * run goes on in the others. */
static size_t width(const struct vm *vm) {
  size_t most = vm->program->script.variable_count;
  for (size_t i = 0; i < vm->frame_count; i++) {
    const struct frame *f = &vm->frames[i];
    const size_t top = (size_t)f->base + vm->program->parts[f->part].registers;
    most = top > most ? top : most;
  }
  return most;
}

static const unsigned char *take_stack(struct loader *l,
                                       const unsigned char *at) {
  struct vm *vm = l->vm;
  const size_t room = width(vm);
  uint64_t count, i = 0;
  if (!vm_reserve(vm, 0, room)) {
    no_room(l);
    return at;
  }
  at = take_uint(&l->in, at, vm_top(vm), &count);
  for (; i < count && !l->in.bad; i++) {
    at = take_value(l, at, &vm->stack[i]);
  }
  for (; i < room; i++) {
    vm->stack[i] = value_null();
  }
  return at;
}

/* ---- the whole */

enum { MAGIC_BYTES = 3 };

static enum bt_err take_identity(struct text bytes, uint64_t *hash,
                                 const unsigned char **behind) {
  struct image_reader r = image_reader_of(bytes);
  const unsigned char *at = (const unsigned char *)bytes.ptr;
  unsigned version = 0;
  uint64_t n;
  if (!text_starts(bytes, TEXT("BVM"))) {
    return BT_ERR_CORRUPT;
  }
  at = take_byte(&r, at + MAGIC_BYTES, &version);
  if (version == 0) {
    return BT_ERR_CORRUPT;
  }
  if (version > IMAGE_VERSION || version < IMAGE_FIRST_VERSION) {
    return BT_ERR_FOREIGN;
  }
  at = take_fixed(&r, at, &n);
  if (r.bad) {
    return BT_ERR_CORRUPT;
  }
  *hash = n;
  *behind = at;
  return BT_ERR_OK;
}

static const unsigned char *take_failure(struct loader *l,
                                         const unsigned char *at) {
  struct vm *vm = l->vm;
  uint64_t kind, line, column;
  struct text text;
  at = take_uint(&l->in, at, FAILURES - 1, &kind);
  at = take_uint(&l->in, at, UINT32_MAX, &line);
  at = take_uint(&l->in, at, UINT32_MAX, &column);
  at = take_text(&l->in, at, &text);
  vm->failure = (enum failure)kind;
  vm->failure_spot = (struct spot){(uint32_t)line, (uint32_t)column};
  textbuf_add(&vm->failure_text, text);
  return at;
}

static const unsigned char *take_state(struct loader *l,
                                       const unsigned char *at) {
  struct vm *vm = l->vm;
  unsigned state, flags;
  uint64_t steps;
  at = take_byte(&l->in, take_byte(&l->in, at, &state), &flags);
  if (state > VM_STATE_FAILED || flags > IMAGE_FLAGS) {
    return fault(&l->in);
  }
  vm->state = (enum vm_state)state;
  vm->slept = (flags & IMAGE_SLEPT) != 0;
  vm->caught = (flags & IMAGE_CAUGHT) != 0;
  vm->line_shown = (flags & IMAGE_LINE_SHOWN) != 0;
  at = take_uint(&l->in, at, VM_STEPS_MAX, &steps);
  vm->steps = (int64_t)steps;
  at = take_int(&l->in, at, &vm->paused_us);
  return image_has_failure(vm) ? take_failure(l, at) : at;
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

static enum bt_err load(struct loader *l, const unsigned char *at) {
  uint64_t layout;
  at = take_uint(&l->in, at, UINT32_MAX, &layout);
  if (!l->in.bad && layout != l->vm->program->layout) {
    return BT_ERR_FOREIGN;
  }
  at = take_state(l, at);
  at = take_heap(l, at);
  at = take_frames(l, at);
  at = take_stack(l, at);
  if (l->no_memory || l->vm->failure_text.failed) {
    return BT_ERR_NOMEM;
  }
  const bool whole = !l->in.bad && at == l->in.end;
  return whole && is_sound(l->vm) ? BT_ERR_OK : BT_ERR_CORRUPT;
}

enum bt_err image_program_hash(struct text bytes, uint64_t *out) {
  const unsigned char *behind;
  return take_identity(bytes, out, &behind);
}

enum bt_err image_load(const struct mem *mem, const struct program *program,
                       struct text bytes, struct vm **out) {
  struct loader l;
  const unsigned char *at = NULL;
  uint64_t hash = 0;
  l.in = image_reader_of(bytes);
  l.table = NULL;
  l.count = l.cap = 0;
  l.no_memory = false;
  enum bt_err err = take_identity(bytes, &hash, &at);
  if (err == BT_ERR_OK && hash != program->hash) {
    err = BT_ERR_FOREIGN;
  }
  if (err == BT_ERR_OK) {
    err = vm_make(mem, program, &l.vm);
  }
  if (err != BT_ERR_OK) {
    return err;
  }
  err = load(&l, at);
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
