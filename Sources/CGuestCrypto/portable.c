// AES-256 on bit slices, and GHASH by integer multiplications: no table, no branch and no address that depends on a secret. It takes a
// processor whose multiplication takes the same time for all operands, as every one of today's with 64 bits does.
//
// Four blocks at a time: slice k has bit k of each of their 64 bytes. The byte of block b in row r and column c is at bit 16r + 4c + b, so
// that moving rows and mixing columns are rotations.
#include "backend.h"
#include "wipe.h"

#define ROUNDS 14

typedef struct {
  uint64_t s[8];
} slices;

static uint64_t rotate_right(uint64_t word, unsigned count) { return word >> count | word << (64 - count); }

// Exchanges the bits of `right` under the mask with those of `left` that are `shift` higher.
static void swap(uint64_t *left, uint64_t *right, unsigned shift, uint64_t mask) {
  uint64_t difference = ((*left >> shift) ^ *right) & mask;
  *right ^= difference;
  *left ^= difference << shift;
}

// From eight words of eight bytes to slices, and back: bit k of byte j of word i goes to bit 8j + i of word k.
static void transpose(slices *q) {
  for (int i = 0; i < 8; i += 2) swap(&q->s[i], &q->s[i + 1], 1, 0x5555555555555555);
  for (int i = 0; i < 8; i += (i & 1) ? 3 : 1) swap(&q->s[i], &q->s[i + 2], 2, 0x3333333333333333);
  for (int i = 0; i < 4; i++) swap(&q->s[i], &q->s[i + 4], 4, 0x0f0f0f0f0f0f0f0f);
}

// The bytes of a column to every second byte.
static uint64_t spread(uint64_t column) {
  column = (column | column << 16) & 0x0000ffff0000ffff;
  return (column | column << 8) & 0x00ff00ff00ff00ff;
}

static uint32_t gather(uint64_t word) {
  word &= 0x00ff00ff00ff00ff;
  word = (word | word >> 8) & 0x0000ffff0000ffff;
  return (uint32_t)(word | word >> 16);
}

static slices pack(const uint8_t blocks[64]) {
  slices q;
  for (int block = 0; block < 4; block++) {
    uint32_t columns[4];
    __builtin_memcpy(columns, blocks + 16 * block, 16);
    for (int odd = 0; odd < 2; odd++) q.s[4 * odd + block] = spread(columns[odd]) | spread(columns[2 + odd]) << 8;
  }
  transpose(&q);
  return q;
}

static void unpack(slices q, uint8_t blocks[64]) {
  transpose(&q);
  for (int block = 0; block < 4; block++) {
    uint32_t columns[4];
    for (int odd = 0; odd < 2; odd++) {
      columns[odd] = gather(q.s[4 * odd + block]);
      columns[2 + odd] = gather(q.s[4 * odd + block] >> 8);
    }
    __builtin_memcpy(blocks + 16 * block, columns, 16);
  }
}

// The field of 16 elements: z^4 + z + 1.
typedef struct {
  uint64_t b[4];
} nibbles;

static nibbles add(nibbles x, nibbles y) {
  for (int i = 0; i < 4; i++) x.b[i] ^= y.b[i];
  return x;
}

static nibbles multiply(nibbles x, nibbles y) {
  uint64_t p[7] = {0};
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) p[i + j] ^= x.b[i] & y.b[j];
  return (nibbles){{p[0] ^ p[4], p[1] ^ p[4] ^ p[5], p[2] ^ p[5] ^ p[6], p[3] ^ p[6]}};
}

static nibbles square(nibbles x) { return (nibbles){{x.b[0] ^ x.b[2], x.b[2], x.b[1] ^ x.b[3], x.b[3]}}; }

// The square, times the constant 10 that makes y^2 + y + 10 irreducible.
static nibbles square_times_constant(nibbles x) {
  return (nibbles){{x.b[2] ^ x.b[3], x.b[0] ^ x.b[1], x.b[1] ^ x.b[2], x.b[0] ^ x.b[1] ^ x.b[2]}};
}

