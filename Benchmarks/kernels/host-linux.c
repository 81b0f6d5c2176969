// The program as a static Linux executable that needs no C library.
#include "runtime.h"

#if defined(__x86_64__)
enum { system_write = 1, system_clock_gettime = 228, system_exit_group = 231 };
static long call(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
#elif defined(__aarch64__)
enum { system_write = 64, system_clock_gettime = 113, system_exit_group = 94 };
static long call(long number, long a, long b, long c) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
}
__asm__(".globl _start\n_start: mov x29, 0\n mov x0, sp\n bl start\n");
#else
#error "no native host for this processor yet"
#endif

enum { clock_monotonic = 1 };

uint64_t host_nanoseconds(void) {
  struct { long seconds, nanoseconds; } time = { 0, 0 };
  call(system_clock_gettime, clock_monotonic, (long)&time, 0);
  return (uint64_t)time.seconds * 1000000000u + (uint64_t)time.nanoseconds;
}

void host_print(int descriptor, const char *text, uint32_t length) {
  while (length) {
    long written = call(system_write, descriptor, (long)text, length);
    if (written <= 0) return;
    text += written;
    length -= (uint32_t)written;
  }
}

__attribute__((used, noreturn)) void start(long *stack) {
  int status = run_kernels((int)stack[0], (char **)(stack + 1));
  for (;;) call(system_exit_group, status, 0, 0);
}
