// The one filter of system calls of all loaders and trustlets, installed by the first loader and inherited: making a filter costs more
// than making a process. What it allows goes by where the instruction lies: in the loader's area all that loaders need, and from there
// nobody calls any more once it is unmapped, since nothing outside it can map anything. Elsewhere a trustlet's few, by their arguments.
#ifndef COFFER_FILTER_H
#define COFFER_FILTER_H
#include <stdint.h>

#include "plan.h"
#include "system_calls.h"

struct filter_instruction {
  uint16_t code;
  uint8_t if_true, if_false;
  uint32_t value;
};
enum { load_word = 0x20, jump_equal = 0x15, jump_greater_or_equal = 0x35, return_constant = 0x06 };
enum { allow = 0x7FFF0000u, kill_process = 0x80000000u };
// struct seccomp_data: number, architecture, instruction pointer, six arguments.
enum { data_number = 0, data_architecture = 4, data_instruction = 8, data_arguments = 16 };
static struct filter_instruction filter[128];
static unsigned length;

static void add(uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false) {
  if (length == sizeof filter / sizeof filter[0]) fail(failed_filter);
  filter[length++] = (struct filter_instruction){code, if_true, if_false, value};
}

static void load_argument(int index, int upper_half) { add(load_word, (uint32_t)(data_arguments + 8 * index + 4 * upper_half), 0, 0); }

// Kills unless the argument has this value.
static void expect_argument(int index, uint64_t value) {
  for (int upper_half = 0; upper_half < 2; upper_half++) {
    load_argument(index, upper_half);
    add(jump_equal, (uint32_t)(value >> 32 * upper_half), 1, 0);
    add(return_constant, kill_process, 0, 0);
  }
}

static void allow_loader(void) {
  static const uint32_t numbers[] = {
      sys_futex, sys_clone, sys_mmap, sys_munmap, sys_madvise, sys_prctl, sys_getppid,
      sys_prlimit, sys_close, sys_close_range, sys_recvmsg, sys_pread64, sys_exit_group,
  };
  add(load_word, data_number, 0, 0);
  for (unsigned index = 0; index < sizeof numbers / sizeof numbers[0]; index++) {
    add(jump_equal, numbers[index], 0, 1);
    add(return_constant, allow, 0, 0);
  }
  add(return_constant, kill_process, 0, 0);
}

// Going on after a signal; waiting and waking; giving back the loader's pages; making reserved memory usable.
static void allow_trustlet(void) {
  add(load_word, data_number, 0, 0);
  add(jump_equal, sys_rt_sigreturn, 0, 1);
  add(return_constant, allow, 0, 0);

  add(jump_equal, sys_futex, 0, 11);
  // No other word: one in a file that clones share would be a way from one to the other.
  expect_argument(0, COFFER_PROCESS_TURN);
  load_argument(1, 0);
  add(jump_equal, 0, 1, 0);
  add(jump_equal, 1, 0, 1);
  add(return_constant, allow, 0, 0);
  add(return_constant, kill_process, 0, 0);

  add(jump_equal, sys_munmap, 0, 13);
  expect_argument(0, COFFER_LOADER_AREA);
  expect_argument(1, COFFER_LOADER_AREA_END - COFFER_LOADER_AREA);
  add(return_constant, allow, 0, 0);

  // From linear memory on nothing can be executed, so that nothing writable ever could. How much becomes writable the kernel counts
  // (RLIMIT_DATA, which the monitor sets); a length may lead anywhere, since beyond a region nothing is mapped, and there the kernel stops.
  add(jump_equal, sys_mprotect, 1, 0);
  add(return_constant, kill_process, 0, 0);
  expect_argument(2, 3);
  load_argument(0, 1);
  add(jump_greater_or_equal, COFFER_LOADER_AREA >> 32, 4, 0);
  add(jump_greater_or_equal, 1, 2, 0);
  load_argument(0, 0);
  add(jump_greater_or_equal, COFFER_LINEAR_MEMORY, 0, 1);
  add(return_constant, allow, 0, 0);
  add(return_constant, kill_process, 0, 0);
}

static void install_filter(void) {
  add(load_word, data_architecture, 0, 0);
  add(jump_equal, 0xC000003E, 1, 0);
  add(return_constant, kill_process, 0, 0);
  add(load_word, data_instruction + 4, 0, 0);
  unsigned choice = length + 1;
  add(jump_greater_or_equal, (COFFER_LOADER_AREA_END >> 32) + 1, 0, 0);
  add(jump_greater_or_equal, COFFER_LOADER_AREA >> 32, 0, 0);
  allow_loader();
  filter[choice].if_false = (uint8_t)(length - choice - 1);
  filter[choice - 1].if_true = (uint8_t)(length - choice);
  allow_trustlet();
  struct {
    uint16_t length;
    const struct filter_instruction *filter;
  } program = {(uint16_t)length, filter};
  if (system_call(sys_seccomp, 1, 0, (long)&program, 0, 0, 0) != 0) fail(failed_filter);
}
#endif
