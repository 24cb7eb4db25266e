#include "net/breaker.h"

bool breaker_allows(struct breaker *b, int64_t now_us) {
  if (!b->is_open) {
    return true;
  }
  if (b->is_trying || now_us < b->open_until_us) {
    return false;
  }
  b->is_trying = true;
  return true;
}

void breaker_note(struct breaker *b, bool answered, int64_t now_us) {
  b->is_trying = false;
  if (answered) {
    b->failures = 0;
    b->is_open = false;
    return;
  }
  b->failures++;
  if (b->failures_max > 0 && b->failures >= b->failures_max) {
    b->is_open = true;
    b->open_until_us = now_us + b->open_us;
  }
}

void breaker_forget(struct breaker *b) {
  b->is_trying = false;
}
