/// The state of one call of ``ObjectCompiler/compile(_:progress:)``: which jobs wait, run and are done.
package struct CompileBatch {
  private let compiler: ObjectCompiler
  private let jobs: [CompileJob]
  private let keys: [CacheKey]
  private var results: [ObjectFile?]
  private(set) var waiting: [Int] = []
  private var running: [(index: Int, process: ConfinedProcess)] = []
  private var failure: (index: Int, error: CompileError)?
  private var isCaching: Bool
  private var hasStored = false

  package init(compiler: ObjectCompiler, jobs: [CompileJob]) {
    self.compiler = compiler
    self.jobs = jobs
    results = Array(repeating: nil, count: jobs.count)
    isCaching = compiler.cache != nil
    keys = compiler.cache == nil ? [] : jobs.map { Self.key(for: $0, of: compiler) }
  }

  package var objects: [ObjectFile] { results.compactMap { $0 } }
  var done: Int { results.count { $0 != nil } }

  package mutating func takeFromCache() {
    for index in jobs.indices {
      if let cache = compiler.cache, let bytes = cache.payload(for: keys[index]) {
        results[index] = ObjectFile(name: jobs[index].name, bytes: bytes, fromCache: true)
      } else {
        waiting.append(index)
      }
    }
    waiting.reverse()
  }

  /// Starts what there is room for, then waits until a job is done. False when nothing is left.
  package mutating func advance(confinedBy rules: LandlockRules?) throws(CompileError) -> Bool {
    while running.count < compiler.workers, let index = waiting.popLast() {
      do throws(ToolFailure) {
        running.append((index, try start(jobs[index], confinedBy: rules)))
      } catch {
        fail(index, error, diagnostics: "")
      }
    }
    if running.isEmpty {
      if hasStored { compiler.cache?.evict() }
      if let failure { throw failure.error }
      return false
    }
    do {
      try ConfinedProcess.wait(for: running.map(\.process))
    } catch {
      throw CompileError(job: jobs[running[0].index].name, failure: error, diagnostics: "")
    }
    collect()
    return true
  }

  private func start(_ job: CompileJob, confinedBy rules: LandlockRules?) throws(ToolFailure) -> ConfinedProcess {
    let clang = compiler.toolchain.clang
    return try ConfinedProcess(
      ConfinedCommand(
        program: clang, arguments: [clang] + compiler.flags(for: job) + ["-o", "-", "-"],
        input: try MemoryFile("source", holding: job.source), policy: compiler.sandbox, confinement: .locked(rules)))
  }

  private mutating func collect() {
    for (index, process) in running {
      do throws(ToolFailure) {
        guard let outcome = try process.outcomeIfEnded() else { continue }
        finish(index, outcome)
      } catch {
        fail(index, error, diagnostics: "")
      }
      running.removeAll { $0.index == index }
    }
    // Jobs behind a failed one are given up; those before it decide which error is the first.
    if let failure { running.removeAll { $0.index > failure.index } }
  }

  private mutating func finish(_ index: Int, _ outcome: ConfinedOutcome) {
    let diagnostics = Diagnostics.text(of: outcome.diagnostics, replacing: [("<stdin>", jobs[index].name)])
    if let failure = ToolFailure(outcome.ending, diagnostics: diagnostics) {
      return fail(index, failure, diagnostics: failure.hasDiagnostics ? diagnostics : "")
    }
    guard let bytes = try? outcome.output.bytes(limit: Int(clamping: compiler.sandbox.output)),
      let header = ELFHeader(bytes), header.kind == .relocatable, header.machine == compiler.architecture.elfMachine
    else { return fail(index, .unusableOutput, diagnostics: diagnostics) }
    results[index] = ObjectFile(name: jobs[index].name, bytes: bytes, fromCache: false)
    store(bytes, index)
  }

  private mutating func store(_ bytes: [UInt8], _ index: Int) {
    guard isCaching, let cache = compiler.cache else { return }
    do {
      try cache.store(bytes, for: keys[index])
      hasStored = true
    } catch {
      // A full disk would refuse each of the following as well.
      isCaching = false
      compiler.warn("\(error.description). Going on without storing object files.")
    }
  }

  private mutating func fail(_ index: Int, _ failure: ToolFailure, diagnostics: String) {
    waiting.removeAll()
    if let earlier = self.failure, earlier.index < index { return }
    self.failure = (index, CompileError(job: jobs[index].name, failure: failure, diagnostics: diagnostics))
  }

  private static func key(for job: CompileJob, of compiler: ObjectCompiler) -> CacheKey {
    CacheKey(
      [Array("coffer object 1".utf8), Array(compiler.toolchain.clangVersion.utf8)]
        + compiler.flags(for: job).map { Array($0.utf8) } + [job.source])
  }
}
