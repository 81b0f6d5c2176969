// Output without printf.
#include "wasi.h"

size_t text_length(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

int text_equal(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

void print_bytes(int descriptor, const void *bytes, size_t count) {
  const char *at = bytes;
  while (count) {
    wasi_slice rest = { at, count };
    size_t written = 0;
    if (wasi_fd_write(descriptor, &rest, 1, &written) != wasi_success || written > count) wasi_proc_exit(74);
    at += written;
    count -= written;
  }
}

void print(const char *text) { print_bytes(standard_output, text, text_length(text)); }
void complain(const char *text) { print_bytes(standard_error, text, text_length(text)); }
