import Coffer
import EdgeCalls
import Glibc
import KVMMachine
import Monitor
import Testing
import TrustletImage

private let functions = """
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $arguments (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
    (import "coffer" "clone_generation" (func $generation (result i64)))
    (memory (export "memory") 1 100)
    (func (export "generation") (result i64) (call $generation))
    (func (export "random") (result i64) (drop (call $random (i32.const 64) (i32.const 8))) (i64.load (i32.const 64)))
    (func (export "time") (result i64) (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 64))) (i64.load (i32.const 64)))
    (func (export "arguments") (result i64) (drop (call $arguments (i32.const 64) (i32.const 72))) (i64.load32_u (i32.const 64)))
    (func (export "directory") (param i32) (result i64) (i64.extend_i32_u (call $prestat (local.get 0) (i32.const 64))))
    (func (export "kept") (result i64) (i64.load (i32.const 8)))
    (func (export "sum") (result i64) (local i32) (local i64)
      (loop $next
        (local.set 1 (i64.add (local.get 1) (i64.load (local.get 0))))
        (br_if $next (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 8))) (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 8)))))
      (local.get 1))
    (func (export "spoil") (param i64) (result i64) (local i32)
      (drop (memory.grow (i32.const 20)))
      (loop $next
        (i64.store (local.get 1) (local.get 0))
        (br_if $next (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 512))) (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 8)))))
      (i64.extend_i32_u (memory.size)))
    (func (export "divide") (param i64) (result i64) (i64.div_u (i64.const 1) (local.get 0)))
    (func (export "loop") (result i64) (loop $next (br $next)) (i64.const 0))
  """

private let clean = TestProgram(
  "(module \(functions) (func $start (i64.store (i32.const 8) (i64.const 4711))) (start $start))")
private let drawing = "(module \(functions) (func $start (drop (call $random (i32.const 8) (i32.const 8)))) (start $start))"
private let random = TestProgram(drawing)
private let afterInit: TestProgram = {
  var manifest = Manifest()
  manifest.snapshot = .afterInit
  return TestProgram(drawing, manifest: manifest)
}()

/// Its initialisation asks which directories it has been given, as C libraries do.
private func asking(_ directories: Manifest.Host.Directories) -> TestProgram {
  var manifest = Manifest()
  manifest.host.directories = directories
  return TestProgram(
    "(module \(functions) (func $start (drop (call $prestat (i32.const 3) (i32.const 64)))) (start $start))", manifest: manifest)
}

/// Writes blocks of 4 KiB to a file of its scratch space until that is refused, and says how many it wrote.
private let filling: TestProgram = {
  var manifest = Manifest()
  manifest.scratch = Manifest.Scratch(path: "/tmp", size: .kibibytes(256))
  // A file has times.
  manifest.snapshot = .afterInit
  let open = "(import \"wasi_snapshot_preview1\" \"path_open\" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"
  let write = "(import \"wasi_snapshot_preview1\" \"fd_write\" (func $write (param i32 i32 i32 i32) (result i32)))"
  return TestProgram(
    """
    (module \(open) \(write) (memory (export "memory") 1) (data (i32.const 64) "file")
      (func (export "fill") (param i32) (result i64) (i64.extend_i32_u (call $fill (local.get 0))))
      (func $fill (param $most i32) (result i32) (local $count i32)
        (i32.store (i32.const 0) (i32.const 4096)) (i32.store (i32.const 4) (i32.const 4096))
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 1) (i64.const 66) (i64.const 66) (i32.const 1)
          (i32.const 32)))
        (block $done (loop $next
          (br_if $done (i32.ge_u (local.get $count) (local.get $most)))
          (br_if $done (call $write (i32.load (i32.const 32)) (i32.const 0) (i32.const 1) (i32.const 16)))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br $next)))
        (local.get $count))
      ;; The template's own 40 KiB.
      (func $start (drop (call $fill (i32.const 10))))
      (start $start))
    """, manifest: manifest)
}()

/// One run on a clone or a reset machine.
private struct Run {
  let template: ApplicationTemplate
  let pool: TrustletPool
  /// Whether every run leaves something open on the host's side.
  var leavesHandles = false

  init(_ program: TestProgram, on machine: MachineChoice = .kvm, reuse: TrustletReuse? = nil) throws {
    template = try ApplicationTemplate(try program.image(), on: machine.kind)
    pool = TrustletPool(template.template, idleLimit: 4, verifiesResets: true, reuse: reuse)
  }

