// AES-256-GCM by the processor's own instructions, whose time depends on no operand: on 128 bits (AES-NI, PCLMULQDQ) and on 256 (VAES,
// VPCLMULQDQ). GHASH is computed on the bytes of a block in reverse, with powers of the hash key that were multiplied by x beforehand, as in Gueron
// and Kounavis, "Intel Carry-Less Multiplication Instruction and its Usage for Computing the GCM Mode"; blocks are summed before one reduction.
#if defined(__x86_64__)
#include <immintrin.h>

#include "backend.h"
#include "wipe.h"

#define ROUNDS 14
#define NARROW __attribute__((target("aes,pclmul,ssse3,sse4.1")))
#define WIDE __attribute__((target("aes,pclmul,ssse3,sse4.1,avx2,vaes,vpclmulqdq")))
#define INLINE static inline __attribute__((always_inline))

NARROW INLINE __m128i load(const void *bytes) { return _mm_loadu_si128(bytes); }
NARROW INLINE void store(void *bytes, __m128i value) { _mm_storeu_si128(bytes, value); }
NARROW INLINE __m128i reversed(__m128i value) {
  return _mm_shuffle_epi8(value, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

// Each word exclusive-or all words below it.
NARROW INLINE __m128i summed(__m128i value) {
  value = _mm_xor_si128(value, _mm_slli_si128(value, 4));
  return _mm_xor_si128(value, _mm_slli_si128(value, 8));
}

// Round keys `even` and the next one, from the two before; the round's constant must be known to the compiler.
#define EXPAND(ROUND, CONSTANT)                                                                             \
  even = _mm_xor_si128(summed(even), _mm_shuffle_epi32(_mm_aeskeygenassist_si128(odd, CONSTANT), 0xff));    \
  store(keys + (ROUND), even);                                                                              \
  if ((ROUND) < ROUNDS) {                                                                                   \
    odd = _mm_xor_si128(summed(odd), _mm_shuffle_epi32(_mm_aeskeygenassist_si128(even, 0), 0xaa));          \
    store(keys + (ROUND) + 1, odd);                                                                         \
  }

NARROW static void expand(struct coffer_aes_key *key, const uint8_t bytes[32]) {
  __m128i *keys = (__m128i *)key->round_keys, even = load(bytes), odd = load(bytes + 16);
  store(keys, even);
  store(keys + 1, odd);
  EXPAND(2, 1)
  EXPAND(4, 2)
  EXPAND(6, 4)
  EXPAND(8, 8)
  EXPAND(10, 16)
  EXPAND(12, 32)
  EXPAND(14, 64)
}

NARROW INLINE __m128i encrypt_block(const struct coffer_aes_key *key, __m128i block) {
  const __m128i *keys = (const __m128i *)key->round_keys;
  block = _mm_xor_si128(block, load(keys));
  for (int round = 1; round < ROUNDS; round++) block = _mm_aesenc_si128(block, load(keys + round));
  return _mm_aesenclast_si128(block, load(keys + ROUNDS));
}

NARROW static void encrypt(const struct coffer_aes_key *key, const uint8_t input[16], uint8_t output[16]) {
  store(output, encrypt_block(key, load(input)));
}

NARROW static void decrypt(const struct coffer_aes_key *key, const uint8_t input[16], uint8_t output[16]) {
  const __m128i *keys = (const __m128i *)key->round_keys;
  __m128i block = _mm_xor_si128(load(input), load(keys + ROUNDS));
  for (int round = ROUNDS - 1; round > 0; round--) block = _mm_aesdec_si128(block, _mm_aesimc_si128(load(keys + round)));
  store(output, _mm_aesdeclast_si128(block, load(keys)));
}

// 256 bits of a product that is not reduced.
typedef struct {
  __m128i low, middle, high;
} product;

NARROW INLINE void add_product(product *sum, __m128i x, __m128i y) {
  sum->low = _mm_xor_si128(sum->low, _mm_clmulepi64_si128(x, y, 0x00));
  sum->middle = _mm_xor_si128(sum->middle, _mm_clmulepi64_si128(x, y, 0x01));
  sum->middle = _mm_xor_si128(sum->middle, _mm_clmulepi64_si128(x, y, 0x10));
  sum->high = _mm_xor_si128(sum->high, _mm_clmulepi64_si128(x, y, 0x11));
}

NARROW INLINE __m128i reduced(product sum) {
  __m128i polynomial = _mm_set_epi64x(0, (long long)0xc200000000000000);
  __m128i middle = _mm_xor_si128(sum.middle, _mm_shuffle_epi32(sum.low, 0x4e));
  middle = _mm_xor_si128(middle, _mm_clmulepi64_si128(sum.low, polynomial, 0x00));
  __m128i high = _mm_xor_si128(sum.high, _mm_shuffle_epi32(middle, 0x4e));
  return _mm_xor_si128(high, _mm_clmulepi64_si128(middle, polynomial, 0x00));
}

NARROW INLINE __m128i multiplied(__m128i x, __m128i y) {
  product sum = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
  add_product(&sum, x, y);
  return reduced(sum);
}

// Powers 1 to 16 lie from the highest to the lowest, so that those for a run of blocks lie as the blocks do.
NARROW INLINE __m128i power(const struct coffer_aes_key *key, int exponent) { return load((const __m128i *)key->powers + (16 - exponent)); }

NARROW static void expand_hash_key(struct coffer_aes_key *key, const uint8_t hash_key[16]) {
  __m128i *powers = (__m128i *)key->powers, value = reversed(load(hash_key));
  // Times x: a shift to the left over all 128 bits; what leaves at the top comes back as the polynomial.
  __m128i carried = _mm_srli_epi64(value, 63);
  __m128i top = _mm_sub_epi64(_mm_setzero_si128(), _mm_shuffle_epi32(carried, 0xee));
  value = _mm_or_si128(_mm_slli_epi64(value, 1), _mm_slli_si128(carried, 8));
  value = _mm_xor_si128(value, _mm_and_si128(top, _mm_set_epi64x((long long)0xc200000000000000, 1)));
  __m128i first = value;
  for (int exponent = 1; exponent <= 16; exponent++) {
    store(powers + (16 - exponent), value);
    value = multiplied(value, first);
  }
}

// The last bytes of a text, fewer than 16, with zeros behind them.
NARROW INLINE __m128i load_end(const uint8_t *bytes, size_t count) {
  uint8_t block[16] = {0};
  for (size_t index = 0; index < count; index++) block[index] = bytes[index];
  return load(block);
}

NARROW static void hash(const struct coffer_aes_key *key, uint8_t state[16], const uint8_t *bytes, size_t count) {
  __m128i sum = reversed(load(state)), first = power(key, 1);
  for (; count >= 16; count -= 16, bytes += 16) sum = multiplied(_mm_xor_si128(sum, reversed(load(bytes))), first);
  if (count > 0) sum = multiplied(_mm_xor_si128(sum, reversed(load_end(bytes, count))), first);
  store(state, reversed(sum));
}

// The blocks behind the last whole run, one at a time. The counter is in reverse, so that it counts in the lowest word.
NARROW INLINE __m128i last_blocks(
  const struct coffer_aes_key *key, __m128i sum, __m128i counter, const uint8_t *input, uint8_t *output, size_t count, int is_sealing) {
  __m128i first = power(key, 1), one = _mm_set_epi32(0, 0, 0, 1);
  for (; count >= 16; count -= 16, input += 16, output += 16, counter = _mm_add_epi32(counter, one)) {
    __m128i text = load(input), result = _mm_xor_si128(text, encrypt_block(key, reversed(counter)));
    sum = multiplied(_mm_xor_si128(sum, reversed(is_sealing ? result : text)), first);
    store(output, result);
  }
  if (count == 0) return sum;
  uint8_t block[16], cipher[16] = {0};
  __m128i text = load_end(input, count);
  store(block, _mm_xor_si128(text, encrypt_block(key, reversed(counter))));
  if (!is_sealing) store(cipher, text);
  for (size_t index = 0; index < count; index++) {
    if (is_sealing) cipher[index] = block[index];
    output[index] = block[index];
  }
  coffer_wipe(block, sizeof block);
  return multiplied(_mm_xor_si128(sum, reversed(load(cipher))), first);
}

// Eight blocks at a time: a round of AES on all, then one block's product.
NARROW INLINE void narrow_text(
  const struct coffer_aes_key *key, uint8_t state[16], uint8_t counter_block[16], const struct coffer_gcm_text *text, int is_sealing) {
  const __m128i *keys = (const __m128i *)key->round_keys;
  __m128i sum = reversed(load(state)), counter = reversed(load(counter_block)), one = _mm_set_epi32(0, 0, 0, 1);
  const uint8_t *input = text->input;
  uint8_t *output = text->output;
  size_t count = text->count;
  __m128i hashed[8];
  int has_hashed = 0;
  for (; count >= 128; count -= 128, input += 128, output += 128) {
    __m128i blocks[8];
#pragma unroll
    for (int i = 0; i < 8; i++) {
      blocks[i] = _mm_xor_si128(reversed(counter), load(keys));
      counter = _mm_add_epi32(counter, one);
    }
    // What is sealed is hashed a run later, when it is there.
    if (!is_sealing) {
#pragma unroll
      for (int i = 0; i < 8; i++) hashed[i] = load(input + 16 * i);
      has_hashed = 1;
    }
    product partial = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
#pragma unroll
    for (int round = 1; round < ROUNDS; round++) {
#pragma unroll
      for (int i = 0; i < 8; i++) blocks[i] = _mm_aesenc_si128(blocks[i], load(keys + round));
      if (round <= 8 && has_hashed) {
        __m128i block = reversed(hashed[round - 1]);
        add_product(&partial, round == 1 ? _mm_xor_si128(block, sum) : block, power(key, 9 - round));
      }
    }
    if (has_hashed) sum = reduced(partial);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      __m128i result = _mm_xor_si128(_mm_aesenclast_si128(blocks[i], load(keys + ROUNDS)), is_sealing ? load(input + 16 * i) : hashed[i]);
      if (is_sealing) hashed[i] = result;
      store(output + 16 * i, result);
    }
    has_hashed = is_sealing;
  }
  if (is_sealing && has_hashed) {
    product partial = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    for (int i = 0; i < 8; i++) add_product(&partial, i == 0 ? _mm_xor_si128(reversed(hashed[0]), sum) : reversed(hashed[i]), power(key, 8 - i));
    sum = reduced(partial);
  }
  store(state, reversed(last_blocks(key, sum, counter, input, output, count, is_sealing)));
}

NARROW static void seal(const struct coffer_aes_key *key, uint8_t state[16], uint8_t counter[16], const struct coffer_gcm_text *text) {
  narrow_text(key, state, counter, text, 1);
}

NARROW static void open(const struct coffer_aes_key *key, uint8_t state[16], uint8_t counter[16], const struct coffer_gcm_text *text) {
  narrow_text(key, state, counter, text, 0);
}

const struct backend coffer_x86_backend = {expand, encrypt, decrypt, expand_hash_key, hash, seal, open};

typedef struct {
  __m256i low, middle, high;
} wide_product;

WIDE INLINE __m256i wide_load(const void *bytes) { return _mm256_loadu_si256(bytes); }
WIDE INLINE __m256i both(const void *bytes) { return _mm256_broadcastsi128_si256(load(bytes)); }
WIDE INLINE __m256i wide_reversed(__m256i value) {
  return _mm256_shuffle_epi8(
    value, _mm256_broadcastsi128_si256(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
}

WIDE INLINE void wide_add_product(wide_product *sum, __m256i x, __m256i y) {
  sum->low = _mm256_xor_si256(sum->low, _mm256_clmulepi64_epi128(x, y, 0x00));
  sum->middle = _mm256_xor_si256(sum->middle, _mm256_clmulepi64_epi128(x, y, 0x01));
  sum->middle = _mm256_xor_si256(sum->middle, _mm256_clmulepi64_epi128(x, y, 0x10));
  sum->high = _mm256_xor_si256(sum->high, _mm256_clmulepi64_epi128(x, y, 0x11));
}

WIDE INLINE __m128i halves(__m256i value) { return _mm_xor_si128(_mm256_castsi256_si128(value), _mm256_extracti128_si256(value, 1)); }

WIDE INLINE __m128i wide_reduced(wide_product sum) { return reduced((product){halves(sum.low), halves(sum.middle), halves(sum.high)}); }

// Sixteen blocks at a time, two in each register.
WIDE INLINE void wide_text(
  const struct coffer_aes_key *key, uint8_t state[16], uint8_t counter_block[16], const struct coffer_gcm_text *text, int is_sealing) {
  const __m128i *keys = (const __m128i *)key->round_keys;
  const __m256i *powers = (const __m256i *)key->powers;
  const wide_product none = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
  __m128i sum = reversed(load(state)), start = reversed(load(counter_block));
  __m256i counter = _mm256_add_epi32(_mm256_broadcastsi128_si256(start), _mm256_set_epi32(0, 0, 0, 1, 0, 0, 0, 0));
  const __m256i two = _mm256_set_epi32(0, 0, 0, 2, 0, 0, 0, 2);
  const uint8_t *input = text->input;
  uint8_t *output = text->output;
  size_t count = text->count;
  __m256i hashed[8];
  int has_hashed = 0;
  for (; count >= 256; count -= 256, input += 256, output += 256) {
    __m256i blocks[8], first_key = both(keys);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      blocks[i] = _mm256_xor_si256(wide_reversed(counter), first_key);
      counter = _mm256_add_epi32(counter, two);
    }
    if (!is_sealing) {
#pragma unroll
      for (int i = 0; i < 8; i++) hashed[i] = wide_load(input + 32 * i);
      has_hashed = 1;
    }
    wide_product partial = none;
#pragma unroll
    for (int round = 1; round < ROUNDS; round++) {
      __m256i round_key = both(keys + round);
#pragma unroll
      for (int i = 0; i < 8; i++) blocks[i] = _mm256_aesenc_epi128(blocks[i], round_key);
      if (round <= 8 && has_hashed) {
        __m256i block = wide_reversed(hashed[round - 1]);
        if (round == 1) block = _mm256_xor_si256(block, _mm256_zextsi128_si256(sum));
        wide_add_product(&partial, block, wide_load(powers + (round - 1)));
      }
    }
    if (has_hashed) sum = wide_reduced(partial);
    __m256i last_key = both(keys + ROUNDS);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      __m256i result = _mm256_xor_si256(_mm256_aesenclast_epi128(blocks[i], last_key), is_sealing ? wide_load(input + 32 * i) : hashed[i]);
      if (is_sealing) hashed[i] = result;
      _mm256_storeu_si256((__m256i *)(output + 32 * i), result);
    }
    has_hashed = is_sealing;
  }
  if (is_sealing && has_hashed) {
    wide_product partial = none;
    for (int i = 0; i < 8; i++) {
      __m256i block = wide_reversed(hashed[i]);
      if (i == 0) block = _mm256_xor_si256(block, _mm256_zextsi128_si256(sum));
      wide_add_product(&partial, block, wide_load(powers + i));
    }
    sum = wide_reduced(partial);
  }
  store(state, reversed(last_blocks(key, sum, _mm256_castsi256_si128(counter), input, output, count, is_sealing)));
  _mm256_zeroupper();
}

WIDE static void wide_seal(const struct coffer_aes_key *key, uint8_t state[16], uint8_t counter[16], const struct coffer_gcm_text *text) {
  wide_text(key, state, counter, text, 1);
}

WIDE static void wide_open(const struct coffer_aes_key *key, uint8_t state[16], uint8_t counter[16], const struct coffer_gcm_text *text) {
  wide_text(key, state, counter, text, 0);
}

const struct backend coffer_x86_wide_backend = {expand, encrypt, decrypt, expand_hash_key, hash, wide_seal, wide_open};
#endif
