// Adds its arguments as a line to a ledger in its sealed directory, and prints the whole of it.
#include "wasi.h"

enum { directory = 3, create = 1, append = 1, right_write = 1 << 6 };

static int open_ledger(uint16_t open_flags, wasi_rights rights, uint16_t descriptor_flags) {
  int ledger;
  if (wasi_path_open(directory, 0, "ledger", 6, open_flags, rights, rights, descriptor_flags, &ledger) == wasi_success) return ledger;
  complain("ledger: there is no directory to keep a file in: give the manifest sealed storage\n");
  wasi_proc_exit(1);
}

int main(int count, char **arguments) {
  if (count > 1) {
    int ledger = open_ledger(create, right_write, append);
    for (int index = 1; index < count; index++) {
      if (index > 1) print_bytes(ledger, " ", 1);
      print_bytes(ledger, arguments[index], text_length(arguments[index]));
    }
    print_bytes(ledger, "\n", 1);
    wasi_fd_close(ledger);
  }
  int ledger = open_ledger(create, wasi_right_read, 0);
  static char text[4096];
  const wasi_buffer buffer = {text, sizeof text};
  size_t read;
  while (wasi_fd_read(ledger, &buffer, 1, &read) == wasi_success && read > 0) print_bytes(standard_output, text, read);
  return 0;
}
