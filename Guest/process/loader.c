// The loader of a `process` machine: a program without a C library that makes its own process into a trustlet. It maps what the plan
// names, installs the trap handlers, locks itself down and never comes back: the machine page's entry unmaps it.
#include <stddef.h>
#include <stdint.h>

#include "plan.h"

static long system_call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

enum {
  sys_mmap = 9, sys_rt_sigaction = 13, sys_getppid = 110, sys_sigaltstack = 131, sys_prctl = 157, sys_setrlimit = 160,
  sys_exit_group = 231, sys_close_range = 436, sys_mprotect = 10, sys_rt_sigreturn = 15, sys_futex = 202, sys_pread64 = 17, sys_munmap = 11, sys_seccomp = 317,
};

// The step that failed is the exit status: ProcessMachine says it in words.
_Noreturn static void fail(int step) {
  for (;;) system_call(sys_exit_group, step, 0, 0, 0, 0, 0);
}

enum { map_shared = 1, map_private = 2, map_anonymous = 0x20, map_no_reserve = 0x4000, map_fixed_no_replace = 0x100000 };

static void map(uint64_t address, uint64_t size, uint32_t rights, long flags, long descriptor, uint64_t offset) {
  if (size == 0) return;
  long result = system_call(sys_mmap, (long)address, (long)size, rights, flags | map_fixed_no_replace, descriptor, (long)offset);
  if (result != (long)address) fail(11);
}

// The plan lies in the shared file, behind what the guest will see of it.
static struct coffer_plan input;

struct filter_instruction {
  uint16_t code;
  uint8_t if_true, if_false;
  uint32_t value;
};
enum { load_word = 0x20, jump_equal = 0x15, jump_greater_or_equal = 0x35, return_constant = 0x06 };
enum { allow = 0x7FFF0000u, kill_process = 0x80000000u };
// struct seccomp_data: number, architecture, instruction pointer, six arguments.
enum { data_number = 0, data_architecture = 4, data_arguments = 16 };
static struct filter_instruction filter[4096];
static unsigned length;

static void add(uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false) {
  if (length == sizeof filter / sizeof filter[0]) fail(12);
  filter[length++] = (struct filter_instruction){code, if_true, if_false, value};
}

static void load_argument(int index, int upper_half) { add(load_word, (uint32_t)(data_arguments + 8 * index + 4 * upper_half), 0, 0); }

// Goes on behind the next `following` instructions unless the argument has this value.
static void expect_argument(int index, uint64_t value, uint8_t following) {
  load_argument(index, 0);
  add(jump_equal, (uint32_t)value, 0, (uint8_t)(following + 2));
  load_argument(index, 1);
  add(jump_equal, (uint32_t)(value >> 32), 0, following);
}

// Only waiting and waking, going on after a signal, giving back the loader's own pages, and making reserved memory usable: `rights` exactly reading and writing, and an
// address inside a region that may grow. A length that leads out of it comes to addresses where nothing is mapped, where the kernel stops.
static void make_filter(const struct coffer_plan *plan) {
  add(load_word, data_architecture, 0, 0);
  add(jump_equal, 0xC000003E, 1, 0);
  add(return_constant, kill_process, 0, 0);
  add(load_word, data_number, 0, 0);
  add(jump_equal, sys_rt_sigreturn, 0, 1);
  add(return_constant, allow, 0, 0);
  add(jump_equal, sys_futex, 0, 9);
  // No other word: one in a file that clones share would be a way from one to the other.
  expect_argument(0, COFFER_PROCESS_TURN, 4);
  load_argument(1, 0);
  add(jump_equal, 0, 1, 0);
  add(jump_equal, 1, 0, 1);
  add(return_constant, allow, 0, 0);
  add(return_constant, kill_process, 0, 0);
  add(jump_equal, sys_munmap, 0, 10);
  expect_argument(0, COFFER_LOADER_AREA, 5);
  expect_argument(1, COFFER_LOADER_AREA_END - COFFER_LOADER_AREA, 1);
  add(return_constant, allow, 0, 0);
  add(return_constant, kill_process, 0, 0);
  add(jump_equal, sys_mprotect, 1, 0);
  add(return_constant, kill_process, 0, 0);
  load_argument(2, 0);
  add(jump_equal, 3, 1, 0);
  add(return_constant, kill_process, 0, 0);
  load_argument(2, 1);
  add(jump_equal, 0, 1, 0);
  add(return_constant, kill_process, 0, 0);
  for (uint64_t index = 0; index < plan->region_count; index++) {
    const struct coffer_plan_region *region = &plan->regions[index];
    if (region->limit == region->size || region->is_shared) continue;
    // Regions that grow are compared by 4 GiB: by the upper half of the address, and by the lower one at the region's ends.
    uint64_t first = region->address, last = region->address + region->limit - 1;
    for (uint64_t upper = first >> 32; upper <= last >> 32; upper++) {
      uint32_t low = upper == first >> 32 ? (uint32_t)first : 0;
      uint32_t high = upper == last >> 32 ? (uint32_t)last : 0xFFFFFFFF;
      load_argument(0, 1);
      add(jump_equal, (uint32_t)upper, 0, 5);
      load_argument(0, 0);
      add(jump_greater_or_equal, low, 0, 3);
      if (high == 0xFFFFFFFF) {
        add(return_constant, allow, 0, 0);
        add(return_constant, kill_process, 0, 0);
      } else {
        add(jump_greater_or_equal, high + 1, 1, 0);
        add(return_constant, allow, 0, 0);
      }
      add(return_constant, kill_process, 0, 0);
    }
  }
  add(return_constant, kill_process, 0, 0);
}