  func callAsFunction(_ name: String, _ argument: UInt64? = nil, _ change: (inout RunOptions) -> Void = { _ in }) throws -> Outcome {
    var options = RunOptions()
    options.streams = .init(input: nil, output: nil, errors: nil)
    options.arguments = ["program"]
    options.time = .seconds(20)
    change(&options)
    let service = try TrustletRunner.service(template.image, options)
    let trustlet = try pool.take(service: service, limits: TrustletRunner.limits(template.image, options))
    let function = try #require(template.image.export(name, instance: 0))
    let outcome = template.call(function, argument.map { [CommandSlot(low: $0)] } ?? [], on: trustlet)
    trustlet.leavesHandles = leavesHandles
    try pool.giveBack(trustlet)
    return outcome
  }

  func value(_ name: String, _ argument: UInt64? = nil, _ change: (inout RunOptions) -> Void = { _ in }) throws -> UInt64 {
    let outcome = try self(name, argument, change)
    guard case .finished(let slots) = outcome, let slot = slots.first else {
      throw RunningProgram.Unexpected(description: "\(name): \(outcome)")
    }
    return slot.low
  }
}

extension RunningTests {
  @Suite struct TemplateTests {
    /// What it kept of a connection is a number, which would be another connection's in its next request.
    @Test(arguments: MachineChoice.allCases) func anInstanceThatLeavesAConnectionIsNotReused(machine: MachineChoice) throws {
      var run = try Run(clean, on: machine, reuse: TrustletReuse())
      #expect(try run.value("spoil", 7) == 21)
      #expect(try run.value("sum") > 4711)
      run.leavesHandles = true
      #expect(try run.value("sum") > 4711)
      #expect(try run.value("sum") == 4711)
    }

    /// Memory stays; settings, time, randomness and the generation are as new as a clone's.
    @Test(arguments: MachineChoice.allCases) func anInstanceThatIsReusedGoesOn(machine: MachineChoice) throws {
      let run = try Run(clean, on: machine, reuse: TrustletReuse(requests: 3))
      for _ in 0..<2 {
        #expect(try run.value("sum") == 4711)
        #expect(try run.value("spoil", 7) == 21)
        #expect(try run.value("sum") > 4711)
        // The fourth request is another instance's.
        #expect(try run.value("sum") == 4711)
        guard case .trapped = try run("divide", 0) else {
          Issue.record("a division by zero has not trapped")
          return
        }
      }
      let drawn = try (0..<9).map { _ in try run.value("random") }
      #expect(Set(drawn).count == 9)
      let generations = try (0..<9).map { _ in try run.value("generation") }
      #expect(Set(generations).count == 9)
      let timed = try Run(clean, on: machine, reuse: TrustletReuse())
      let times = try (0..<9).map { _ in try timed.value("time") }
      #expect(times == times.sorted() && Set(times).count == 9)
      let counts = try [1, 3, 2].map { count in try run.value("arguments") { $0.arguments = Array(repeating: "x", count: count) } }
      #expect(counts == [1, 3, 2])
    }

    @Test(arguments: MachineChoice.allCases) func anInstanceThatHasLivedLongEnoughIsReset(machine: MachineChoice) throws {
      let run = try Run(clean, on: machine, reuse: TrustletReuse(time: 30_000_000))
      #expect(try run.value("spoil", 7) == 21)
      usleep(50_000)
      #expect(try run.value("sum") == 4711)
    }

