/* kept_log.h - an audit log in a directory of its own, open. */
#ifndef BATON_TESTS_SUPPORT_KEPT_LOG_H
#define BATON_TESTS_SUPPORT_KEPT_LOG_H

#include "audit/audit.h"
#include "kept_file.h"

struct place {
  struct kept_file kept;
  struct audit *audit;
  struct audit_report report;
};

static inline void open_log(struct place *p) {
  assert_int_equal(audit_open(&p->kept.memory.mem, p->kept.path, &p->audit),
                   BT_ERR_OK);
}

static inline void close_log(struct place *p) {
  audit_close(p->audit);
  p->audit = NULL;
}

static inline int set_up(void **state) {
  struct place *p = calloc(1, sizeof *p);
  kept_file_make(&p->kept, "audit.log");
  open_log(p);
  *state = p;
  return 0;
}

#endif