// The inverse, and zero for zero, as the sum of products that it is.
static nibbles invert_nibbles(nibbles x) {
  uint64_t a = x.b[0], b = x.b[1], c = x.b[2], d = x.b[3];
  uint64_t ab = a & b, ac = a & c, ad = a & d, bc = b & c, bd = b & d, cd = c & d, bcd = bc & d;
  return (nibbles){{
    a ^ b ^ c ^ ac ^ bc ^ (ab & c) ^ d ^ bcd,
    ab ^ ac ^ bc ^ d ^ bd ^ (ab & d),
    ab ^ c ^ ac ^ d ^ ad ^ (ac & d),
    b ^ c ^ d ^ ad ^ bd ^ cd ^ bcd,
  }};
}

// The inverse in the field of 256 elements as pairs over that of 16: y^2 + y + 10.
static void invert(slices *q) {
  nibbles low = {{q->s[0], q->s[1], q->s[2], q->s[3]}}, high = {{q->s[4], q->s[5], q->s[6], q->s[7]}};
  nibbles norm = add(add(square_times_constant(high), multiply(high, low)), square(low));
  nibbles inverse = invert_nibbles(norm);
  nibbles new_low = multiply(add(low, high), inverse), new_high = multiply(high, inverse);
  for (int i = 0; i < 4; i++) {
    q->s[i] = new_low.b[i];
    q->s[4 + i] = new_high.b[i];
  }
}

// A linear map: bit j of row i says that slice j is part of slice i of the result. The rows are constants, and public.
static inline __attribute__((always_inline)) void map(slices *q, const uint8_t rows[8]) {
  slices result;
#pragma unroll
  for (int i = 0; i < 8; i++) {
    uint64_t sum = 0;
#pragma unroll
    for (int j = 0; j < 8; j++)
      if (rows[i] >> j & 1) sum ^= q->s[j];
    result.s[i] = sum;
  }
  *q = result;
}

// From the field of AES to pairs: x goes to the root 76 of its polynomial, the one that makes these four maps together the sparsest.
static const uint8_t to_pairs[8] = {0x21, 0x2c, 0xc2, 0xca, 0xdc, 0xac, 0x72, 0xa0};
// Back, and the linear part of the affine map.
static const uint8_t from_pairs_affine[8] = {0xb1, 0x05, 0x0b, 0x51, 0xb7, 0xb6, 0x90, 0x1e};
// That map undone, and on to pairs.
static const uint8_t to_pairs_affine[8] = {0x30, 0x23, 0x32, 0x17, 0x86, 0x71, 0xbe, 0xc6};
// Back, with nothing else.
static const uint8_t from_pairs[8] = {0xa3, 0x70, 0xac, 0x0c, 0xc4, 0xa2, 0x56, 0x22};

// Adds 0x63.
static void add_constant(slices *q) {
  q->s[0] = ~q->s[0];
  q->s[1] = ~q->s[1];
  q->s[5] = ~q->s[5];
  q->s[6] = ~q->s[6];
}

static void substitute(slices *q) {
  map(q, to_pairs);
  invert(q);
  map(q, from_pairs_affine);
  add_constant(q);
}

static void substitute_inverse(slices *q) {
  add_constant(q);
  map(q, to_pairs_affine);
  invert(q);
  map(q, from_pairs);
}

// Row r turns by r columns.
static void shift_rows(slices *q) {
  for (int i = 0; i < 8; i++) {
    uint64_t x = q->s[i];
    q->s[i] = (x & 0x000000000000ffff) | (x & 0x00000000fff00000) >> 4 | (x & 0x00000000000f0000) << 12 | (x & 0x0000ff0000000000) >> 8 |
              (x & 0x000000ff00000000) << 8 | (x & 0xf000000000000000) >> 12 | (x & 0x0fff000000000000) << 4;
  }
}

static void shift_rows_back(slices *q) {
  for (int i = 0; i < 8; i++) {
    uint64_t x = q->s[i];
    q->s[i] = (x & 0x000000000000ffff) | (x & 0x000000000fff0000) << 4 | (x & 0x00000000f0000000) >> 12 | (x & 0x0000ff0000000000) >> 8 |
              (x & 0x000000ff00000000) << 8 | (x & 0x000f000000000000) << 12 | (x & 0xfff0000000000000) >> 4;
  }
}

// Times x in the field of AES.
static slices doubled(slices q) {
  uint64_t top = q.s[7];
  return (slices){{top, q.s[0] ^ top, q.s[1], q.s[2] ^ top, q.s[3] ^ top, q.s[4], q.s[5], q.s[6]}};
}