    @Test(arguments: MachineChoice.allCases) func initialisesOnceWhereNothingForbidsIt(machine: MachineChoice) throws {
      let run = try Run(clean, on: machine)
      #expect(run.template.obstacles.isEmpty)
      for _ in 0..<3 { #expect(try run.value("kept") == 4711) }
    }

    @Test func initialisesAnewWhatDrewRandomness() throws {
      let run = try Run(random)
      #expect(run.template.obstacles == ["the initialisation used randomness"])
      let kept = try (0..<20).map { _ in try run.value("kept") }
      #expect(Set(kept).count == 20)
    }

    @Test(arguments: MachineChoice.allCases) func initialisesAnewWhatLookedAtItsDirectories(machine: MachineChoice) throws {
      let run = try Run(asking(.read), on: machine)
      #expect(run.template.obstacles == ["the initialisation used arguments, environment or the list of given directories"])
      // Where the manifest lets nobody give any, all clones have the same.
      #expect(try Run(asking(.none), on: machine).template.obstacles.isEmpty)
    }

    @Test func everyCloneKeepsToItsOwnScratchLimit() throws {
      let run = try Run(filling)
      #expect(run.template.obstacles.isEmpty)
      let all = try run.value("fill", 1000)
      #expect((40..<54).contains(all), "256 KiB less the template's 40 KiB and the tree: \(all) blocks")
      let few = try run.value("fill", 1000) { $0.scratchLimit = .kibibytes(128) }
      #expect(all - few == 32)
      // Less than the template holds already: nothing more, and nothing of it is lost.
      #expect(try run.value("fill", 1000) { $0.scratchLimit = .kibibytes(16) } == 0)
      #expect(try run.value("fill", 1000) { $0.scratchLimit = .gibibytes(1) } == all)
    }

    @Test func keepsWhatWasDrawnOnlyWhereTheManifestSaysSo() throws {
      let run = try Run(afterInit)
      #expect(run.template.obstacles.isEmpty)
      let kept = try (0..<5).map { _ in try run.value("kept") }
      #expect(Set(kept).count == 1)
      // ... and even there nothing is drawn twice.
      let drawn = try (0..<200).map { _ in try run.value("random") }
      #expect(Set(drawn + kept).count == 201)
    }

    @Test func neverGivesTheSameRandomBytesTwice() throws {
      let image = try clean.image()
      let template = try ApplicationTemplate(image, on: KVMMachineKind.shared)
      let function = try #require(image.export("random", instance: 0))
      var seen: Set<UInt64> = []
      // Live clones, and resets of one machine.
      var clones: [Trustlet] = []
      for _ in 0..<64 {
        let clone = try template.template.clone(service: try TrustletRunner.service(image, RunOptions()))
        guard case .finished(let slots) = template.call(function, [], on: clone) else { Issue.record("a clone failed"); return }
        seen.insert(slots[0].low)
        clones.append(clone)
      }
      let run = try Run(clean)
      for _ in 0..<500 { seen.insert(try run.value("random")) }
      #expect(seen.count == 564)
    }

    @Test func tellsEveryCloneItsGeneration() throws {
      let run = try Run(clean)
      #expect(try (0..<5).map { _ in try run.value("generation") } == [1, 2, 3, 4, 5])
      #expect(try clean.start().value("generation") == 0)
    }

    @Test func tellsEveryCloneItsOwnSettings() throws {
      let run = try Run(clean)
      #expect(try run.value("arguments") { $0.arguments = ["a", "b", "c"] } == 3)
      #expect(try run.value("arguments") == 1)
      #expect(try run.value("directory", 3) == 8)
      #expect(try run.value("directory", 3) { $0.directories = [.init(hostPath: "/tmp", guestPath: "/tmp")] } == 0)
      #expect(try run.value("directory", 3) == 8)
    }

    @Test func neverTurnsTimeBack() throws {
      let run = try Run(clean)
      for _ in 0..<5 {
        let time = try run.value("time")
        #expect(time < 10_000_000_000, "monotonic time starts with the template")
      }
    }

    @Test func forgetsWhatEveryRunDid() throws {
      let run = try Run(clean)
      #expect(try run.value("sum") == 4711)
      for round in 0..<30 as Range<UInt64> {
        #expect(try run.value("spoil", 0x5555_0000 + round) == 21)
        #expect(try run.value("sum") == 4711)
        if round == 5 {
          let outcome = try run("divide", 0)
          #expect(outcome.trapKind == .integerDivideByZero)
        }
        if round == 10 {
          let outcome = try run("loop") { $0.time = .milliseconds(20) }
          #expect(outcome == .timedOut)
        }
      }
      #expect(run.pool.idleCount == 1, "one machine served them all")
    }

    @Test func liveClonesNeverSeeEachOther() throws {
      let image = try clean.image()
      let template = try ApplicationTemplate(image, on: KVMMachineKind.shared)
      let spoil = try #require(image.export("spoil", instance: 0))
      let sum = try #require(image.export("sum", instance: 0))
      let clones = try (0..<8).map { _ in try template.template.clone(service: try TrustletRunner.service(image, RunOptions())) }
      for (index, clone) in clones.enumerated() where index % 2 == 0 {
        #expect(template.call(spoil, [CommandSlot(low: UInt64(index) + 1)], on: clone).isFinished)
      }
      for (index, clone) in clones.enumerated() {
        guard case .finished(let slots) = clone.perform(.call(entryPoint: sum.entryPoint, arguments: [CommandSlot(low: 0)])) else {
          Issue.record("clone \(index) failed")
          continue
        }
        let stored = UInt64(21 * 65536 / 512)
        #expect(slots[0].low == (index % 2 == 0 ? stored * (UInt64(index) + 1) + 4711 : 4711), "clone \(index)")
      }
    }
  }
}
