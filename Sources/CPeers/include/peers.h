#ifndef COFFER_PEERS_H
#define COFFER_PEERS_H

/// Runs a program to its end the way Unix does it, with its standard output in the given descriptor. Returns its exit status, or -1.
/// With `copies` by fork(2), which copies the page tables of the caller; otherwise by vfork(2).
int coffer_peer_run(const char *program, char *const *arguments, int output, int copies);

#endif
