// The instructions of WebAssembly that are calls: growth, and the bulk operations on memories and tables (specification 4.4.6 and
// 4.4.7). Each checks its whole range before it writes the first byte.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "libos.h"
#include "program.h"

// Traps on behalf of the caller, at the caller's address.
#define TRAP(kind) \
  coffer_report_trap(kind, (uint64_t)__builtin_return_address(0) - 1, 0, 0, (uint64_t)__builtin_frame_address(0))
#define PAGE_SHIFT 16

// Growing changes the library OS's own state, in the middle of which the stack must not run out: like calls of WASI, which generated
// code checks. The symbol's address is known when the image is linked.
extern const char coffer_stack_reserve[];
#define REQUIRE_STACK() \
  if ((uint64_t)__builtin_frame_address(0) < (uint64_t)coffer_stack_reserve) TRAP(COFFER_TRAP_STACK)

static bool fits(uint64_t start, uint64_t count, uint64_t size) { return start + count <= size; }

int32_t coffer_memory_grow(struct coffer_memory *memory, uint32_t pages) {
  uint64_t old = memory->size >> PAGE_SHIFT;
  uint64_t new = old + pages;
  if (new > memory->limit >> PAGE_SHIFT) return -1;
  if (pages == 0) return (int32_t)old;
  REQUIRE_STACK();
  if (!libos_grow_memory((uint32_t)memory->index, new << PAGE_SHIFT)) return -1;
  if (coffer_edge_grow((uint64_t)memory->base, memory->size, new << PAGE_SHIFT) != 0) return -1;
  memory->size = new << PAGE_SHIFT;
  return (int32_t)old;
}

void coffer_memory_fill(struct coffer_memory *memory, uint32_t start, uint32_t value, uint32_t count) {
  if (!fits(start, count, memory->size)) TRAP(COFFER_TRAP_MEMORY);
  memset(memory->base + start, (int)(value & 0xFF), count);
}

void coffer_memory_copy(
    struct coffer_memory *to, struct coffer_memory *from, uint32_t destination, uint32_t source, uint32_t count) {
  if (!fits(destination, count, to->size) || !fits(source, count, from->size)) TRAP(COFFER_TRAP_MEMORY);
  memmove(to->base + destination, from->base + source, count);
}

void coffer_memory_init(
    struct coffer_memory *memory, struct coffer_segment *segment, uint32_t destination, uint32_t source, uint32_t count) {
  if (!fits(destination, count, memory->size) || !fits(source, count, segment->length)) TRAP(COFFER_TRAP_MEMORY);
  memcpy(memory->base + destination, (const uint8_t *)segment->contents + source, count);
}

int32_t coffer_table_grow(struct coffer_table *table, uint64_t value, uint32_t count) {
  uint64_t old = table->size;
  uint64_t new = old + count;
  if (new > table->limit) return -1;
  if (count == 0) return (int32_t)old;
  REQUIRE_STACK();
  void *elements;
  if (new > COFFER_HEAP_SIZE / sizeof(uint64_t)) return -1;
  if (posix_memalign(&elements, 16, new * sizeof(uint64_t)) != 0) return -1;
  memcpy(elements, table->elements, old * sizeof(uint64_t));
  for (uint64_t index = old; index < new; index++) ((uint64_t *)elements)[index] = value;
  // The first array is the image's; free takes back only what came from the heap.
  free(table->elements);
  table->elements = elements;
  table->size = new;
  return (int32_t)old;
}

void coffer_table_fill(struct coffer_table *table, uint32_t start, uint64_t value, uint32_t count) {
  if (!fits(start, count, table->size)) TRAP(COFFER_TRAP_TABLE);
  for (uint32_t index = 0; index < count; index++) table->elements[start + index] = value;
}

void coffer_table_copy(
    struct coffer_table *to, struct coffer_table *from, uint32_t destination, uint32_t source, uint32_t count) {
  if (!fits(destination, count, to->size) || !fits(source, count, from->size)) TRAP(COFFER_TRAP_TABLE);
  memmove(to->elements + destination, from->elements + source, count * sizeof(uint64_t));
}

void coffer_table_init(
    struct coffer_table *table, struct coffer_segment *segment, uint32_t destination, uint32_t source, uint32_t count) {
  if (!fits(destination, count, table->size) || !fits(source, count, segment->length)) TRAP(COFFER_TRAP_TABLE);
  memcpy(table->elements + destination, (const uint64_t *)segment->contents + source, count * sizeof(uint64_t));
}

// Memories and tables both have their size in the second word.
void coffer_check_import(const struct coffer_table *state, uint64_t minimum) {
  if (state->size < minimum) TRAP(COFFER_TRAP_IMPORT);
}
