// Memory that lasts longer than a call: blocks of sizes that are powers of two, each used again for its size.
#include "http.h"

enum { SMALLEST = 4, LARGEST = 31 };

// Before each block.
struct header {
  uint32_t size_bits;
  uint32_t unused;
};
union block {
  struct header header;
  union block *next;
};

static union block *unused_blocks[LARGEST + 1];
// What most requests need is there from the start.
static uint8_t first_memory[16384] __attribute__((aligned(16)));
static uint8_t *place = first_memory;
static uint64_t left = sizeof first_memory;

void *keep(uint64_t size) {
  uint32_t bits = SMALLEST;
  while ((1ull << bits) - sizeof(struct header) < size)
    if (++bits > LARGEST) __builtin_trap();
  union block *block = unused_blocks[bits];
  if (block) {
    unused_blocks[bits] = block->next;
  } else {
    uint64_t whole = 1ull << bits;
    if (whole > left) {
      uint64_t more = whole < 65536 ? 65536 : whole;
      place = fresh_memory(more);
      left = more;
    }
    block = (union block *)place;
    place += whole;
    left -= whole;
  }
  block->header = (struct header){bits, 0};
  return &block->header + 1;
}

void *keep_copy(const void *bytes, uint32_t length) {
  void *copy = keep(length);
  if (length) __builtin_memcpy(copy, bytes, length);
  return copy;
}

void give_back(void *memory) {
  if (!memory) return;
  union block *block = (union block *)((struct header *)memory - 1);
  uint32_t bits = block->header.size_bits;
  block->next = unused_blocks[bits];
  unused_blocks[bits] = block;
}
