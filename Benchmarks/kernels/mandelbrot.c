// The Mandelbrot set: f64 arithmetic in registers, unpredictable loop lengths.
#include "kernel.h"

uint64_t mandelbrot_kernel(uint32_t n) {
  enum { most = 200 };
  uint64_t sum = n;
  for (uint32_t row = 0; row < n; row++) {
    double ci = 2.4 * row / n - 1.2;
    uint32_t steps = 0;
    for (uint32_t column = 0; column < n; column++) {
      double cr = 3.0 * column / n - 2.1, r = 0, i = 0, rr = 0, ii = 0;
      for (int k = 0; k < most && rr + ii <= 4; k++) {
        i = 2 * r * i + ci;
        r = rr - ii + cr;
        rr = r * r;
        ii = i * i;
        steps++;
      }
    }
    sum = mix(sum, steps);
  }
  return sum;
}
