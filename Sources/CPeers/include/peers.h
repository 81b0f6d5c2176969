#ifndef COFFER_PEERS_H
#define COFFER_PEERS_H

#include <stddef.h>
#include <stdint.h>

/// Runs a program to its end the way Unix does it, with its standard output in the given descriptor. Returns its exit status, or -1.
/// With `copies` by fork(2), which copies the page tables of the caller; otherwise by vfork(2).
int coffer_peer_run(const char *program, char *const *arguments, int output, int copies);
/// Makes a file of so many bytes. Returns 0, or -1 with errno.
int coffer_peer_fill(const char *file, uint64_t length);

/// Nanoseconds that reading a file with read(2) takes, in pieces of so many bytes; 0 on failure.
uint64_t coffer_peer_read(const char *file, size_t piece);

/// Nanoseconds that copying `length` bytes between a buffer of one piece and memory of that length takes the second time; 0 on failure.
uint64_t coffer_peer_copy(size_t piece, uint64_t length);

#endif
