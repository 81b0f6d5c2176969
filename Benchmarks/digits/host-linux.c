// The program as a static Linux executable that needs no C library.
#include "host.h"

#if defined(__x86_64__)
enum {
  system_read = 0, system_write = 1, system_close = 3, system_socket = 41, system_accept = 43, system_bind = 49, system_listen = 50,
  system_getsockname = 51, system_setsockopt = 54, system_clock_gettime = 228, system_exit_group = 231, system_openat = 257
};
static long call(long number, long a, long b, long c, long d, long e) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
#elif defined(__aarch64__)
enum {
  system_read = 63, system_write = 64, system_close = 57, system_socket = 198, system_accept = 202, system_bind = 200, system_listen = 201,
  system_getsockname = 204, system_setsockopt = 208, system_clock_gettime = 113, system_exit_group = 94, system_openat = 56
};
static long call(long number, long a, long b, long c, long d, long e) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
}
__asm__(".globl _start\n_start: mov x29, 0\n mov x0, sp\n bl start\n");
#else
#error "no native host for this processor yet"
#endif

enum { clock_monotonic = 1, current_directory = -100, internet = 2, stream = 1, close_on_exec = 02000000, level_tcp = 6, no_delay = 1 };

void host_exit(int status) {
  for (;;) call(system_exit_group, status, 0, 0, 0, 0);
}

static long checked(long result, int status) {
  if (result < 0) host_exit(status);
  return result;
}

uint32_t host_load(const char *path, void *bytes, uint32_t count) {
  long file = checked(call(system_openat, current_directory, (long)path, 0, 0, 0), 66), read;
  uint32_t done = 0;
  while (done < count && (read = checked(call(system_read, file, (long)bytes + done, count - done, 0, 0), 74))) done += (uint32_t)read;
  call(system_close, file, 0, 0, 0, 0);
  return done;
}

static void write_all(long descriptor, const void *bytes, uint32_t count) {
  while (count) {
    long written = checked(call(system_write, descriptor, (long)bytes, count, 0, 0), 74);
    bytes = (const char *)bytes + written;
    count -= (uint32_t)written;
  }
}

void host_print(const void *bytes, uint32_t count) { write_all(1, bytes, count); }

static long listener, connection;

uint16_t host_listen(uint16_t port) {
  struct { uint16_t family; uint8_t port[2], address[4], zero[8]; } place = { internet, { (uint8_t)(port >> 8), (uint8_t)port }, { 127, 0, 0, 1 }, { 0 } };
  uint32_t size = sizeof place;
  listener = checked(call(system_socket, internet, stream | close_on_exec, 0, 0, 0), 69);
  checked(call(system_bind, listener, (long)&place, size, 0, 0), 69);
  checked(call(system_listen, listener, 128, 0, 0, 0), 69);
  checked(call(system_getsockname, listener, (long)&place, (long)&size, 0, 0), 69);
  return (uint16_t)(place.port[0] << 8 | place.port[1]);
}

void host_accept(void) {
  int value = 1;
  connection = checked(call(system_accept, listener, 0, 0, 0, 0), 69);
  call(system_setsockopt, connection, level_tcp, no_delay, (long)&value, sizeof value);
}

uint32_t host_receive(void *bytes, uint32_t count) { return (uint32_t)checked(call(system_read, connection, (long)bytes, count, 0, 0), 74); }
void host_send(const void *bytes, uint32_t count) { write_all(connection, bytes, count); }
void host_close(void) { call(system_close, connection, 0, 0, 0, 0); }

uint64_t host_nanoseconds(void) {
  struct { long seconds, nanoseconds; } time = { 0, 0 };
  call(system_clock_gettime, clock_monotonic, (long)&time, 0, 0, 0);
  return (uint64_t)time.seconds * 1000000000u + (uint64_t)time.nanoseconds;
}

__attribute__((used, noreturn)) void start(long *stack) { host_exit(run((int)stack[0], (char **)(stack + 1))); }
