// All ways to place n queens, by backtracking over three bit sets.
#include "kernel.h"

static uint64_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
  if (columns == all) return 1;
  uint64_t ways = 0;
  for (uint32_t open = all & ~(columns | left | right); open;) {
    uint32_t queen = open & -open;
    open ^= queen;
    ways += place(all, columns | queen, (left | queen) << 1, (right | queen) >> 1);
  }
  return ways;
}

uint64_t queens_kernel(uint32_t n) { return place((1u << n) - 1, 0, 0, 0); }
