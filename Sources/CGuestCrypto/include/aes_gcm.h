// AES-256 and AES-256-GCM (FIPS 197, SP 800-38D) in constant time: no branch and no address depends on a key or a text.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum coffer_aes_backend {
  /// Bit slices and integer multiplications: for every processor.
  COFFER_AES_PORTABLE = 0,
  /// AES-NI and PCLMULQDQ.
  COFFER_AES_X86 = 1,
  /// VAES and VPCLMULQDQ on 256 bits; wider registers are not asked for, since a trustlet's next clone must find none of them used.
  COFFER_AES_X86_WIDE = 2,
};

/// A key made ready: 1,224 bytes, secret.
struct coffer_aes_key {
  /// Fifteen round keys of 16 bytes, or as many of eight bit slices.
  uint64_t round_keys[120];
  /// Powers of the hash key H, from H on, in the backend's own form: sixteen, or H alone.
  uint64_t powers[32];
  enum coffer_aes_backend backend;
};

/// What encryption or decryption takes; all of it in memory that nobody else writes, since it is read more than once.
struct coffer_gcm_text {
  const uint8_t *nonce;  // 12 bytes
  const uint8_t *associated;
  size_t associated_count;
  const uint8_t *input;
  size_t count;     // bytes of input and output, at most 2^36 - 32
  uint8_t *output;  // may be `input`
};

/// The fastest that this processor has.
enum coffer_aes_backend coffer_aes_best_backend(void);

/// Zero where this processor lacks it.
int coffer_aes_has_backend(enum coffer_aes_backend backend);

/// The caller has asked whether the backend is there.
void coffer_aes_prepare(struct coffer_aes_key *key, const uint8_t bytes[32], enum coffer_aes_backend backend);

void coffer_aes_encrypt(const struct coffer_aes_key *key, const uint8_t input[16], uint8_t output[16]);
void coffer_aes_decrypt(const struct coffer_aes_key *key, const uint8_t input[16], uint8_t output[16]);

void coffer_gcm_seal(const struct coffer_aes_key *key, const struct coffer_gcm_text *text, uint8_t tag[16]);

/// Zero where the tag is another: the output is zeros then.
int coffer_gcm_open(const struct coffer_aes_key *key, const struct coffer_gcm_text *text, const uint8_t tag[16]);

/// Zero where any byte differs; takes the same time wherever that is.
int coffer_is_equal(const uint8_t *left, const uint8_t *right, size_t count);
