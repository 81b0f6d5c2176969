// wasi:io/poll: what is always ready, a moment in monotonic time, standard input, a socket, or a body of wasi:http.
#include "http.h"
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

static struct object *pollable_of(enum poll_topic topic, struct object *socket, uint32_t events) {
  struct object *object = pollable(topic, UINT64_MAX);
  object->pollable.socket = retained_socket(socket);
  object->pollable.events = events;
  return object;
}

struct object *pollable_socket(struct object *socket, uint32_t events) { return pollable_of(POLL_SOCKET, socket, events); }
struct object *pollable_of_owner(struct object *socket) { return pollable_of(POLL_TCP, socket, 0); }

struct object *pollable_source(enum poll_topic topic, struct source *source) {
  struct object *object = pollable(topic, UINT64_MAX);
  object->pollable.source = retained_source(source);
  return object;
}

struct object *pollable_sink(struct sink *sink) {
  struct object *object = pollable(POLL_SINK, UINT64_MAX);
  object->pollable.sink = retained_sink(sink);
  return object;
}

// MARK: Sockets

struct watched {
  uint32_t handle;
  uint32_t events;
};

static uint64_t time_until(uint64_t deadline) {
  if (deadline == UINT64_MAX || deadline == 0) return deadline;
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

static struct awaited awaited_by(const struct object *pollable) {
  struct object *socket = pollable->pollable.socket;
  switch (pollable->pollable.topic) {
    case POLL_READY: break;
    case POLL_INPUT: return (struct awaited){.is_input = true, .deadline = UINT64_MAX};
    case POLL_TIME: return (struct awaited){.deadline = pollable->pollable.deadline};
    case POLL_SOCKET: return (struct awaited){.socket = socket, .events = pollable->pollable.events, .deadline = UINT64_MAX};
    case POLL_TCP:
      if (!socket->socket.awaited) break;
      return (struct awaited){.socket = socket, .events = socket->socket.awaited, .deadline = UINT64_MAX};
    case POLL_HEAD: case POLL_BODY: case POLL_TRAILERS: return source_awaits(pollable->pollable.source, pollable->pollable.topic);
    case POLL_SINK: return sink_awaits(pollable->pollable.sink);
  }
  return (struct awaited){.is_ready = true};
}

// Whether it is ready, as what it waited for turned out.
static bool is_ready(const struct object *pollable, const struct awaited *awaited, bool has_input, bool has_events, uint64_t now) {
  // Trailers come after all that the input has before them.
  bool is_there = awaited->is_input && has_input, is_enough = pollable->pollable.topic != POLL_TRAILERS;
  if (awaited->is_ready || (is_there && is_enough)) return true;
  if (!has_events && !is_there && awaited->deadline > now) return false;
  switch (pollable->pollable.topic) {
    // What has come may be less than there has to be.
    case POLL_HEAD: case POLL_BODY: case POLL_TRAILERS: return source_awaits(pollable->pollable.source, pollable->pollable.topic).is_ready;
    case POLL_SINK: return sink_awaits(pollable->pollable.sink).is_ready;
    default: return true;
  }
}

// What requests have to do goes on in the meantime.
struct pursuit {
  struct watched *watched;
  uint32_t count;
  uint64_t deadline;
};

static void begin_pursuit(struct pursuit *pursuit) {
  for (const struct exchange *exchange = next_busy(0); exchange; exchange = next_busy(exchange)) {
    struct awaited awaited = exchange_awaits_turn(exchange);
    if (awaited.deadline < pursuit->deadline) pursuit->deadline = awaited.deadline;
    if (awaited.socket) pursuit->watched[pursuit->count++] = (struct watched){awaited.socket->socket.handle, awaited.events};
  }
}

static void end_pursuit(const struct watched *watched) {
  uint64_t now = monotonic_now();
  struct exchange *next;
  for (struct exchange *exchange = next_busy(0); exchange; exchange = next) {
    struct awaited awaited = exchange_awaits_turn(exchange);
    // It may have nothing left to do.
    next = next_busy(exchange);
    bool has_events = awaited.socket && (watched++)->events;
    if (has_events || !awaited.socket || awaited.deadline <= now) exchange_go_on(exchange);
  }
}

// Leaves the indices of those that are ready. - Returns: how many; 0 only where it does not block.
static uint32_t poll_all(struct object *const *pollables, uint32_t count, uint32_t *ready, bool blocks) {
  struct awaited *awaited = allocate((uint64_t)count * sizeof *awaited);
  // Asking for an answer may make its request one that has something to do.
  struct watched *watched = allocate((2 * (uint64_t)count + busy_count()) * sizeof *watched);
  while (true) {
    bool for_input = false, has_input = false, has_moment = false;
    uint64_t deadline = blocks ? UINT64_MAX : 0;
    uint32_t sockets = 0, found = 0, next = 0;
    for (uint32_t index = 0; index < count; index++) {
      struct awaited *one = &awaited[index];
      *one = awaited_by(pollables[index]);
      if (one->is_ready) one->socket = 0, one->deadline = 0;
      else for_input |= one->is_input;
      has_moment |= one->deadline != 0 && one->deadline != UINT64_MAX;
      if (one->deadline < deadline) deadline = one->deadline;
      if (one->socket) watched[sockets++] = (struct watched){one->socket->socket.handle, one->events};
    }
    struct pursuit pursuit = {watched + sockets, 0, deadline};
    begin_pursuit(&pursuit);
    deadline = pursuit.deadline;
    if (sockets + pursuit.count) has_input = wait_for_sockets(watched, sockets + pursuit.count, for_input, deadline);
    else if (for_input || deadline) has_input = wait(for_input, deadline);
    if (next_busy(0)) end_pursuit(pursuit.watched);
    uint64_t now = has_moment ? monotonic_now() : 0;
    for (uint32_t index = 0; index < count; index++) {
      bool has_events = awaited[index].socket && watched[next++].events;
      if (is_ready(pollables[index], &awaited[index], has_input, has_events, now)) ready[found++] = index;
    }
    if (found || !blocks) return found;
  }
}

static void wait_until(struct object *pollable) {
  uint32_t ready;
  poll_all(&pollable, 1, &ready, true);
  drop(pollable);
}

void wait_for_sink(struct sink *sink) { wait_until(pollable_sink(sink)); }
void wait_for_source(struct source *source) { wait_until(pollable_source(POLL_BODY, source)); }

EXPORT("io/poll#poll") const struct list *poll(struct object *const *pollables, uint32_t count) {
  begin_call();
  static struct list result;
  if (count == 0) __builtin_trap();
  uint32_t *ready = allocate((uint64_t)count * sizeof *ready);
  result = (struct list){ready, poll_all(pollables, count, ready, true)};
  return &result;
}

EXPORT("io/poll#[method]pollable.ready") uint32_t pollable_is_ready(struct object *object) {
  begin_call();
  uint32_t ready;
  return poll_all(&object, 1, &ready, false);
}

EXPORT("io/poll#[method]pollable.block") void pollable_block(struct object *object) {
  begin_call();
  uint32_t ready;
  poll_all(&object, 1, &ready, true);
}
