#include "window.h"

#include <string.h>

uint32_t coffer_window_load_32(const void *address) { return *(const volatile uint32_t *)address; }

uint64_t coffer_window_load_64(const void *address) { return *(const volatile uint64_t *)address; }

void coffer_window_store_32(void *address, uint32_t value) { *(volatile uint32_t *)address = value; }

void coffer_window_store_64(void *address, uint64_t value) { *(volatile uint64_t *)address = value; }

void coffer_window_copy(void *destination, const void *source, size_t count) {
  memcpy(destination, source, count);
  // The copy is complete, and the source not looked at again, before anything that follows.
  __asm__ volatile("" : : "r"(destination), "r"(source) : "memory");
}

bool coffer_window_exchange_32(void *address, uint32_t expected, uint32_t value) {
  return __atomic_compare_exchange_n((uint32_t *)address, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void coffer_window_publish_32(void *address, uint32_t value) {
  (void)__atomic_exchange_n((uint32_t *)address, value, __ATOMIC_SEQ_CST);
}

void coffer_processor_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}
