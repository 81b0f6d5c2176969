// memcpy, memmove, memset and memcmp, which compilers call whether or not a program does.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint64_t word __attribute__((may_alias, aligned(1)));
typedef uint8_t chunk __attribute__((vector_size(16), may_alias, aligned(1)));

// From here on the processor's own copy is faster than a loop.
#define LONG 512

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  uint8_t *target = to;
  const uint8_t *source = from;
#if defined(__x86_64__)
  if (count >= LONG) {
    __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(count) : : "memory");
    return to;
  }
#endif
  for (; count >= 16; count -= 16, target += 16, source += 16) *(chunk *)target = *(const chunk *)source;
  if (count >= 8) {
    *(word *)target = *(const word *)source;
    count -= 8, target += 8, source += 8;
  }
  while (count--) *target++ = *source++;
  return to;
}

void *memmove(void *to, const void *from, size_t count) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if (target <= source || target >= source + count) {
#if defined(__x86_64__)
    if (count >= LONG && (target >= source + count || source - target >= 64)) return memcpy(to, from, count);
#endif
    for (; count >= 16; count -= 16, target += 16, source += 16) *(chunk *)target = *(const chunk *)source;
    while (count--) *target++ = *source++;
  } else {
    for (; count >= 16; count -= 16) *(chunk *)(target + count - 16) = *(const chunk *)(source + count - 16);
    while (count--) target[count] = source[count];
  }
  return to;
}

void *memset(void *to, int value, size_t count) {
  uint8_t *target = to;
#if defined(__x86_64__)
  if (count >= LONG) {
    __asm__ volatile("rep stosb" : "+D"(target), "+c"(count) : "a"(value) : "memory");
    return to;
  }
#endif
  while (count--) *target++ = (uint8_t)value;
  return to;
}

int memcmp(const void *left, const void *right, size_t count) {
  const uint8_t *a = left, *b = right;
  for (size_t index = 0; index < count; index++)
    if (a[index] != b[index]) return a[index] - b[index];
  return 0;
}
