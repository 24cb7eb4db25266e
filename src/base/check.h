/* check.h - assertions that stay on in every build.
 *
 * A failed check is a bug in this program, never a bad peer or a full disk.
 * Stopping is then the only safe answer: the journal holds the truth, and the
 * next process folds it back. (<assert.h> would vanish with -DNDEBUG, which
 * CMake adds to its release builds.)
 */
#ifndef BATON_BASE_CHECK_H
#define BATON_BASE_CHECK_H

#define bt_check(cond)                                                         \
  ((cond) ? (void)0 : bt_check_failed(#cond, __FILE__, __LINE__, __func__))

_Noreturn void bt_check_failed(const char *what, const char *file, int line,
                               const char *func);

#endif
