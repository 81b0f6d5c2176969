#ifndef COFFER_MEMORY_H
#define COFFER_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/// Mappings whose flags or results Swift cannot name. Every function returns 0 or the negative error number.

/// Takes address space without memory behind it: any access faults.
int coffer_memory_reserve(size_t size, void **base);

/// Makes a part of a reservation readable and writable, zero, without committing memory.
int coffer_memory_commit(void *address, size_t size);

/// Puts a private copy-on-write view of a file over a part of a reservation.
int coffer_memory_map_file(void *address, size_t size, int descriptor, uint64_t offset);

/// Asks for huge pages; a kernel without them leaves everything as it is.
void coffer_memory_advise_huge(void *address, size_t size);

void coffer_memory_release(void *base, size_t size);

/// The size of the file behind the descriptor, or the negative error number.
int64_t coffer_file_size(int descriptor);

/// Reads exactly so many bytes, 0 or the negative error number (-ENODATA where the file ends before).
int coffer_file_read(int descriptor, void *bytes, size_t count, uint64_t offset);

#endif
