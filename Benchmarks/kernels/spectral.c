// The spectral norm of the matrix a(i, j) = 1 / ((i + j)(i + j + 1) / 2 + i + 1), by the power method.
#include "kernel.h"

static double element(uint32_t i, uint32_t j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void multiply(double *out, const double *in, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    double sum = 0;
    for (uint32_t j = 0; j < n; j++) sum += element(i, j) * in[j];
    out[i] = sum;
  }
}

static void multiply_transposed(double *out, const double *in, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    double sum = 0;
    for (uint32_t j = 0; j < n; j++) sum += element(j, i) * in[j];
    out[i] = sum;
  }
}

uint64_t spectral_kernel(uint32_t n) {
  uint32_t bytes = n * (uint32_t)sizeof(double);
  double *u = kernel_memory(bytes), *v = kernel_memory(bytes), *between = kernel_memory(bytes);
  for (uint32_t i = 0; i < n; i++) u[i] = 1;
  for (int pass = 0; pass < 10; pass++) {
    multiply(between, u, n);
    multiply_transposed(v, between, n);
    multiply(between, v, n);
    multiply_transposed(u, between, n);
  }
  double uv = 0, vv = 0;
  for (uint32_t i = 0; i < n; i++) uv += u[i] * v[i], vv += v[i] * v[i];
  return bits_of(__builtin_sqrt(uv / vv));
}
