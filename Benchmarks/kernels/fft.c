// An in-place radix-2 Fourier transform of complex f64, there and back.
#include "kernel.h"

typedef struct { double re, im; } complex;

enum { log_size = 12, size = 1 << log_size };

static complex times(complex a, complex b) {
  return (complex){ a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re };
}

// exp(2 pi i k / size), from the half-angle formulas up to the eighth of a circle and down by products.
static void make_roots(complex *root) {
  complex power[log_size];  // power[j] = exp(2 pi i / 2^(j+1))
  power[0] = (complex){ -1, 0 };
  power[1] = (complex){ 0, 1 };
  for (int j = 2; j < log_size; j++) {
    double cosine = __builtin_sqrt((1 + power[j - 1].re) / 2);
    power[j] = (complex){ cosine, power[j - 1].im / (2 * cosine) };
  }
  for (uint32_t k = 0; k < size / 2; k++) {
    complex product = { 1, 0 };
    for (int j = 0; j < log_size; j++)
      if (k >> (log_size - 1 - j) & 1) product = times(product, power[j]);
    root[k] = product;
  }
}

static void transform(complex *value, const complex *root, bool inverse) {
  for (uint32_t i = 1, j = 0; i < size; i++) {
    uint32_t bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      complex other = value[i];
      value[i] = value[j];
      value[j] = other;
    }
  }
  for (uint32_t half = 1; half < size; half *= 2) {
    uint32_t stride = size / (2 * half);
    for (uint32_t start = 0; start < size; start += 2 * half)
      for (uint32_t k = 0; k < half; k++) {
        complex w = root[k * stride];
        if (inverse) w.im = -w.im;
        complex *low = &value[start + k], *high = low + half;
        complex turned = times(*high, w);
        *high = (complex){ low->re - turned.re, low->im - turned.im };
        *low = (complex){ low->re + turned.re, low->im + turned.im };
      }
  }
}

uint64_t fft_kernel(uint32_t n) {
  complex *root = kernel_memory(size / 2 * sizeof *root), *value = kernel_memory(size * sizeof *value);
  random_source source = { 6 };
  make_roots(root);
  for (int i = 0; i < size; i++)
    value[i] = (complex){ random_fraction(&source) - 0.5, random_fraction(&source) - 0.5 };
  for (uint32_t pass = 0; pass < n; pass++) {
    transform(value, root, false);
    transform(value, root, true);
    for (int i = 0; i < size; i++) value[i].re /= size, value[i].im /= size;
  }
  uint64_t sum = n;
  for (int i = 0; i < size; i++) sum = mix(sum, bits_of(value[i].re) ^ bits_of(value[i].im));
  return sum;
}
