#define _GNU_SOURCE
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// A process that forks would make every page of its machines read-only, and the machines pay for each of them again; and what a guest holds is
// nobody else's, neither a child's nor a dump's.
static int keep_private(void *address, size_t size) {
  return madvise(address, size, MADV_DONTFORK) == 0 && madvise(address, size, MADV_DONTDUMP) == 0 ? 0 : -errno;
}

static int map_privately(size_t size, int protection, int flags, int descriptor, void **base) {
  void *mapping = mmap(NULL, size, protection, flags, descriptor, 0);
  if (mapping == MAP_FAILED) return -errno;
  int kept = keep_private(mapping, size);
  if (kept != 0) {
    (void)munmap(mapping, size);
    return kept;
  }
  *base = mapping;
  return 0;
}

int coffer_memory_reserve(size_t size, void **base) {
  return map_privately(size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, base);
}

int coffer_memory_commit(void *address, size_t size) {
  return mprotect(address, size, PROT_READ | PROT_WRITE) == 0 ? 0 : -errno;
}

int coffer_memory_map_file(void *address, size_t size, int descriptor, uint64_t offset) {
  void *mapping = mmap(address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, descriptor,
                       (off_t)offset);
  return mapping == MAP_FAILED ? -errno : keep_private(mapping, size);
}

void coffer_memory_advise_huge(void *address, size_t size) {
  (void)madvise(address, size, MADV_HUGEPAGE);
}

// Since Linux 5.14; the C library's headers may be older.
enum { populate_readable = 22, populate_writable = 23 };

void coffer_memory_populate(void *address, size_t size) { (void)madvise(address, size, populate_writable); }

void coffer_memory_populate_shared(void *address, size_t size) { (void)madvise(address, size, populate_readable); }

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

int coffer_memory_file_make(uint64_t size) {
  int descriptor = memfd_create("coffer-template", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) return -errno;
  if (ftruncate(descriptor, (off_t)size) == 0) return descriptor;
  int error = -errno;
  close(descriptor);
  return error;
}

int coffer_memory_file_seal(int descriptor) {
  return fcntl(descriptor, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0 ? 0 : -errno;
}

int coffer_file_write(int descriptor, const void *bytes, size_t count, uint64_t offset) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t taken = pwrite(descriptor, next, count, (off_t)offset);
    if (taken < 0) {
      if (errno == EINTR) continue;
      return -errno;
    }
    next += taken;
    offset += (uint64_t)taken;
    count -= (size_t)taken;
  }
  return 0;
}

int coffer_memory_view_file(int descriptor, size_t size, const void **base) {
  void *mapping = NULL;
  int result = map_privately(size, PROT_READ, MAP_SHARED, descriptor, &mapping);
  if (result == 0) *base = mapping;
  return result;
}

int coffer_memory_discard(void *address, size_t size) {
  return madvise(address, size, MADV_DONTNEED) == 0 ? 0 : -errno;
}

bool coffer_memory_is_zero(const void *page) {
  const uint64_t *words = page;
  for (size_t index = 0; index < 512; index += 8) {
    uint64_t sum = 0;
    for (size_t word = 0; word < 8; word++) sum |= words[index + word];
    if (sum) return false;
  }
  return true;
}

int coffer_page_map_open(void) {
  int descriptor = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

// Linux 6.7's PAGEMAP_SCAN, declared here because the C library's headers may be older than the kernel.
struct page_region {
  uint64_t start, end, categories;
};
struct page_scan {
  uint64_t size, flags, start, end, walk_end, regions, region_count, page_limit;
  uint64_t inverted, all_of, any_of, returned;
};
enum { page_is_file = 1 << 2, page_is_present = 1 << 3, page_is_swapped = 1 << 4, page_is_zero = 1 << 5 };

int64_t coffer_page_map_private(int page_map, const void *start, size_t size, struct coffer_page_range *ranges,
                                size_t capacity, size_t *examined) {
  uint64_t begin = (uint64_t)(uintptr_t)start;
  struct page_region found[64];
  struct page_scan scan = {
      .size = sizeof scan,
      .start = begin,
      .end = begin + size,
      .regions = (uint64_t)(uintptr_t)found,
      .region_count = capacity < 64 ? capacity : 64,
      .inverted = page_is_file | page_is_zero,
      .all_of = page_is_file | page_is_zero,
      .any_of = page_is_present | page_is_swapped,
  };
  int count = ioctl(page_map, _IOWR('f', 16, struct page_scan), &scan);
  if (count < 0) return -errno;
  for (int index = 0; index < count; index++)
    ranges[index] = (struct coffer_page_range){found[index].start - begin, found[index].end - found[index].start};
  *examined = (size_t)(scan.walk_end - begin);
  return count;
}

int64_t coffer_page_map_private_by_reading(int page_map, const void *start, size_t size, struct coffer_page_range *ranges,
                                           size_t capacity, size_t *examined) {
  uint64_t entries[512];
  uint64_t first = (uint64_t)(uintptr_t)start / 4096;
  size_t pages = size / 4096, count = 0, page = 0;
  while (page < pages) {
    size_t wanted = pages - page < 512 ? pages - page : 512;
    ssize_t taken = pread(page_map, entries, wanted * 8, (off_t)((first + page) * 8));
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 8) return taken < 0 ? -errno : -ENODATA;
    for (size_t index = 0; index < (size_t)taken / 8; index++) {
      uint64_t entry = entries[index];
      bool is_private = (entry >> 62 & 3) != 0 && (entry >> 61 & 1) == 0;
      if (!is_private) continue;
      uint64_t offset = (page + index) * 4096;
      if (count > 0 && ranges[count - 1].offset + ranges[count - 1].size == offset) {
        ranges[count - 1].size += 4096;
      } else {
        if (count == capacity) {
          *examined = offset;
          return (int64_t)count;
        }
        ranges[count++] = (struct coffer_page_range){offset, 4096};
      }
    }
    page += (size_t)taken / 8;
  }
  *examined = size;
  return (int64_t)count;
}

void coffer_memory_limit_heaps(int count) {
#ifdef M_ARENA_MAX
  (void)mallopt(M_ARENA_MAX, count);
#else
  (void)count;
#endif
}
