/* program.h - a compiled script: immutable, shared by any number of runs.
 *
 * A program owns all of its memory, its own copy of the source included, and
 * must outlive every `struct vm` that was started with it.
 */
#ifndef BATON_STUDIO_PROGRAM_H
#define BATON_STUDIO_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "studio/diagnostic.h"

struct program;

enum { PROGRAM_SOURCE_MAX = 1024 * 1024 }; /* bytes of one script */

/* Compiles @source. Every error of the file is added to @diags in one pass,
 * with notes on what was accepted although it was not written as documented.
 * BT_ERR_SYNTAX: @diags has at least one error. BT_ERR_NOMEM. */
enum bt_err program_compile(const struct mem *mem, struct text file_name,
                            struct text source, struct diagnostics *diags,
                            struct program **out) BT_USE_RESULT;
void program_free(struct program *program); /* NULL is fine */

/* 64-bit hash of the source bytes: a saved run names its program by it. */
uint64_t program_hash(const struct program *program);
struct text program_file_name(const struct program *program);
/* As it was given to program_compile(). */
struct text program_source(const struct program *program);
uint32_t program_line_count(const struct program *program);
/* Source line @line (from 1) as written, without its end; empty beyond. */
struct text program_line(const struct program *program, uint32_t line);

/* What a Transfer or its like can name (queues, skills, agent:x, bot:x) and the
 * calendars (hours:x) that are asked for, as far as literals tell; each once,
 * in order of appearance. */
struct program_target {
  struct text name;
  uint32_t line; /* where it appears first */
};
size_t program_target_count(const struct program *program);
struct program_target program_target(const struct program *program, size_t i);

/* The events that the script has an ON section for. */
size_t program_section_count(const struct program *program);
struct text program_section_name(const struct program *program, size_t i);
bool program_has_section(const struct program *program, struct text event);

/* Does it run other scripts (RunSub, RunScript, Spawn)? */
bool program_runs_scripts(const struct program *program);

#endif
