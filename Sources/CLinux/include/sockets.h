#ifndef COFFER_SOCKETS_H
#define COFFER_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

/// Stream sockets between processes. Results below zero are negative error numbers.

/// Reads what is there, waiting for it unless `at_once`; 0 at the end. A descriptor that came with the bytes is stored, -1 without one; of several
/// only the first arrives.
ptrdiff_t coffer_socket_receive(int socket, void *bytes, size_t count, int at_once, int *descriptor);

/// Without descriptors: any that are sent along are closed. Before it sleeps it looks for `look` nanoseconds, giving way to other threads.
ptrdiff_t coffer_socket_read(int socket, void *bytes, size_t count, int at_once, uint64_t look);

/// Writes what the socket takes, without SIGPIPE.
ptrdiff_t coffer_socket_write(int socket, const void *bytes, size_t count, int at_once);

#endif
