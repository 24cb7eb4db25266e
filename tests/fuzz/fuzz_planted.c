/* fuzz_planted.c - the fuzzers' control: one byte too far behind a text that is
 * not easy to come by. AddressSanitizer must see it, and libFuzzer find it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char way[] = "{\"a\":[";
  char *copy = malloc(size + 1);
  if (copy == NULL) {
    return 0;
  }
  memcpy(copy, data, size);
  size_t at = 0;
  while (at < size && at < sizeof way - 1 && copy[at] == way[at]) {
    at++;
  }
  volatile char *text = copy;
  text[at == sizeof way - 1 ? size + 1 : 0] = '\0';
  free(copy);
  return 0;
}
