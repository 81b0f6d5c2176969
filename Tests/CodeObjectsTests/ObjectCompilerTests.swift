import CodeObjects
import Glibc
import Synchronization
import Testing

@Suite struct ObjectCompilerTests {
  private func compiler(
    _ architecture: CPUArchitecture = .host, cache: ObjectCache? = nil, workers: Int? = nil,
    sandbox: SandboxPolicy = .standard, warn: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> ObjectCompiler {
    ObjectCompiler(
      toolchain: try testToolchain(), architecture: architecture, cache: cache, workers: workers, sandbox: sandbox,
      warn: warn)
  }

  @Test(arguments: CPUArchitecture.allCases, CompileJob.Optimization.allCases)
  func compilesIR(architecture: CPUArchitecture, optimization: CompileJob.Optimization) throws {
    let job = CompileJob(name: "hello", source: sampleIR(1), optimization: optimization)
    let objects = try compiler(architecture).compile([job])
    let header = try #require(ELFHeader(objects[0].bytes))
    #expect(header.machine == architecture.elfMachine)
    #expect(header.kind == .relocatable)
    #expect(objects[0].name == "hello")
    #expect(!objects[0].fromCache)
  }

  @Test(arguments: CPUArchitecture.allCases)
  func compilesCAndAssembly(architecture: CPUArchitecture) throws {
    let jobs = [
      CompileJob(
        name: "c", source: Array("#include <stdint.h>\nuint64_t twice(uint64_t x) { return x * 2; }\n".utf8),
        language: .c),
      CompileJob(name: "s", source: Array(".globl here\nhere: .byte 7\n".utf8), language: .assembly),
    ]
    #expect(try compiler(architecture).compile(jobs).map(\.name) == ["c", "s"])
  }

  /// malloc is an ordinary name in a WebAssembly module; clang must not know better what it does.
  @Test(arguments: [
    (CompileJob.Language.c, "void *malloc(unsigned long); int f(void) { malloc(8); return 1; }"),
    (
      .llvmIR,
      "declare ptr @malloc(i64) \"no-builtins\" "
        + "define i32 @f() \"no-builtins\" { %u = call ptr @malloc(i64 8) ret i32 1 }"
    ),
  ])
  func doesNotKnowTheCLibrary(language: CompileJob.Language, source: String) throws {
    let object = try compiler().compile([CompileJob(name: "m", source: Array(source.utf8), language: language)])[0]
    #expect(String(decoding: object.bytes, as: UTF8.self).contains("malloc"), "the call is gone")
  }

  /// A trap's address has to lie in the function that trapped: unlikely code stays where it is.
  @Test func keepsUnlikelyCodeInItsFunction() throws {
    let source = """
      define void @checked(i32 %value) nounwind {
      %bad = icmp eq i32 %value, 0
      br i1 %bad, label %trap, label %fine, !prof !{!"branch_weights", i32 1, i32 1048575}
      trap:
      call void @report(i32 5) noreturn cold nomerge
      unreachable
      fine:
      call void @work()
      ret void
      }
      declare void @report(i32)
      declare void @work()

      """
    let object = try compiler().compile([CompileJob(name: "cold", source: Array(source.utf8))])[0]
    #expect(!String(decoding: object.bytes, as: UTF8.self).contains("checked.cold"))
  }

  @Test func keepsTheOrderOfJobs() throws {
    let jobs = (0..<12).map { CompileJob(name: "job\($0)", source: sampleIR($0)) }
    let calls = Mutex<[Int]>([])
    let parallel = try compiler(workers: 5).compile(jobs) { done, total in calls.withLock { $0.append(done) } }
    let sequential = try compiler(workers: 1).compile(jobs)
    #expect(parallel.map(\.name) == jobs.map(\.name))
    #expect(parallel == sequential)
    #expect(calls.withLock { $0.first } == 0)
    #expect(calls.withLock { $0.last } == 12)
    #expect(try compiler().compile([]).isEmpty)
  }

  @Test func bytesDependOnTheSourceAlone() throws {
    let source = Array("int counter; int next(void) { return ++counter; }\n".utf8)
    let job = CompileJob(name: "a", source: source, language: .c, flags: ["-g"])
    let compiler = try compiler()
    let first = try compiler.compile([job])[0].bytes
    #expect(!String(decoding: first, as: UTF8.self).contains("/"), "a path of this machine")
    var renamed = job
    renamed.name = "another name"
    #expect(try compiler.compile([renamed])[0].bytes == first)
    // Compilations run in the root directory; were it another, the bytes would be the same.
    let clang = compiler.toolchain.clang
    for directory in [TemporaryDirectory(), TemporaryDirectory()] {
      let command = ConfinedCommand(
        program: clang, arguments: [clang] + compiler.flags(for: job) + ["-o", "-", "-"], directory: directory.path,
        input: try MemoryFile("another name", holding: source), policy: .standard, confinement: .locked(nil))
      #expect(try ConfinedProcess(command).outcome().output.bytes(limit: 1 << 20) == first)
    }
  }

  @Test func worksWithoutLandlock() throws {
    let jobs = [CompileJob(name: "one", source: sampleIR(1))]
    let compiler = try compiler()
    var batch = CompileBatch(compiler: compiler, jobs: jobs)
    batch.takeFromCache()
    while try batch.advance(confinedBy: nil) {}
    #expect(try batch.objects == compiler.compile(jobs))
  }

  @Test func showsWhatClangSays() throws {
    let jobs = [
      CompileJob(name: "good", source: sampleIR(1)),
      CompileJob(name: "bad", source: Array("define i32 @f() {\n  ret i64 1\n}\n".utf8)),
      CompileJob(name: "worse", source: Array("\u{1B}[2J nonsense".utf8)),
    ]
    for workers in [1, 3] {
      let error = #expect(throws: CompileError.self) { _ = try compiler(workers: workers).compile(jobs) }
      #expect(error?.job == "bad")
      #expect(error?.failure == .rejected(status: 1))
      #expect(error?.diagnostics.contains("bad:2:7: error: value doesn't match function result type 'i32'") == true)
    }
    let escape = #expect(throws: CompileError.self) { _ = try compiler().compile([jobs[2]]) }
    #expect(escape?.diagnostics.contains("\u{1B}") == false)
  }

  @Test func endsACompilerThatTakesTooLong() throws {
    // A macro that doubles forty times.
    var source = "#define A0 x\n"
    for level in 1...40 { source += "#define A\(level) A\(level - 1) A\(level - 1)\n" }
    source += "A40\n"
    let job = CompileJob(name: "bomb", source: Array(source.utf8), language: .c)
    let limits = [
      SandboxPolicy(addressSpace: 64 << 30, wallSeconds: 1),
      SandboxPolicy(addressSpace: 64 << 30, processorSeconds: 1, wallSeconds: 60),
    ]
    for policy in limits {
      let start = monotonicMilliseconds()
      let error = #expect(throws: CompileError.self) { _ = try compiler(sandbox: policy).compile([job]) }
      #expect(error?.failure == .timedOut)
      #expect(error?.diagnostics == "")
      #expect(monotonicMilliseconds() - start < 20_000)
    }
  }

  @Test func namesWhatEndedTheCompiler() throws {
    func failure(_ source: String, _ sandbox: SandboxPolicy = .standard) throws -> ToolFailure? {
      let job = CompileJob(name: "job", source: Array(source.utf8), language: .c)
      return #expect(throws: CompileError.self) { _ = try compiler(sandbox: sandbox).compile([job]) }?.failure
    }
    // The instruction that crashes it differs from processor to processor.
    let crashes = [ToolFailure.crashed(signal: SIGILL), .crashed(signal: SIGTRAP)]
    #expect(crashes.contains(try #require(try failure("#pragma clang __debug crash\n"))))
    #expect(try failure("#pragma clang __debug llvm_fatal_error\n") == .rejected(status: 70))
    var hungry = "int a[] = {\n"
    for _ in 0..<200_000 { hungry += "1+1+1,1+1+1,1+1+1,1+1+1,1+1+1,1+1+1,1+1+1,1+1+1,\n" }
    #expect(try failure(hungry + "};\n", SandboxPolicy(addressSpace: 400 << 20)) == .outOfMemory)
  }

  @Test func endsACompilerThatWritesTooMuch() throws {
    let job = CompileJob(name: "big", source: Array(".zero 1000000\n".utf8), language: .assembly)
    let error = #expect(throws: CompileError.self) {
      _ = try compiler(sandbox: SandboxPolicy(output: 100_000)).compile([job])
    }
    #expect(error?.failure == .outputTooLarge)
  }

