#ifndef COFFER_WINDOW_H
#define COFFER_WINDOW_H

#include <stddef.h>
#include <stdint.h>

/// Access to memory that someone hostile may be writing at the same time. Each of these touches the memory exactly
/// once; a compiler may neither repeat a load nor put one off until after the check of its value.
uint32_t coffer_window_load_32(const void *address);
uint64_t coffer_window_load_64(const void *address);
void coffer_window_store_32(void *address, uint32_t value);
void coffer_window_store_64(void *address, uint64_t value);
void coffer_window_copy(void *destination, const void *source, size_t count);

#endif
