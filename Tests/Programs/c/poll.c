// run: --stdin fog
// run: --stdin empty
// Waiting for input and for time.
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  struct pollfd input = { .fd = 0, .events = POLLIN };
  printf("ready: %d\n", poll(&input, 1, 1000));
  printf("to read: %d\n", (input.revents & POLLIN) != 0);
  char text[16];
  size_t total = 0;
  for (ssize_t got; (got = read(0, text, sizeof text)) > 0;) total += (size_t)got;
  printf("read %zu\n", total);
  struct pollfd output = { .fd = 1, .events = POLLOUT };
  printf("output: %d %d\n", poll(&output, 1, 1000), (output.revents & POLLOUT) != 0);
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  struct timespec wait = { 0, 20000000 };
  printf("wait: %d\n", clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL));
  clock_gettime(CLOCK_MONOTONIC, &after);
  long spent = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
  printf("at least 19 ms: %d\n", spent >= 19);
  return 0;
}
