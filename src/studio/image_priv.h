/* image_priv.h - the bytes that writing and reading an image agree on. */
#ifndef BATON_STUDIO_IMAGE_PRIV_H
#define BATON_STUDIO_IMAGE_PRIV_H

#include "studio/vm_priv.h"

/* Versions 1 and 2 named instructions, not places: they did not outlive the
 * compiler that had made them, and no release has written one. */
enum { IMAGE_FIRST_VERSION = 3, IMAGE_VERSION = 3 };

/* The kinds of value, and a bit beside them. */
enum {
  IMAGE_NULL,
  IMAGE_FALSE,
  IMAGE_TRUE,
  IMAGE_WHOLE,    /* zigzag */
  IMAGE_NUMBER,   /* 8 bytes, IEEE 754, least first */
  IMAGE_OBJECT,   /* number in the heap's table */
  IMAGE_CONSTANT, /* number of a text among the program's texts */
  IMAGE_DATE,     /* milliseconds since 1899-12-30, zigzag */
  IMAGE_JOINED = 0x10
};

/* What is on the heap. */
enum { IMAGE_HEAP_TEXT = 3, IMAGE_HEAP_LIST, IMAGE_HEAP_OBJECT };

enum { IMAGE_SLEPT = 1, IMAGE_CAUGHT = 2, IMAGE_LINE_SHOWN = 4 };
enum { IMAGE_FLAGS = IMAGE_SLEPT | IMAGE_CAUGHT | IMAGE_LINE_SHOWN };

/* Is the failure part of the image? */
static inline bool image_has_failure(const struct vm *vm) {
  return vm->caught || vm->state == VM_STATE_BROKEN ||
         vm->state == VM_STATE_FAILED;
}

/* Far beyond every date, and within a double. */
#define IMAGE_DATE_MAX_MS INT64_C(1000000000000000)
#define IMAGE_MINUS_ZERO  UINT64_C(0x8000000000000000)

#endif
