import EdgeCalls
import Machine

/// Something that a guest may try and that must end in its own trap handler, in its death, or in nothing; never in a hang, never in
/// another ring, never with a right gained.
struct Attempt: Sendable {
  let name: String
  let instructions: [UInt8]
  let expectation: Expectation

  struct Expectation: Sendable {
    /// Acceptable vectors; processors and hypervisors differ where several stand.
    var vectors: Set<UInt64> = []
    var errorCode: UInt64?
    var faultAddress: UInt64?
    var mayContinue = false
    var mayBeKilled = false

    static func trap(_ vector: UInt64, error: UInt64? = nil) -> Self { Self(vectors: [vector], errorCode: error) }
    static func anyTrap(_ vectors: Set<UInt64>) -> Self { Self(vectors: vectors) }
    static func fault(error: UInt64, at address: UInt64) -> Self {
      Self(vectors: [14], errorCode: error, faultAddress: address)
    }
    /// For what an emulated processor leaves out (QEMU 7.2 has no SSE exceptions).
    static func trapWhereExact(_ vector: UInt64) -> Self {
      Self(vectors: [vector], errorCode: 0, mayContinue: Scenario.isEmulated)
    }
    static func mayContinue(_ vectors: Set<UInt64>) -> Self { Self(vectors: vectors, mayContinue: true) }
    static let continues = Self(mayContinue: true)
    static let killed = Self(mayBeKilled: true)
    static let killedOrFault = Self(vectors: [14], mayBeKilled: true)
    static let killedOrUnknownInstruction = Self(vectors: [6], mayBeKilled: true)
  }

  init(_ name: String, _ digits: String, _ expectation: Expectation) {
    self.name = name
    instructions = machineCode(digits)
    self.expectation = expectation
  }

  var scenario: Scenario {
    Scenario("guest: \(name)") {
      let machine = try TestGuest(instructions + TestGuest.edgeCall + TestGuest.endlessLoop).start()
      switch try machine.runWatched() {
      case .interrupted: throw ScenarioFailure(description: "the guest hung")
      case .killed(let reason):
        // Where a system call is one, it is the end.
        let isSystemCall = Scenario.isProcess && ["syscall", "int 0x80"].contains(where: name.contains) && reason.contains("system call")
        try expect(expectation.mayBeKilled || isSystemCall, "killed: \(reason)")
        try expect(try machine.run() == .killed(reason: reason), "a killed machine ran on")
      case .edgeCall:
        guard let trap = try machine.reportedTrap() else {
          try expect(expectation.mayContinue, "the guest went on as if nothing had happened")
          return
        }
        try judge(trap, machine.faultAddress)
      }
    }
  }

  private func judge(_ trap: ReportedTrap, _ faultAddress: UInt64?) throws {
    // To a process the doorbell and the descriptor page are addresses without a page.
    let vectors = Scenario.isProcess && expectation.mayBeKilled ? expectation.vectors.union([14]) : expectation.vectors
    try expect(vectors.contains(trap.vector), "\(trap), fault address \(String(describing: faultAddress))")
    if let errorCode = expectation.errorCode {
      let isPresent: UInt64 = Scenario.isProcess ? 0 : trap.errorCode & 1
      try expect(trap.errorCode & ~1 | isPresent == errorCode & (Scenario.isProcess ? ~1 : .max), "error code \(hexadecimal(trap.errorCode)), expected \(hexadecimal(errorCode))")
    }
    if let address = expectation.faultAddress {
      try expect(faultAddress == address, "fault address \(faultAddress.map(hexadecimal) ?? "none"), expected \(hexadecimal(address))")
    }
    try expect(trap.codeSelector == 0x33, "the handler ran with code selector \(hexadecimal(trap.codeSelector))")
    let stackEnd = MemoryMap.trapStack + MemoryMap.trapStackSize
    try expect(
      trap.handlerStackPointer > stackEnd - 128 && trap.handlerStackPointer < stackEnd,
      "the handler's stack is \(hexadecimal(trap.handlerStackPointer)), not the trap stack")
    try expect(trap.handlerStackPointer % 16 == 8, "the handler's stack is not aligned as behind a call")
    // Trap, direction, I/O privilege, nested task.
    try expect(trap.flags & 0x7500 == 0, "the handler's flags are \(hexadecimal(trap.flags))")
  }
}

