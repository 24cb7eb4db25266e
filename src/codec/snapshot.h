/* snapshot.h - an engine's whole state as bytes, to start again without
 * folding everything.
 *
 *   snapshot = version seq count record*    seq, count: 8 bytes big-endian
 *
 * The records are those of engine_save(), written as in batch.h. That they
 * arrive as they were written is the journal's promise (checksums).
 */
#ifndef BATON_CODEC_SNAPSHOT_H
#define BATON_CODEC_SNAPSHOT_H

#include "base/err.h"
#include "base/text.h"
#include "codec/seal.h"
#include "engine/engine.h"

enum { SNAPSHOT_VERSION = 1 };

/* Appends the state at engine_seq() to @out, whose .failed tells if memory ran
 * out. */
void snapshot_encode(const struct engine *e, struct textbuf *out);
/* Into a fresh engine. BT_ERR_FOREIGN: a version that this program does not
 * know. BT_ERR_CORRUPT: no snapshot. After an error the engine is good for
 * engine_free() only. */
enum bt_err snapshot_decode(struct engine *e, struct text bytes) BT_USE_RESULT;
/* The same of one as it is kept: @u opens what is sealed in it. */
enum bt_err snapshot_decode_kept(struct engine *e, struct text bytes,
                                 struct seal_reader *u) BT_USE_RESULT;

/* Where its records begin, and how many they are. Errors as above. */
enum bt_err snapshot_open(struct text bytes, struct text *records,
                          uint64_t *count) BT_USE_RESULT;

#endif
