#define _GNU_SOURCE
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union any {
  struct sockaddr base;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
  struct sockaddr_storage storage;
};

static socklen_t to_system(const struct coffer_net_address *address, union any *target) {
  memset(target, 0, sizeof *target);
  if (address->family == 4) {
    target->four.sin_family = AF_INET;
    target->four.sin_port = htons(address->port);
    memcpy(&target->four.sin_addr, address->bytes, 4);
    return sizeof target->four;
  }
  if (address->family == 6) {
    target->six.sin6_family = AF_INET6;
    target->six.sin6_port = htons(address->port);
    target->six.sin6_flowinfo = htonl(address->flow);
    target->six.sin6_scope_id = address->scope;
    memcpy(&target->six.sin6_addr, address->bytes, 16);
    return sizeof target->six;
  }
  target->base.sa_family = AF_UNSPEC;
  return sizeof target->four;
}

static void from_system(const union any *source, struct coffer_net_address *address) {
  memset(address, 0, sizeof *address);
  if (source->base.sa_family == AF_INET) {
    address->family = 4;
    address->port = ntohs(source->four.sin_port);
    memcpy(address->bytes, &source->four.sin_addr, 4);
  } else if (source->base.sa_family == AF_INET6) {
    address->family = 6;
    address->port = ntohs(source->six.sin6_port);
    address->flow = ntohl(source->six.sin6_flowinfo);
    address->scope = source->six.sin6_scope_id;
    memcpy(address->bytes, &source->six.sin6_addr, 16);
  }
}

static int result(int value) { return value < 0 ? -errno : value; }

int coffer_net_socket(int is_version6, int has_datagrams) {
  int type = (has_datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, one = 1;
  int made = socket(is_version6 ? AF_INET6 : AF_INET, type, 0);
  if (made < 0) return -errno;
  if (is_version6 && setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) < 0) {
    int error = errno;
    close(made);
    return -error;
  }
  return made;
}

int coffer_net_bind(int socket, const struct coffer_net_address *address) {
  union any target;
  socklen_t size = to_system(address, &target);
  int type = 0, one = 1;
  socklen_t length = sizeof type;
  if (!getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) && type == SOCK_STREAM)
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  return result(bind(socket, &target.base, size));
}

int coffer_net_connect(int socket, const struct coffer_net_address *address) {
  union any target;
  socklen_t size = to_system(address, &target);
  return result(connect(socket, &target.base, size));
}

int coffer_net_listen(int socket, int backlog) { return result(listen(socket, backlog)); }
int coffer_net_accept(int socket) { return result(accept4(socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)); }
int coffer_net_shutdown(int socket, int how) { return result(shutdown(socket, how)); }

int coffer_net_address_of(int socket, int is_peer, struct coffer_net_address *address) {
  union any source = {0};
  socklen_t size = sizeof source;
  if ((is_peer ? getpeername : getsockname)(socket, &source.base, &size) < 0) return -errno;
  from_system(&source, address);
  return 0;
}

