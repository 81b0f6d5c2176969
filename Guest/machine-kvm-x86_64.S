// The machine page of machine `kvm` on x86-64: the only code in a trustlet that knows how to leave it. It is mapped at
// MemoryMap.machinePage, and its entries lie where MachinePage says. Position-independent, so that its bytes are the same
// however it is linked: `clang -c`, then `llvm-objcopy -O binary -j .text`.

        .set doorbell, 0x380000000        // MemoryMap.doorbell
        .set trap_stack_end, 0x188000     // MemoryMap.trapStack + trapStackSize
        .set trap_entry, 0x400040         // MemoryMap.image + trapEntryOffset

        .text

// edgeWait. The store finds no memory and goes to the host; whether the host sees the instruction as done or as
// pending is the hypervisor's affair, it is complete when the guest goes on. What x87, SSE and AVX hold then is nobody's: a call
// preserves none of it but the control words, which nothing in a trustlet changes. Loading the initial state here is what lets
// the host reset a machine without a system call for these registers (KVMMachine/ResumeCode.swift knows these bytes).
        .org 0x000
        movabsq $doorbell, %rax
        movl    %eax, (%rax)
        movl    $-1, %eax
        movl    %eax, %edx
        xrstor  initial_state(%rip)
        ret

// edgeDoorbell: as above, but the kernel takes the store for an event and the guest goes on at once.
        .org 0x020, 0xcc
        movabsq $doorbell + 8, %rax
        movl    %eax, (%rax)
        ret

// edgeGrow: the host has mapped the pages already.
        .org 0x040, 0xcc
        xorl    %eax, %eax
        ret

// For xrstor: the control words as a process finds them, and a header by which every part is in its initial state.
        .org 0x080, 0xcc
initial_state:
        .word   0x37f
        .org 0x098
        .long   0x1f80
        .org 0x080 + 576

// Behind every exception the processor has put rip, cs, rflags, rsp, ss on the trap stack, below them for some
// vectors an error code.
        .org 0x3c0, 0xcc
trap:
        popq    %rdi                      // vector
        popq    %rsi                      // error code
        movq    (%rsp), %rdx              // instruction
        movq    24(%rsp), %rcx            // interrupted stack
trap_known:
        cld
        xorl    %ebp, %ebp
        andq    $-16, %rsp
        pushq   $0                        // aligned as behind a call, with a return address that leads nowhere
        movl    $trap_entry, %eax
        jmp     *%rax

// MachinePage.trapEntries: sixteen bytes for each vector. Those without an error code push 0 in its place.
        .irp    number, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        .org    0x400 + \number * 16, 0xcc
        .if     \number != 8 && (\number < 10 || \number > 14) && \number != 17 && \number != 21 && \number != 29 && \number != 30
        pushq   $0
        .endif
        pushq   $\number
        jmp     trap
        .endr

// Where a hypervisor without rings (PVM) takes the instruction `syscall`: still ring 3, rcx behind the instruction, the
// stack unchanged. Elsewhere `syscall` is switched off and raises vector 6 itself, so here it becomes the same.
        .org 0x600, 0xcc
        movl    $6, %edi
        xorl    %esi, %esi
        leaq    -2(%rcx), %rdx
        movq    %rsp, %rcx
        movl    $trap_stack_end, %esp
        jmp     trap_known
