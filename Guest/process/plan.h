// What the monitor tells the loader of a `process` machine: ProcessPlan.swift writes it, loader.c reads it.
#ifndef COFFER_PLAN_H
#define COFFER_PLAN_H
#include <stdint.h>

#define COFFER_PLAN_MAGIC 0x4E4C504643ull
// At most; only those that there are need to be in the file.
#define COFFER_PLAN_REGIONS 4097
// Descriptors of the loader.
#define COFFER_PLAN_CONTENTS 3
#define COFFER_PLAN_SHARED 4
// Everything from here on is the loader's and the kernel's, and is unmapped before the guest's first instruction.
#define COFFER_LOADER_AREA 0x700000000000ull
#define COFFER_LOADER_AREA_END 0x7FFFFFFFF000ull

struct coffer_plan_region {
  uint64_t address;
  // Usable at once, and reserved for growth; multiples of the page size.
  uint64_t size, limit;
  // Where the first `filled` bytes come from; a multiple of the page size, 0 for none.
  uint64_t filled, offset;
  // PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4.
  uint32_t rights;
  // 1: the file of shared memory, not of contents, and shared.
  uint32_t is_shared;
};

struct coffer_plan {
  uint64_t magic;
  uint64_t region_count;
  // Where the guest begins, behind the machine page's entry, and its stack pointer.
  uint64_t entry, stack;
  // Of the monitor: a loader whose parent is another has outlived it.
  uint64_t parent;
  struct coffer_plan_region regions[COFFER_PLAN_REGIONS];
};
#endif
