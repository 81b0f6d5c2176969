// AES-128 (FIPS 197) by four tables of 256 words: dependent look-ups by data.
#include "kernel.h"

typedef struct {
  uint8_t box[256];
  uint32_t table[4][256];
  uint32_t key[44];
} cipher;

static inline uint8_t doubled(uint8_t x) { return (uint8_t)(x << 1 ^ (x >> 7) * 0x1b); }
static inline uint32_t rotate(uint32_t x, int by) { return by ? x >> by | x << (32 - by) : x; }

static void make_tables(cipher *aes) {
  // p walks the field by multiplying with 3, q by dividing by 3, so q is the inverse of p.
  uint8_t p = 1, q = 1;
  do {
    p = p ^ doubled(p);
    q ^= (uint8_t)(q << 1);
    q ^= (uint8_t)(q << 2);
    q ^= (uint8_t)(q << 4);
    if (q & 0x80) q ^= 0x09;
    uint16_t twice = (uint16_t)(q << 8 | q);
    aes->box[p] = (uint8_t)(q ^ twice >> 7 ^ twice >> 6 ^ twice >> 5 ^ twice >> 4 ^ 0x63);
  } while (p != 1);
  aes->box[0] = 0x63;
  for (int i = 0; i < 256; i++) {
    uint8_t s = aes->box[i], s2 = doubled(s);
    uint32_t column = (uint32_t)s2 << 24 | (uint32_t)s << 16 | (uint32_t)s << 8 | (uint8_t)(s2 ^ s);
    for (int row = 0; row < 4; row++) aes->table[row][i] = rotate(column, 8 * row);
  }
}

static uint32_t substitute(const cipher *aes, uint32_t x) {
  return (uint32_t)aes->box[x >> 24] << 24 | (uint32_t)aes->box[x >> 16 & 255] << 16
    | (uint32_t)aes->box[x >> 8 & 255] << 8 | aes->box[x & 255];
}

static void expand_key(cipher *aes, const uint32_t key[4]) {
  uint8_t constant = 1;
  for (int i = 0; i < 4; i++) aes->key[i] = key[i];
  for (int i = 4; i < 44; i++) {
    uint32_t word = aes->key[i - 1];
    if (i % 4 == 0) {
      word = substitute(aes, word << 8 | word >> 24) ^ (uint32_t)constant << 24;
      constant = doubled(constant);
    }
    aes->key[i] = aes->key[i - 4] ^ word;
  }
}

static void encrypt(const cipher *aes, uint32_t block[4]) {
  uint32_t state[4], next[4];
  for (int i = 0; i < 4; i++) state[i] = block[i] ^ aes->key[i];
  for (int round = 1; round < 10; round++) {
    for (int i = 0; i < 4; i++)
      next[i] = aes->table[0][state[i] >> 24] ^ aes->table[1][state[(i + 1) & 3] >> 16 & 255]
        ^ aes->table[2][state[(i + 2) & 3] >> 8 & 255] ^ aes->table[3][state[(i + 3) & 3] & 255]
        ^ aes->key[4 * round + i];
    for (int i = 0; i < 4; i++) state[i] = next[i];
  }
  for (int i = 0; i < 4; i++) {
    uint32_t shifted = (state[i] & 0xff000000) | (state[(i + 1) & 3] & 0xff0000)
      | (state[(i + 2) & 3] & 0xff00) | (state[(i + 3) & 3] & 0xff);
    block[i] = substitute(aes, shifted) ^ aes->key[40 + i];
  }
}

// Zero, encrypted n times over under the key 00 01 02 ... 0f.
uint64_t aes_kernel(uint32_t n) {
  cipher *aes = kernel_memory(sizeof *aes);
  make_tables(aes);
  expand_key(aes, (const uint32_t[4]){ 0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f });
  uint32_t block[4] = { 0 };
  for (uint32_t i = 0; i < n; i++) encrypt(aes, block);
  return mix((uint64_t)block[0] << 32 | block[1], (uint64_t)block[2] << 32 | block[3]);
}
