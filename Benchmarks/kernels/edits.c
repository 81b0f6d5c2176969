// Levenshtein's edit distance by dynamic programming over two rows.
#include "kernel.h"

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

uint64_t edits_kernel(uint32_t n) {
  uint8_t *a = kernel_memory(n), *b = kernel_memory(n);
  uint32_t *row = kernel_memory((n + 1) * (uint32_t)sizeof *row);
  random_source source = { 13 };
  for (uint32_t i = 0; i < n; i++) a[i] = b[i] = (uint8_t)('a' + random_below(&source, 4));
  for (uint32_t i = 0; i < n / 3; i++) b[random_below(&source, n)] = (uint8_t)('a' + random_below(&source, 4));

  for (uint32_t j = 0; j <= n; j++) row[j] = j;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t diagonal = row[0];
    row[0] = i + 1;
    for (uint32_t j = 0; j < n; j++) {
      uint32_t above = row[j + 1];
      uint32_t replaced = diagonal + (a[i] != b[j]);
      row[j + 1] = smaller(replaced, smaller(above, row[j]) + 1);
      diagonal = above;
    }
  }
  uint64_t sum = row[n];
  for (uint32_t j = 0; j <= n; j++) sum = mix(sum, row[j]);
  return sum;
}
