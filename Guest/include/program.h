// What generated code and the library OS's C half share. The layouts are also in Sources/WasmCompiler/LLVM/LLVMGenerator.swift.
#pragma once
#include <stdint.h>

struct coffer_memory {
  uint8_t *base;
  uint64_t size;   // bytes
  uint64_t limit;  // bytes
  uint64_t index;
};

struct coffer_table {
  uint64_t *elements;
  uint64_t size;
  uint64_t limit;
};

struct coffer_segment {
  const void *contents;
  uint64_t length;  // 0 once dropped
};

struct coffer_instance {
  void (*initialise)(void);
  struct coffer_memory *memory;
};

struct coffer_program {
  uint32_t instance_count;
  uint32_t entry_count;
  const struct coffer_instance *instances;
  void (*const *entries)(void *slots);
};

extern const struct coffer_program coffer_program;

// Generated code calls this; the return address says where.
_Noreturn void coffer_trap(uint32_t kind);
// Tells the host, then gives the program up.
_Noreturn void coffer_report_trap(uint32_t kind, uint64_t address, uint64_t cause, uint64_t error, uint64_t stack);

// Entry-*.S: returns 0 at first, and again with 1 after coffer_resume. The context holds callee-saved registers.
struct coffer_context {
  uint64_t registers[32];
};
int coffer_save(struct coffer_context *context) __attribute__((returns_twice));
_Noreturn void coffer_resume(struct coffer_context *context);
