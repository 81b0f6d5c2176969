// A register machine: fetch, decode, one switch, one unpredictable jump an instruction.
#include "kernel.h"

typedef enum {
  op_set, op_add, op_subtract, op_multiply, op_shift_right, op_and, op_load, op_store,
  op_jump, op_jump_zero, op_jump_less, op_halt,
} operation;

typedef struct { uint8_t op, a, b, c; } instruction;

enum { registers = 16, cells = 256 };

static uint64_t run(const instruction *program, uint32_t *memory, uint32_t argument) {
  uint32_t r[registers] = { argument };
  uint64_t executed = 0;
  for (const instruction *at = program;; executed++) {
    instruction i = *at++;
    switch ((operation)i.op) {
      case op_set: r[i.a] = i.b; break;
      case op_add: r[i.a] = r[i.b] + r[i.c]; break;
      case op_subtract: r[i.a] = r[i.b] - r[i.c]; break;
      case op_multiply: r[i.a] = r[i.b] * r[i.c]; break;
      case op_shift_right: r[i.a] = r[i.b] >> (r[i.c] & 31); break;
      case op_and: r[i.a] = r[i.b] & r[i.c]; break;
      case op_load: r[i.a] = memory[r[i.b] % cells]; break;
      case op_store: memory[r[i.b] % cells] = r[i.a]; break;
      case op_jump: at = program + i.a; break;
      case op_jump_zero: if (r[i.b] == 0) at = program + i.a; break;
      case op_jump_less: if (r[i.b] < r[i.c]) at = program + i.a; break;
      case op_halt: return executed;
    }
  }
}

// For each number below r0: count its Collatz steps, and keep a histogram in memory.
static const instruction collatz[] = {
  /*  0 */ { op_set, 1, 1, 0 },           // r1 = 1
  /*  1 */ { op_set, 2, 3, 0 },           // r2 = 3
  /*  2 */ { op_set, 3, 1, 0 },           // r3: the number
  /*  3 */ { op_set, 5, 0, 0 },           // r5: steps
  /*  4 */ { op_add, 4, 3, 5 },           // r4: where it has got to
  /*  5 */ { op_subtract, 6, 4, 1 },
  /*  6 */ { op_jump_zero, 14, 6, 0 },    // until it is 1
  /*  7 */ { op_add, 5, 5, 1 },
  /*  8 */ { op_and, 6, 4, 1 },
  /*  9 */ { op_shift_right, 7, 4, 1 },
  /* 10 */ { op_jump_zero, 18, 6, 0 },    // even
  /* 11 */ { op_multiply, 4, 4, 2 },
  /* 12 */ { op_add, 4, 4, 1 },
  /* 13 */ { op_jump, 5, 0, 0 },
  /* 14 */ { op_load, 6, 5, 0 },
  /* 15 */ { op_add, 6, 6, 3 },
  /* 16 */ { op_store, 6, 5, 0 },
  /* 17 */ { op_jump, 21, 0, 0 },
  /* 18 */ { op_set, 8, 0, 0 },
  /* 19 */ { op_add, 4, 7, 8 },
  /* 20 */ { op_jump, 5, 0, 0 },
  /* 21 */ { op_add, 3, 3, 1 },
  /* 22 */ { op_jump_less, 3, 3, 0 },     // the next number, below r0
  /* 23 */ { op_halt, 0, 0, 0 },
};

uint64_t interpreter_kernel(uint32_t n) {
  // The program is copied so that no compiler can know it.
  instruction *program = kernel_memory(sizeof collatz);
  uint32_t *memory = kernel_memory(cells * sizeof *memory);
  for (uint32_t i = 0; i < sizeof collatz / sizeof *collatz; i++) program[i] = collatz[i];
  for (uint32_t i = 0; i < cells; i++) memory[i] = 0;
  uint64_t sum = run(program, memory, n);
  for (uint32_t i = 0; i < cells; i++) sum = mix(sum, memory[i]);
  return sum;
}
