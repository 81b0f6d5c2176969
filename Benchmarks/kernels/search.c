// Text: words counted in one pass over the characters, patterns found by Horspool's skips.
#include "kernel.h"

static const char *const syllable[] = {
  "an", "be", "con", "der", "en", "fel", "gra", "hu", "in", "jo", "kel", "lo", "ma", "ne", "or", "pa",
  "qui", "re", "sta", "tion", "un", "ver", "wa", "xen", "yl", "zo", "The", "Co", "ffer", "s", "t", "ing",
};

static uint32_t write_text(uint8_t *text, uint32_t size) {
  random_source source = { 9 };
  uint32_t at = 0;
  while (at + 64 < size) {
    uint32_t parts = 1 + random_below(&source, 4);
    while (parts--)
      for (const char *s = syllable[random_below(&source, 32)]; *s; s++) text[at++] = (uint8_t)*s;
    uint32_t after = random_below(&source, 40);
    if (after == 0) text[at++] = '.';
    text[at++] = after < 2 ? '\n' : ' ';
  }
  return at;
}

static bool is_letter(uint8_t c) { return (uint8_t)((c | 32) - 'a') < 26; }

static uint64_t count_words(const uint8_t *text, uint32_t size) {
  uint32_t words = 0, capitals = 0, lines = 0, hash = 5381;
  uint64_t sum = 0;
  bool inside = false;
  for (uint32_t i = 0; i < size; i++) {
    uint8_t c = text[i];
    if (is_letter(c)) {
      if (!inside) words++, capitals += c < 'a', hash = 5381;
      hash = hash * 33 + (c | 32);
      inside = true;
    } else {
      if (inside) sum += hash;
      inside = false;
      lines += c == '\n';
    }
  }
  return mix(sum, mix((uint64_t)words << 32 | capitals, lines));
}

static uint32_t count_pattern(const uint8_t *text, uint32_t size, const char *pattern) {
  uint32_t length = 0;
  while (pattern[length]) length++;
  uint32_t skip[256];
  for (int i = 0; i < 256; i++) skip[i] = length;
  for (uint32_t i = 0; i + 1 < length; i++) skip[(uint8_t)pattern[i]] = length - 1 - i;
  uint32_t found = 0;
  for (uint32_t at = length - 1; at < size;) {
    uint32_t matched = 0;
    while (matched < length && text[at - matched] == (uint8_t)pattern[length - 1 - matched]) matched++;
    found += matched == length;
    at += skip[text[at]];
  }
  return found;
}

uint64_t search_kernel(uint32_t n) {
  static const char *const pattern[] = { "Coffer", "station", "under", "zoo", "xenylqui", "absent words" };
  enum { size = 1 << 20 };
  uint8_t *text = kernel_memory(size);
  uint32_t length = write_text(text, size);
  uint64_t sum = length;
  for (uint32_t pass = 0; pass < n; pass++) {
    text[pass % length] ^= 32;
    sum = mix(sum, count_words(text, length));
    for (uint32_t i = 0; i < sizeof pattern / sizeof *pattern; i++)
      sum = mix(sum, count_pattern(text, length, pattern[i]));
  }
  return sum;
}
