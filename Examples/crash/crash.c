// Goes wrong on request: divide, memory, stack, call or unreachable, each ends in its own trap.
#include "wasi.h"

// Volatile, so that no compiler sees what is about to happen.
static volatile int zero;
static volatile uintptr_t far_away = 0xFFFFFFF0;

static int divide_by_zero(void) { return 7 / zero; }

static int read_outside_memory(void) { return *(volatile char *)far_away; }

static int recurse_too_deeply(int depth) {
  int below = depth == zero ? 0 : recurse_too_deeply(depth + 1);
  zero = below;
  return below + depth;
}

static int call_the_wrong_type(void) {
  int (*volatile wrong)(double) = (int (*)(double))(uintptr_t)divide_by_zero;
  return wrong(1.0);
}

int main(int count, char **arguments) {
  const char *how = count == 2 ? arguments[1] : "";
  complain("crash: about to go wrong\n");
  if (text_equal(how, "divide")) return divide_by_zero();
  if (text_equal(how, "memory")) return read_outside_memory();
  if (text_equal(how, "stack")) return recurse_too_deeply(1);
  if (text_equal(how, "call")) return call_the_wrong_type();
  if (text_equal(how, "unreachable")) __builtin_trap();
  complain("usage: crash divide|memory|stack|call|unreachable\n");
  return 2;
}
