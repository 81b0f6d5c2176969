// Nothing but calls: the cost of frames, arguments and returns.
#include "kernel.h"

static uint32_t fibonacci(uint32_t n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

static uint32_t ackermann(uint32_t m, uint32_t n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

static int32_t takeuchi(int32_t x, int32_t y, int32_t z) {
  if (x <= y) return y;
  return takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

uint64_t recursion_kernel(uint32_t n) {
  uint64_t sum = fibonacci(n);
  sum = mix(sum, ackermann(2, n * 8));
  return mix(sum, (uint64_t)takeuchi((int32_t)n / 3, (int32_t)n / 6, 0));
}
