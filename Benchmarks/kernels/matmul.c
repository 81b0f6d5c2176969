// Matrix product, f64, the second factor transposed, in tiles of two by two dot products.
#include "kernel.h"

uint64_t matmul_kernel(uint32_t n) {
  n &= ~1u;
  uint32_t bytes = n * n * (uint32_t)sizeof(double);
  double *a = kernel_memory(bytes), *b = kernel_memory(bytes), *c = kernel_memory(bytes);
  random_source source = { 4 };
  for (uint32_t i = 0; i < n * n; i++) a[i] = random_fraction(&source) - 0.5;
  for (uint32_t row = 0; row < n; row++)
    for (uint32_t column = 0; column < n; column++)
      b[column * n + row] = random_fraction(&source) - 0.5;

  for (uint32_t row = 0; row < n; row += 2)
    for (uint32_t column = 0; column < n; column += 2) {
      const double *a0 = a + row * n, *a1 = a0 + n;
      const double *b0 = b + column * n, *b1 = b0 + n;
      double s00 = 0, s01 = 0, s10 = 0, s11 = 0;
      for (uint32_t k = 0; k < n; k++) {
        s00 += a0[k] * b0[k];
        s01 += a0[k] * b1[k];
        s10 += a1[k] * b0[k];
        s11 += a1[k] * b1[k];
      }
      c[row * n + column] = s00;
      c[row * n + column + 1] = s01;
      c[(row + 1) * n + column] = s10;
      c[(row + 1) * n + column + 1] = s11;
    }

  uint64_t sum = n;
  for (uint32_t i = 0; i < n * n; i++) sum = mix(sum, bits_of(c[i]));
  return sum;
}
