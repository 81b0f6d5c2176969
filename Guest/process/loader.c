// The loaders of `process` machines: a program without a C library, executed once. The first loader waits for files of contents and makes
// a copy of itself for each, a mould, which maps what the file's plan names and waits as well. For each trustlet a mould copies itself; the
// copy takes a window of its own and never comes back (copy.S): the machine page's entry unmaps what is left of the loader.
#include <stddef.h>
#include <stdint.h>

#include "filter.h"
#include "plan.h"
#include "system_calls.h"

static void map(uint64_t address, uint64_t size, uint32_t rights, long flags, long descriptor, uint64_t offset) {
  if (size == 0) return;
  long result = system_call(sys_mmap, (long)address, (long)size, rights, flags | map_fixed_no_replace, descriptor, (long)offset);
  if (result != (long)address) fail(failed_mapping);
}

static struct coffer_plan plan;

static void handle_traps(void) {
  struct {
    uint64_t start;
    uint32_t flags, padding;
    uint64_t size;
  } stack = {COFFER_TRAP_STACK_BASE, 0, 0, COFFER_TRAP_STACK_SIZE};
  if (system_call(sys_sigaltstack, (long)&stack, 0, 0, 0, 0, 0) != 0) fail(failed_handlers);
  static const int numbers[] = {4, 5, 7, 8, 11};
  for (unsigned index = 0; index < sizeof numbers / sizeof numbers[0]; index++) {
    struct {
      uint64_t handler, flags, restorer, mask;
    } action = {
        COFFER_MACHINE_PAGE + COFFER_PROCESS_SIGNAL_OFFSET, on_own_stack | with_information | has_restorer | not_deferred,
        COFFER_MACHINE_PAGE + COFFER_PROCESS_RESTORER_OFFSET, 0};
    if (system_call(sys_rt_sigaction, numbers[index], (long)&action, 0, 8, 0, 0) != 0) fail(failed_handlers);
  }
}

// A copy is a child of the monitor like its original, and dies with it like its original: this has to be asked for anew.
static void stay_with(uint64_t parent) {
  if (system_call(sys_prctl, 1 /* PR_SET_PDEATHSIG */, 9, 0, 0, 0, 0) != 0) fail(failed_locking);
  // The monitor may have gone before that.
  if (system_call(sys_getppid, 0, 0, 0, 0, 0, 0) != (long)parent) fail(failed_parent);
}

struct limits {
  uint64_t soft, hard;
};

static void limit(int resource, struct limits limits) {
  if (system_call(sys_prlimit, 0, resource, (long)&limits, 0, 0, 0) != 0) fail(failed_locking);
}

// What the kernel counts against this are writable pages that are the process's own. The monitor raises it when it lets a memory grow.
static void limit_data(void) {
  struct limits present;
  if (system_call(sys_prlimit, 0, 2 /* RLIMIT_DATA */, 0, (long)&present, 0, 0) != 0) fail(failed_locking);
  uint64_t hard = plan.data_limit < present.hard ? plan.data_limit : present.hard;
  limit(2, (struct limits){plan.data < hard ? plan.data : hard, hard});
}

static volatile uint32_t *const turn = (volatile uint32_t *)(COFFER_BOARD + COFFER_BOARD_TURN);
static volatile struct coffer_board *const board = (volatile struct coffer_board *)(COFFER_BOARD + COFFER_BOARD_ORDER);

// Copies this process into a trustlet with the window at this place of the file of slots (copy.S).
long coffer_copy(const struct coffer_plan *plan, uint64_t window);
extern const char __executable_start[], _end[], coffer_copy_start[], coffer_copy_end[];

static const char *program_end(void) { return (const char *)(((uintptr_t)_end + 4095) & ~(uintptr_t)4095); }

// Everything in the loader's area but the loader itself: what the kernel put there.
static void clear_area(void) {
  long start = (long)COFFER_LOADER_AREA, end = (long)COFFER_LOADER_AREA_END, first = (long)__executable_start, last = (long)program_end();
  if (system_call(sys_munmap, start, first - start, 0, 0, 0, 0) != 0) fail(failed_mapping);
  if (system_call(sys_munmap, last, end - last, 0, 0, 0, 0) != 0) fail(failed_mapping);
}

static void map_board(uint64_t slot) {
  long place = (long)COFFER_BOARD;
  if (system_call(sys_mmap, place, COFFER_BOARD_SIZE, 3, map_shared | map_fixed, COFFER_PLAN_SLOTS, (long)(slot * COFFER_SLOT_STRIDE)) != place)
    fail(failed_mapping);
}

