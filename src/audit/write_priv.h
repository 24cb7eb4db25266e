/* write_priv.h - a log that is open for writing, for who adds and who seals. */
#ifndef BATON_AUDIT_WRITE_PRIV_H
#define BATON_AUDIT_WRITE_PRIV_H

#include <pthread.h>
#include <sys/types.h>

#include "audit/audit_priv.h"

struct audit {
  const struct mem *mem;
  char path[SEGMENT_PATH];
  /* Around all but the three of the sync; and the file's lock, for other
   * processes. Taken before @syncing, where both are. */
  pthread_mutex_t mutex;
  int fd;     /* changed under both */
  off_t size; /* of the file when its head was this; -1: not known */
  struct audit_head head;
  struct textbuf line;
  pthread_mutex_t syncing;
  off_t synced;  /* so much is on disk */
  bool doubtful; /* a sync failed: nobody knows what of the rest is */
};

enum bt_err audit_of_errno(void);

/* Alone, with the file that bears the name now. */
enum bt_err audit_lock(struct audit *a) BT_USE_RESULT;
void audit_unlock(struct audit *a);
/* As audit_put(), locked. */
enum bt_err audit_put_locked(struct audit *a,
                             const struct audit_entry *entry) BT_USE_RESULT;
/* Locked: the file that was open has another name now; the next is made, and is
 * locked. */
enum bt_err audit_begin_anew(struct audit *a) BT_USE_RESULT;

#endif
