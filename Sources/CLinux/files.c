#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

// Written out here because the headers of a distribution lag behind the kernel it runs.
#ifndef __NR_openat2
#define __NR_openat2 437
#endif
#ifndef RWF_APPEND
#define RWF_APPEND 0x00000010
#endif

struct how {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};

enum { NO_MAGIC_LINKS = 0x02, BENEATH = 0x08 };

const int coffer_open_path_only = O_PATH;
const int coffer_at_here = AT_FDCWD;
const int64_t coffer_time_now = UTIME_NOW;
const int64_t coffer_time_unchanged = UTIME_OMIT;

int coffer_open_beneath(int directory, const char *path, int flags, unsigned mode) {
  struct how how = {
    .flags = (unsigned)flags | O_CLOEXEC,
    .mode = flags & O_CREAT ? mode : 0,
    .resolve = BENEATH | NO_MAGIC_LINKS,
  };
  long result = syscall(__NR_openat2, directory, path, &how, sizeof how);
  return result < 0 ? -errno : (int)result;
}

int coffer_shows_processes(int descriptor) {
  struct statfs system;
  if (fstatfs(descriptor, &system) != 0) return -errno;
  return system.f_type == PROC_SUPER_MAGIC;
}

int coffer_open_host_directory(const char *path) {
  int result = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return result < 0 ? -errno : result;
}

static void translate(const struct stat *from, struct coffer_file_status *to) {
  memset(to, 0, sizeof *to);
  to->device = from->st_dev;
  to->inode = from->st_ino;
  to->mode = from->st_mode;
  to->link_count = from->st_nlink;
  to->size = from->st_size;
  to->access.seconds = from->st_atim.tv_sec;
  to->access.nanoseconds = from->st_atim.tv_nsec;
  to->modification.seconds = from->st_mtim.tv_sec;
  to->modification.nanoseconds = from->st_mtim.tv_nsec;
  to->change.seconds = from->st_ctim.tv_sec;
  to->change.nanoseconds = from->st_ctim.tv_nsec;
}

int coffer_status(int descriptor, struct coffer_file_status *status) {
  struct stat found;
  if (fstat(descriptor, &found) != 0) return -errno;
  translate(&found, status);
  return 0;
}

int coffer_status_at(int directory, const char *name, struct coffer_file_status *status) {
  struct stat found;
  if (fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) != 0) return -errno;
  translate(&found, status);
  return 0;
}

ssize_t coffer_read_directory(int directory, void *records, size_t capacity) {
  long result = syscall(__NR_getdents64, directory, records, capacity);
  return result < 0 ? -errno : result;
}

ssize_t coffer_append(int descriptor, const void *bytes, size_t count) {
  struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
  ssize_t result = pwritev2(descriptor, &part, 1, 0, RWF_APPEND);
  return result < 0 ? -errno : result;
}

int coffer_poll(struct pollfd *descriptors, unsigned count, int64_t nanoseconds) {
  struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  int result = ppoll(descriptors, count, nanoseconds < 0 ? NULL : &time, NULL);
  return result < 0 ? -errno : result;
}

int coffer_set_times(int descriptor, int64_t access_seconds, int64_t access_nanoseconds, int64_t modification_seconds,
                     int64_t modification_nanoseconds) {
  struct timespec times[2] = {{access_seconds, access_nanoseconds}, {modification_seconds, modification_nanoseconds}};
  return utimensat(descriptor, "", times, AT_EMPTY_PATH) == 0 ? 0 : -errno;
}

ssize_t coffer_read_link(int descriptor, void *target, size_t capacity) {
  ssize_t result = readlinkat(descriptor, "", target, capacity);
  return result < 0 ? -errno : result;
}

int coffer_event(void) {
  int result = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return result < 0 ? -errno : result;
}

static void ignore(int number) {
  struct sigaction action;
  if (sigaction(number, NULL, &action) != 0 || action.sa_handler != SIG_DFL) return;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_IGN;
  sigaction(number, &action, NULL);
}

void coffer_ignore_write_signals(void) {
  ignore(SIGPIPE);
  ignore(SIGXFSZ);
}

static uint64_t nanoseconds(const struct timespec *time) {
  return time->tv_sec < 0 ? 0 : (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

uint64_t coffer_wall_clock(void) {
  struct timespec time = {0, 0};
  clock_gettime(CLOCK_REALTIME, &time);
  return nanoseconds(&time);
}

uint64_t coffer_wall_clock_resolution(void) {
  struct timespec time = {0, 1};
  clock_getres(CLOCK_REALTIME, &time);
  return nanoseconds(&time);
}

uint64_t coffer_monotonic_clock(void) {
  struct timespec time = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return nanoseconds(&time);
}

ptrdiff_t coffer_read_at_once(int descriptor, void *bytes, size_t count) {
  struct iovec vector = {bytes, count};
  ssize_t taken = preadv2(descriptor, &vector, 1, -1, RWF_NOWAIT);
  return taken < 0 ? -errno : taken;
}

ptrdiff_t coffer_write_at_once(int descriptor, const void *bytes, size_t count) {
  struct iovec vector = {(void *)bytes, count};
  ssize_t taken = pwritev2(descriptor, &vector, 1, -1, RWF_NOWAIT);
  return taken < 0 ? -errno : taken;
}
