/* What a file is by its content, and what it may be called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "files/kinds.h"
#include "support.h"

static void is_kind(struct text bytes, const char *name, const char *wanted) {
  const struct text got = file_kind(bytes, text_from(name));
  assert_true(text_equal(got, text_from(wanted)));
}

static void the_content_decides(void **state) {
  (void)state;
  is_kind(TEXT("\x89PNG\r\n\x1a\n...."), "a.exe", "image/png");
  is_kind(TEXT("\xff\xd8\xff\xe0"), "a", "image/jpeg");
  is_kind(TEXT("RIFF....WEBPVP8 "), "a.wav", "image/webp");
  is_kind(TEXT("RIFF....WAVEfmt "), "a.webp", "audio/wav");
  is_kind(TEXT("%PDF-1.4"), "a.png", "application/pdf");
  is_kind(TEXT("\x7f"
               "ELF"),
          "holiday.png", "application/octet-stream");
  is_kind(TEXT("MZ\x90\0"), "a.pdf", "application/octet-stream");
  is_kind(TEXT("<svg onload=\"x()\"/>"), "a.png", "text/plain");
  is_kind(TEXT("na\xc3\xafve\r\n"), "a.txt", "text/plain");
  is_kind(TEXT("na\xefve"), "a.txt", "application/octet-stream");
  is_kind(TEXT("\x89PN"), "cut.png", "application/octet-stream");
}

static void the_ending_decides_among_archives_alone(void **state) {
  (void)state;
  is_kind(TEXT("PK\x03\x04...."), "a", "application/zip");
  is_kind(TEXT("PK\x03\x04...."), "a.png", "application/zip");
  is_kind(TEXT("PK\x03\x04...."), "a.DOCX",
          "application/"
          "vnd.openxmlformats-officedocument.wordprocessingml.document");
}

static void a_list_takes_types_and_families(void **state) {
  (void)state;
  const struct text list = TEXT("image/* application/pdf");
  assert_true(file_kind_is_among(TEXT("image/png"), list));
  assert_true(file_kind_is_among(TEXT("application/pdf"), list));
  assert_false(file_kind_is_among(TEXT("application/pdfx"), list));
  assert_false(file_kind_is_among(TEXT("text/plain"), list));
  assert_false(file_kind_is_among(TEXT("imagex/png"), list));
  assert_true(file_kind_is_among(TEXT("text/plain"), TEXT("*/*")));
  assert_false(file_kind_is_among(TEXT("text/plain"), TEXT("")));
}

static void cleaned(const char *name, const char *wanted) {
  struct test_mem memory;
  struct textbuf b;
  test_mem_init(&memory);
  textbuf_init(&b, &memory.mem);
  file_name_clean(text_from(name), &b);
  assert_int_equal(b.len, text_from(wanted).len);
  assert_memory_equal(b.ptr, wanted, b.len);
  textbuf_free(&b);
  assert_int_equal(memory.live_blocks, 0);
}

static void names_are_cleaned(void **state) {
  (void)state;
  cleaned("cat.png", "cat.png");
  cleaned("/etc/passwd", "passwd");
  cleaned("..\\..\\boot.ini", "boot.ini");
  cleaned("...", "file");
  cleaned("", "file");
  cleaned("a\nb\x7f.txt", "ab.txt");
  cleaned("\xe2\x80\xae"
          "gpj.exe",
          "gpj.exe"); /* would read exe.jpg */
  cleaned("what? <b>.txt", "what_ _b_.txt");
  cleaned("\xff\xfe.txt", "txt");
  cleaned("\xd8\xb5\xd9\x88\xd8\xb1\xd8\xa9.png",
          "\xd8\xb5\xd9\x88\xd8\xb1\xd8\xa9.png");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_content_decides),
      cmocka_unit_test(the_ending_decides_among_archives_alone),
      cmocka_unit_test(a_list_takes_types_and_families),
      cmocka_unit_test(names_are_cleaned)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
