#define _GNU_SOURCE
#include "node_front.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

ptrdiff_t coffer_send_with_descriptor(int socket, const void *bytes, size_t count, int descriptor) {
  struct iovec piece = {(void *)bytes, count};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  if (descriptor >= 0) {
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(int));
  }
  ssize_t sent;
  while ((sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT)) < 0 && errno == EINTR) {}
  return sent < 0 ? -errno : sent;
}

int coffer_stream_ends(int ends[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : -errno; }

int coffer_packet_ends(int ends[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : -errno; }

int coffer_open_again(int descriptor) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  int result = open(path, O_RDONLY | O_CLOEXEC);
  return result < 0 ? -errno : result;
}

int coffer_open_image(const char *path) {
  struct stat status;
  // Not blocking, in case the path has become a pipe.
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return -errno;
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) return descriptor;
  close(descriptor);
  return -EINVAL;
}

size_t coffer_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  // Who may raise what is allowed does: two for each of very many connections, and the sockets of the processes behind them.
  const rlim_t plenty = 1 << 20;
  struct rlimit raised = {plenty, plenty};
  if (limit.rlim_max < plenty && setrlimit(RLIMIT_NOFILE, &raised) == 0) return plenty;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return limit.rlim_cur;
}

bool coffer_random_bytes(void *bytes, size_t count) {
  for (size_t done = 0; done < count;) {
    ssize_t more = getrandom((char *)bytes + done, count - done, 0);
    if (more < 0 && errno != EINTR) return false;
    if (more > 0) done += (size_t)more;
  }
  return true;
}

size_t coffer_resident_bytes(void) {
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "re");
  if (!file) return 0;
  if (fscanf(file, "%*u %lu", &pages) != 1) pages = 0;
  fclose(file);
  return pages * (size_t)sysconf(_SC_PAGESIZE);
}

uint64_t coffer_process_time(int process) {
  char path[32], line[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", process);
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  const char *fields = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
  fclose(file);
  unsigned long user, system;
  long of_children, in_children;
  // The name, which may hold anything, ends with the last parenthesis.
  if (!fields || sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld", &user, &system, &of_children, &in_children) != 4) return 0;
  long ticks = sysconf(_SC_CLK_TCK);
  return ticks > 0 ? (uint64_t)(user + system + (unsigned long)of_children + (unsigned long)in_children) * (1000000000u / (unsigned long)ticks) : 0;
}
