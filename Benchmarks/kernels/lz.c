// LZ77 with one hash table, in the manner of the fast byte-oriented compressors: a token's high half counts
// literals, its low half the match's length beyond 4, then two bytes of distance.
#include "kernel.h"

enum { size = 512 * 1024, minimum = 4, table_bits = 14, window = 65535, limit = 15 };

static uint32_t word_at(const uint8_t *p) {
  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint8_t *put_count(uint8_t *out, uint32_t count) {
  for (; count >= 255; count -= 255) *out++ = 255;
  *out++ = (uint8_t)count;
  return out;
}

static uint8_t *put_sequence(uint8_t *out, const uint8_t *literal, uint32_t literals, uint32_t match, uint32_t distance) {
  uint8_t high = literals < limit ? (uint8_t)literals : limit;
  uint8_t low = match < limit ? (uint8_t)match : limit;
  *out++ = (uint8_t)(high << 4 | low);
  if (high == limit) out = put_count(out, literals - limit);
  for (uint32_t i = 0; i < literals; i++) *out++ = literal[i];
  *out++ = (uint8_t)distance;
  *out++ = (uint8_t)(distance >> 8);
  if (low == limit) out = put_count(out, match - limit);
  return out;
}

static uint32_t compress(uint8_t *out, const uint8_t *in, uint32_t *table) {
  uint8_t *start = out;
  uint32_t at = 0, anchor = 0;
  for (uint32_t i = 0; i < 1u << table_bits; i++) table[i] = 0;
  while (at + minimum <= size) {
    uint32_t word = word_at(in + at);
    uint32_t *slot = &table[word * 2654435761u >> (32 - table_bits)];
    uint32_t candidate = *slot;
    *slot = at;
    if (candidate >= at || at - candidate > window || word_at(in + candidate) != word) {
      at++;
      continue;
    }
    uint32_t length = minimum;
    while (at + length < size && in[candidate + length] == in[at + length]) length++;
    out = put_sequence(out, in + anchor, at - anchor, length - minimum, at - candidate);
    at += length;
    anchor = at;
  }
  // Distance 0 ends the stream.
  out = put_sequence(out, in + anchor, size - anchor, 0, 0);
  return (uint32_t)(out - start);
}

static const uint8_t *take_count(const uint8_t *in, uint32_t *count) {
  if (*count != limit) return in;
  uint8_t byte;
  do *count += byte = *in++;
  while (byte == 255);
  return in;
}

static uint32_t decompress(uint8_t *out, const uint8_t *in) {
  uint8_t *start = out;
  for (;;) {
    uint32_t literals = *in >> 4, match = *in & 15;
    in = take_count(in + 1, &literals);
    for (uint32_t i = 0; i < literals; i++) *out++ = *in++;
    uint32_t distance = in[0] | (uint32_t)in[1] << 8;
    in = take_count(in + 2, &match);
    if (distance == 0) return (uint32_t)(out - start);
    // Byte by byte: a match may overlap itself.
    for (match += minimum; match; match--, out++) *out = out[-(ptrdiff_t)distance];
  }
}

// Records that repeat each other's fields, like a log.
static void write_log(uint8_t *text) {
  random_source source = { 10 };
  for (uint32_t at = 0, field = 0; at < size; field++) {
    uint32_t kind = field % 4 == 0 ? 7 : random_below(&source, 7);
    uint32_t length = 6 + kind * 3;
    uint64_t seed = kind < 6 ? kind * 7919 + random_below(&source, 5) : random_next(&source);
    random_source letters = { seed * 2 + 1 };
    for (uint32_t i = 0; i < length && at < size; i++) text[at++] = (uint8_t)(' ' + random_below(&letters, 64));
    if (at < size) text[at++] = field % 8 == 7 ? '\n' : '\t';
  }
}

uint64_t lz_kernel(uint32_t n) {
  uint8_t *text = kernel_memory(size), *packed = kernel_memory(size * 2), *again = kernel_memory(size);
  uint32_t *table = kernel_memory(sizeof(uint32_t) << table_bits);
  write_log(text);
  uint64_t sum = n;
  for (uint32_t pass = 0; pass < n; pass++) {
    text[pass * 4099 % size] ^= 1;
    sum = mix(sum, compress(packed, text, table));
    sum = mix(sum, decompress(again, packed));
    for (uint32_t i = 0; i < size; i += 257) sum = mix(sum, again[i] ^ text[i]);
  }
  for (uint32_t i = 0; i < size; i++) sum = mix(sum, again[i]);
  return sum;
}