// Each row becomes 2 itself + 3 next + second + third, rows being 16 bits apart.
static void mix_columns(slices *q) {
  slices with_next;
  for (int i = 0; i < 8; i++) with_next.s[i] = q->s[i] ^ rotate_right(q->s[i], 16);
  slices twice = doubled(with_next);
  for (int i = 0; i < 8; i++) q->s[i] = twice.s[i] ^ rotate_right(q->s[i], 16) ^ rotate_right(with_next.s[i], 32);
}

// The inverse is mixing with 14, 11, 13, 9; mixing three times more: the matrix to the fourth power is one.
static void mix_columns_back(slices *q) {
  for (int i = 0; i < 3; i++) mix_columns(q);
}

static void add_key(slices *q, const uint64_t key[8]) {
  for (int i = 0; i < 8; i++) q->s[i] ^= key[i];
}

static void encrypt_four(const struct coffer_aes_key *key, uint8_t blocks[64]) {
  slices q = pack(blocks);
  add_key(&q, key->round_keys);
  for (int round = 1; round < ROUNDS; round++) {
    substitute(&q);
    shift_rows(&q);
    mix_columns(&q);
    add_key(&q, key->round_keys + 8 * round);
  }
  substitute(&q);
  shift_rows(&q);
  add_key(&q, key->round_keys + 8 * ROUNDS);
  unpack(q, blocks);
}

static void portable_encrypt(const struct coffer_aes_key *key, const uint8_t input[16], uint8_t output[16]) {
  uint8_t blocks[64] = {0};
  __builtin_memcpy(blocks, input, 16);
  encrypt_four(key, blocks);
  __builtin_memcpy(output, blocks, 16);
  coffer_wipe(blocks, sizeof blocks);
}

static void portable_decrypt(const struct coffer_aes_key *key, const uint8_t input[16], uint8_t output[16]) {
  uint8_t blocks[64] = {0};
  __builtin_memcpy(blocks, input, 16);
  slices q = pack(blocks);
  add_key(&q, key->round_keys + 8 * ROUNDS);
  for (int round = ROUNDS - 1; round >= 0; round--) {
    shift_rows_back(&q);
    substitute_inverse(&q);
    add_key(&q, key->round_keys + 8 * round);
    if (round > 0) mix_columns_back(&q);
  }
  unpack(q, blocks);
  __builtin_memcpy(output, blocks, 16);
  coffer_wipe(blocks, sizeof blocks);
  coffer_wipe(&q, sizeof q);
}

static uint32_t substitute_word(uint32_t word) {
  uint8_t blocks[64] = {0};
  __builtin_memcpy(blocks, &word, 4);
  slices q = pack(blocks);
  substitute(&q);
  unpack(q, blocks);
  __builtin_memcpy(&word, blocks, 4);
  coffer_wipe(blocks, sizeof blocks);
  return word;
}

static void portable_expand(struct coffer_aes_key *key, const uint8_t bytes[32]) {
  uint32_t words[4 * (ROUNDS + 1)];
  __builtin_memcpy(words, bytes, 32);
  uint32_t constant = 1;
  for (int i = 8; i < 4 * (ROUNDS + 1); i++) {
    uint32_t word = words[i - 1];
    if (i % 8 == 0) {
      word = substitute_word(word >> 8 | word << 24) ^ constant;
      constant <<= 1;
    } else if (i % 8 == 4) {
      word = substitute_word(word);
    }
    words[i] = words[i - 8] ^ word;
  }
  for (int round = 0; round <= ROUNDS; round++) {
    uint8_t blocks[64];
    for (int block = 0; block < 4; block++) __builtin_memcpy(blocks + 16 * block, words + 4 * round, 16);
    slices q = pack(blocks);
    __builtin_memcpy(key->round_keys + 8 * round, q.s, sizeof q.s);
    coffer_wipe(blocks, sizeof blocks);
    coffer_wipe(&q, sizeof q);
  }
  coffer_wipe(words, sizeof words);
}

static uint64_t reverse(uint64_t word) { return __builtin_bitreverse64(word); }

