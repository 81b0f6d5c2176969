// run:
// Clocks that go forward, sleeps that last: only what must always hold is printed.
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(void) {
  struct timespec real, resolution;
  printf("real clock: %d\n", clock_gettime(CLOCK_REALTIME, &real));
  printf("after 2020: %d\n", real.tv_sec > 1577836800);
  printf("resolution: %d %d\n", clock_getres(CLOCK_MONOTONIC, &resolution), resolution.tv_sec == 0 && resolution.tv_nsec > 0);
  double before = now();
  int backwards = 0;
  for (int i = 0; i < 1000; i++) {
    double next = now();
    backwards += next < before;
    before = next;
  }
  printf("backwards: %d\n", backwards);
  double start = now();
  struct timespec wait = { 0, 30000000 };
  printf("nanosleep: %d\n", nanosleep(&wait, NULL));
  double slept = now() - start;
  printf("30 ms: at least %d, not 20 times that %d\n", slept >= 0.0299, slept < 0.6);
  start = now();
  usleep(10000);
  printf("10 ms: at least %d\n", now() - start >= 0.0099);
  struct timeval day;
  gettimeofday(&day, NULL);
  printf("gettimeofday agrees: %d\n", day.tv_sec - real.tv_sec >= 0 && day.tv_sec - real.tv_sec < 60);
  printf("time agrees: %d\n", time(NULL) - real.tv_sec < 60);
  return 0;
}
