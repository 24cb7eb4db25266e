#include "retention/erase.h"

#include "domain/heap.h"
#include "files/store.h"

/* The ids of those of which @part goes. NULL without memory. */
static struct id *pick(const struct erase_item *items, size_t count,
                       uint32_t part, size_t *picked) {
  struct id *ids = mem_new(heap_mem(), count * sizeof *ids);
  *picked = 0;
  for (size_t i = 0; ids != NULL && i < count; i++) {
    if ((items[i].parts & part) != 0) {
      ids[(*picked)++] = items[i].session;
    }
  }
  return ids;
}

static enum bt_err drop_files(const char *directory, const struct id *ids,
                              size_t count) {
  enum bt_err err = BT_ERR_OK;
  for (size_t i = 0; i < count && directory != NULL && err == BT_ERR_OK; i++) {
    const struct file_place at = {directory, ids[i]};
    err = file_drop_all(&at);
  }
  return err == BT_ERR_OK && directory != NULL ? file_sync_drops(directory)
                                               : err;
}

static enum bt_err erase_part(const struct erase_places *p, uint32_t part,
                              const struct id *ids, size_t count,
                              struct erase_done *done) {
  switch (part) {
  case ERASE_CONTENT:
    done->where = "the keys";
    return vault_erase(p->vault, ids, count, &done->content);
  case ERASE_FILES:
    done->where = "the files";
    return drop_files(p->files, ids, count);
  default:
    done->where = "the history";
    return count == 0 ? BT_ERR_OK : history_remove(p->history, ids, count);
  }
}

static enum bt_err mark(const struct erase_places *p,
                        const struct erase_item *items, size_t count) {
  enum bt_err err = BT_ERR_OK;
  for (size_t i = 0; i < count && err == BT_ERR_OK; i++) {
    if ((items[i].parts & ERASE_ROW) == 0) {
      err = history_mark(p->history, items[i].session, items[i].parts);
    }
  }
  return err;
}

enum bt_err erase_items(const struct erase_places *places,
                        const struct erase_item *items, size_t count,
                        struct erase_done *done) {
  enum bt_err err = BT_ERR_OK;
  for (uint32_t part = ERASE_CONTENT;
       count > 0 && part <= ERASE_ROW && err == BT_ERR_OK; part <<= 1) {
    size_t picked = 0;
    struct id *ids = pick(items, count, part, &picked);
    err = ids == NULL ? BT_ERR_NOMEM
                      : erase_part(places, part, ids, picked, done);
    mem_free(heap_mem(), ids, count * sizeof *ids);
  }
  return err == BT_ERR_OK ? mark(places, items, count) : err;
}
