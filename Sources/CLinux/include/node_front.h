#ifndef COFFER_NODE_FRONT_H
#define COFFER_NODE_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What a node's front does to and knows of other processes and itself.

/// Sends bytes on a stream socket, and a descriptor with the first of them unless it is negative, without waiting and without SIGPIPE.
/// Returns how many bytes the socket took, or a negative error number.
ptrdiff_t coffer_send_with_descriptor(int socket, const void *bytes, size_t count, int descriptor);

/// Two connected stream sockets, close-on-exec. 0 or a negative error number.
int coffer_stream_ends(int ends[2]);

/// open(2) for reading, close-on-exec, of a regular file; -EINVAL for anything else, which it does not wait for.
int coffer_open_image(const char *path);
// The file of a descriptor, to be read, with a position of its own; it may be without a name. - Returns: a descriptor, or an error number below 0.
int coffer_open_again(int descriptor);
// Two connected ends of a socket that keeps packets apart, each with the descriptor that came with it. - Returns: 0 or an error number below 0.
int coffer_packet_ends(int ends[2]);

/// Raises the limit of open files to what is allowed, or beyond where the process may do that, and returns it.
size_t coffer_raise_descriptor_limit(void);

/// Fills the bytes by the kernel's generator of random numbers. - Returns: false where it has none.
bool coffer_random_bytes(void *bytes, size_t count);

/// Bytes of this process that are in memory.
size_t coffer_resident_bytes(void);

/// Nanoseconds of processor time that a process and its children that were waited for have had; 0 where that cannot be read.
uint64_t coffer_process_time(int process);

#endif
