// What the library OS takes from the processor itself, and not from the host.
#include "guest.h"

#if defined(__x86_64__)
#include <cpuid.h>

uint64_t coffer_counter(void) { return __builtin_ia32_rdtsc(); }

bool coffer_hardware_random(uint64_t *value) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_RDRND)) return false;
  // The manual's advice: ten tries, and then the generator counts as broken.
  for (int try = 0; try < 10; try++) {
    unsigned char ok;
    __asm__ volatile("rdrand %0; setc %1" : "=r"(*value), "=qm"(ok));
    // Processors with a broken generator say all ones, or zeros, and that all went well.
    if (ok && *value + 1 > 1) return true;
  }
  return false;
}
#else
uint64_t coffer_counter(void) {
  uint64_t value;
#if defined(__aarch64__)
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
#else
  __asm__ volatile("rdtime %0" : "=r"(value));
#endif
  return value;
}

// AArch64's RNDR is optional and user mode cannot ask for it; RISC-V's entropy source (Zkr) is the security monitor's to hand out.
bool coffer_hardware_random(uint64_t *value) { return (void)value, false; }
#endif
