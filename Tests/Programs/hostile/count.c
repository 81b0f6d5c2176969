// Reads standard input to its end and says on standard output how many bytes there were and what they add up to: what an honest host's
// trustlet answers, right after another one was lied to.
#include <stddef.h>
#include <stdint.h>

typedef uint32_t I;
#define NAMED(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))
NAMED(fd_read) I fd_read(I, I, I, I);
NAMED(fd_write) I fd_write(I, I, I, I);
NAMED(proc_exit) _Noreturn void proc_exit(I);
#define AT(pointer) ((I)(uintptr_t)(pointer))

static uint8_t bytes[3000];
static I vector[2], moved;

static void say(I value) {
  char digits[12];
  I at = sizeof digits;
  digits[--at] = '\n';
  do digits[--at] = (char)('0' + value % 10);
  while (value /= 10);
  vector[0] = AT(digits + at), vector[1] = sizeof digits - at;
  if (fd_write(1, AT(vector), 1, AT(&moved)) != 0 || moved != sizeof digits - at) proc_exit(1);
}

__attribute__((export_name("_start"))) void _start(void) {
  I count = 0, sum = 0;
  for (;;) {
    vector[0] = AT(bytes), vector[1] = sizeof bytes;
    if (fd_read(0, AT(vector), 1, AT(&moved)) != 0) proc_exit(2);
    if (moved == 0) break;
    for (I at = 0; at < moved; at++) sum += bytes[at] * (++count);
  }
  say(count);
  say(sum);
  proc_exit(0);
}
