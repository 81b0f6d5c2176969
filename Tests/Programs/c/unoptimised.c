// flags: -O0
// run:
// The same compiler without optimisation: locals in memory, checks left in.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct { int8_t a; int16_t b; int32_t c; int64_t d; float e; double f; } mixed;

static uint64_t rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }

static mixed twice(mixed m) {
  m.a = (int8_t)(m.a * 2), m.b = (int16_t)(m.b * 2), m.c *= 2, m.d *= 2, m.e *= 2, m.f *= 2;
  return m;
}

static long sum(int count, ...) {
  __builtin_va_list list;
  __builtin_va_start(list, count);
  long total = 0;
  while (count--) total += __builtin_va_arg(list, int);
  __builtin_va_end(list);
  return total;
}

int main(void) {
  mixed m = twice(twice((mixed){ 40, 9000, 123456, 1LL << 40, 1.5f, 2.25 }));
  printf("%d %d %d %lld %g %g\n", m.a, m.b, m.c, (long long)m.d, m.e, m.f);
  uint64_t h = 1;
  for (int i = 0; i < 1000; i++) h = rotate(h * 0x9E3779B97F4A7C15u + (uint64_t)i, i % 63 + 1);
  printf("%016llx\n", (unsigned long long)h);
  printf("%ld\n", sum(5, 1, 2, 3, 4, -5));
  printf("%d %d %d\n", __builtin_popcountll(h), __builtin_clzll(h | 1), __builtin_ctzll(h | 1ull << 63));
  int32_t table[8][8];
  memset(table, 0, sizeof table);
  for (int i = 0; i < 64; i++) table[i % 8][i / 8] += i * i;
  long trace = 0;
  for (int i = 0; i < 8; i++) trace += table[i][i];
  printf("%ld\n", trace);
  switch (trace % 7) {
    case 0: puts("zero"); break;
    case 1: case 2: puts("one or two"); break;
    default: puts("more");
  }
  return 0;
}
