// run: abort
// run: assert
// run: divide
// run: overflow
// run: unreachable
// run: null-call
// run: memory
// run: stack
// Ways to die; what was written before must have come out.
#undef NDEBUG
#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int zero, minus_one = -1, least = INT_MIN;
static volatile uintptr_t far_away = 0xFFFFFF00;
static void (*volatile nowhere)(void);

static int __attribute__((noinline)) recurse(int depth) {
  volatile char room[1024];
  room[depth % 1024] = (char)depth;
  return recurse(depth + 1) + room[(depth + 1) % 1024];
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "";
  printf("about to %s\n", how);
  fflush(stdout);
  fprintf(stderr, "last words\n");
  if (!strcmp(how, "abort")) abort();
  if (!strcmp(how, "assert")) assert(zero == 1);
  if (!strcmp(how, "divide")) return 1 + minus_one / zero;
  if (!strcmp(how, "overflow")) return least / minus_one;
  if (!strcmp(how, "unreachable")) __builtin_trap();
  if (!strcmp(how, "null-call")) nowhere();
  if (!strcmp(how, "memory")) return *(volatile char *)far_away;
  if (!strcmp(how, "stack")) return recurse(0);
  return 0;
}
