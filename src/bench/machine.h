/* machine.h - what the machine says: clocks, a process's cost, the disk. */
#ifndef BATON_BENCH_MACHINE_H
#define BATON_BENCH_MACHINE_H

#include <stdint.h>
#include <sys/types.h>

#include "bench/bench.h"
#include "bench/samples.h"

int64_t machine_now_ns(void); /* monotonic */

/* What a process of this machine has used so far. */
struct machine_usage {
  int64_t cpu_us; /* user and system, all threads; in steps of 10 ms */
  int64_t rss_bytes;
  int64_t rss_peak_bytes;
};

/* BT_ERR_NOT_FOUND: there is no such process. */
enum bt_err machine_usage_of(struct bench *b, pid_t process,
                             struct machine_usage *out) BT_USE_RESULT;
/* What the kernel keeps for itself on all of the machine: its objects, and the
 * buffers of TCP. 0: unknown. */
int64_t machine_kernel_bytes(void);
/* Of this process, exact. */
int64_t machine_own_cpu_us(void);

/* How long a read takes of which nothing is known before the one before it has
 * come, anywhere in @bytes of memory: nanoseconds. BT_ERR_NOMEM. */
enum bt_err machine_time_read(struct bench *b, size_t bytes,
                              double *out_ns) BT_USE_RESULT;

/* The disk under @dir by itself: @count times 4 KiB are written over in a file
 * of that length and made durable by fdatasync; microseconds of each go to
 * @out. BT_ERR_IO. */
enum bt_err machine_time_disk(struct bench *b, const char *dir, unsigned count,
                              struct samples *out) BT_USE_RESULT;

/* Makes a new directory under @parent and writes its path to @path. BT_ERR_IO.
 */
enum bt_err machine_make_dir(struct bench *b, const char *parent, char *path,
                             size_t size) BT_USE_RESULT;
/* Removes it with everything in it. */
void machine_remove_dir(const char *path);
/* Of all files below @dir, as long as they are; 0 if there is none. */
int64_t machine_dir_bytes(const char *dir);

#endif
