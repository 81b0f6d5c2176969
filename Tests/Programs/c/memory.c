// run:
// Memory that grows, is given back and used again, and is refused politely.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  unsigned char *block = malloc(1);
  for (size_t size = 1; size <= (size_t)32 << 20; size *= 2) {
    block = realloc(block, size);
    if (!block) return printf("no %zu bytes\n", size), 1;
    if (size > 1 && block[size / 2 - 1] != (unsigned char)(size / 2)) return puts("lost its contents"), 1;
    block[size - 1] = (unsigned char)size;
  }
  free(block);
  unsigned char *zeros = calloc(1 << 20, 4);
  uint32_t sum = 0;
  for (size_t i = 0; i < (size_t)4 << 20; i++) sum += zeros[i];
  printf("calloc: %u\n", sum);
  free(zeros);
  void *many[1000];
  for (int round = 0; round < 20; round++) {
    for (int i = 0; i < 1000; i++) memset(many[i] = malloc((size_t)(i * 7 % 5000 + 1)), i, (size_t)(i * 7 % 5000 + 1));
    for (int i = 0; i < 1000; i++) {
      sum += *(unsigned char *)many[i];
      free(many[i]);
    }
  }
  printf("sum: %u\n", sum);
  printf("aligned: %d\n", (int)((uintptr_t)aligned_alloc(4096, 8192) % 4096));
  void *(*volatile reserve)(size_t) = malloc;
  printf("four gigabytes: %d\n", reserve(0xFFFF0000u) != NULL);
  printf("and still alive: %d\n", reserve(100) != NULL);
  return 0;
}
