// The functions of WASI 0.1 that WASI 0.2 is made of here. Addresses are of this module's memory.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

typedef uint16_t errno_t;

enum {
  ERRNO_SUCCESS = 0,
  ERRNO_BADF = 8,
  ERRNO_ILSEQ = 25,
  ERRNO_INVAL = 28,
  ERRNO_ISDIR = 31,
  ERRNO_NOTDIR = 54,
  ERRNO_NOTSUP = 58,
  ERRNO_OVERFLOW = 61,
  ERRNO_PERM = 63,
};

enum { CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1 };
enum { RIGHT_READ = 1 << 1, RIGHT_WRITE = 1 << 6 };
enum { FDFLAG_APPEND = 1 };
enum { FILETYPE_CHARACTER_DEVICE = 2, FILETYPE_DIRECTORY = 3 };

struct buffer {
  void *address;
  uint32_t length;
};

struct fdstat {
  uint8_t filetype;
  uint16_t flags;
  uint64_t rights;
  uint64_t inheriting;
};

struct filestat {
  uint64_t device;
  uint64_t inode;
  uint8_t filetype;
  uint64_t links;
  uint64_t size;
  uint64_t accessed;
  uint64_t modified;
  uint64_t changed;
};

struct prestat {
  uint8_t tag;
  uint32_t name_length;
};

struct dirent {
  uint64_t next;
  uint64_t inode;
  uint32_t name_length;
  uint8_t filetype;
};

struct subscription {
  uint64_t user_data;
  uint8_t tag;  // 0: a clock, 1: reading
  union {
    struct {
      uint32_t clock;
      uint64_t timeout;
      uint64_t precision;
      uint16_t is_absolute;
    } clock;
    uint32_t descriptor;
  };
};

struct event {
  uint64_t user_data;
  uint16_t error;
  uint8_t type;
  uint64_t available;
  uint16_t flags;
};

_Static_assert(sizeof(struct fdstat) == 24 && sizeof(struct filestat) == 64, "WASI 0.1");
_Static_assert(sizeof(struct subscription) == 48 && sizeof(struct event) == 32 && sizeof(struct dirent) == 24, "WASI 0.1");

WASI(args_get) errno_t args_get(uint8_t **pointers, uint8_t *bytes);
WASI(args_sizes_get) errno_t args_sizes_get(uint32_t *count, uint32_t *size);
WASI(environ_get) errno_t environ_get(uint8_t **pointers, uint8_t *bytes);
WASI(environ_sizes_get) errno_t environ_sizes_get(uint32_t *count, uint32_t *size);
WASI(clock_res_get) errno_t clock_res_get(uint32_t clock, uint64_t *nanoseconds);
WASI(clock_time_get) errno_t clock_time_get(uint32_t clock, uint64_t precision, uint64_t *nanoseconds);
WASI(fd_advise) errno_t fd_advise(uint32_t fd, uint64_t offset, uint64_t length, uint32_t advice);
WASI(fd_close) errno_t fd_close(uint32_t fd);
WASI(fd_datasync) errno_t fd_datasync(uint32_t fd);
WASI(fd_fdstat_get) errno_t fd_fdstat_get(uint32_t fd, struct fdstat *status);
WASI(fd_fdstat_set_flags) errno_t fd_fdstat_set_flags(uint32_t fd, uint32_t flags);
WASI(fd_filestat_get) errno_t fd_filestat_get(uint32_t fd, struct filestat *status);
WASI(fd_filestat_set_size) errno_t fd_filestat_set_size(uint32_t fd, uint64_t size);
WASI(fd_filestat_set_times) errno_t fd_filestat_set_times(uint32_t fd, uint64_t accessed, uint64_t modified, uint32_t flags);
WASI(fd_pread) errno_t fd_pread(uint32_t fd, const struct buffer *buffers, uint32_t count, uint64_t offset, uint32_t *length);
WASI(fd_prestat_get) errno_t fd_prestat_get(uint32_t fd, struct prestat *status);
WASI(fd_prestat_dir_name) errno_t fd_prestat_dir_name(uint32_t fd, uint8_t *name, uint32_t length);
WASI(fd_pwrite) errno_t fd_pwrite(uint32_t fd, const struct buffer *buffers, uint32_t count, uint64_t offset, uint32_t *length);
WASI(fd_read) errno_t fd_read(uint32_t fd, const struct buffer *buffers, uint32_t count, uint32_t *length);
WASI(fd_readdir) errno_t fd_readdir(uint32_t fd, uint8_t *bytes, uint32_t size, uint64_t cookie, uint32_t *length);
WASI(fd_sync) errno_t fd_sync(uint32_t fd);
WASI(fd_tell) errno_t fd_tell(uint32_t fd, uint64_t *position);
WASI(fd_write) errno_t fd_write(uint32_t fd, const struct buffer *buffers, uint32_t count, uint32_t *length);
WASI(path_create_directory) errno_t path_create_directory(uint32_t fd, const uint8_t *path, uint32_t length);
WASI(path_filestat_get)
errno_t path_filestat_get(uint32_t fd, uint32_t lookup, const uint8_t *path, uint32_t length, struct filestat *status);
WASI(path_filestat_set_times)
errno_t path_filestat_set_times(
    uint32_t fd, uint32_t lookup, const uint8_t *path, uint32_t length, uint64_t accessed, uint64_t modified, uint32_t flags);
WASI(path_link)
errno_t path_link(
    uint32_t fd, uint32_t lookup, const uint8_t *path, uint32_t length, uint32_t new_fd, const uint8_t *new_path, uint32_t new_length);
WASI(path_open)
errno_t path_open(
    uint32_t fd, uint32_t lookup, const uint8_t *path, uint32_t length, uint32_t open_flags, uint64_t rights, uint64_t inheriting,
    uint32_t flags, uint32_t *opened);
WASI(path_readlink)
errno_t path_readlink(uint32_t fd, const uint8_t *path, uint32_t length, uint8_t *target, uint32_t size, uint32_t *used);
WASI(path_remove_directory) errno_t path_remove_directory(uint32_t fd, const uint8_t *path, uint32_t length);
WASI(path_rename)
errno_t path_rename(
    uint32_t fd, const uint8_t *path, uint32_t length, uint32_t new_fd, const uint8_t *new_path, uint32_t new_length);
WASI(path_symlink)
errno_t path_symlink(const uint8_t *target, uint32_t target_length, uint32_t fd, const uint8_t *path, uint32_t length);
WASI(path_unlink_file) errno_t path_unlink_file(uint32_t fd, const uint8_t *path, uint32_t length);
WASI(poll_oneoff)
errno_t poll_oneoff(const struct subscription *subscriptions, struct event *events, uint32_t count, uint32_t *ready);
WASI(proc_exit) _Noreturn void proc_exit(uint32_t status);
WASI(random_get) errno_t random_get(void *bytes, uint32_t length);
