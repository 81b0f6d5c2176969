#define _GNU_SOURCE
#include "peers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

int coffer_peer_fill(const char *file, uint64_t length) {
  int descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return -1;
  static char block[1 << 16];
  for (size_t index = 0; index < sizeof block; index++) block[index] = (char)(index * 2654435761u >> 8);
  uint64_t written = 0;
  while (written < length) {
    uint64_t left = length - written;
    ssize_t count = write(descriptor, block, left < sizeof block ? (size_t)left : sizeof block);
    if (count <= 0) break;
    written += (uint64_t)count;
  }
  close(descriptor);
  return written == length ? 0 : -1;
}

uint64_t coffer_peer_read(const char *file, size_t piece) {
  char *buffer = malloc(piece);
  if (!buffer) return 0;
  memset(buffer, 1, piece);
  uint64_t start = now();
  int descriptor = open(file, O_RDONLY | O_CLOEXEC);
  ssize_t count = descriptor < 0 ? -1 : 1;
  while (count > 0) count = read(descriptor, buffer, piece);
  if (descriptor >= 0) close(descriptor);
  uint64_t end = now();
  free(buffer);
  return count < 0 ? 0 : end - start;
}

uint64_t coffer_peer_copy(size_t piece, uint64_t length) {
  char *buffer = malloc(piece), *memory = malloc(length);
  uint64_t taken = 0;
  if (buffer && memory) {
    memset(buffer, 1, piece);
    for (int time = 0; time < 2; time++) {
      uint64_t start = now();
      for (uint64_t offset = 0; offset + piece <= length; offset += piece) {
        memcpy(buffer, memory + offset, piece);
        __asm__ volatile("" : : "r"(buffer) : "memory");
      }
      taken = now() - start;
      if (time == 0) memset(memory, 1, length);
    }
  }
  free(buffer);
  free(memory);
  return taken;
}
