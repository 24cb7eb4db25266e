#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"

struct arena_chunk {
  struct arena_chunk *older;
  size_t cap;
  size_t used;
  alignas(max_align_t) char bytes[];
};

enum {
  ALIGN = alignof(max_align_t),
  CHUNK_FIRST = 4096, /* with its header */
  CHUNK_DOUBLING_ENDS = 1 << 20
};

void arena_init(struct arena *a, const struct mem *mem, size_t limit) {
  *a = (struct arena){.mem = mem, .limit = limit};
}

static void free_chunk(struct arena *a, struct arena_chunk *c) {
  mem_free(a->mem, c, sizeof *c + c->cap);
}

void arena_free(struct arena *a) {
  struct arena_chunk *c = a->chunk;
  while (c != NULL) {
    struct arena_chunk *older = c->older;
    free_chunk(a, c);
    c = older;
  }
  arena_init(a, a->mem, a->limit);
}

void arena_reset(struct arena *a) {
  struct arena_chunk *keep = NULL;
  struct arena_chunk *c = a->chunk;
  while (c != NULL) {
    struct arena_chunk *older = c->older;
    struct arena_chunk *drop = c;
    if (keep == NULL || c->cap > keep->cap) {
      drop = keep;
      keep = c;
    }
    if (drop != NULL) {
      free_chunk(a, drop);
    }
    c = older;
  }
  if (keep != NULL) {
    memset(keep->bytes, 0, keep->used);
    keep->older = NULL;
    keep->used = 0;
  }
  a->chunk = keep;
  a->used = 0;
}

static size_t next_cap(const struct arena *a, size_t size) {
  size_t cap = CHUNK_FIRST - sizeof(struct arena_chunk);
  if (a->chunk != NULL) {
    cap =
        a->chunk->cap < CHUNK_DOUBLING_ENDS ? a->chunk->cap * 2 : a->chunk->cap;
  }
  if (a->limit != 0 && cap > a->limit - a->used) {
    cap = a->limit - a->used; /* never more than may still be handed out */
  }
  return cap > size ? cap : size;
}

static struct arena_chunk *add_chunk(struct arena *a, size_t size) {
  const size_t cap = next_cap(a, size);
  struct arena_chunk *c =
      a->mem->resize(a->mem->ctx, NULL, 0, sizeof(struct arena_chunk) + cap);
  if (c != NULL) {
    *c = (struct arena_chunk){.older = a->chunk, .cap = cap};
    a->chunk = c;
  }
  return c;
}

void *arena_alloc(struct arena *a, size_t size) {
  if (size > SIZE_MAX / 2) {
    return NULL;
  }
  /* Nothing is still something: every answer but NULL can be told apart. */
  const size_t need = size == 0 ? ALIGN : (size + ALIGN - 1) / ALIGN * ALIGN;
  if (a->limit != 0 && need > a->limit - a->used) {
    return NULL;
  }
  struct arena_chunk *c = a->chunk;
  if (c == NULL || need > c->cap - c->used) {
    c = add_chunk(a, need);
    if (c == NULL) {
      return NULL;
    }
  }
  void *fresh = c->bytes + c->used;
  c->used += need;
  a->used += need;
  return memset(fresh, 0, need);
}

struct text arena_copy_text(struct arena *a, struct text t) {
  bt_check(t.len < SIZE_MAX);
  char *copy = arena_alloc(a, t.len + 1);
  if (copy == NULL) {
    return (struct text){NULL, 0};
  }
  if (t.len != 0) {
    memcpy(copy, t.ptr, t.len);
  }
  return (struct text){copy, t.len};
}
