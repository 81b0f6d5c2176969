#define _GNU_SOURCE
#include "memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int coffer_memory_reserve(size_t size, void **base) {
  void *mapping = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) return -errno;
  *base = mapping;
  return 0;
}

int coffer_memory_commit(void *address, size_t size) {
  return mprotect(address, size, PROT_READ | PROT_WRITE) == 0 ? 0 : -errno;
}

int coffer_memory_map_file(void *address, size_t size, int descriptor, uint64_t offset) {
  void *mapping = mmap(address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, descriptor,
                       (off_t)offset);
  return mapping == MAP_FAILED ? -errno : 0;
}

void coffer_memory_advise_huge(void *address, size_t size) {
  (void)madvise(address, size, MADV_HUGEPAGE);
}

void coffer_memory_release(void *base, size_t size) {
  (void)munmap(base, size);
}

int64_t coffer_file_size(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) == 0 ? (int64_t)status.st_size : -(int64_t)errno;
}

int coffer_file_read(int descriptor, void *bytes, size_t count, uint64_t offset) {
  char *next = bytes;
  while (count > 0) {
    ssize_t taken = pread(descriptor, next, count, (off_t)offset);
    if (taken < 0) {
      if (errno == EINTR) continue;
      return -errno;
    }
    if (taken == 0) return -ENODATA;
    next += taken;
    offset += (uint64_t)taken;
    count -= (size_t)taken;
  }
  return 0;
}
