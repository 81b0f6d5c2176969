// The host's network, for the interfaces that are made of it (wasi:sockets, wasi:http). Which addresses and names may be reached is the host's to
// check, by the manifest's rules.
#pragma once
#include "streams.h"

// The operations of NetworkOperation.swift.
enum network_operation {
  NET_SOCKET = 2, NET_BIND, NET_CONNECT, NET_FINISH, NET_LISTEN, NET_ACCEPT, NET_SHUTDOWN, NET_ADDRESS, NET_OPTION, NET_SET_OPTION, NET_SEND,
  NET_RECEIVE, NET_LOOK_UP, NET_CONNECT_BY_NAME, NET_WAIT, NET_CLOSE,
};
enum { NET_VERSION6 = 1, NET_DATAGRAMS = 2, NET_ENCRYPTED = 1 << 16 };
enum { NET_READABLE = 1, NET_WRITABLE = 2 };

struct network_address {
  uint8_t family;  // 4, 6, or 0 for none
  uint16_t port;
  uint32_t flow;
  uint8_t bytes[16];
  uint32_t scope;
};
_Static_assert(sizeof(struct network_address) == 28, "NetworkAddress");

struct network_result {
  uint64_t value;
  uint32_t length;
};

// Error numbers are Linux's.
enum {
  LINUX_EAGAIN = 11, LINUX_ENOMEM = 12, LINUX_EACCES = 13, LINUX_EINVAL = 22, LINUX_EMFILE = 24, LINUX_EPIPE = 32, LINUX_EPROTO = 71, LINUX_EMSGSIZE = 90,
  LINUX_ECONNRESET = 104, LINUX_ENOTCONN = 107, LINUX_ECONNREFUSED = 111, LINUX_ETIMEDOUT = 110, LINUX_EINPROGRESS = 115,
  LINUX_EKEYREJECTED = 129,
};
typedef uint32_t linux_errno;

// `bytes` goes with the request where the operation has a payload, and takes the response. An operation of a network that the image does not
// have, or that no rule permits, is EACCES.
__attribute__((import_module("wasi_snapshot_preview1"), import_name("coffer_network")))
linux_errno network_call(
    uint32_t operation, uint32_t handle, uint64_t argument, void *bytes, uint32_t length, struct network_result *result);

// MARK: Sockets (sockets.c). A socket is closed when the last of what uses it is dropped: the resource, its streams.

// For a handle that an operation has given.
struct object *new_socket(uint32_t handle);
struct object *retained_socket(struct object *socket);
void release_socket(struct object *socket);

// Begins to connect, by name or by an address in text. With `encrypted` the host's gate speaks TLS with the peer and has checked its certificate
// against the name: what is read and written here is plain text. Rules: `tls:NAME:PORT`, or `connect:NAME:PORT`.
//
// When socket_connected() no longer says EAGAIN: 0, EACCES (no rule), ENOENT (the name has no address), ECONNREFUSED, ETIMEDOUT, EKEYREJECTED
// (the certificate), EPROTO (TLS), or another. EAGAIN again is to be waited for: pollable_socket(socket, NET_WRITABLE), or wait_for_socket().
linux_errno begin_connect_by_name(const uint8_t *name, uint32_t length, uint16_t port, bool encrypted, struct object **socket);
linux_errno socket_connected(struct object *socket);

// Without waiting: EAGAIN. Reading 0 bytes of more than 0 wanted is the end.
linux_errno socket_read(struct object *socket, void *bytes, uint32_t length, uint32_t *count);
linux_errno socket_write(struct object *socket, const void *bytes, uint32_t length, uint32_t *count);
// Says the end to the peer.
linux_errno socket_finish_writing(struct object *socket);

// Streams of wasi:io over a socket, which they retain: objects for new_input_stream() and new_output_stream().
// They are closed when that side of the socket is shut down.
void close_if_shut(struct object *stream);
struct object *new_socket_input(struct object *socket);
struct object *new_socket_output(struct object *socket);
// Objects for new_pollable(). They retain the socket. The second waits for what the socket's owner waits for then.
struct object *pollable_socket(struct object *socket, uint32_t events);
struct object *pollable_of_owner(struct object *socket);
// Waits for one of the events, at most until a moment of monotonic time (UINT64_MAX: for ever). - Returns: those that there are.
uint32_t wait_for_socket(struct object *socket, uint32_t events, uint64_t deadline);
