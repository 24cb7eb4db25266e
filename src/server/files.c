#include "server/files.h"

#include <sys/resource.h>

enum { KEPT_FILES = 512 };

int64_t files_raise_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return INT64_MAX;
  }
  const rlim_t soft = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    limit.rlim_cur = soft;
  }
  return limit.rlim_cur == RLIM_INFINITY ? INT64_MAX : (int64_t)limit.rlim_cur;
}

int64_t files_fit(int64_t wanted, int64_t limit) {
  const int64_t kept = limit / 2 < KEPT_FILES ? limit / 2 : KEPT_FILES;
  const int64_t most = limit - kept > 0 ? limit - kept : 1;
  return wanted < most ? wanted : most;
}
