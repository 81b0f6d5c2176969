// wasi:io/poll: what is always ready, a moment in monotonic time, or standard input.
#include "streams.h"

static struct object *pollable(int topic, uint64_t deadline) {
  struct object *object = new_object(KIND_POLLABLE);
  object->pollable.topic = topic;
  object->pollable.deadline = deadline;
  return object;
}

struct object *pollable_ready(void) { return pollable(POLL_READY, 0); }
struct object *pollable_input(void) { return pollable(POLL_INPUT, 0); }
struct object *pollable_time(uint64_t deadline) { return pollable(POLL_TIME, deadline); }

// Waits until standard input can be read, if that is asked for, or the moment has come. - Returns: whether it can be read.
static bool wait(bool for_input, uint64_t deadline) {
  struct subscription subscriptions[2] = {{.user_data = 0}, {.user_data = 1}};
  struct event events[2];
  uint32_t count = 0, ready = 0;
  if (deadline != UINT64_MAX || !for_input) {
    subscriptions[count].clock.clock = CLOCK_MONOTONIC;
    subscriptions[count].clock.timeout = deadline;
    subscriptions[count++].clock.is_absolute = true;
  }
  if (for_input) {
    subscriptions[count] = (struct subscription){.user_data = 1, .tag = 1};
    subscriptions[count++].descriptor = 0;
  }
  // An input that cannot be waited for is ready: reading says what is wrong with it.
  if (poll_oneoff(subscriptions, events, count, &ready)) return true;
  for (uint32_t index = 0; index < ready; index++)
    if (events[index].type == 1) return true;
  return false;
}

bool input_is_ready(void) { return wait(true, 0); }

static bool is_ready(const struct object *object, bool has_input, uint64_t now) {
  switch (object->pollable.topic) {
    case POLL_READY: return true;
    case POLL_INPUT: return has_input;
    default: return object->pollable.deadline <= now;
  }
}

static const struct list *poll_list(struct object *const *pollables, uint32_t count) {
  static struct list result;
  if (count == 0) __builtin_trap();
  uint32_t *ready = allocate((uint64_t)count * sizeof *ready);
  result = (struct list){ready, 0};
  bool for_input = false;
  uint64_t deadline = UINT64_MAX;
  for (uint32_t index = 0; index < count; index++) {
    if (pollables[index]->pollable.topic == POLL_INPUT) for_input = true;
    else if (pollables[index]->pollable.deadline < deadline) deadline = pollables[index]->pollable.deadline;
  }
  while (result.count == 0) {
    // What is always ready has the deadline 0.
    bool has_input = (for_input || deadline) && wait(for_input, deadline);
    uint64_t now = deadline == UINT64_MAX ? 0 : monotonic_now();
    for (uint32_t index = 0; index < count; index++)
      if (is_ready(pollables[index], has_input, now)) ready[result.count++] = index;
  }
  return &result;
}

EXPORT("io/poll#poll") const struct list *poll(struct object *const *pollables, uint32_t count) {
  begin_call();
  return poll_list(pollables, count);
}

EXPORT("io/poll#[method]pollable.ready") uint32_t pollable_is_ready(struct object *object) {
  bool has_input = object->pollable.topic == POLL_INPUT && input_is_ready();
  return is_ready(object, has_input, object->pollable.topic == POLL_TIME ? monotonic_now() : 0);
}

EXPORT("io/poll#[method]pollable.block") void pollable_block(struct object *object) {
  begin_call();
  poll_list(&object, 1);
}
