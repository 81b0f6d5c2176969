// The program as a static Linux executable that needs no C library.
#include "host.h"

#if defined(__x86_64__)
enum { system_read = 0, system_write = 1, system_clock_gettime = 228, system_exit_group = 231, system_openat = 257 };
static long call(long number, long a, long b, long c, long d) {
  register long r10 __asm__("r10") = d;
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
#elif defined(__aarch64__)
enum { system_read = 63, system_write = 64, system_clock_gettime = 113, system_exit_group = 94, system_openat = 56 };
static long call(long number, long a, long b, long c, long d) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
}
__asm__(".globl _start\n_start: mov x29, 0\n mov x0, sp\n bl start\n");
#else
#error "no native host for this processor yet"
#endif

enum { clock_monotonic = 1, current_directory = -100, write_create_truncate = 01 | 0100 | 01000 };

void host_exit(int status) {
  for (;;) call(system_exit_group, status, 0, 0, 0);
}

int host_open(const char *path, int writes) {
  long descriptor = call(system_openat, current_directory, (long)path, writes ? write_create_truncate : 0, 0644);
  if (descriptor < 0) host_exit(66);
  return (int)descriptor;
}

uint32_t host_read(int descriptor, void *bytes, uint32_t count) {
  long read = call(system_read, descriptor, (long)bytes, count, 0);
  if (read < 0) host_exit(74);
  return (uint32_t)read;
}

void host_write(int descriptor, const void *bytes, uint32_t count) {
  while (count) {
    long written = call(system_write, descriptor, (long)bytes, count, 0);
    if (written <= 0) host_exit(74);
    bytes = (const char *)bytes + written;
    count -= (uint32_t)written;
  }
}

uint64_t host_nanoseconds(void) {
  struct { long seconds, nanoseconds; } time = { 0, 0 };
  call(system_clock_gettime, clock_monotonic, (long)&time, 0, 0);
  return (uint64_t)time.seconds * 1000000000u + (uint64_t)time.nanoseconds;
}

__attribute__((used, noreturn)) void start(long *stack) { host_exit(run((int)stack[0], (char **)(stack + 1))); }
