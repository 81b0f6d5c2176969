#ifndef COFFER_FILES_H
#define COFFER_FILES_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What Swift cannot name: constants behind feature tests, variadic calls, and system calls without a wrapper.
/// Every function returns what the system call does, or the negative error number.

extern const int coffer_open_path_only;    ///< O_PATH
extern const int coffer_at_here;           ///< AT_FDCWD
extern const int64_t coffer_time_now;      ///< UTIME_NOW
extern const int64_t coffer_time_unchanged; ///< UTIME_OMIT

/// openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS: no component of the path, and no symbolic link in it, leads out
/// of the directory. Close-on-exec. -EXDEV where one would, -ENOSYS before Linux 5.6.
int coffer_open_beneath(int directory, const char *path, int flags, unsigned mode);

/// 1 for what lies on a procfs, whose regular files are the memory of processes, this one's among them; otherwise 0.
int coffer_shows_processes(int descriptor);

/// open(2) of a path that the operator named, close-on-exec.
int coffer_open_host_directory(const char *path);

struct coffer_file_status {
  uint64_t device;
  uint64_t inode;
  uint32_t mode;
  uint64_t link_count;
  int64_t size;
  struct {
    int64_t seconds;
    int64_t nanoseconds;
  } access, modification, change;
};

int coffer_status(int descriptor, struct coffer_file_status *status);

/// Never follows a symbolic link; the name must be one component without a slash.
int coffer_status_at(int directory, const char *name, struct coffer_file_status *status);

/// getdents64(2). The records are `struct linux_dirent64`.
ssize_t coffer_read_directory(int directory, void *records, size_t capacity);

/// Writes at the end of the file, wherever that is by then, in one step.
ssize_t coffer_append(int descriptor, const void *bytes, size_t count);

/// poll(2) for at most so many nanoseconds; a negative time is for ever.
int coffer_poll(struct pollfd *descriptors, unsigned count, int64_t nanoseconds);

/// utimensat(2) on the descriptor itself, also one opened as a path only. Seconds and nanoseconds of each time.
int coffer_set_times(int descriptor, int64_t access_seconds, int64_t access_nanoseconds, int64_t modification_seconds,
                     int64_t modification_nanoseconds);

/// readlinkat(2) of the symbolic link that the descriptor, opened as a path only, refers to itself.
ssize_t coffer_read_link(int descriptor, void *target, size_t capacity);

/// eventfd(2), close-on-exec, never blocking.
int coffer_event(void);
/// As read(2) and write(2) at the descriptor's own position, but without ever waiting: -EAGAIN when they would have to, -EOPNOTSUPP for
/// descriptors that cannot tell.
ptrdiff_t coffer_read_at_once(int descriptor, void *bytes, size_t count);
ptrdiff_t coffer_write_at_once(int descriptor, const void *bytes, size_t count);

/// Makes writing to a closed pipe, and beyond the file-size limit, an error instead of a signal, for the whole process, unless
/// someone handles those signals already.
void coffer_ignore_write_signals(void);

/// Nanoseconds since 1970, 0 before; and nanoseconds since anything, never backwards.
uint64_t coffer_wall_clock(void);
uint64_t coffer_wall_clock_resolution(void);
uint64_t coffer_monotonic_clock(void);

#endif
