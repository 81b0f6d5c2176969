// run:
// Floating-point printing, parsing and functions, to the last digit.
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  const char *texts[] = { "0.1", "1e-320", "1.7976931348623157e308", "2.2250738585072011e-308", "123456789012345678",
                          "0x1.8p3", "inf", "-nan", "1e400", "9007199254740993", "0.1e-1000" };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    double value = strtod(texts[i], NULL);
    printf("%-26s %.17g %.1f %a\n", texts[i], value, fabs(value) < 1e20 ? value : 0.0, value);
  }
  double x = 0.7;
  printf("%.17g %.17g %.17g %.17g\n", sin(x), cos(x), tan(x), atan2(x, 2));
  printf("%.17g %.17g %.17g %.17g\n", exp(x), log(x), pow(x, 1.3), cbrt(x));
  printf("%.17g %.17g %.17g %.17g\n", sinh(x), tgamma(x), erf(x), hypot(x, 3));
  printf("%.17g %.17g %.17g %.17g\n", floor(-x), ceil(x), trunc(-x), nearbyint(2.5));
  printf("%.17g %.17g %ld %.17g\n", round(2.5), rint(3.5), lround(-2.5), fmod(10, 3));
  printf("%.9g %.9g %.9g\n", sqrtf(2), sinf(1e6f), powf(1.1f, 10));
  printf("%.20Lf %.10Le\n", 1.0L / 3.0L, LDBL_MAX);
  int exponent;
  double fraction = frexp(1234.5, &exponent);
  printf("%g %d %g %d\n", fraction, exponent, ldexp(0.5, 10), ilogb(1e10));
  printf("%d %d %d %d\n", isnan(NAN), isinf(-INFINITY) != 0, signbit(-0.0) != 0, fpclassify(1e-310) == FP_SUBNORMAL);
  printf("%d %u %lld %d\n", (int)-2.9, (unsigned)3e9, (long long)-1e18, (int)fmin(1e5, 2e5));
  printf("%.17g %.17g\n", fma(0.1, 10, -1), nextafter(1, 2));
  return 0;
}
