// What a program that believes nothing has in common with others of its kind: what it found stands in its own memory, at VERDICT, where the host that
// lies to it through its edge calls cannot put anything; and memory that nobody may write. SELF_CHECK_PATTERN is the size of its pattern in bytes.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "../calls/functions.h"

// Far below the stack's end, which nothing here comes near.
struct verdict {
  volatile I failed_line;  // 0: nothing was wrong
  volatile I checks;
  volatile I grows;  // 1 while it touches memory that it was just given
  volatile I finished;
  // keeper.c's: the last commit that was there at the start, and the last that counts, each and one more; 0 where there is none.
  volatile I found;
  volatile I committed;
};
#define VERDICT ((struct verdict *)64)

static void check(int holds, I line) {
  VERDICT->checks++;
  if (!holds && VERDICT->failed_line == 0) VERDICT->failed_line = line;
}
#define CHECK(condition) check((condition) != 0, __LINE__)
#define AT(pointer) ((I)(uintptr_t)(pointer))

enum { CANARY = 0xA5, ROOM = 6000 };

static uint8_t pattern[SELF_CHECK_PATTERN];
static uint8_t pattern_byte(I at) { return (uint8_t)(at * 167 + (at >> 8)); }
static void fill_pattern(void) {
  for (I at = 0; at < sizeof pattern; at++) pattern[at] = pattern_byte(at);
}
static int pattern_holds(void) {
  I wrong = 0;
  for (I at = 0; at < sizeof pattern; at++) wrong |= pattern[at] ^ pattern_byte(at);
  return wrong == 0;
}

// What calls write into, with room on both sides that they may not touch.
static struct {
  uint8_t before[256];
  _Alignas(16) uint8_t bytes[ROOM];
  uint8_t after[256];
} room;
static void clear_room(void) {
  for (I at = 0; at < sizeof room; at++) ((volatile uint8_t *)&room)[at] = CANARY;
}
// Only the first `used` bytes were written.
static void check_room(I used, I line) {
  I wrong = used > ROOM;
  for (I at = 0; at < sizeof room.before; at++) wrong |= room.before[at] ^ CANARY;
  for (I at = used; at < ROOM; at++) wrong |= room.bytes[at] ^ CANARY;
  for (I at = 0; at < sizeof room.after; at++) wrong |= room.after[at] ^ CANARY;
  check(!wrong, line);
}
#define CHECK_ROOM(used) check_room(used, __LINE__)
