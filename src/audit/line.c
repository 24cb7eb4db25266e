/* One line: how it ends, and whether it fits behind the one before. */
#include <string.h>

#include "audit/audit_priv.h"
#include "base/check.h"
#include "base/digest.h"

#define DIGEST_KEY TEXT("\"digest\":\"")
#define LINE_END   TEXT("\"}")

enum { TAIL = sizeof "\"digest\":\"\"}" - 1 + AUDIT_DIGEST, ENTRY_DEPTH = 4 };

struct audit_head audit_no_head(void) {
  struct audit_head head = {.entries = 0};
  memset(head.digest, '0', AUDIT_DIGEST);
  return head;
}

static void digest_of(const char before[AUDIT_DIGEST], struct text line,
                      char out[AUDIT_DIGEST + 1]) {
  char both[AUDIT_DIGEST + AUDIT_LINE_MAX];
  uint8_t sum[DIGEST_SHA256_SIZE];
  bt_check(line.len <= AUDIT_LINE_MAX);
  memcpy(both, before, AUDIT_DIGEST);
  memcpy(both + AUDIT_DIGEST, line.ptr, line.len);
  digest_sha256((struct text){both, AUDIT_DIGEST + line.len}, sum);
  hex_write(sum, sizeof sum, out);
  out[AUDIT_DIGEST] = '\0';
}

void audit_end_line(struct textbuf *line, struct audit_head *head) {
  char digest[AUDIT_DIGEST + 1];
  if (line->failed) {
    return;
  }
  digest_of(head->digest, textbuf_text(line), digest);
  textbuf_addf(line, "\"digest\":\"%s\"}", digest);
  memcpy(head->digest, digest, sizeof digest);
  head->entries++;
}

bool audit_read_end(struct text line, struct arena *arena, struct json **entry,
                    struct audit_head *out) {
  if (json_parse(arena, line, ENTRY_DEPTH, entry, NULL) != BT_ERR_OK) {
    return false;
  }
  const struct json *number = json_member(*entry, TEXT("n"));
  const struct text digest = json_member_text(*entry, TEXT("digest"));
  if (number == NULL || number->type != JSON_INT || number->i <= 0 ||
      digest.len != AUDIT_DIGEST) {
    return false;
  }
  out->entries = (uint64_t)number->i;
  memcpy(out->digest, digest.ptr, AUDIT_DIGEST);
  out->digest[AUDIT_DIGEST] = '\0';
  return true;
}

/* "{"n":12," is how the line of entry 12 begins. */
static bool has_number(struct text line, uint64_t number) {
  const struct text key = TEXT("{\"n\":");
  int64_t n = 0;
  const size_t end = text_find(line, TEXT(","), 0);
  return text_starts(line, key) && end > key.len &&
         text_to_i64(text_sub(line, key.len, end - key.len), &n) &&
         (uint64_t)n == number;
}

bool audit_take_line(struct text line, struct audit_head *head,
                     const char **why) {
  char digest[AUDIT_DIGEST + 1];
  const size_t body = line.len > TAIL ? line.len - TAIL : 0;
  const struct text tail = text_sub(line, body, TAIL);
  if (body == 0 || line.len > AUDIT_LINE_MAX ||
      !text_starts(tail, DIGEST_KEY) || !text_ends(tail, LINE_END)) {
    *why = "it is no entry with a digest";
    return false;
  }
  if (!has_number(line, head->entries + 1)) {
    *why = "it has another number than the one that comes next: entries were "
           "taken out, put in or moved";
    return false;
  }
  digest_of(head->digest, text_sub(line, 0, body), digest);
  if (!text_equal(text_sub(tail, DIGEST_KEY.len, AUDIT_DIGEST),
                  (struct text){digest, AUDIT_DIGEST})) {
    *why = "its digest does not fit: it, or the one before it, was changed";
    return false;
  }
  memcpy(head->digest, digest, sizeof digest);
  head->entries++;
  return true;
}
