// Goes wrong on request: divide, memory, stack, call or unreachable, each ends in its own trap.
#include "wasi.h"

// Volatile, so that no compiler sees what is about to happen; never inlined, so that the trap names the function.
#define FAULT static __attribute__((noinline)) int

static volatile int zero, seven = 7;
static volatile uintptr_t far_away = 0xFFFFFFF0;

FAULT divide_by_zero(void) { return seven / zero; }

FAULT read_outside_memory(void) { return *(volatile char *)far_away; }

FAULT recurse_too_deeply(int depth) {
  int below = depth == zero ? 0 : recurse_too_deeply(depth + 1);
  seven = below;
  return below + depth;
}

FAULT call_the_wrong_type(void) {
  int (*volatile wrong)(double) = (int (*)(double))(uintptr_t)divide_by_zero;
  return wrong(1.0);
}

FAULT reach_the_unreachable(void) { __builtin_trap(); }

int main(int count, char **arguments) {
  const char *how = count == 2 ? arguments[1] : "";
  if (text_equal(how, "divide")) return divide_by_zero();
  if (text_equal(how, "memory")) return read_outside_memory();
  if (text_equal(how, "stack")) return recurse_too_deeply(1);
  if (text_equal(how, "call")) return call_the_wrong_type();
  if (text_equal(how, "unreachable")) return reach_the_unreachable();
  complain("usage: crash divide|memory|stack|call|unreachable\n");
  return 2;
}
