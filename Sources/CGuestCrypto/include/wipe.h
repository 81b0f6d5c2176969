// Where secrets end: overwritten so that no optimiser leaves it out, or told to everybody.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Zeros `count` bytes; the compiler must take it that somebody reads them.
void coffer_wipe(void *bytes, size_t count);

/// Zeros 8 KiB of stack below the caller: what functions that have returned left there of their registers and variables.
void coffer_wipe_stack(void);

/// The value, of which everybody may know: whether a tag was right, or a number was a key. Every place where a secret turns into something that may
/// decide a branch goes through here, which Scripts/check-constant-time sees.
uint32_t coffer_public(uint32_t value);
