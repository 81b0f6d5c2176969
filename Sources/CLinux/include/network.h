#ifndef COFFER_NETWORK_H
#define COFFER_NETWORK_H

#include <stddef.h>
#include <stdint.h>

/// Sockets of the internet. None of these waits unless it says so; results below zero are negative error numbers.

struct coffer_net_address {
  /// 4 or 6; 0 for none.
  uint8_t family;
  uint16_t port;
  uint32_t flow;
  uint32_t scope;
  /// In the network's order; of version 4 the first four.
  uint8_t bytes[16];
};

/// Never blocking, close-on-exec; of version 6 for nothing else.
int coffer_net_socket(int is_version6, int has_datagrams);
/// Of stream sockets, an address that connections of the past still hold may be taken again.
int coffer_net_bind(int socket, const struct coffer_net_address *address);
/// Of family 0 it ends a datagram socket's connection.
int coffer_net_connect(int socket, const struct coffer_net_address *address);
int coffer_net_listen(int socket, int backlog);
int coffer_net_accept(int socket);
int coffer_net_shutdown(int socket, int how);
int coffer_net_address_of(int socket, int is_peer, struct coffer_net_address *address);
/// SO_ERROR as a number that is not negative.
int coffer_net_error(int socket);
/// Whether a connection is there: -EAGAIN while it is being made.
int coffer_net_is_connected(int socket);
/// Without SIGPIPE. `address` may be null.
ptrdiff_t coffer_net_send(int socket, const void *bytes, size_t count, const struct coffer_net_address *address);
/// `address` may be null.
ptrdiff_t coffer_net_receive(int socket, void *bytes, size_t count, int peeks, struct coffer_net_address *address);
/// By NetworkOption of EdgeCalls.
int coffer_net_option(int socket, int is_version6, int option, uint64_t *value);
int coffer_net_set_option(int socket, int is_version6, int option, uint64_t value);

/// Waits. The addresses of a name, at most `capacity`; -ENOENT where it has none, -EAGAIN where nobody could say.
int coffer_net_resolve(const char *name, struct coffer_net_address *addresses, int capacity);
/// Waits, at most so long: a connected stream socket.
int coffer_net_connect_within(const struct coffer_net_address *address, int milliseconds);
/// Two ends of a local stream, close-on-exec; the first never blocks.
int coffer_net_pair(int ends[2]);
/// Starts a program with these two descriptors as its 3 and 4, this process's standard error, no other and no environment: a process number.
int coffer_net_start(const char *program, char *const *arguments, int network, int local);

#endif