struct kernel_action {
  uint64_t handler, flags, restorer, mask;
};
enum { on_own_stack = 0x08000000, with_information = 4, has_restorer = 0x04000000, not_deferred = 0x40000000 };

static void handle_traps(void) {
  struct {
    uint64_t start;
    uint32_t flags, padding;
    uint64_t size;
  } stack = {COFFER_TRAP_STACK_BASE, 0, 0, COFFER_TRAP_STACK_SIZE};
  if (system_call(sys_sigaltstack, (long)&stack, 0, 0, 0, 0, 0) != 0) fail(13);
  static const int numbers[] = {4, 5, 7, 8, 11};
  for (unsigned index = 0; index < sizeof numbers / sizeof numbers[0]; index++) {
    struct kernel_action action = {
        COFFER_MACHINE_PAGE + COFFER_PROCESS_SIGNAL_OFFSET, on_own_stack | with_information | has_restorer | not_deferred,
        COFFER_MACHINE_PAGE + COFFER_PROCESS_RESTORER_OFFSET, 0};
    if (system_call(sys_rt_sigaction, numbers[index], (long)&action, 0, 8, 0, 0) != 0) fail(13);
  }
}

_Noreturn void coffer_load(void) {
  long taken = system_call(sys_pread64, COFFER_PLAN_SHARED, (long)&input, sizeof input, COFFER_EDGE_WINDOW_SIZE, 0, 0);
  const struct coffer_plan *plan = &input;
  long header = offsetof(struct coffer_plan, regions);
  if (taken < header || plan->magic != COFFER_PLAN_MAGIC || plan->region_count > COFFER_PLAN_REGIONS) fail(10);
  if (taken < header + (long)(plan->region_count * sizeof plan->regions[0])) fail(10);
  // Asked for by the spawner; the monitor may have gone before that.
  if (system_call(sys_getppid, 0, 0, 0, 0, 0, 0) != (long)plan->parent) fail(14);
  for (uint64_t index = 0; index < plan->region_count; index++) {
    const struct coffer_plan_region *region = &plan->regions[index];
    if (region->is_shared) {
      map(region->address, region->size, region->rights, map_shared, COFFER_PLAN_SHARED, region->offset);
      continue;
    }
    map(region->address, region->filled, region->rights, map_private | map_no_reserve, COFFER_PLAN_CONTENTS, region->offset);
    map(region->address + region->filled, region->size - region->filled, region->rights, map_private | map_anonymous | map_no_reserve, -1, 0);
    map(region->address + region->size, region->limit - region->size, 0, map_private | map_anonymous | map_no_reserve, -1, 0);
  }
  handle_traps();
  make_filter(plan);
  // No core file, no larger files, no further processes: nothing of it could happen behind the filter either.
  struct { uint64_t soft, hard; } none = {0, 0};
  static const int limits[] = {1, 4, 6, 7};
  for (unsigned index = 0; index < sizeof limits / sizeof limits[0]; index++)
    if (system_call(sys_setrlimit, limits[index], (long)&none, 0, 0, 0, 0) != 0) fail(15);
  if (system_call(sys_prctl, 38, 1, 0, 0, 0, 0) != 0) fail(15);
  if (system_call(sys_close_range, 0, 0xFFFFFFFF, 0, 0, 0, 0) != 0) fail(16);

  struct {
    uint16_t length;
    const struct filter_instruction *filter;
  } program = {(uint16_t)length, filter};
  if (system_call(sys_seccomp, 1, 0, (long)&program, 0, 0, 0) != 0) fail(15);
  ((void (*)(uint64_t, uint64_t))(COFFER_MACHINE_PAGE + COFFER_PROCESS_ENTER_OFFSET))(plan->entry, plan->stack);
  fail(17);
}

// The kernel enters with the stack pointer aligned, a call with one that is not.
__asm__(".globl _start\n_start:\n  xorl %ebp, %ebp\n  andq $-16, %rsp\n  call coffer_load\n  ud2\n");

// The compiler makes calls of it from loops and structures.
void *memcpy(void *to, const void *from, size_t count) {
  for (size_t index = 0; index < count; index++) ((volatile uint8_t *)to)[index] = ((const uint8_t *)from)[index];
  return to;
}
void *memset(void *to, int value, size_t count) {
  for (size_t index = 0; index < count; index++) ((volatile uint8_t *)to)[index] = (uint8_t)value;
  return to;
}
