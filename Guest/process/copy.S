// The loader's entry, and the page of it that a trustlet's process inherits until the machine page's entry unmaps it: a copy that begins with
// neither stack nor data of the loader's.

        .set sys_mmap, 9
        .set sys_clone, 56
        .set sys_getppid, 110
        .set sys_prctl, 157
        .set sys_exit_group, 231
        .set sys_prlimit, 302
        .set sys_close_range, 436
// struct coffer_plan
        .set plan_entry, 16
        .set plan_stack, 24
        .set plan_parent, 32

        .section .text.copy, "ax", @progbits
        .balign 4096
        .globl coffer_copy_start, coffer_copy_end, coffer_copy, _start
coffer_copy_start:
// (plan, place of the window in the file of slots): the copy's process number or a negative error number.
coffer_copy:
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        movq    plan_entry(%rdi), %r12
        movq    plan_stack(%rdi), %r13
        movq    plan_parent(%rdi), %r14
        movq    %rsi, %rbx
        movl    $0x8011, %edi             // CLONE_PARENT | SIGCHLD
        xorl    %esi, %esi
        xorl    %edx, %edx
        xorl    %r10d, %r10d
        xorl    %r8d, %r8d
        movl    $sys_clone, %eax
        syscall
        testq   %rax, %rax
        jz      trustlet
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        ret

trustlet:
// It dies with its monitor, which may have gone before this was asked for.
        movl    $1, %edi                  // PR_SET_PDEATHSIG
        movl    $9, %esi
        movl    $sys_prctl, %eax
        syscall
        movl    $15, %edi
        testq   %rax, %rax
        jnz     failed
        movl    $sys_getppid, %eax
        syscall
        movl    $14, %edi
        cmpq    %r14, %rax
        jne     failed
        movl    $COFFER_EDGE_WINDOW, %edi
        movl    $COFFER_EDGE_WINDOW_SIZE, %esi
        movl    $3, %edx
        movl    $0x100001, %r10d          // MAP_SHARED | MAP_FIXED_NOREPLACE
        movl    $4, %r8d                  // COFFER_PLAN_SLOTS
        movq    %rbx, %r9
        movl    $sys_mmap, %eax
        syscall
        movl    $11, %edi
        cmpq    $COFFER_EDGE_WINDOW, %rax
        jne     failed
// No further processes. The limit is read from the window, which is zero there.
        xorl    %edi, %edi
        movl    $6, %esi                  // RLIMIT_NPROC
        movl    $COFFER_EDGE_WINDOW + 2048, %edx
        xorl    %r10d, %r10d
        movl    $sys_prlimit, %eax
        syscall
        movl    $15, %edi
        testq   %rax, %rax
        jnz     failed
        xorl    %edi, %edi
        movl    $-1, %esi
        xorl    %edx, %edx
        movl    $sys_close_range, %eax
        syscall
        movl    $16, %edi
        testq   %rax, %rax
        jnz     failed
        movq    %r12, %rdi
        movq    %r13, %rsi
        movl    $COFFER_MACHINE_PAGE + COFFER_PROCESS_ENTER_OFFSET, %eax
        jmp     *%rax
failed: movl    $sys_exit_group, %eax
        syscall
        ud2

// From the kernel. The stack is the loader's own: the kernel's goes with everything else of the kernel's.
_start:
        xorl    %ebp, %ebp
        leaq    stack_end(%rip), %rsp
        call    coffer_load
        ud2
        .balign 4096, 0xcc
coffer_copy_end:

        .bss
        .balign 16
        .skip 0x4000
stack_end:

        .section .note.GNU-stack, "", @progbits
