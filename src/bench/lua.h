/* lua.h - a Lua process that measures itself. */
#ifndef BATON_BENCH_LUA_H
#define BATON_BENCH_LUA_H

#include "base/text.h"
#include "bench/bench.h"

/* Runs @code with the interpreter @lua, found as a shell would, and appends
 * what it writes to standard output. BT_ERR_NOT_FOUND: there is no such
 * interpreter. BT_ERR_IO: it could not be started, or failed. BT_ERR_NOMEM. */
enum bt_err lua_run(struct bench *b, const char *lua, const char *code,
                    struct textbuf *out) BT_USE_RESULT;

#endif
