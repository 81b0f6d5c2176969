// What a host gives the program: arguments, files, streams, sockets, a clock. One file for each: host-*.c.
#pragma once
#include <stdint.h>

int run(int count, char **arguments);

// Reads a file from its beginning; ends the program with 66 where there is none. - Returns: the bytes read, fewer where the file has no more.
uint32_t host_load(const char *path, void *bytes, uint32_t count);
// To standard output.
void host_print(const void *bytes, uint32_t count);

// Listens on loopback at a port, or at any that is free for 0. - Returns: the port.
uint16_t host_listen(uint16_t port);
// Waits for a connection, of which there is one at a time.
void host_accept(void);
// Waits for bytes. - Returns: how many, 0 at the end.
uint32_t host_receive(void *bytes, uint32_t count);
void host_send(const void *bytes, uint32_t count);
void host_close(void);

uint64_t host_nanoseconds(void);
_Noreturn void host_exit(int status);
