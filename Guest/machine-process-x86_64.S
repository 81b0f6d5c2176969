// The machine page of machine `process` on x86-64: the only code in a trustlet that makes system calls. The loader has left the process
// with those that wait and wake, that go on after a signal, and that make reserved memory usable.

        .set control, 0x200400            // MemoryMap.edgeWindow + ProcessControl
        .set turn, control
        .set fault_address, control + 8
        .set saved_stack, control + 16
        .set ready, control + 24
        .set first_looks, control + 28
        .set trap_entry, 0x400040         // MemoryMap.image + trapEntryOffset
        .set loader_area, 0x700000000000
        .set loader_area_size, 0x0FFFFFFFF000
        .set sys_mprotect, 10
        .set sys_munmap, 11
        .set sys_rt_sigreturn, 15
        .set sys_futex, 202
        .set trap_stack_end, 0x188000     // MemoryMap.trapStack + trapStackSize

        .text

// MachinePage.edgeWait
        .org 0x000
        jmp     edge_wait

// MachinePage.edgeDoorbell: nobody listens, edgeWait it is.
        .org 0x020, 0xcc
        ret

// MachinePage.edgeGrow (address, old size, new size): zero, or an error number.
        .org 0x040, 0xcc
        addq    %rsi, %rdi
        subq    %rsi, %rdx
        movq    %rdx, %rsi
        movl    $3, %edx
        movl    $sys_mprotect, %eax
        syscall
        negl    %eax
        ret

// What the monitor changes while the guest waits are memory and the turn: of the processor only what a called function has to keep
// must be saved, and it is saved on the stack, so that a clone finds it.
        .org 0x080, 0xcc
edge_wait:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        rdfsbase %rax
        pushq   %rax
        rdgsbase %rax
        pushq   %rax
        subq    $8, %rsp
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        movq    %rsp, saved_stack
        movl    $1, %eax
        xchgl   %eax, turn
        movl    $turn, %edi
        movl    $1, %esi                  // FUTEX_WAKE
        movl    $1, %edx
        movl    $sys_futex, %eax
        syscall
// A clone begins here, with the stack pointer of its template.
wait:
        movl    $2000, %ecx
1:      testl   $0x7fffffff, turn
        jz      go_on
        pause
        decl    %ecx
        jnz     1b
2:      movl    turn, %edx
        testl   $0x7fffffff, %edx
        jz      go_on
        movl    $turn, %edi
        xorl    %esi, %esi                // FUTEX_WAIT
        xorl    %r10d, %r10d
        movl    $sys_futex, %eax
        syscall
        jmp     2b
go_on:
        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        addq    $8, %rsp
        popq    %rax
        wrgsbase %rax
        popq    %rax
        wrfsbase %rax
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret

// COFFER_PROCESS_RESUME_OFFSET
        .org 0x180, 0xcc
        jmp     wait

// COFFER_PROCESS_ENTER_OFFSET (entry, stack pointer): from the loader, never to come back. The loader's and the kernel's own pages go.
        .org 0x1c0, 0xcc
        movq    %rdi, %r12
        movq    %rsi, %rsp
        movabsq $loader_area, %rdi
        movabsq $loader_area_size, %rsi
        movl    $sys_munmap, %eax
        syscall
        testq   %rax, %rax
        jnz     broken
        movl    $1, ready
// The first turn is the monitor's: it writes the configuration, most often at once. Who was copied ahead of time falls asleep.
        movl    first_looks, %ecx
        jmp     3f
1:      testl   $0x7fffffff, turn
        jz      2f
        pause
        decl    %ecx
3:      testl   %ecx, %ecx
        jnz     1b
1:      movl    turn, %edx
        testl   $0x7fffffff, %edx
        jz      2f
        movl    $turn, %edi
        xorl    %esi, %esi
        xorl    %r10d, %r10d
        movl    $sys_futex, %eax
        syscall
        jmp     1b
2:      movl    $0, %edi
        vzeroall
        xorl    %eax, %eax
        xorl    %ecx, %ecx
        xorl    %edx, %edx
        xorl    %ebx, %ebx
        xorl    %esi, %esi
        xorl    %ebp, %ebp
        xorl    %r8d, %r8d
        xorl    %r9d, %r9d
        xorl    %r10d, %r10d
        xorl    %r11d, %r11d
        xorl    %r13d, %r13d
        xorl    %r14d, %r14d
        xorl    %r15d, %r15d
        incl    %edi                      // flags as a processor has them at its start: none, since it is odd and positive
        movq    %r12, %rdi
        movl    $0, %r12d
        jmp     *%rdi
broken: ud2

// COFFER_PROCESS_RESTORER_OFFSET: behind a handler that returns, which none does.
        .org 0x280, 0xcc
        movl    $sys_rt_sigreturn, %eax
        syscall
        ud2

// COFFER_PROCESS_SIGNAL_OFFSET (number, information, context): the kernel's report of a fault becomes the processor's. The context has,
// behind 40 bytes, the registers: stack pointer at 160, instruction at 168, error code at 192, vector at 200, fault address at 216.
        .org 0x2c0, 0xcc
        movq    216(%rdx), %rax
        movq    %rax, fault_address
        movq    200(%rdx), %rdi
        movq    192(%rdx), %rsi
        movq    160(%rdx), %rcx
        movq    168(%rdx), %rdx
        xorl    %ebp, %ebp
        movl    $trap_stack_end, %esp     // nothing of the kernel's frame is needed any more
        pushq   $2                        // no flag of the program's is left
        popfq
        pushq   $0
        movl    $trap_entry, %eax
        jmp     *%rax