// The lower half of the product of polynomials over two elements. Each factor is split by position modulo 4, so that integer products add up to
// at most 16 at each fourth bit: what is carried stays in the gaps, or leaves at the top.
static uint64_t multiply_low(uint64_t x, uint64_t y) {
  uint64_t result = 0;
  for (int i = 0; i < 4; i++) {
    uint64_t sum = 0;
    for (int j = 0; j < 4; j++) sum ^= (x & 0x1111111111111111u << j) * (y & 0x1111111111111111u << (i - j & 3));
    result |= sum & 0x1111111111111111u << i;
  }
  return result;
}

typedef struct {
  uint64_t low, high;
} element;

// The upper half is the lower one of the factors read backwards.
static element multiply_words(uint64_t x, uint64_t y) {
  return (element){multiply_low(x, y), reverse(multiply_low(reverse(x), reverse(y))) >> 1};
}

// In the field of GCM: x^128 + x^7 + x^2 + x + 1, the bit for x^i at i.
static element multiply_elements(element x, element y) {
  element low = multiply_words(x.low, y.low), high = multiply_words(x.high, y.high);
  element middle = multiply_words(x.low ^ x.high, y.low ^ y.high);
  middle.low ^= low.low ^ high.low;
  middle.high ^= low.high ^ high.high;
  uint64_t r0 = low.low, r1 = low.high ^ middle.low, r2 = high.low ^ middle.high, r3 = high.high;
  r1 ^= r3 ^ r3 << 1 ^ r3 << 2 ^ r3 << 7;
  r2 ^= r3 >> 63 ^ r3 >> 62 ^ r3 >> 57;
  r0 ^= r2 ^ r2 << 1 ^ r2 << 2 ^ r2 << 7;
  r1 ^= r2 >> 63 ^ r2 >> 62 ^ r2 >> 57;
  return (element){r0, r1};
}

// GCM writes the coefficient of x^0 as the first byte's highest bit.
static element load_element(const uint8_t bytes[16]) { return (element){reverse(load_big_64(bytes)), reverse(load_big_64(bytes + 8))}; }

static void store_element(element value, uint8_t bytes[16]) {
  store_big_64(bytes, reverse(value.low));
  store_big_64(bytes + 8, reverse(value.high));
}

static void portable_expand_hash_key(struct coffer_aes_key *key, const uint8_t hash_key[16]) {
  element value = load_element(hash_key);
  key->powers[0] = value.low;
  key->powers[1] = value.high;
}

static void portable_hash(const struct coffer_aes_key *key, uint8_t state[16], const uint8_t *bytes, size_t count) {
  element sum = load_element(state), hash_key = {key->powers[0], key->powers[1]};
  for (size_t offset = 0; offset < count; offset += 16) {
    uint8_t block[16] = {0};
    for (size_t index = 0; index < 16 && index < count - offset; index++) block[index] = bytes[offset + index];
    element value = load_element(block);
    sum = multiply_elements((element){sum.low ^ value.low, sum.high ^ value.high}, hash_key);
  }
  store_element(sum, state);
}

static void portable_counter(const struct coffer_aes_key *key, uint8_t counter[16], const struct coffer_gcm_text *text) {
  uint32_t number = load_big_32(counter + 12);
  uint8_t stream[64];
  for (size_t offset = 0; offset < text->count; offset += 64) {
    for (int block = 0; block < 4; block++) {
      __builtin_memcpy(stream + 16 * block, counter, 12);
      store_big_32(stream + 16 * block + 12, number++);
    }
    encrypt_four(key, stream);
    size_t rest = text->count - offset;
    for (size_t index = 0; index < 64 && index < rest; index++) text->output[offset + index] = text->input[offset + index] ^ stream[index];
  }
  coffer_wipe(stream, sizeof stream);
}

static void portable_seal(const struct coffer_aes_key *key, uint8_t state[16], uint8_t counter[16], const struct coffer_gcm_text *text) {
  portable_counter(key, counter, text);
  portable_hash(key, state, text->output, text->count);
}

static void portable_open(const struct coffer_aes_key *key, uint8_t state[16], uint8_t counter[16], const struct coffer_gcm_text *text) {
  portable_hash(key, state, text->input, text->count);
  portable_counter(key, counter, text);
}

const struct backend coffer_portable_backend = {
  portable_expand, portable_encrypt, portable_decrypt, portable_expand_hash_key, portable_hash, portable_seal, portable_open,
};
