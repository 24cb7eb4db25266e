#include "session/refusal.h"

#include "base/check.h"

static const struct refusal_info infos[] = {
#define REFUSAL(n, w, h, r, s, t, m)                                           \
  [REFUSAL_##n] = {.name = #n,                                                 \
                   .wire = (w),                                                \
                   .slug = (s),                                                \
                   .title = (t),                                               \
                   .message = (m),                                             \
                   .http = (h),                                                \
                   .retry = (r)},
#include "session/refusal.def"
#undef REFUSAL
};

static const struct {
  enum refusal of;
  struct refusal_remedy remedy;
} remedies[] = {
#define REMEDY(n, d, s) {REFUSAL_##n, {.does = (d), .script = (s)}},
#include "session/refusal.def"
#undef REMEDY
};

const struct refusal_info *refusal_info(enum refusal refusal) {
  bt_check(refusal > REFUSAL_NONE && refusal < REFUSALS);
  return &infos[refusal];
}

const struct refusal_remedy *refusal_remedy(enum refusal refusal, size_t n) {
  for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++) {
    if (remedies[i].of == refusal && n-- == 0) {
      return &remedies[i].remedy;
    }
  }
  return NULL;
}

const char *refusal_http_text(int code) {
  static const struct {
    int code;
    const char *text;
  } names[] = {{200, "OK"},
               {201, "Created"},
               {202, "Accepted"},
               {204, "No Content"},
               {400, "Bad Request"},
               {401, "Unauthorized"},
               {403, "Forbidden"},
               {404, "Not Found"},
               {405, "Method Not Allowed"},
               {408, "Request Timeout"},
               {409, "Conflict"},
               {410, "Gone"},
               {412, "Precondition Failed"},
               {413, "Content Too Large"},
               {415, "Unsupported Media Type"},
               {422, "Unprocessable Content"},
               {429, "Too Many Requests"},
               {503, "Service Unavailable"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (names[i].code == code) {
      return names[i].text;
    }
  }
  return "Error";
}