private let stackTop = MemoryMap.stackTop
private let stackBottom = TestGuest.stackBottom

extension Scenario {
  static let attempts: [Attempt] = [
    // ud2
    Attempt("ud2", "0f0b", .trap(6, error: 0)),
    // xor %ecx,%ecx; xor %edx,%edx; mov $7,%eax; div %ecx
    Attempt("divide by zero", "31c931d2b807000000f7f1", .trap(0, error: 0)),
    // mov $0x80000000,%eax; cltd; mov $-1,%ecx; idiv %ecx
    Attempt("divide overflow", "b80000008099b9fffffffff7f9", .trap(0, error: 0)),
    // mov $0x30000000,%ebx; mov (%rbx),%eax
    Attempt("read unmapped", "bb000000308b03", .fault(error: 4, at: 0x3000_0000)),
    // mov $0x30000000,%ebx; mov %eax,(%rbx)
    Attempt("write unmapped", "bb000000308903", .fault(error: 6, at: 0x3000_0000)),
    // xor %ebx,%ebx; mov (%rbx),%eax
    Attempt("read null", "31db8b03", .fault(error: 4, at: 0)),
    // mov $0x700008,%ebx; mov (%rbx),%eax; mov %eax,(%rbx)
    Attempt("write read-only page", "bb080070008b038903", .fault(error: 7, at: 0x70_0008)),
    // mov $0x401800,%ebx; mov (%rbx),%eax; mov %eax,(%rbx)
    Attempt("write code page", "bb001840008b038903", .fault(error: 7, at: 0x40_1800)),
    // mov $0x100000,%ebx; mov %eax,(%rbx)
    Attempt("write machine page", "bb000010008903", .fault(error: 7, at: 0x10_0000)),
    // mov $0x600000,%ebx; movb $0xc3,(%rbx); jmp *%rbx
    Attempt("execute data page", "bb00006000c603c3ffe3", .fault(error: 0x15, at: 0x60_0000)),
    // movb $0xc3,-8(%rsp); lea -8(%rsp),%rbx; jmp *%rbx
    Attempt("execute stack", "c64424f8c3488d5c24f8ffe3", .fault(error: 0x15, at: stackTop - 8)),
    // mov $0x40000000,%ebx; movb $0xc3,(%rbx); jmp *%rbx
    Attempt("execute linear memory", "bb00000040c603c3ffe3", .fault(error: 0x15, at: 0x4000_0000)),
    // mov $0x201000,%ebx; movb $0xc3,(%rbx); jmp *%rbx
    Attempt("execute edge window", "bb00102000c603c3ffe3", .fault(error: 0x15, at: 0x20_1000)),
    // mov $0x30000000,%ebx; jmp *%rbx
    Attempt("execute unmapped", "bb00000030ffe3", .fault(error: 0x14, at: 0x3000_0000)),
    // movabs $0x380000000,%rbx; jmp *%rbx
    Attempt("execute doorbell", "48bb0000008003000000ffe3", .fault(error: 0x15, at: 0x3_8000_0000)),
    // mov $0x80000,%ebx; mov (%rbx),%eax
    Attempt("read descriptor page", "bb000008008b03", .fault(error: 5, at: 0x8_0000)),
    // mov $0x80c24,%ebx; mov %eax,(%rbx)
    Attempt("write descriptor page", "bb240c08008903", .fault(error: 7, at: 0x8_0c24)),
    // mov $0x80000,%ebx; jmp *%rbx
    Attempt("execute descriptor page", "bb00000800ffe3", .fault(error: 0x15, at: 0x8_0000)),
    // movabs $0x8000000000001234,%rbx; mov (%rbx),%eax
    Attempt("read non-canonical", "48bb34120000000000808b03", .trap(13, error: 0)),
    // movabs $0x8000000000001234,%rbx; jmp *%rbx
    Attempt("jump non-canonical", "48bb3412000000000080ffe3", .trap(13, error: 0)),
    // movabs $0xffff800000001000,%rbx; mov (%rbx),%eax
    Attempt("read upper half", "48bb001000000080ffff8b03", .trap(14)),
    // movabs $0xfffffffffffff000,%rbx; mov (%rbx),%eax
    Attempt("read top of memory", "48bb00f0ffffffffffff8b03", .trap(14)),
    // movabs $0xffffffff81000000,%rbx; jmp *%rbx
    Attempt("execute upper half", "48bb00000081ffffffffffe3", .trap(14)),
    // movabs $0xffffffffff600000,%rbx; mov (%rbx),%eax
    Attempt("read vsyscall page", "48bb000060ffffffffff8b03", .trap(14)),
    // movabs $0xffffffffff600000,%rbx; call *%rbx
    Attempt("call vsyscall page", "48bb000060ffffffffffffd3", .trap(14)),
    // int3
    Attempt("int3", "cc", .anyTrap([3, 13])),
    // .byte 0xf1
    Attempt("int1", "f1", .anyTrap([1, 6, 13])),
    // int $0x80
    Attempt("int 0x80", "cd80", .anyTrap([6, 13])),
    // int $14
    Attempt("int 14, a forged page fault", "cd0e", .anyTrap([6, 13])),
    // int $2
    Attempt("int 2", "cd02", .anyTrap([6, 13])),
    // int $8
    Attempt("int 8, a forged double fault", "cd08", .anyTrap([6, 13])),
    // int $0x20
    Attempt("int 0x20", "cd20", .anyTrap([6, 13])),
    // syscall
    Attempt("syscall", "0f05", .trap(6, error: 0)),
    // mov $0x30000000,%esp; syscall
    Attempt("syscall on a broken stack", "bc000000300f05", .trap(6, error: 0)),
    // sysenter
    Attempt("sysenter", "0f34", .anyTrap([6, 13])),
    // sysretq
    Attempt("sysret", "480f07", .anyTrap([6, 13])),
    // sysexitq
    Attempt("sysexit", "480f35", .anyTrap([6, 13])),
    // cli
    Attempt("cli", "fa", .trap(13, error: 0)),
    // sti
    Attempt("sti", "fb", .trap(13, error: 0)),
    // hlt
    Attempt("hlt", "f4", .trap(13, error: 0)),
    // in $0x10,%al
    Attempt("in", "e410", .trap(13, error: 0)),
    // out %al,$0x10
    Attempt("out", "e610", .trap(13, error: 0)),
    // mov $0xffff,%edx; out %eax,(%dx)
    Attempt("out to port ffff", "baffff0000ef", .trap(13, error: 0)),
    // mov $0x600000,%esi; mov $64,%ecx; mov $0x10,%edx; rep outsb
    Attempt("rep outsb", "be00006000b940000000ba10000000f36e", .trap(13, error: 0)),
    // mov $0x600000,%edi; mov $64,%ecx; mov $0x10,%edx; rep insb
    Attempt("rep insb", "bf00006000b940000000ba10000000f36c", .trap(13, error: 0)),
    // mov $0xc0000080,%ecx; rdmsr
    Attempt("rdmsr", "b9800000c00f32", .trap(13, error: 0)),
    // mov $0xc0000080,%ecx; mov $0xd01,%eax; xor %edx,%edx; wrmsr
    Attempt("wrmsr", "b9800000c0b8010d000031d20f30", .trap(13, error: 0)),
    // xor %ecx,%ecx; rdpmc
    Attempt("rdpmc", "31c90f33", .mayContinue([6, 13])),
    // mov %cr0,%rax
    Attempt("read cr0", "0f20c0", .trap(13, error: 0)),
    // mov $0x80000011,%eax; mov %rax,%cr0
    Attempt("write cr0", "b8110000800f22c0", .trap(13, error: 0)),
    // mov %cr3,%rax
    Attempt("read cr3", "0f20d8", .trap(13, error: 0)),
    // mov %rax,%cr3
    Attempt("write cr3", "0f22d8", .trap(13, error: 0)),
    // mov %rax,%cr4
    Attempt("write cr4", "0f22e0", .trap(13, error: 0)),
    // mov %rax,%cr8
    Attempt("write cr8", "440f22c0", .trap(13, error: 0)),
    // mov %dr7,%rax
    Attempt("read dr7", "0f21f8", .trap(13, error: 0)),
    // mov %rax,%dr7
    Attempt("write dr7", "0f23f8", .trap(13, error: 0)),
    // mov $0x600010,%ebx; lgdt (%rbx)
    Attempt("lgdt", "bb100060000f0113", .trap(13, error: 0)),
    // mov $0x600010,%ebx; lidt (%rbx)
    Attempt("lidt", "bb100060000f011b", .trap(13, error: 0)),
    // mov $0x28,%eax; lldt %ax
    Attempt("lldt", "b8280000000f00d0", .anyTrap([13])),
    // mov $0x40,%eax; ltr %ax
    Attempt("ltr", "b8400000000f00d8", .anyTrap([13])),
    // xor %eax,%eax; lmsw %ax
    Attempt("lmsw", "31c00f01f0", .trap(13, error: 0)),
    // clts
    Attempt("clts", "0f06", .trap(13, error: 0)),
    // mov $0x600000,%ebx; invlpg (%rbx)
    Attempt("invlpg", "bb000060000f013b", .trap(13, error: 0)),
    // mov $0x600000,%ebx; xor %eax,%eax; invpcid (%rbx),%rax
    Attempt("invpcid", "bb0000600031c0660f388203", .anyTrap([6, 13])),
    // wbinvd
    Attempt("wbinvd", "0f09", .trap(13, error: 0)),
    // invd
    Attempt("invd", "0f08", .trap(13, error: 0)),
    // swapgs
    Attempt("swapgs", "0f01f8", .trap(13, error: 0)),
    // xor %ecx,%ecx; mov $3,%eax; xor %edx,%edx; xsetbv
    Attempt("xsetbv", "31c9b80300000031d20f01d1", .trap(13, error: 0)),
    // rsm
    Attempt("rsm", "0faa", .anyTrap([6, 13])),
    // mov $0x600010,%ebx; sgdt (%rbx)
    Attempt("sgdt", "bb100060000f0103", .mayContinue([13])),
    // mov $0x600010,%ebx; sidt (%rbx)
    Attempt("sidt", "bb100060000f010b", .mayContinue([13])),
    // sldt %eax
    Attempt("sldt", "0f00c0", .mayContinue([13])),
    // str %eax
    Attempt("str", "0f00c8", .mayContinue([13])),
    // smsw %eax
    Attempt("smsw", "0f01e0", .mayContinue([13])),
    // sub $64,%rsp; pushq $0x10; lea 1f(%rip),%rax; push %rax; lretq; 1: ud2
    Attempt("far return to a ring 0 selector", "4883ec406a10488d05030000005048cb0f0b", .trap(13, error: 0x10)),
    // sub $64,%rsp; pushq $0x40; lea 1f(%rip),%rax; push %rax; lretq; 1: ud2
    Attempt("far return to the task selector", "4883ec406a40488d05030000005048cb0f0b", .anyTrap([10, 11, 13])),
    // sub $64,%rsp; pushq $0x23; lea 1f(%rip),%rax; push %rax; lretq; 1: ud2
    Attempt("far return to 32-bit code", "4883ec406a23488d05030000005048cb0f0b", .anyTrap([6, 11, 13])),
    // mov %rsp,%rax; pushq $0x18; push %rax; pushq $2; pushq $0x10; lea 1f(%rip),%rax; push %rax; iretq; 1: ud2
    Attempt("iret to a ring 0 selector", "4889e06a18506a026a10488d05030000005048cf0f0b", .anyTrap([11, 13])),
    // pushq $0x4002; popfq; mov %rsp,%rax; pushq $0x2b; push %rax; pushq $2; pushq $0x33; lea 1f(%rip),%rax; push %rax; iretq; 1: ud2
    Attempt("iret with nested task set", "68024000009d4889e06a2b506a026a33488d05030000005048cf0f0b", .anyTrap([6, 13])),
    // mov %rsp,%rax; pushq $0x2b; push %rax; pushq $0x3202; pushq $0x33; lea 1f(%rip),%rax; push %rax; iretq; 1: cli
    Attempt("iret with I/O privilege", "4889e06a2b5068023200006a33488d05030000005048cffa", .anyTrap([13])),
    // mov $0x18,%eax; mov %eax,%ds
    Attempt("load ring 0 data segment", "b8180000008ed8", .anyTrap([11, 13])),
    // mov $0x18,%eax; mov %eax,%ss
    Attempt("load ring 0 stack segment", "b8180000008ed0", .anyTrap([11, 12, 13])),
    // mov $0x40,%eax; mov %eax,%es
    Attempt("load task selector as data", "b8400000008ec0", .anyTrap([11, 13])),
    // pushq $0x102; popfq; nop; nop
    Attempt("popf with trap flag", "68020100009d9090", .trap(1, error: 0)),
    // pushq $0x102; popfq; syscall
    Attempt("trap flag into syscall", "68020100009d0f05", .anyTrap([1, 6])),
    // pushq $0x3202; popfq; cli
    Attempt("popf with I/O privilege, then cli", "68023200009dfa", .trap(13, error: 0)),
    // pushq $0x3202; popfq; out %al,$0x80
    Attempt("popf with I/O privilege, then out", "68023200009de680", .trap(13, error: 0)),
    // mov $0x2b,%eax; pushq $0x102; popfq; mov %eax,%ss; syscall
    Attempt("stack segment shadow, then syscall", "b82b00000068020100009d8ed00f05", .anyTrap([1, 6])),
    // mov $0x2b,%eax; mov %eax,%ss; int3
    Attempt("stack segment shadow, then int3", "b82b0000008ed0cc", .anyTrap([3, 13])),
    // pushq $0x40002; popfq; mov $0x600001,%ebx; mov (%rbx),%eax
    Attempt("unaligned with alignment check", "68020004009dbb010060008b03", .mayContinue([17])),
    // mov $0x600001,%ebx; movaps (%rbx),%xmm0
    Attempt("unaligned movaps", "bb010060000f2803", .trap(13, error: 0)),
    // std; ud2
    Attempt("direction flag, then ud2", "fd0f0b", .trap(6, error: 0)),
    // 1: push %rax; jmp 1b
    Attempt("stack overflow", "50ebfd", .fault(error: 6, at: stackBottom - 8)),
    // mov $0x30000000,%esp; call .+5
    Attempt("call without a stack", "bc00000030e800000000", .fault(error: 6, at: 0x2fff_fff8)),
    // xor %esp,%esp; ud2
    Attempt("ud2 without a stack", "31e40f0b", .trap(6, error: 0)),
    // movabs $0x8000000000001234,%rsp; push %rax
    Attempt("push to a non-canonical stack", "48bc341200000000008050", .anyTrap([12, 13])),
    // fninit; pushq $0x360; fldcw (%rsp); fld1; fldz; fdivrp; fwait
    Attempt("x87 exception", "dbe36860030000d92c24d9e8d9eedef99b", .trap(16, error: 0)),
    // pushq $0x1d80; ldmxcsr (%rsp); xorps %xmm0,%xmm0; mov $1,%eax; cvtsi2sd %eax,%xmm1; divsd %xmm0,%xmm1
    Attempt("SSE exception", "68801d00000fae14240f57c0b801000000f20f2ac8f20f5ec8", .trapWhereExact(19)),
    // .byte 0x62,0x03
    Attempt("bound in 64-bit mode", "6203", .anyTrap([6])),
    // .byte 0xce
    Attempt("into in 64-bit mode", "ce", .trap(6, error: 0)),
    // .byte 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x90
    Attempt("overlong instruction", "66666666666666666666666666666690", .trap(13, error: 0)),
    // .byte 0xf0,0x90
    Attempt("lock without memory", "f090", .trap(6, error: 0)),
    // .byte 0x0f,0x01,0xc1
    Attempt("vmcall", "0f01c1", .mayContinue([6, 13])),
    // .byte 0x0f,0x01,0xd9
    Attempt("vmmcall", "0f01d9", .mayContinue([6, 13])),
    // .byte 0x0f,0x01,0xd8
    Attempt("vmrun", "0f01d8", .anyTrap([6, 13])),
    // .byte 0x0f,0x01,0xda
    Attempt("vmload", "0f01da", .anyTrap([6, 13])),
    // .byte 0x0f,0x01,0xdd
    Attempt("clgi", "0f01dd", .anyTrap([6, 13])),
    // .byte 0x0f,0x01,0xde
    Attempt("skinit", "0f01de", .anyTrap([6, 13])),
    // .byte 0x0f,0x01,0xdf
    Attempt("invlpga", "0f01df", .anyTrap([6, 13])),
    // .byte 0x0f,0x01,0xc4
    Attempt("vmxoff", "0f01c4", .anyTrap([6, 13])),
    // .byte 0x0f,0x01,0xd4
    Attempt("vmfunc", "0f01d4", .anyTrap([6, 13])),
    // .byte 0x0f,0x01,0xc8
    Attempt("monitor", "0f01c8", .mayContinue([6, 13])),
    // .byte 0x0f,0x01,0xc9
    Attempt("mwait", "0f01c9", .mayContinue([6, 13])),
    // .byte 0x0f,0x01,0xfa
    Attempt("monitorx", "0f01fa", .mayContinue([6, 13])),
    // .byte 0x0f,0x01,0xfb
    Attempt("mwaitx", "0f01fb", .mayContinue([6, 13])),
    // .byte 0x0f,0x01,0xcb
    Attempt("stac", "0f01cb", .anyTrap([6, 13])),
    // xor %ecx,%ecx; xor %edx,%edx; xor %eax,%eax; .byte 0x0f,0x01,0xef
    Attempt("wrpkru", "31c931d231c00f01ef", .anyTrap([6, 13])),
    // .byte 0x0f,0x01,0xd7
    Attempt("enclu", "0f01d7", .anyTrap([6, 13])),
    // .byte 0x0f,0x37
    Attempt("getsec", "0f37", .anyTrap([6, 13])),
    // .byte 0x0f,0x01,0xfd
    Attempt("rdpru", "0f01fd", .mayContinue([6, 13])),
    // mov $0x10,%eax; verr %ax
    Attempt("verr of a ring 0 selector", "b8100000000f00e0", .mayContinue([13])),
    // mov $1,%eax; cpuid
    Attempt("cpuid", "b8010000000fa2", .continues),
    // rdtsc; rdtscp
    Attempt("rdtsc", "0f310f01f9", .mayContinue([6])),
    // pause; pause
    Attempt("pause", "f390f390", .continues),
    // movabs $0x380000000,%rbx; mov (%rbx),%eax
    Attempt("doorbell read", "48bb00000080030000008b03", .killed),
    // movabs $0x380000000,%rbx; mov %rax,(%rbx)
    Attempt("doorbell write of 8 bytes", "48bb0000008003000000488903", .killed),
    // movabs $0x380000000,%rbx; mov %al,(%rbx)
    Attempt("doorbell write of 1 byte", "48bb00000080030000008803", .killed),
    // movabs $0x380000000,%rbx; movups %xmm0,(%rbx)
    Attempt("doorbell write of 16 bytes", "48bb00000080030000000f1103", .killed),
    // movabs $0x380000008,%rbx; mov %eax,(%rbx)
    Attempt("doorbell write at offset 8", "48bb08000080030000008903", .killed),
    // movabs $0x380000ffe,%rbx; mov %eax,(%rbx)
    Attempt("doorbell write across its end", "48bbfe0f0080030000008903", .killedOrFault),
    // movabs $0x380000000,%rbx; lock incl (%rbx)
    Attempt("doorbell locked add", "48bb0000008003000000f0ff03", .killed),
    // movabs $0x380000000,%rbx; xchg %eax,(%rbx)
    Attempt("doorbell exchange", "48bb00000080030000008703", .killed),
    // movabs $0x380001000,%rsp; push %rax
    Attempt("doorbell as a stack", "48bc001000800300000050", .killed),
    // movabs $0x380000000,%rbx; call *(%rbx)
    Attempt("doorbell as a call table", "48bb0000008003000000ff13", .killed),
    // movabs $0x380000000,%rsi; mov $0x600000,%edi; mov $64,%ecx; rep movsb
    Attempt("doorbell copy", "48be0000008003000000bf00006000b940000000f3a4", .killed),
    // movabs $0x380000000,%rbx; vmovups %ymm0,(%rbx)
    Attempt("doorbell AVX store", "48bb0000008003000000c5fc1103", .killedOrUnknownInstruction),
    // movabs $0x380000000,%rbx; fxsave (%rbx)
    Attempt("doorbell fxsave", "48bb00000080030000000fae03", .killedOrUnknownInstruction),
  ]
}
