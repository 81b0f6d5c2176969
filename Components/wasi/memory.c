// Memory for arguments and results: one region behind the static data, used anew by every call.
#include "component.h"

extern uint8_t __heap_base;

static uint64_t used;
// Whether the last allocation was for a call that has begun: the next one starts anew. The caller copies results after a call has
// returned, so nothing can be given back at its end.
static bool has_begun;

void begin_call(void) {
  if (has_begun) used = 0;
  has_begun = true;
}

static void *take(uint64_t size, uint64_t alignment) {
  uint64_t start = ((uint64_t)(uintptr_t)&__heap_base + used + alignment - 1) & ~(alignment - 1);
  uint64_t end = start + size;
  uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) << 16;
  if (end < start || end > 1ull << 32) __builtin_trap();
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + 0xFFFF) >> 16) == SIZE_MAX) __builtin_trap();
  used = end - (uintptr_t)&__heap_base;
  return (void *)(uintptr_t)start;
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