  @Test func readsNoFileOfTheMachine() throws {
    let directory = TemporaryDirectory()
    let secret = directory.write("int secret;\n", to: "secret.h")
    let jobs = [
      CompileJob(name: "include", source: Array("#include \"\(secret)\"\n".utf8), language: .c),
      CompileJob(name: "incbin", source: Array(".incbin \"\(secret)\"\n".utf8), language: .assembly),
      CompileJob(
        name: "inline", source: Array("module asm \".incbin \\22\(secret)\\22\"\n".utf8), language: .llvmIR),
    ]
    try #require(SandboxPolicy.status.landlockVersion > 0, "this kernel has no Landlock")
    for job in jobs {
      let error = #expect(throws: CompileError.self) { _ = try compiler().compile([job]) }
      #expect(error?.failure == .rejected(status: 1), "\(job.name): \(error?.description ?? "")")
    }
  }

  @Test func leavesNoDescriptorAndNoProcess() throws {
    // But for sockets and event loops, of which tests beside this one have hundreds.
    func descriptors() -> Int {
      TemporaryDirectory.names(in: "/proc/self/fd").count { name in
        var target = [CChar](repeating: 0, count: 256)
        let length = readlink("/proc/self/fd/\(name)", &target, target.count)
        let text = String(decoding: target.prefix(max(length, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return !["socket:", "anon_inode:[eventpoll]", "anon_inode:[timerfd]"].contains { text.hasPrefix($0) }
      }
    }
    let before = descriptors()
    for _ in 0..<10 {
      _ = try compiler().compile((0..<4).map { CompileJob(name: "\($0)", source: sampleIR($0)) })
      _ = try? compiler().compile([CompileJob(name: "bad", source: [1]), CompileJob(name: "x", source: sampleIR(9))])
    }
    // Of sixty compilers, not one for every second.
    #expect(descriptors() < before + 30)
  }
}
