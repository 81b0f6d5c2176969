// The program as a WASI 0.1 command.
#include "runtime.h"

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))
WASI(args_sizes_get) uint16_t args_sizes_get(uint32_t *count, uint32_t *bytes);
WASI(args_get) uint16_t args_get(char **arguments, char *bytes);
WASI(clock_time_get) uint16_t clock_time_get(uint32_t clock, uint64_t precision, uint64_t *time);
typedef struct { const char *start; uint32_t length; } slice;
WASI(fd_write) uint16_t fd_write(int descriptor, const slice *slices, uint32_t count, uint32_t *written);
WASI(proc_exit) _Noreturn void proc_exit(uint32_t status);

enum { clock_monotonic = 1 };

uint64_t host_nanoseconds(void) {
  uint64_t time = 0;
  if (clock_time_get(clock_monotonic, 1, &time)) proc_exit(70);
  return time;
}

void host_print(int descriptor, const char *text, uint32_t length) {
  while (length) {
    uint32_t written = 0;
    slice all = { text, length };
    if (fd_write(descriptor, &all, 1, &written)) proc_exit(74);
    text += written;
    length -= written;
  }
}

__attribute__((export_name("_start"))) void _start(void) {
  static char *arguments[16];
  static char bytes[1024];
  uint32_t count = 0, size = 0;
  if (args_sizes_get(&count, &size)) proc_exit(70);
  if (count > sizeof arguments / sizeof *arguments || size > sizeof bytes) proc_exit(64);
  if (args_get(arguments, bytes)) proc_exit(70);
  int status = run_kernels((int)count, arguments);
  if (status) proc_exit((uint32_t)status);
}
