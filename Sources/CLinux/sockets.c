#define _GNU_SOURCE
#include "sockets.h"

#include "files.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ptrdiff_t coffer_socket_receive(int socket, void *bytes, size_t count, int at_once, int *descriptor) {
  struct iovec piece = {bytes, count};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  // The length of one descriptor, not its space: there two would fit.
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN(sizeof(int))};
  *descriptor = -1;
  ssize_t received;
  while ((received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | (at_once ? MSG_DONTWAIT : 0))) < 0 && errno == EINTR) {}
  if (received < 0) return -errno;
  struct cmsghdr *first = CMSG_FIRSTHDR(&message);
  if (first && first->cmsg_level == SOL_SOCKET && first->cmsg_type == SCM_RIGHTS && first->cmsg_len >= CMSG_LEN(sizeof(int)))
    memcpy(descriptor, CMSG_DATA(first), sizeof(int));
  return received;
}

ptrdiff_t coffer_socket_read(int socket, void *bytes, size_t count, int at_once, uint64_t look) {
  uint64_t began = 0;
  for (;;) {
    ssize_t received = recv(socket, bytes, count, MSG_DONTWAIT);
    if (received >= 0) return received;
    if (errno == EINTR) continue;
    if (errno != EAGAIN || at_once) return -errno;
    if (look) {
      uint64_t now = coffer_monotonic_clock();
      if (!began) began = now;
      if (now - began < look) {
        sched_yield();
        continue;
      }
    }
    // Not by a recv that waits: on a Unix socket that is woken, for nothing, whenever the other side has read what was sent before.
    struct pollfd ready = {.fd = socket, .events = POLLIN};
    if (poll(&ready, 1, -1) < 0 && errno != EINTR) return -errno;
  }
}

ptrdiff_t coffer_socket_write(int socket, const void *bytes, size_t count, int at_once) {
  ssize_t sent;
  while ((sent = send(socket, bytes, count, MSG_NOSIGNAL | (at_once ? MSG_DONTWAIT : 0))) < 0 && errno == EINTR) {}
  return sent < 0 ? -errno : sent;
}
