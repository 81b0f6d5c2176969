// Writes without end, to try what stops it.
#include "wasi.h"

int main(int, char **) {
  static char bytes[65536];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)('a' + i % 26);
  for (;;) print_bytes(standard_output, bytes, sizeof bytes);
}
