// CRC-32 (IEEE 802.3), one table look-up a byte.
#include "kernel.h"

uint64_t crc32_kernel(uint32_t n) {
  enum { size = 64 * 1024 };
  uint32_t *table = kernel_memory(256 * sizeof *table);
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t entry = i;
    for (int bit = 0; bit < 8; bit++) entry = entry & 1 ? entry >> 1 ^ 0xEDB88320 : entry >> 1;
    table[i] = entry;
  }
  uint8_t *message = kernel_memory(size);
  for (uint32_t i = 0; i < size; i++) message[i] = (uint8_t)(i * 31 + (i >> 8));
  uint32_t crc = 0xFFFFFFFF;
  for (uint32_t pass = 0; pass < n; pass++)
    for (uint32_t i = 0; i < size; i++) crc = table[(crc ^ message[i]) & 255] ^ crc >> 8;
  return ~crc;
}
