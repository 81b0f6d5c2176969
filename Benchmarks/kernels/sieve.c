// Eratosthenes over the odd numbers, one bit each.
#include "kernel.h"

uint64_t sieve_kernel(uint32_t n) {
  uint32_t odds = n / 2;  // bit i stands for 2i + 1
  uint32_t words = odds / 32 + 1;
  uint32_t *composite = kernel_memory(words * sizeof *composite);
  for (uint32_t i = 0; i < words; i++) composite[i] = 0;
  for (uint32_t i = 1; 2 * i * (i + 1) < odds; i++) {
    if (composite[i / 32] >> i % 32 & 1) continue;
    for (uint32_t j = 2 * i * (i + 1); j < odds; j += 2 * i + 1) composite[j / 32] |= 1u << j % 32;
  }
  uint64_t count = n > 2, last = 2;
  for (uint32_t i = 1; i < odds; i++)
    if (!(composite[i / 32] >> i % 32 & 1)) count++, last = 2 * i + 1;
  return count << 32 | last;
}
