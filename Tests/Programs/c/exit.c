// run: return 0
// run: return 7
// run: return 100
// run: exit 3
// run: _Exit 4
// run: quick 5
// run: deep 6
// Exit statuses by every way out, and what runs on the way.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void first(void) { puts("registered first, runs last"); }
static void second(void) { puts("registered second, runs first"); }

static void deeper(int depth, int status) {
  if (depth == 0) exit(status);
  deeper(depth - 1, status);
  puts("never printed");
}

int main(int argc, char **argv) {
  if (argc < 3) return 64;
  int status = atoi(argv[2]);
  atexit(first);
  atexit(second);
  printf("buffered until the end ");
  if (!strcmp(argv[1], "exit")) exit(status);
  if (!strcmp(argv[1], "_Exit")) fflush(stdout), _Exit(status);
  if (!strcmp(argv[1], "quick")) fputs("to standard error\n", stderr), exit(status);
  if (!strcmp(argv[1], "deep")) deeper(100, status);
  return status;
}
