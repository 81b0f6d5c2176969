// Memory for arguments and results: one region behind the static data, used anew by every call.
#include "component.h"

extern uint8_t __heap_base;

// Where the region is, and how much of it is used; nothing before the first allocation.
static uint64_t start, end, used;
// Whether the last allocation was for a call that has begun: the next one starts anew. The caller copies results after a call has
// returned, so nothing can be given back at its end.
static bool has_begun;

void begin_call(void) {
  if (has_begun) used = 0;
  has_begun = true;
}

static uint64_t memory_end(void) { return (uint64_t)__builtin_wasm_memory_size(0) << 16; }

static void grow(uint64_t size) {
  if (__builtin_wasm_memory_grow(0, (size + 0xFFFF) >> 16) == SIZE_MAX) __builtin_trap();
}

void *fresh_memory(uint64_t size) {
  uint64_t address = memory_end();
  if (!end) {
    start = (uintptr_t)&__heap_base;
    end = address;
  }
  if (size > 1ull << 32) __builtin_trap();
  grow(size);
  return (void *)(uintptr_t)address;
}

static void *take(uint64_t size, uint64_t alignment) {
  if (!end) {
    start = (uintptr_t)&__heap_base;
    end = memory_end();
  }
  uint64_t first = (start + used + alignment - 1) & ~(alignment - 1);
  uint64_t last = first + size;
  if (last < first || last > 1ull << 32) __builtin_trap();
  if (last > end) {
    // Others have what lies behind the region: it goes on elsewhere, and what is in the old one stays for this call. Twice as large, so that all of
    // those that were left behind are no larger than the last.
    uint64_t least = 0;
    if (end != memory_end()) {
      least = 2 * (end - start);
      first = start = end = memory_end();
      last = first + size;
    }
    grow(last - end < least ? least : last - end);
    end = memory_end();
  }
  used = last - start;
  return (void *)(uintptr_t)first;
}

// What this component hands out itself lies behind the arguments of the same call.
void *allocate(uint64_t size) { return take(size, 8); }

// For arguments: the caller of a function that takes lists calls it before the function, once for each.
EXPORT("cabi_realloc") void *cabi_realloc(void *old, uint32_t old_size, uint32_t alignment, uint32_t size) {
  if (has_begun) used = 0;
  has_begun = false;
  void *block = take(size, alignment);
  if (old_size) __builtin_memcpy(block, old, old_size < size ? old_size : size);
  return block;
}
