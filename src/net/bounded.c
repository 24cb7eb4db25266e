#include "net/bounded_priv.h"

#include "base/check.h"

static void *bounded_resize(void *ctx, void *old, size_t old_size,
                            size_t new_size) {
  struct bounded *b = ctx;
  bt_check(old_size <= b->used);
  const size_t others = b->used - old_size;
  if (new_size > old_size && new_size > b->limit - others) {
    return NULL;
  }
  void *fresh = b->under->resize(b->under->ctx, old, old_size, new_size);
  if (fresh != NULL || new_size == 0) {
    b->used = others + new_size;
  }
  return fresh;
}

void bounded_init(struct bounded *b, const struct mem *under, size_t limit) {
  *b = (struct bounded){.mem = {.resize = bounded_resize, .ctx = b},
                        .under = under,
                        .limit = limit};
}

static void *share_resize(void *ctx, void *old, size_t old_size,
                          size_t new_size) {
  const struct bounded_share *s = ctx;
  const size_t others = s->of->used - old_size;
  if (new_size > old_size &&
      (others >= s->limit || new_size > s->limit - others)) {
    return NULL;
  }
  return bounded_resize(s->of, old, old_size, new_size);
}

void bounded_share_init(struct bounded_share *s, struct bounded *of,
                        size_t limit) {
  *s = (struct bounded_share){
      .mem = {.resize = share_resize, .ctx = s}, .of = of, .limit = limit};
}
