#define _GNU_SOURCE
#include "processor_time.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

// A process's clock can be named by 0 ("the caller's"), and clocks of others are negative numbers to Linux: they are handed on with their
// sign turned, so that a negative result is a failure as everywhere here.
int coffer_thread_processor_clock(void) {
  clockid_t clock;
  if (pthread_getcpuclockid(pthread_self(), &clock) != 0 || clock >= 0) return -1;
  return -clock;
}

uint64_t coffer_processor_time(int clock) {
  struct timespec time;
  if (clock <= 0 || clock_gettime((clockid_t)-clock, &time) != 0) return 0;
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int coffer_current_processor(void) { return sched_getcpu(); }