int coffer_net_error(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

int coffer_net_is_connected(int socket) {
  struct pollfd watched = {socket, POLLOUT, 0};
  if (poll(&watched, 1, 0) == 0) return -EAGAIN;
  int error = coffer_net_error(socket);
  if (error) return -error;
  union any peer;
  socklen_t size = sizeof peer;
  return result(getpeername(socket, &peer.base, &size));
}

ptrdiff_t coffer_net_send(int socket, const void *bytes, size_t count, const struct coffer_net_address *address) {
  union any target;
  socklen_t size = address ? to_system(address, &target) : 0;
  ssize_t sent;
  while ((sent = sendto(socket, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT, address ? &target.base : NULL, size)) < 0 && errno == EINTR) {}
  return sent < 0 ? -errno : sent;
}

ptrdiff_t coffer_net_receive(int socket, void *bytes, size_t count, int peeks, struct coffer_net_address *address) {
  union any source = {0};
  socklen_t size = sizeof source;
  ssize_t received;
  while ((received = recvfrom(socket, bytes, count, MSG_DONTWAIT | (peeks ? MSG_PEEK : 0), &source.base, &size)) < 0 && errno == EINTR) {}
  if (received < 0) return -errno;
  if (address) from_system(&source, address);
  return received;
}

// MARK: Options

struct place {
  int level;
  int name;
  /// Nanoseconds to a unit of the system's; 1 where it is no time.
  uint64_t unit;
};

static int find(int option, int is_version6, struct place *place) {
  const uint64_t second = 1000000000;
  switch (option) {
    case 1: *place = (struct place){SOL_SOCKET, SO_KEEPALIVE, 1}; return 0;
    case 2: *place = (struct place){IPPROTO_TCP, TCP_KEEPIDLE, second}; return 0;
    case 3: *place = (struct place){IPPROTO_TCP, TCP_KEEPINTVL, second}; return 0;
    case 4: *place = (struct place){IPPROTO_TCP, TCP_KEEPCNT, 1}; return 0;
    case 5: *place = is_version6 ? (struct place){IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1} : (struct place){IPPROTO_IP, IP_TTL, 1}; return 0;
    case 6: *place = (struct place){SOL_SOCKET, SO_RCVBUF, 1}; return 0;
    case 7: *place = (struct place){SOL_SOCKET, SO_SNDBUF, 1}; return 0;
    default: return -EINVAL;
  }
}

int coffer_net_option(int socket, int is_version6, int option, uint64_t *value) {
  struct place place;
  int found = 0, error = find(option, is_version6, &place);
  socklen_t size = sizeof found;
  if (error) return error;
  if (getsockopt(socket, place.level, place.name, &found, &size) < 0) return -errno;
  // Linux doubles what it is asked for, and says so.
  *value = option >= 6 ? (uint64_t)found / 2 : (uint64_t)found * place.unit;
  return 0;
}

int coffer_net_set_option(int socket, int is_version6, int option, uint64_t value) {
  // Keep-alive's limits are Linux's; a time that is no whole number of seconds becomes the next one.
  static const uint64_t limits[] = {0, 1, 32767, 32767, 127, 255, 1 << 22, 1 << 22};
  struct place place;
  int error = find(option, is_version6, &place);
  if (error) return error;
  uint64_t wanted = value / place.unit + (value % place.unit > 0);
  int number = (int)(wanted < limits[option] ? wanted : limits[option]);
  return result(setsockopt(socket, place.level, place.name, &number, sizeof number));
}

// MARK: What waits

int coffer_net_resolve(const char *name, struct coffer_net_address *addresses, int capacity) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
  int error = getaddrinfo(name, NULL, &hints, &list);
  if (error == EAI_AGAIN || error == EAI_MEMORY || error == EAI_SYSTEM) return -EAGAIN;
  if (error) return -ENOENT;
  int count = 0;
  for (struct addrinfo *entry = list; entry && count < capacity; entry = entry->ai_next) {
    if ((size_t)entry->ai_addrlen > sizeof(union any)) continue;
    union any source = {0};
    memcpy(&source, entry->ai_addr, entry->ai_addrlen);
    from_system(&source, &addresses[count]);
    count += addresses[count].family != 0;
  }
  freeaddrinfo(list);
  return count ? count : -ENOENT;
}

int coffer_net_connect_within(const struct coffer_net_address *address, int milliseconds) {
  int made = coffer_net_socket(address->family == 6, 0);
  if (made < 0) return made;
  int error = coffer_net_connect(made, address);
  if (error == -EINPROGRESS) {
    struct pollfd watched = {made, POLLOUT, 0};
    int ready;
    while ((ready = poll(&watched, 1, milliseconds)) < 0 && errno == EINTR) {}
    error = ready < 0 ? -errno : ready == 0 ? -ETIMEDOUT : -coffer_net_error(made);
    // Once more: only then is the socket connected for Linux, too, and whoever gets it cannot connect it elsewhere when this connection has ended.
    if (!error) error = coffer_net_connect(made, address);
    if (error == -EISCONN) error = 0;
  }
  if (!error) return made;
  close(made);
  return error;
}

int coffer_net_pair(int ends[2]) {
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0) return 0;
  int error = errno;
  close(ends[0]);
  close(ends[1]);
  return -error;
}

int coffer_net_start(const char *program, char *const *arguments, int network, int local) {
  posix_spawn_file_actions_t actions;
  int error = posix_spawn_file_actions_init(&actions);
  if (error) return -error;
  // Neither may lie where the other one is to be.
  int high[2] = {fcntl(network, F_DUPFD_CLOEXEC, 10), fcntl(local, F_DUPFD_CLOEXEC, 10)};
  pid_t process = 0;
  error = high[0] < 0 || high[1] < 0 ? EMFILE : 0;
  if (!error) error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (!error) error = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  if (!error) error = posix_spawn_file_actions_adddup2(&actions, high[0], 3);
  if (!error) error = posix_spawn_file_actions_adddup2(&actions, high[1], 4);
  // Whatever else this process may have open.
  if (!error) error = posix_spawn_file_actions_addclosefrom_np(&actions, 5);
  char *const nothing[] = {NULL};
  if (!error) error = posix_spawn(&process, program, &actions, NULL, arguments, nothing);
  posix_spawn_file_actions_destroy(&actions);
  for (int index = 0; index < 2; index++)
    if (high[index] >= 0) close(high[index]);
  return error ? -error : process;
}
