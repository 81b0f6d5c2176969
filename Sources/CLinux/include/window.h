#ifndef COFFER_WINDOW_H
#define COFFER_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Access to memory that someone hostile may be writing at the same time. Each of these touches the memory exactly
/// once; a compiler may neither repeat a load nor put one off until after the check of its value.
uint32_t coffer_window_load_32(const void *address);
uint64_t coffer_window_load_64(const void *address);
void coffer_window_store_32(void *address, uint32_t value);
void coffer_window_store_64(void *address, uint64_t value);
void coffer_window_copy(void *destination, const void *source, size_t count);
/// Exchanges `expected` for `value`, sequentially consistent; false when something else stood there.
bool coffer_window_exchange_32(void *address, uint32_t expected, uint32_t value);
/// Everything written before is seen by who sees the value; no later load is done earlier.
void coffer_window_publish_32(void *address, uint32_t value);
/// What a loop does while it waits for another processor.
void coffer_processor_pause(void);

#endif
