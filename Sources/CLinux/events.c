#include "events.h"

#include <errno.h>
#include <sys/epoll.h>

int coffer_event_set(void) {
  int set = epoll_create1(EPOLL_CLOEXEC);
  return set < 0 ? -errno : set;
}

static int add(int set, int descriptor, uint32_t events, uint64_t number) {
  // Edge-triggered: nobody has to read the descriptor to be told of the next event.
  struct epoll_event event = {.events = events | EPOLLET, .data.u64 = number};
  return epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

int coffer_event_set_add(int set, int descriptor, uint64_t number) { return add(set, descriptor, EPOLLIN, number); }

int coffer_event_set_add_duplex(int set, int descriptor, uint64_t number) { return add(set, descriptor, EPOLLIN | EPOLLOUT, number); }

int coffer_event_set_remove(int set, int descriptor) {
  struct epoll_event event = {0};
  return epoll_ctl(set, EPOLL_CTL_DEL, descriptor, &event) < 0 ? -errno : 0;
}

int coffer_event_set_wait(int set, uint64_t *numbers, size_t capacity, int milliseconds) {
  struct epoll_event events[32];
  size_t limit = sizeof events / sizeof events[0];
  int count = epoll_wait(set, events, (int)(capacity < limit ? capacity : limit), milliseconds);
  for (int index = 0; index < count; index++) numbers[index] = events[index].data.u64;
  return count < 0 ? -errno : count;
}
