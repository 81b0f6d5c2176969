// What every kernel shares: its shape, memory, randomness and a checksum.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Every kernel computes something whose amount grows with `n`, touches nothing but memory from
// `kernel_memory`, and returns a checksum that every correct compiler must agree on.
#define KERNEL(name, usual, what) uint64_t name##_kernel(uint32_t n);
#include "kernels.def"
#undef KERNEL

// Fresh memory from one fixed arena that is emptied before each repeat; its contents are left over
// from the repeat before, so a kernel writes before it reads.
__attribute__((malloc, alloc_size(1))) void *kernel_memory(uint32_t bytes);

// xorshift64*: the same numbers everywhere.
typedef struct { uint64_t state; } random_source;

static inline uint64_t random_next(random_source *source) {
  uint64_t x = source->state;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  source->state = x;
  return x * 0x2545F4914F6CDD1Dull;
}

static inline uint32_t random_below(random_source *source, uint32_t bound) {
  return (uint32_t)(((random_next(source) >> 32) * bound) >> 32);
}

static inline double random_fraction(random_source *source) {
  return (double)(random_next(source) >> 11) * 0x1p-53;
}

static inline uint64_t mix(uint64_t sum, uint64_t value) {
  sum = (sum ^ value) * 0x9E3779B97F4A7C15ull;
  return sum ^ (sum >> 29);
}

static inline uint64_t bits_of(double value) {
  union { double value; uint64_t bits; } both = { value };
  return both.bits;
}
