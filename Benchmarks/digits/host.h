// What a host gives the program: arguments, files, streams, a clock. One file for each: host-*.c.
#pragma once
#include <stdint.h>

enum { standard_input = 0, standard_output = 1, standard_error = 2 };

int run(int count, char **arguments);

// A descriptor; ends the program with 66 where there is no such file, or none can be made.
int host_open(const char *path, int writes);
// The bytes read, 0 at the end.
uint32_t host_read(int descriptor, void *bytes, uint32_t count);
void host_write(int descriptor, const void *bytes, uint32_t count);
uint64_t host_nanoseconds(void);
_Noreturn void host_exit(int status);
