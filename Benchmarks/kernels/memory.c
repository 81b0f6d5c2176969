// The arena, and the three functions that a compiler calls by itself.
#include "kernel.h"
#include "runtime.h"

enum { arena_size = 24 << 20 };
static uint8_t arena[arena_size] __attribute__((aligned(64)));
static uint32_t used;

void *kernel_memory(uint32_t bytes) {
  bytes = (bytes + 15) & ~15u;
  if (bytes > arena_size - used) __builtin_trap();
  void *start = arena + used;
  used += bytes;
  return start;
}

void kernel_memory_reset(void) { used = 0; }

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  uint8_t *t = to;
  const uint8_t *f = from;
  while (count--) *t++ = *f++;
  return to;
}

void *memmove(void *to, const void *from, size_t count) {
  uint8_t *t = to;
  const uint8_t *f = from;
  if (t < f) while (count--) *t++ = *f++;
  else while (count--) t[count] = f[count];
  return to;
}

void *memset(void *to, int value, size_t count) {
  for (uint8_t *t = to; count--;) *t++ = (uint8_t)value;
  return to;
}
