#ifndef COFFER_MEMORY_H
#define COFFER_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Mappings whose flags or results Swift cannot name. Every function returns 0 or the negative error number.

/// Takes address space without memory behind it: any access faults. Whatever is there later, a forked child does not have it, and a core dump
/// does not show it; so with all that is mapped here.
int coffer_memory_reserve(size_t size, void **base);

/// Makes a part of a reservation readable and writable, zero, without committing memory.
int coffer_memory_commit(void *address, size_t size);

/// Puts a private copy-on-write view of a file over a part of a reservation.
int coffer_memory_map_file(void *address, size_t size, int descriptor, uint64_t offset);

/// Asks for huge pages; a kernel without them leaves everything as it is.
void coffer_memory_advise_huge(void *address, size_t size);

/// Makes the pages present and writable at once, copying what is shared; a kernel that cannot leaves everything as it is.
void coffer_memory_populate(void *address, size_t size);

/// Makes the pages present as they are, shared where they are shared.
void coffer_memory_populate_shared(void *address, size_t size);

void coffer_memory_release(void *base, size_t size);

/// The size of the file behind the descriptor, or the negative error number.
int64_t coffer_file_size(int descriptor);

/// Reads exactly so many bytes, 0 or the negative error number (-ENODATA where the file ends before).
int coffer_file_read(int descriptor, void *bytes, size_t count, uint64_t offset);

/// A memory file of this size, all holes, which can be sealed. Its descriptor, or a negative error number.
int coffer_memory_file_make(uint64_t size);
/// From now on nobody can change the file, nor take the seals away.
int coffer_memory_file_seal(int descriptor);
int coffer_file_write(int descriptor, const void *bytes, size_t count, uint64_t offset);
/// Maps a whole file for reading; `coffer_memory_release` ends it.
int coffer_memory_view_file(int descriptor, size_t size, const void **base);
/// Gives the pages back: what is read next is the file behind them, or zeros.
int coffer_memory_discard(void *address, size_t size);
/// Whether a page of 4096 bytes, aligned to 8, is all zeros.
bool coffer_memory_is_zero(const void *page);

/// All threads take their memory from so few heaps, of which each has its own mappings. Before there is a second thread.
void coffer_memory_limit_heaps(int count);

/// This process's page map, or a negative error number.
int coffer_page_map_open(void);
/// Relative to the start that was asked for.
struct coffer_page_range {
  uint64_t offset;
  uint64_t size;
};
/// Finds pages that are this process's alone: anonymous ones and copies of a file's. Returns the number of ranges, at most `capacity`, or a
/// negative error number; everything before `examined` has been looked at. -ENOTTY and -EINVAL: the kernel is older than 6.7.
int64_t coffer_page_map_private(int page_map, const void *start, size_t size, struct coffer_page_range *ranges,
                                size_t capacity, size_t *examined);
/// The same on every kernel: slower, and a page of zeros that was only read may be among them.
int64_t coffer_page_map_private_by_reading(int page_map, const void *start, size_t size, struct coffer_page_range *ranges,
                                           size_t capacity, size_t *examined);

#endif
