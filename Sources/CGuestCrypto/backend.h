// What a backend of AES-256-GCM gives to aes_gcm.c.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "aes_gcm.h"

struct backend {
  void (*expand)(struct coffer_aes_key *key, const uint8_t bytes[32]);
  void (*encrypt)(const struct coffer_aes_key *key, const uint8_t input[16], uint8_t output[16]);
  void (*decrypt)(const struct coffer_aes_key *key, const uint8_t input[16], uint8_t output[16]);
  /// Makes the powers of the hash key, which is the encryption of zeros.
  void (*expand_hash_key)(struct coffer_aes_key *key, const uint8_t hash_key[16]);
  /// Hashes `count` bytes into `state`, the last block filled up with zeros.
  void (*hash)(const struct coffer_aes_key *key, uint8_t state[16], const uint8_t *bytes, size_t count);
  /// Counter mode from the counter block on, and the hash of the ciphertext, filled up with zeros.
  void (*seal)(const struct coffer_aes_key *key, uint8_t state[16], uint8_t counter[16], const struct coffer_gcm_text *text);
  void (*open)(const struct coffer_aes_key *key, uint8_t state[16], uint8_t counter[16], const struct coffer_gcm_text *text);
};

extern const struct backend coffer_portable_backend;
#if defined(__x86_64__)
extern const struct backend coffer_x86_backend;
extern const struct backend coffer_x86_wide_backend;
#endif

static inline uint32_t load_big_32(const uint8_t *bytes) {
  uint32_t value;
  __builtin_memcpy(&value, bytes, 4);
  return __builtin_bswap32(value);
}

static inline void store_big_32(uint8_t *bytes, uint32_t value) {
  value = __builtin_bswap32(value);
  __builtin_memcpy(bytes, &value, 4);
}

static inline uint64_t load_big_64(const uint8_t *bytes) {
  uint64_t value;
  __builtin_memcpy(&value, bytes, 8);
  return __builtin_bswap64(value);
}

static inline void store_big_64(uint8_t *bytes, uint64_t value) {
  value = __builtin_bswap64(value);
  __builtin_memcpy(bytes, &value, 8);
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "every architecture of Coffer's is little-endian"
#endif
