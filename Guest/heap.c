// The library OS's heap: blocks of powers of two with a free list for each, in a fixed range of addresses of which only what is touched
// has memory behind it. Embedded Swift allocates through posix_memalign and free.
#include <stdlib.h>
#include <string.h>

#include "program.h"

#define SMALLEST 5  // 32 bytes, header included
#define LARGEST 25
#define HEADER 16

struct header {
  uint32_t class;
  uint32_t offset;  // from the block's start to this header
};

static void *free_blocks[LARGEST + 1];
static uint64_t used;
static uint64_t size_limit = COFFER_HEAP_SIZE_WITHOUT_SCRATCH;

void coffer_heap_extend(void) { size_limit = COFFER_HEAP_SIZE; }

static void *take(uint32_t class) {
  void *block = free_blocks[class];
  if (block) {
    free_blocks[class] = *(void **)block;
    return block;
  }
  uint64_t size = 1ull << class;
  if (size > size_limit - used) return 0;
  block = (void *)(COFFER_HEAP + used);
  used += size;
  return block;
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment < HEADER) alignment = HEADER;
  if (size > COFFER_HEAP_SIZE || alignment > COFFER_HEAP_SIZE) return 12;
  uint64_t wanted = size + HEADER + (alignment - HEADER);
  uint32_t class = SMALLEST;
  while (class <= LARGEST && 1ull << class < wanted) class++;
  if (class > LARGEST) return 12;
  uint8_t *block = take(class);
  if (!block) return 12;
  uint64_t start = ((uint64_t)block + HEADER + alignment - 1) & ~(uint64_t)(alignment - 1);
  struct header *header = (struct header *)(start - HEADER);
  header->class = class;
  header->offset = (uint32_t)((uint64_t)header - (uint64_t)block);
  *result = (void *)start;
  return 0;
}

void free(void *pointer) {
  if ((uint64_t)pointer < COFFER_HEAP || (uint64_t)pointer >= COFFER_HEAP + COFFER_HEAP_SIZE) return;
  struct header header = *(struct header *)((uint64_t)pointer - HEADER);
  void **block = (void **)((uint64_t)pointer - HEADER - header.offset);
  *block = free_blocks[header.class];
  free_blocks[header.class] = block;
}
