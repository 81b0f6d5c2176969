// Memory: blocks in sizes of powers of two, each size with its list of free ones, cut from the end of linear memory.
// Also what the Swift and C compilers call by themselves.
#include "wasi.h"

enum { page = 65536, smallest = 4, largest = 30 };

typedef union block {
  union block *next;               // while it is free
  struct { uint32_t size_class; } used;  // in the 16 bytes before what the program gets
  uint8_t bytes[16];
} block;

extern uint8_t __heap_base;
static block *free_blocks[largest + 1];
static uintptr_t edge;

static block *cut(size_t bytes) {
  if (edge == 0) edge = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
  uintptr_t end = (uintptr_t)__builtin_wasm_memory_size(0) * page;
  if (end - edge < bytes) {
    size_t pages = (bytes - (end - edge) + page - 1) / page;
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) return NULL;
  }
  block *fresh = (block *)edge;
  edge += bytes;
  return fresh;
}

static void *take(size_t bytes) {
  uint32_t size_class = smallest;
  while (size_class < largest && ((size_t)1 << size_class) < bytes) size_class++;
  if (((size_t)1 << size_class) < bytes) return NULL;
  block *found = free_blocks[size_class];
  if (found) {
    free_blocks[size_class] = found->next;
  } else {
    found = cut(sizeof(block) + ((size_t)1 << size_class));
    if (!found) return NULL;
  }
  found->used.size_class = size_class;
  return found + 1;
}

void *allocate(size_t bytes) {
  void *memory = take(bytes);
  if (!memory) wasi_proc_exit(71);
  return memory;
}

int posix_memalign(void **memory, size_t alignment, size_t bytes);
int posix_memalign(void **memory, size_t alignment, size_t bytes) {
  enum { invalid = 22, no_memory = 12 };
  if (alignment > sizeof(block)) return invalid;
  *memory = take(bytes);
  return *memory ? 0 : no_memory;
}

void free(void *memory);
void free(void *memory) {
  if (!memory) return;
  block *gone = (block *)memory - 1;
  uint32_t size_class = gone->used.size_class;
  gone->next = free_blocks[size_class];
  free_blocks[size_class] = gone;
}

// With bulk memory each of these is one instruction.
void *memcpy(void *restrict to, const void *restrict from, size_t count) { return __builtin_memcpy(to, from, count); }
void *memmove(void *to, const void *from, size_t count) { return __builtin_memmove(to, from, count); }
void *memset(void *to, int value, size_t count) { return __builtin_memset(to, value, count); }
