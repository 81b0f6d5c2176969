// What the monitor tells the loaders of `process` machines: ProcessPlan.swift and KeptProcess.swift write it, loader.c reads it.
#ifndef COFFER_PLAN_H
#define COFFER_PLAN_H
#include <stdint.h>

#define COFFER_PLAN_MAGIC 0x4E4C504643ull
// At most; only those that there are need to be in the file.
#define COFFER_PLAN_REGIONS 4097
// Descriptors of the first loader: messages from the monitor (the slot of its own board; then for each mould its board's and a file of
// contents), and the file of all slots.
#define COFFER_PLAN_MESSAGES 3
#define COFFER_PLAN_SLOTS 4
// In the file of slots: one for each edge window, and one for the board of each kept process.
#define COFFER_SLOT_STRIDE (COFFER_EDGE_WINDOW_SIZE + 0x7000ull)
// Everything from here on is the loader's and the kernel's, and is unmapped before the guest's first instruction.
#define COFFER_LOADER_AREA 0x700000000000ull
#define COFFER_LOADER_AREA_END 0x7FFFFFFFF000ull
// Where a kept process has its board: the page of its slot that would be the control page of a window.
#define COFFER_BOARD 0x710000000000ull
#define COFFER_BOARD_SIZE 0x1000ull

struct coffer_plan_region {
  uint64_t address;
  // Usable at once, and reserved for growth; multiples of the page size.
  uint64_t size, limit;
  // Where the first `filled` bytes come from; a multiple of the page size, 0 for none.
  uint64_t filled, offset;
  // PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4.
  uint32_t rights;
  // 1: the edge window, which each trustlet maps from a slot of its own.
  uint32_t is_shared;
};

// At the start of a file of contents.
struct coffer_plan {
  uint64_t magic;
  uint64_t region_count;
  // Where the guest begins, behind the machine page's entry, and its stack pointer.
  uint64_t entry, stack;
  // Of the monitor: a process whose parent is another has outlived it.
  uint64_t parent;
  // Bytes of memory that the guest can write and that are its own, at once and at most.
  uint64_t data, data_limit;
  struct coffer_plan_region regions[COFFER_PLAN_REGIONS];
};

// A kept process and its monitor take turns as a trustlet and its monitor do. An order is: copy yourself.
struct coffer_board {
  // The window of a mould's copy.
  uint32_t slot;
  // The copy's process number, or a negative error number.
  int32_t process;
};
// In the board's page: the word of turns (0: the process's, 1: the monitor's), and the order.
#define COFFER_BOARD_TURN 1024
#define COFFER_BOARD_ORDER 1032
#endif
