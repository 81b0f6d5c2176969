// wasi:clocks. Local time is UTC: a trustlet is nowhere.
#include "component.h"

struct object *pollable_time(uint64_t deadline);

static uint64_t now(uint32_t clock) {
  uint64_t nanoseconds;
  if (clock_time_get(clock, 0, &nanoseconds)) __builtin_trap();
  return nanoseconds;
}

static uint64_t resolution(uint32_t clock) {
  uint64_t nanoseconds;
  if (clock_res_get(clock, &nanoseconds)) __builtin_trap();
  return nanoseconds;
}

uint64_t monotonic_now(void) { return now(CLOCK_MONOTONIC); }

EXPORT("clocks/monotonic-clock#now") uint64_t monotonic_clock_now(void) { return monotonic_now(); }
EXPORT("clocks/monotonic-clock#resolution") uint64_t monotonic_clock_resolution(void) { return resolution(CLOCK_MONOTONIC); }

EXPORT("clocks/monotonic-clock#subscribe-instant") uint32_t subscribe_instant(uint64_t instant) {
  return new_pollable(pollable_time(instant));
}

EXPORT("clocks/monotonic-clock#subscribe-duration") uint32_t subscribe_duration(uint64_t duration) {
  uint64_t deadline;
  if (__builtin_add_overflow(monotonic_now(), duration, &deadline)) deadline = UINT64_MAX;
  return new_pollable(pollable_time(deadline));
}

static const struct datetime *datetime(uint64_t nanoseconds) {
  static struct datetime result;
  result = (struct datetime){nanoseconds / 1000000000, (uint32_t)(nanoseconds % 1000000000)};
  return &result;
}

EXPORT("clocks/wall-clock#now") const struct datetime *wall_clock_now(void) { return datetime(now(CLOCK_REALTIME)); }
EXPORT("clocks/wall-clock#resolution") const struct datetime *wall_clock_resolution(void) {
  return datetime(resolution(CLOCK_REALTIME));
}

struct timezone_display {
  int32_t utc_offset;
  struct list name;
  uint8_t in_daylight_saving_time;
};

EXPORT("clocks/timezone#display") const struct timezone_display *timezone_display(uint64_t, uint32_t) {
  static const struct timezone_display result = {0, {"UTC", 3}, false};
  return &result;
}
EXPORT("clocks/timezone#utc-offset") int32_t timezone_utc_offset(uint64_t, uint32_t) { return 0; }
