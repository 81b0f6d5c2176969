// The trustlet's life: take a command, carry it out, say how it ended, take the next.
#include "guest.h"
#include "libos.h"
#include "program.h"

// Arguments and results, 16 bytes each: here and not in the window, since the host can write there at any time.
static _Alignas(16) uint8_t slots[COFFER_SLOT_LIMIT * COFFER_SLOT_SIZE];
static struct libos_command command;
static struct coffer_context context;
static bool is_running;
// Instances are initialised once each, in their order, whatever the host asks for.
static uint32_t initialised;

// Sizes that are known when the image is linked: the addresses of these symbols.
extern const char coffer_manifest_size[], coffer_file_tree_size[];

static void carry_out(void) {
  if (command.kind == COFFER_COMMAND_INSTANTIATE) {
    if (command.operand != initialised || command.operand >= coffer_program.instance_count) libos_refuse_command();
    initialised++;
    coffer_program.instances[command.operand].initialise();
  } else if (command.kind == COFFER_COMMAND_CALL || command.kind == COFFER_COMMAND_START) {
    if (command.operand >= coffer_program.entry_count) libos_refuse_command();
    while (command.kind == COFFER_COMMAND_START && initialised < coffer_program.instance_count)
      coffer_program.instances[initialised++].initialise();
    // Refuses by itself while an instance that it needs is not ready.
    coffer_program.entries[command.operand](slots);
  }
}

_Noreturn void coffer_start(void) {
  libos_start((uint64_t)coffer_manifest_size, (uint64_t)coffer_file_tree_size);
  libos_first_command(&command, slots);
  while (command.kind != COFFER_COMMAND_END) {
    uint64_t status = COFFER_STATUS_DONE;
    if (coffer_save(&context) == 0) {
      is_running = true;
      carry_out();
    } else {
      status = COFFER_STATUS_TRAPPED;
    }
    is_running = false;
    libos_next_command(status, slots, command.slot_count, &command, slots);
  }
  libos_exit(0);
}

_Noreturn void coffer_report_trap(uint32_t kind, uint64_t address, uint64_t cause, uint64_t error, uint64_t stack) {
  libos_trap(kind, address, cause, error, stack);
  if (!is_running) coffer_halt();
  coffer_resume(&context);
}

_Noreturn void coffer_trap(uint32_t kind) {
  uint64_t frame = (uint64_t)__builtin_frame_address(0);
  // The call itself, not what follows it.
  coffer_report_trap(kind, (uint64_t)__builtin_return_address(0) - 1, 0, 0, frame);
}

_Noreturn __attribute__((used)) void coffer_hardware_trap(
    uint64_t cause, uint64_t error, uint64_t address, uint64_t stack) {
  coffer_report_trap(COFFER_TRAP_HARDWARE, address, cause, error, stack);
}

uint64_t coffer_memory_size(void) {
  const struct coffer_memory *memory = coffer_program.instance_count ? coffer_program.instances[0].memory : 0;
  return memory ? memory->size : 0;
}

uint8_t *coffer_memory_base(void) {
  const struct coffer_memory *memory = coffer_program.instance_count ? coffer_program.instances[0].memory : 0;
  // Without a memory every address is outside, but there is one to be outside of.
  return memory ? memory->base : (uint8_t *)COFFER_LINEAR_MEMORY;
}

void coffer_edge_wait(void) { ((void (*)(void))(COFFER_MACHINE_PAGE + COFFER_EDGE_WAIT_OFFSET))(); }

uint32_t coffer_edge_grow(uint64_t address, uint64_t old_size, uint64_t new_size) {
  return ((uint32_t (*)(uint64_t, uint64_t, uint64_t))(COFFER_MACHINE_PAGE + COFFER_EDGE_GROW_OFFSET))(address, old_size, new_size);
}

_Noreturn void coffer_halt(void) {
  // Nothing stands in the window but what the host knows already: it will see a guest that cannot go on.
  for (;;) coffer_edge_wait();
}
