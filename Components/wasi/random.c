// wasi:random. There is one kind of randomness: the insecure one is as good.
#include "component.h"

static const struct list *bytes(uint64_t length) {
  begin_call();
  static struct list result;
  // More than the address space has is refused by the allocation.
  result = (struct list){allocate(length), (uint32_t)length};
  if (random_get((void *)result.elements, result.count)) __builtin_trap();
  return &result;
}

static uint64_t word(void) {
  uint64_t value;
  if (random_get(&value, sizeof value)) __builtin_trap();
  return value;
}

EXPORT("random/random#get-random-bytes") const struct list *random_bytes(uint64_t length) { return bytes(length); }
EXPORT("random/random#get-random-u64") uint64_t random_word(void) { return word(); }
EXPORT("random/insecure#get-insecure-random-bytes") const struct list *insecure_bytes(uint64_t length) { return bytes(length); }
EXPORT("random/insecure#get-insecure-random-u64") uint64_t insecure_word(void) { return word(); }

EXPORT("random/insecure-seed#insecure-seed") const uint64_t *insecure_seed(void) {
  static uint64_t seed[2];
  seed[0] = word();
  seed[1] = word();
  return seed;
}
