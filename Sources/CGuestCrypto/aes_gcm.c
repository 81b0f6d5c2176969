// The mode: which backend, the tag, and what is wiped.
#include "aes_gcm.h"

#include "backend.h"
#include "wipe.h"

#if defined(__x86_64__)
#include <cpuid.h>

// What the system saves of the vector registers (XCR0): bit 1 SSE's, bit 2 AVX's.
static uint64_t saved_registers(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

int coffer_aes_has_backend(enum coffer_aes_backend backend) {
  unsigned a, b, c, d;
  if (backend == COFFER_AES_PORTABLE) return 1;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  int has_aes = (c & bit_AES) && (c & bit_PCLMUL) && (c & bit_SSSE3) && (c & bit_SSE4_1);
  if (backend == COFFER_AES_X86) return has_aes;
  if (backend != COFFER_AES_X86_WIDE || !has_aes) return 0;
  if (!(c & bit_OSXSAVE) || !(c & bit_AVX) || (saved_registers() & 6) != 6) return 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  return (b & bit_AVX2) && (c & bit_VAES) && (c & bit_VPCLMULQDQ);
}

static const struct backend *backend_of(const struct coffer_aes_key *key) {
  switch (key->backend) {
    case COFFER_AES_X86_WIDE: return &coffer_x86_wide_backend;
    case COFFER_AES_X86: return &coffer_x86_backend;
    default: return &coffer_portable_backend;
  }
}
#else
int coffer_aes_has_backend(enum coffer_aes_backend backend) { return backend == COFFER_AES_PORTABLE; }

static const struct backend *backend_of(const struct coffer_aes_key *key) { return (void)key, &coffer_portable_backend; }
#endif

enum coffer_aes_backend coffer_aes_best_backend(void) {
  if (coffer_aes_has_backend(COFFER_AES_X86_WIDE)) return COFFER_AES_X86_WIDE;
  return coffer_aes_has_backend(COFFER_AES_X86) ? COFFER_AES_X86 : COFFER_AES_PORTABLE;
}

void coffer_aes_prepare(struct coffer_aes_key *key, const uint8_t bytes[32], enum coffer_aes_backend backend) {
  uint8_t hash_key[16] = {0};
  key->backend = backend;
  backend_of(key)->expand(key, bytes);
  backend_of(key)->encrypt(key, hash_key, hash_key);
  backend_of(key)->expand_hash_key(key, hash_key);
  coffer_wipe(hash_key, sizeof hash_key);
  coffer_wipe_stack();
}

void coffer_aes_encrypt(const struct coffer_aes_key *key, const uint8_t input[16], uint8_t output[16]) {
  backend_of(key)->encrypt(key, input, output);
}

void coffer_aes_decrypt(const struct coffer_aes_key *key, const uint8_t input[16], uint8_t output[16]) {
  backend_of(key)->decrypt(key, input, output);
}

int coffer_is_equal(const uint8_t *left, const uint8_t *right, size_t count) {
  uint32_t difference = 0;
  for (size_t index = 0; index < count; index++) difference |= (uint32_t)(left[index] ^ right[index]);
  // What the compiler cannot see it cannot turn into an early end.
  __asm__ volatile("" : "+r"(difference));
  return (int)((difference - 1) >> 31);
}

static void finish(const struct coffer_aes_key *key, uint8_t state[16], const struct coffer_gcm_text *text, uint8_t tag[16]) {
  uint8_t block[16];
  store_big_64(block, (uint64_t)text->associated_count * 8);
  store_big_64(block + 8, (uint64_t)text->count * 8);
  backend_of(key)->hash(key, state, block, sizeof block);
  __builtin_memcpy(block, text->nonce, 12);
  store_big_32(block + 12, 1);
  backend_of(key)->encrypt(key, block, block);
  for (int index = 0; index < 16; index++) tag[index] = state[index] ^ block[index];
  coffer_wipe(block, sizeof block);
}

static void begin(const struct coffer_aes_key *key, uint8_t state[16], uint8_t counter[16], const struct coffer_gcm_text *text) {
  for (int index = 0; index < 16; index++) state[index] = 0;
  __builtin_memcpy(counter, text->nonce, 12);
  store_big_32(counter + 12, 2);
  backend_of(key)->hash(key, state, text->associated, text->associated_count);
}

void coffer_gcm_seal(const struct coffer_aes_key *key, const struct coffer_gcm_text *text, uint8_t tag[16]) {
  uint8_t state[16], counter[16];
  begin(key, state, counter, text);
  backend_of(key)->seal(key, state, counter, text);
  finish(key, state, text, tag);
}

int coffer_gcm_open(const struct coffer_aes_key *key, const struct coffer_gcm_text *text, const uint8_t tag[16]) {
  uint8_t state[16], counter[16], expected[16], given[16];
  __builtin_memcpy(given, tag, 16);
  begin(key, state, counter, text);
  backend_of(key)->open(key, state, counter, text);
  finish(key, state, text, expected);
  int is_whole = (int)coffer_public((uint32_t)coffer_is_equal(expected, given, 16));
  // A tag that was not asked for is the key to a forgery.
  coffer_wipe(expected, sizeof expected);
  if (!is_whole) coffer_wipe(text->output, text->count);
  return is_whole;
}
