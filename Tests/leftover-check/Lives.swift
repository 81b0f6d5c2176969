import CodeObjects
import Coffer
import EdgeCalls
import Glibc
import Machine
import Monitor
import Synchronization
import TrustletImage
import TrustletRun
import WasmText

/// The ways in which a trustlet can begin and end.
final class Lives: Sendable {
  static let kinds = 14

  private let kind: any MachineKind
  private let image: TrustletImage
  private let template: ApplicationTemplate
  private let pool: TrustletPool
  private let directory: String

  init(on kind: any MachineKind, in directory: String) throws {
    let environment = ["COFFER_CLANG", "COFFER_LINKER", "PATH"].reduce(into: ["COFFER_CACHE": ""]) { result, name in
      if let value = getenv(name) { result[name] = String(cString: value) }
    }
    let builder = TrustletBuilder(toolchain: try Toolchain.locate(environment: environment), cache: nil)
    self.kind = kind
    self.directory = directory
    image = try builder.image(of: try Wat.encode(Array(Self.program.utf8)))
    template = try ApplicationTemplate(image, on: kind)
    // Fewer than are used at once, so that some are thrown away.
    pool = TrustletPool(template.template, idleLimit: 2)
  }

  private static let program = """
    (module
      (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1 100)
      (data (i32.const 64) "/proc/version")
      (func (export "nothing"))
      (func (export "grow") (drop (memory.grow (i32.const 20))) (i64.store (i32.const 1000000) (i64.const 1)))
      (func (export "clock") (local i32)
        (loop $next
          (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 8)))
          (br_if $next (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 40)))))
      (func (export "files") (local i32)
        (loop $next
          (drop (call $open (i32.const 3) (i32.const 0) (i32.const 65) (i32.const 12) (i32.const 0) (i64.const 2) (i64.const 2)
            (i32.const 0) (i32.const 8)))
          (br_if $next (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 5)))))
      (func (export "exit") (call $exit (i32.const 3)))
      (func (export "trap") (unreachable))
      (func (export "endless") (loop $next (br $next))))
    """

  struct Wrong: Error, CustomStringConvertible { let description: String }

  /// The pool holds what it holds at most.
  func settle() throws { try pool.prepare(2) }

  /// One life; which, follows from the number.
  func live(_ number: Int) throws {
    switch number % Self.kinds {
    case 0: try end(start(), "nothing") { $0 == .finished([]) }
    case 1: try end(start(), "grow") { $0 == .finished([]) }
    case 2: try end(start(), "files") { $0 == .finished([]) }
    case 3: try end(start(), "trap") { if case .trapped = $0 { true } else { false } }
    case 4: try end(start { $0.time = .milliseconds(5) }, "endless") { $0 == .timedOut }
    case 5: try end(stopped(start()), "endless") { $0 == .stopped }
    case 6: try end(clone(), of: template, "clock") { $0 == .finished([]) }
    case 7: try end(clone(), of: template, "exit") { $0 == .exited(status: 3) }
    case 8: try pooled("clock") { $0 == .finished([]) }
    case 9: try pooled("files") { $0 == .finished([]) }
    case 10: try pooled("trap") { if case .trapped = $0 { true } else { false } }
    case 11: try pooled("endless") { $0 == .timedOut }
    case 12: try refused()
    default:
      // Not run at all; and a template of its own, clone included.
      _ = try start()
      let own = try ApplicationTemplate(image, on: kind)
      _ = try TrustletPool(own.template, idleLimit: 1).prepare(1)
    }
  }

  /// So many on four threads.
  func liveAtOnce(_ count: Int) throws {
    let next = Atomic<Int>(0)
    let wrong = Mutex<(any Error)?>(nil)
    try withFourThreads {
      while wrong.withLock({ $0 == nil }) {
        let number = next.add(1, ordering: .relaxed).oldValue
        if number >= count { break }
        do { try self.live(number) } catch { wrong.withLock { $0 = error } }
      }
    }
    if let error = wrong.withLock({ $0 }) { throw error }
  }

  private func options(_ change: (inout RunOptions) -> Void = { _ in }) -> RunOptions {
    var options = RunOptions()
    options.streams = .init(input: nil, output: nil, errors: nil)
    options.directories = [.init(hostPath: "/", guestPath: "/")]
    options.arguments = ["program"]
    options.time = .seconds(30)
    change(&options)
    return options
  }

  private func start(_ change: (inout RunOptions) -> Void = { _ in }) throws -> Trustlet {
    try TrustletRunner.start(image, options(change), on: kind)
  }

  private func clone() throws -> Trustlet {
    let options = options()
    return try template.template.clone(
      service: try TrustletRunner.service(image, options), limits: TrustletRunner.limits(image, options))
  }

  private func end(
    _ trustlet: Trustlet, of template: ApplicationTemplate? = nil, _ name: String, _ isRight: (Outcome) -> Bool
  ) throws {
    guard let function = image.export(name, instance: 0) else { throw Wrong(description: "there is no \(name)") }
    let outcome =
      template?.call(function, [], on: trustlet) ?? TrustletRunner.call(function, [], of: image, trustlet)
    guard isRight(outcome) else { throw Wrong(description: "\(name) ended with \(outcome)") }
  }

  private func pooled(_ name: String, _ isRight: (Outcome) -> Bool) throws {
    let options = options { if name == "endless" { $0.time = .milliseconds(5) } }
    let trustlet = try pool.take(service: try TrustletRunner.service(image, options), limits: TrustletRunner.limits(image, options))
    try end(trustlet, of: template, name, isRight)
    try pool.giveBack(trustlet)
  }

  /// Stopped from another thread, before or while it runs.
  private func stopped(_ trustlet: Trustlet) throws -> Trustlet {
    let stopper = trustlet.stopper
    try startThread { stopper.stop() }
    return trustlet
  }

  /// What cannot be started.
  private func refused() throws {
    do {
      _ = try start { $0.directories = [.init(hostPath: self.directory + "/none", guestPath: "/")] }
    } catch is EdgeServiceError {
      do {
        _ = try start { $0.memory = .kibibytes(1) }
      } catch is TrustletError { return }
    }
    throw Wrong(description: "a trustlet was started that cannot be")
  }
}
