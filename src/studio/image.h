/* image.h - a sleeping run as bytes.
 *
 * Position, variables, stack and the pending action, in a versioned form that
 * does not depend on the machine: at most 1 KiB beside the values themselves.
 * A run may be saved whenever vm_run() is not on the stack.
 */
#ifndef BATON_STUDIO_IMAGE_H
#define BATON_STUDIO_IMAGE_H

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "studio/vm.h"

/* Appends the image to @out. BT_ERR_NOMEM when @out failed. */
enum bt_err image_save(const struct vm *vm, struct textbuf *out) BT_USE_RESULT;

/* A run that goes on exactly where the saved one stood, which may have been
 * saved by an earlier version of Baton. BT_ERR_CORRUPT: the bytes do not
 * verify. BT_ERR_FOREIGN: another program's, or of a version whose compiler
 * gave other registers to what sleeps there. BT_ERR_NOMEM. */
enum bt_err image_load(const struct mem *mem, const struct program *program,
                       struct text bytes, struct vm **out) BT_USE_RESULT;

/* The hash of the program that an image belongs to (program_hash).
 * BT_ERR_CORRUPT, BT_ERR_FOREIGN. */
enum bt_err image_program_hash(struct text bytes, uint64_t *out) BT_USE_RESULT;

#endif
