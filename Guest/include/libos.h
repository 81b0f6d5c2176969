// What the library OS gives to the C and assembly side of a trustlet (LibOSEntry.swift). Not part of the module: Swift defines it.
#ifndef COFFER_LIBOS_H
#define COFFER_LIBOS_H
#include <stdbool.h>
#include <stdint.h>

// Once, before all else: reads the host's configuration from the edge window's payload, and makes the library OS. The sizes are
// of what is mapped at MemoryMap.guestManifest and MemoryMap.fileTree, 0 where nothing is.
void libos_start(uint64_t manifest_size, uint64_t file_tree_size);

// What the host wants next, as Command of EdgeCalls has it, checked.
struct libos_command {
  uint32_t kind;
  uint32_t operand;
  uint32_t slot_count;
  uint32_t zero;
};
// The command that came with the configuration; its slots of 16 bytes go to `slots`, which has room for 1024.
void libos_first_command(struct libos_command *command, uint8_t *slots);
// Reports the last command (a CommandStatus and its result slots) and asks for another.
void libos_next_command(uint64_t status, const uint8_t *results, uint32_t result_count, struct libos_command *command, uint8_t *slots);
// Gives up: the command is none that can be carried out.
_Noreturn void libos_refuse_command(void);

// Tells the host of a trap; returns when the host has further commands.
void libos_trap(uint32_t kind, uint64_t instruction, uint64_t cause, uint64_t error_code, uint64_t stack_pointer);
// Asks for a linear memory to become `size` bytes; false if the host refuses.
bool libos_grow_memory(uint32_t index, uint64_t size);
// The program is over.
_Noreturn void libos_exit(uint32_t status);

// WASI: wasi_snapshot_preview1_NAME for each NAME in WASIPreview1.functions, with the WebAssembly types given there.
#endif
