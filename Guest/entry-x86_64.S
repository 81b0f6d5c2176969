// The first bytes of the image: where the vCPU starts, and where the machine page's trap entries come to.
  .section .text.entry, "ax", @progbits
  .globl _start
_start:
  xorl %ebp, %ebp
  andq $-16, %rsp
  call coffer_start
  ud2
  .org COFFER_TRAP_ENTRY_OFFSET
  // C arguments: vector, error code, instruction address, stack pointer.
  .globl coffer_trap_vector
coffer_trap_vector:
  cld
  andq $-16, %rsp
  call coffer_hardware_trap
  ud2

  .text
  .globl coffer_save
coffer_save:
  movq %rbx, 0(%rdi)
  movq %rbp, 8(%rdi)
  movq %r12, 16(%rdi)
  movq %r13, 24(%rdi)
  movq %r14, 32(%rdi)
  movq %r15, 40(%rdi)
  leaq 8(%rsp), %rax
  movq %rax, 48(%rdi)
  movq (%rsp), %rax
  movq %rax, 56(%rdi)
  xorl %eax, %eax
  ret
  .globl coffer_resume
coffer_resume:
  movq 0(%rdi), %rbx
  movq 8(%rdi), %rbp
  movq 16(%rdi), %r12
  movq 24(%rdi), %r13
  movq 32(%rdi), %r14
  movq 40(%rdi), %r15
  movq 48(%rdi), %rsp
  movl $1, %eax
  jmpq *56(%rdi)
  .section .note.GNU-stack, "", @progbits
