// The first bytes of the image: where the vCPU starts, and where the machine page's trap entries come to.
  .section .text.entry, "ax", %progbits
  .globl _start
_start:
  mov x29, xzr
  bl coffer_start
  brk #1
  .org COFFER_TRAP_ENTRY_OFFSET
  // C arguments: cause, syndrome, instruction address, stack pointer.
  .globl coffer_trap_vector
coffer_trap_vector:
  bl coffer_hardware_trap
  brk #1

  .text
  .globl coffer_save
coffer_save:
  stp x19, x20, [x0, #0]
  stp x21, x22, [x0, #16]
  stp x23, x24, [x0, #32]
  stp x25, x26, [x0, #48]
  stp x27, x28, [x0, #64]
  stp x29, x30, [x0, #80]
  mov x1, sp
  str x1, [x0, #96]
  stp d8, d9, [x0, #104]
  stp d10, d11, [x0, #120]
  stp d12, d13, [x0, #136]
  stp d14, d15, [x0, #152]
  mov w0, #0
  ret
  .globl coffer_resume
coffer_resume:
  ldp x19, x20, [x0, #0]
  ldp x21, x22, [x0, #16]
  ldp x23, x24, [x0, #32]
  ldp x25, x26, [x0, #48]
  ldp x27, x28, [x0, #64]
  ldp x29, x30, [x0, #80]
  ldr x1, [x0, #96]
  mov sp, x1
  ldp d8, d9, [x0, #104]
  ldp d10, d11, [x0, #120]
  ldp d12, d13, [x0, #136]
  ldp d14, d15, [x0, #152]
  mov w0, #1
  ret
  .section .note.GNU-stack, "", %progbits
