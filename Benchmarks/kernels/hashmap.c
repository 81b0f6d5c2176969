// An open-addressing hash map with linear probing and removal by shifting back.
#include "kernel.h"

enum { log_slots = 18, slots = 1 << log_slots, keys = slots / 2 };

typedef struct { uint64_t key, value; } slot;  // key 0: empty

static uint32_t home(uint64_t key) { return (uint32_t)(key * 0x9E3779B97F4A7C15ull >> (64 - log_slots)); }

static uint32_t seek(const slot *map, uint64_t key) {
  uint32_t at = home(key);
  while (map[at].key != 0 && map[at].key != key) at = (at + 1) % slots;
  return at;
}

static void remove_at(slot *map, uint32_t hole) {
  for (uint32_t at = (hole + 1) % slots; map[at].key != 0; at = (at + 1) % slots) {
    // An entry may move into the hole when that is no nearer than its home.
    if ((at - home(map[at].key)) % slots < (at - hole) % slots) continue;
    map[hole] = map[at];
    hole = at;
  }
  map[hole].key = 0;
}

uint64_t hashmap_kernel(uint32_t n) {
  slot *map = kernel_memory(slots * sizeof *map);
  for (uint32_t i = 0; i < slots; i++) map[i].key = 0;
  random_source source = { 12 };
  uint64_t hits = 0, removed = 0, sum = n;
  for (uint32_t i = 0; i < n; i++) {
    uint64_t key = 1 + random_below(&source, keys);
    uint32_t at = seek(map, key);
    if (map[at].key == key) {
      map[at].value += i;
    } else {
      map[at] = (slot){ key, i };
    }
    at = seek(map, 1 + random_below(&source, keys));
    if (map[at].key != 0) hits += map[at].value;
    at = seek(map, 1 + random_below(&source, keys));
    if (map[at].key != 0 && random_below(&source, 4)) {
      remove_at(map, at);
      removed++;
    }
  }
  for (uint32_t i = 0; i < slots; i++)
    if (map[i].key != 0) sum += mix(map[i].key, map[i].value);
  return mix(mix(sum, hits), removed);
}
