// Overwriting secrets so that no optimiser leaves it out.
#pragma once
#include <stddef.h>

/// Zeros `count` bytes; the compiler must take it that somebody reads them.
void coffer_wipe(void *bytes, size_t count);

/// Zeros 8 KiB of stack below the caller: what functions that have returned left there of their registers and variables.
void coffer_wipe_stack(void);
