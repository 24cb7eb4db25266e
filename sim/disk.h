/* disk.h - a played disk, and the journal on it.
 *
 * It outlives the process. What was appended is lost with the process until its
 * group is written; the group that is being written at that moment is there as
 * a whole or not at all, as a transaction is. Rows carry the chained check
 * numbers of the real journal.
 */
#ifndef BATON_SIM_DISK_H
#define BATON_SIM_DISK_H

#include "base/map.h"
#include "base/rand.h"
#include "journal/journal.h"

struct disk_row {
  size_t from, len;
  uint64_t chain;
};

struct disk_snapshot {
  uint64_t seq;
  struct textbuf bytes;
  bool whole; /* false: being written, or damaged */
};

struct disk_finished {
  struct id session;
  uint64_t last_seq, batch;
};

struct disk {
  struct rand rand;
  struct textbuf bytes; /* of all rows */
  struct disk_row *rows;
  size_t row_cap;
  uint64_t count, written; /* appended by the process; on disk */
  uint64_t group;          /* being written, up to this row; 0: none */
  int64_t group_us;        /* when it will be */
  struct disk_finished *finished;
  size_t finished_count, finished_cap;
  struct map finished_by_id;
  struct disk_snapshot snapshots[2]; /* the newer first */
  int64_t delay_us;                  /* of a write, at most */
  bool full, bad;                    /* now */
  bool failed;                       /* for this process */
  bool lies;    /* says durable before it is: a planted fault */
  bool forgets; /* leaves a row out at the next start: a planted fault */
  bool orderly; /* the process closes it in order */
  struct journal *journal; /* of the process; NULL: there is none */
};

void disk_init(struct disk *d, uint64_t seed);
void disk_free(struct disk *d);
/* The journal of a new process. */
struct journal *disk_open(struct disk *d);
/* The process is gone, before domain_close(). */
void disk_crash(struct disk *d);
/* Begins to write what waits, if it can. */
void disk_begin(struct disk *d, int64_t now_us);
/* When something is written; INT64_MAX: nothing. */
int64_t disk_due_us(const struct disk *d);
void disk_write(struct disk *d);
struct text disk_read(const struct disk *d, uint64_t seq);
bool disk_has_finished(const struct disk *d, struct id session);

#endif
