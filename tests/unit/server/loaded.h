/* loaded.h - a centre's file that a test has written, as it is read. */
#ifndef BATON_TESTS_SERVER_LOADED_H
#define BATON_TESTS_SERVER_LOADED_H

#include "files.h"

#include "server/config.h"
#include "support.h"

struct loaded {
  struct files files;
  struct test_mem tm;
  struct findings findings;
  struct server_config config;
  enum bt_err err;
};

static inline void loaded_begin(struct loaded *l) {
  files_begin(&l->files);
  test_mem_init(&l->tm);
  findings_init(&l->findings, &l->tm.mem);
}

/* What was prepared in l->files is there. */
static inline void loaded_read(struct loaded *l, const char *yaml) {
  l->err = server_config_load(&l->tm.mem,
                              files_write(&l->files, "centre.yaml", yaml),
                              &l->findings, &l->config);
}

static inline void done(struct loaded *l) {
  if (l->err == BT_ERR_OK) {
    server_config_free(&l->config);
  }
  findings_free(&l->findings);
  assert_int_equal(l->tm.live_bytes, 0);
  files_end(&l->files);
}

#endif
