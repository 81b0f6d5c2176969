#include "wipe.h"

void coffer_wipe(void *bytes, size_t count) {
  unsigned char *target = bytes;
  for (size_t index = 0; index < count; index++) target[index] = 0;
  // Takes the address and says that it reads all memory: the stores above are no dead ones.
  __asm__ volatile("" : : "r"(bytes) : "memory");
}

__attribute__((noinline)) void coffer_wipe_stack(void) {
  unsigned char below[8192];
  coffer_wipe(below, sizeof below);
}
