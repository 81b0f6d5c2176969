// The program as a WASI 0.1 command. Files lie in the first directory that it is given.
#include "host.h"

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))
typedef struct { const void *start; uint32_t length; } slice;
WASI(args_sizes_get) uint16_t args_sizes_get(uint32_t *count, uint32_t *bytes);
WASI(args_get) uint16_t args_get(char **arguments, char *bytes);
WASI(clock_time_get) uint16_t clock_time_get(uint32_t clock, uint64_t precision, uint64_t *time);
WASI(fd_read) uint16_t fd_read(int descriptor, const slice *slices, uint32_t count, uint32_t *read);
WASI(fd_write) uint16_t fd_write(int descriptor, const slice *slices, uint32_t count, uint32_t *written);
WASI(path_open) uint16_t path_open(
  int directory, uint32_t lookup, const char *path, uint32_t length, uint32_t open_flags, uint64_t rights, uint64_t inherited,
  uint32_t flags, int *descriptor);
WASI(proc_exit) _Noreturn void proc_exit(uint32_t status);

enum { clock_monotonic = 1, first_directory = 3, right_read = 1 << 1, right_write = 1 << 6, open_create = 1, open_truncate = 8 };

void host_exit(int status) { proc_exit((uint32_t)status); }

int host_open(const char *path, int writes) {
  uint32_t length = 0;
  while (path[length]) length++;
  int descriptor = -1;
  if (path_open(
        first_directory, 0, path, length, writes ? open_create | open_truncate : 0, writes ? right_write : right_read, 0, 0, &descriptor))
    host_exit(66);
  return descriptor;
}

uint32_t host_read(int descriptor, void *bytes, uint32_t count) {
  uint32_t read = 0;
  slice all = { bytes, count };
  if (fd_read(descriptor, &all, 1, &read)) host_exit(74);
  return read;
}

void host_write(int descriptor, const void *bytes, uint32_t count) {
  while (count) {
    uint32_t written = 0;
    slice all = { bytes, count };
    if (fd_write(descriptor, &all, 1, &written)) host_exit(74);
    bytes = (const char *)bytes + written;
    count -= written;
  }
}

uint64_t host_nanoseconds(void) {
  uint64_t time = 0;
  if (clock_time_get(clock_monotonic, 1, &time)) host_exit(70);
  return time;
}

__attribute__((export_name("_start"))) void _start(void) {
  static char *arguments[16];
  static char bytes[1024];
  uint32_t count = 0, size = 0;
  if (args_sizes_get(&count, &size)) host_exit(70);
  if (count > sizeof arguments / sizeof *arguments || size > sizeof bytes) host_exit(64);
  if (args_get(arguments, bytes)) host_exit(70);
  int status = run((int)count, arguments);
  if (status) host_exit(status);
}
