#include "wipe.h"

#if defined(COFFER_CHECK_CONSTANT_TIME)
#include <valgrind/memcheck.h>
#endif

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

uint32_t coffer_public(uint32_t value) {
#if defined(COFFER_CHECK_CONSTANT_TIME)
  VALGRIND_MAKE_MEM_DEFINED(&value, sizeof value);
#endif
  return value;
}
