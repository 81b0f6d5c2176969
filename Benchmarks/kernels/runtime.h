// What a host gives the program: a clock, a way to print, arguments. One file for each: host-*.c.
#pragma once
#include <stdint.h>

int run_kernels(int count, char **arguments);

uint64_t host_nanoseconds(void);
void host_print(int descriptor, const char *text, uint32_t length);

// Empties the arena behind kernel_memory.
void kernel_memory_reset(void);
