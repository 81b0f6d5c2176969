// Copies standard input to standard output as it comes.
#include "wasi.h"

int main(int, char **) {
  static char bytes[65536];
  for (;;) {
    wasi_buffer buffer = {bytes, sizeof bytes};
    size_t length;
    if (wasi_fd_read(standard_input, &buffer, 1, &length) != wasi_success) {
      complain("echo: standard input cannot be read\n");
      return 1;
    }
    if (length == 0) return 0;
    print_bytes(standard_output, bytes, length);
  }
}
