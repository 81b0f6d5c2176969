// wasi:io/poll: what is always ready, a moment in monotonic time, standard input, or a socket.
#include "network.h"

static struct object *pollable(int topic, uint64_t deadline) {
  struct object *object = new_object(KIND_POLLABLE);
  object->pollable.topic = topic;
  object->pollable.deadline = deadline;
  return object;
}

struct object *pollable_ready(void) { return pollable(POLL_READY, 0); }
struct object *pollable_input(void) { return pollable(POLL_INPUT, 0); }
struct object *pollable_time(uint64_t deadline) { return pollable(POLL_TIME, deadline); }

struct object *pollable_socket(struct object *socket, uint32_t events) { return pollable_socket_until(socket, events, UINT64_MAX); }

struct object *pollable_socket_until(struct object *socket, uint32_t events, uint64_t deadline) {
  struct object *object = pollable(POLL_SOCKET, deadline);
  object->pollable.socket = retained_socket(socket);
  object->pollable.events = events;
  return object;
}

// MARK: Sockets

struct watched {
  uint32_t handle;
  uint32_t events;
};

static uint64_t time_until(uint64_t deadline) {
  if (deadline == UINT64_MAX) return UINT64_MAX;
  uint64_t now = monotonic_now();
  return deadline > now ? deadline - now : 0;
}

// Leaves of each socket's events those that there are. - Returns: whether standard input can be read.
static bool wait_for_sockets(struct watched *sockets, uint32_t count, bool for_input, uint64_t deadline) {
  struct network_result result;
  // What cannot be waited for is ready: using it says what is wrong with it.
  if (network_call(NET_WAIT, for_input, time_until(deadline), sockets, count * sizeof *sockets, &result)) return true;
  return result.value & 1;
}

uint32_t wait_for_socket(struct object *socket, uint32_t events, uint64_t deadline) {
  struct watched watched = {socket->socket.handle, events};
  wait_for_sockets(&watched, 1, false, deadline);
  return watched.events;
}

// MARK: Waiting

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
    case POLL_SOCKET:
      if (wait_for_socket(object->pollable.socket, object->pollable.events, 0)) return true;
      return object->pollable.deadline != UINT64_MAX && object->pollable.deadline <= now;
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
  uint32_t sockets = 0;
  for (uint32_t index = 0; index < count; index++) {
    const struct object *object = pollables[index];
    if (object->pollable.topic == POLL_INPUT) for_input = true;
    else if (object->pollable.deadline < deadline) deadline = object->pollable.deadline;
    sockets += object->pollable.topic == POLL_SOCKET;
  }
  struct watched *watched = sockets ? allocate((uint64_t)sockets * sizeof *watched) : 0;
  while (result.count == 0) {
    bool has_input;
    if (sockets) {
      uint32_t next = 0;
      for (uint32_t index = 0; index < count; index++)
        if (pollables[index]->pollable.topic == POLL_SOCKET)
          watched[next++] = (struct watched){pollables[index]->pollable.socket->socket.handle, pollables[index]->pollable.events};
      has_input = wait_for_sockets(watched, sockets, for_input, deadline);
    } else {
      // What is always ready has the deadline 0.
      has_input = (for_input || deadline) && wait(for_input, deadline);
    }
    uint64_t now = deadline == UINT64_MAX ? 0 : monotonic_now();
    uint32_t next = 0;
    for (uint32_t index = 0; index < count; index++) {
      const struct object *object = pollables[index];
      bool is_there = object->pollable.topic == POLL_SOCKET ? watched[next++].events || object->pollable.deadline <= now
                                                            : is_ready(object, has_input, now);
      if (is_there) ready[result.count++] = index;
    }
  }
  return &result;
}

EXPORT("io/poll#poll") const struct list *poll(struct object *const *pollables, uint32_t count) {
  begin_call();
  return poll_list(pollables, count);
}

EXPORT("io/poll#[method]pollable.ready") uint32_t pollable_is_ready(struct object *object) {
  bool has_input = object->pollable.topic == POLL_INPUT && input_is_ready();
  bool has_deadline = object->pollable.topic == POLL_TIME || object->pollable.topic == POLL_SOCKET;
  return is_ready(object, has_input, has_deadline ? monotonic_now() : 0);
}

EXPORT("io/poll#[method]pollable.block") void pollable_block(struct object *object) {
  begin_call();
  poll_list(&object, 1);
}