static void await_order(void) {
  for (;;) {
    uint32_t value = __atomic_load_n(turn, __ATOMIC_SEQ_CST);
    if ((value & 0x7FFFFFFF) == 0) return;
    system_call(sys_futex, (long)turn, 0, value, 0, 0, 0);
  }
}

static void answer(long process) {
  board->process = (int32_t)process;
  __atomic_store_n(turn, 1, __ATOMIC_SEQ_CST);
  system_call(sys_futex, (long)turn, 1, 1, 0, 0, 0);
}

static void inherit_not(const char *from, const char *to) {
  if (to > from && system_call(sys_madvise, (long)from, to - from, 10 /* MADV_DONTFORK */, 0, 0, 0) != 0) fail(failed_mapping);
}

_Noreturn static void be_mould(uint64_t slot, long contents) {
  map_board(slot);
  long taken = system_call(sys_pread64, contents, (long)&plan, sizeof plan, 0, 0, 0);
  long header = offsetof(struct coffer_plan, regions);
  if (taken < header || plan.magic != COFFER_PLAN_MAGIC || plan.region_count > COFFER_PLAN_REGIONS) fail(failed_plan);
  if (taken < header + (long)(plan.region_count * sizeof plan.regions[0])) fail(failed_plan);
  stay_with(plan.parent);
  for (uint64_t index = 0; index < plan.region_count; index++) {
    const struct coffer_plan_region *region = &plan.regions[index];
    if (region->is_shared) continue;
    map(region->address, region->filled, region->rights, map_private | map_no_reserve, contents, region->offset);
    map(region->address + region->filled, region->size - region->filled, region->rights, map_private | map_anonymous | map_no_reserve, -1, 0);
    map(region->address + region->size, region->limit - region->size, 0, map_private | map_anonymous | map_no_reserve, -1, 0);
  }
  if (system_call(sys_close, contents, 0, 0, 0, 0, 0) != 0) fail(failed_descriptors);
  if (system_call(sys_close, COFFER_PLAN_MESSAGES, 0, 0, 0, 0, 0) != 0) fail(failed_descriptors);
  // Copies inherit these limits. No descriptors: nothing of it could happen behind the filter either.
  limit(7, (struct limits){0, 0});
  limit_data();
  // What a copy does not get it need not give up, and neither side need copy a page of it when it writes there.
  inherit_not(__executable_start, coffer_copy_start);
  inherit_not(coffer_copy_end, program_end());
  inherit_not((const char *)COFFER_BOARD, (const char *)(COFFER_BOARD + COFFER_BOARD_SIZE));
  for (;;) {
    await_order();
    answer(coffer_copy(&plan, board->slot * COFFER_SLOT_STRIDE));
  }
}

// A message is a number; the file that comes with it is returned, or a negative number.
static long receive(uint32_t *number) {
  struct {
    void *base;
    uint64_t size;
  } piece = {number, sizeof *number};
  struct {
    uint64_t size;
    int32_t level, type;
    int32_t descriptor, padding;
  } control = {0};
  struct {
    void *name;
    uint64_t name_size;
    void *pieces;
    uint64_t piece_count;
    void *control;
    uint64_t control_size;
    uint64_t flags;
  } message = {0, 0, &piece, 1, &control, sizeof control, 0};
  if (system_call(sys_recvmsg, COFFER_PLAN_MESSAGES, (long)&message, 0, 0, 0, 0) != sizeof *number) fail(failed_descriptors);
  // SOL_SOCKET, SCM_RIGHTS
  return control.size >= 20 && control.level == 1 && control.type == 1 ? control.descriptor : -1;
}

_Noreturn void coffer_load(void) {
  clear_area();
  uint32_t slot;
  receive(&slot);
  map_board(slot);
  handle_traps();
  // No core file, no larger files.
  limit(1, (struct limits){0, 0});
  limit(4, (struct limits){0, 0});
  if (system_call(sys_prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0, 0, 0) != 0) fail(failed_locking);
  install_filter();
  for (;;) {
    await_order();
    long contents = receive(&slot);
    if (contents < 0) fail(failed_descriptors);
    long process = system_call(sys_clone, clone_parent | signal_child, 0, 0, 0, 0, 0);
    if (process == 0) be_mould(slot, contents);
    system_call(sys_close, contents, 0, 0, 0, 0, 0);
    answer(process);
  }
}

// The compiler makes calls of it from loops and structures.
void *memcpy(void *to, const void *from, size_t count) {
  for (size_t index = 0; index < count; index++) ((volatile uint8_t *)to)[index] = ((const uint8_t *)from)[index];
  return to;
}
void *memset(void *to, int value, size_t count) {
  for (size_t index = 0; index < count; index++) ((volatile uint8_t *)to)[index] = (uint8_t)value;
  return to;
}
