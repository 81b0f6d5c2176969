// plenty COUNT: has so many timers at once, waits for all of them, drops them, and does so again.
#include "client.h"

struct list_of_indices {
  const uint32_t *elements;
  uint32_t count;
};
IMPORT("clocks/monotonic-clock", "subscribe-duration") handle subscribe_duration(uint64_t);
IMPORT("io/poll", "poll") void poll(const handle *, uint32_t, struct list_of_indices *);
IMPORT("io/poll", "[method]pollable.block") void block(handle);
IMPORT("io/poll", "[resource-drop]pollable") void drop_pollable(handle);

enum { LIMIT = 200000 };

RUN uint32_t run(void) {
  static handle timers[LIMIT];
  struct list arguments;
  get_arguments(&arguments);
  const struct list *words = (const struct list *)(const void *)arguments.elements;
  uint32_t count = 0;
  for (uint32_t index = 0; arguments.count > 1 && index < words[1].count; index++) count = count * 10 + words[1].elements[index] - '0';
  if (count == 0 || count > LIMIT) return 1;
  for (uint32_t round = 0; round < 3; round++) {
    for (uint32_t index = 0; index < count; index++) timers[index] = subscribe_duration(1 + index);
    block(timers[count - 1]);
    struct list_of_indices ready;
    poll(timers, count, &ready);
    // All are, but a runtime need not look at all of them at once.
    say("some are ready", ready.count > 0);
    for (uint32_t index = 0; index < count; index++) drop_pollable(timers[index]);
  }
  return 0;
}
