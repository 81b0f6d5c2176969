// The part of WASI 0.1 that the examples use, as the host gives it, and a little output on top of it.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

typedef uint16_t wasi_error;
enum { wasi_success = 0, wasi_bad_descriptor = 8, wasi_no_entry = 44 };

typedef struct { const void *start; size_t length; } wasi_slice;
typedef struct { void *start; size_t length; } wasi_buffer;
typedef struct { uint8_t kind; size_t name_length; } wasi_prestat;

typedef uint64_t wasi_rights;
enum { wasi_right_read = 1 << 1, wasi_right_seek = 1 << 2 };
enum { wasi_follow_symlinks = 1 };

WASI(args_sizes_get) wasi_error wasi_args_sizes_get(size_t *count, size_t *bytes);
WASI(args_get) wasi_error wasi_args_get(char **arguments, char *bytes);
WASI(environ_sizes_get) wasi_error wasi_environ_sizes_get(size_t *count, size_t *bytes);
WASI(environ_get) wasi_error wasi_environ_get(char **variables, char *bytes);
WASI(fd_read) wasi_error wasi_fd_read(int descriptor, const wasi_buffer *buffers, size_t count, size_t *read);
WASI(fd_write) wasi_error wasi_fd_write(int descriptor, const wasi_slice *slices, size_t count, size_t *written);
WASI(fd_close) wasi_error wasi_fd_close(int descriptor);
WASI(fd_prestat_get) wasi_error wasi_fd_prestat_get(int descriptor, wasi_prestat *prestat);
WASI(fd_prestat_dir_name) wasi_error wasi_fd_prestat_dir_name(int descriptor, char *name, size_t length);
WASI(path_open) wasi_error wasi_path_open(
  int directory, uint32_t lookup, const char *path, size_t length, uint16_t open_flags,
  wasi_rights rights, wasi_rights inherited, uint16_t descriptor_flags, int *descriptor);
WASI(proc_exit) _Noreturn void wasi_proc_exit(uint32_t status);

// An example is a `main`; start.c calls it, and exits with what it returns.
int main(int count, char **arguments);

enum { standard_input = 0, standard_output = 1, standard_error = 2 };

size_t text_length(const char *text);
int text_equal(const char *a, const char *b);

// Writes all of it, or exits with 74 (an input or output error).
void print_bytes(int descriptor, const void *bytes, size_t count);
void print(const char *text);
void complain(const char *text);

// Fresh memory, or exits with 71 when there is none left.
void *allocate(size_t bytes);

// The variable's value, or null when it is not set.
const char *environment(const char *name);
