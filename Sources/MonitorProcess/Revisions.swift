import CLinux
import FunctionCalls
import Glibc
import KVMMachine
import Machine
import Synchronization
import TrustletImage
import TrustletRun

/// The revisions of this process by number. Images are read, and templates made, by a thread of their own, one after another.
final class Revisions: Sendable {
  private struct Order {
    let revision: Revision
    let descriptor: Int32
  }

  private struct State {
    var revisions: [UInt32: Revision] = [:]
    var orders: [Order] = []
    /// Machines that nobody wants, and when they have to go; a call has ended, so that they can go now.
    var leaving: [(machine: any Sendable, due: UInt64)] = []
    var mayTakeDown = false
    /// No call has just begun that would wait for what making a machine locks: all of this process's mappings.
    var mayMakeMachines = true
  }

  private let kind: any MachineKind
  private let state = Mutex(State())
  private let bell: Bell
  private let answer: @Sendable (Frame) -> Void

  /// - Parameter answer: says how a revision's loading went; from any thread.
  init(_ kind: any MachineKind, answer: @escaping @Sendable (Frame) -> Void) throws(StartError) {
    self.kind = kind
    self.answer = answer
    bell = try Bell()
  }

  subscript(number: UInt32) -> Revision? { state.withLock { $0.revisions[number] } }

  var all: [Revision] { state.withLock { Array($0.revisions.values) } }

  /// - Parameter descriptor: of the image's file; it is this object's from now on.
  /// - Returns: Whether the number was free.
  func load(_ number: UInt32, _ load: RevisionLoad, _ descriptor: Int32) -> Bool {
    let isNew = state.withLock { state in
      guard state.revisions[number] == nil else { return false }
      let revision = Revision(number, load)
      state.revisions[number] = revision
      state.orders.append(Order(revision: revision, descriptor: descriptor))
      return true
    }
    if isNew { bell.ring() } else { close(descriptor) }
    return isNew
  }

  func unload(_ number: UInt32) -> Revision? {
    let revision = state.withLock { $0.revisions.removeValue(forKey: number) }
    revision?.markUnloaded()
    return revision
  }

  // MARK: The loading thread

  /// Carries orders out, for ever: all images are read before the next template is made, since calls wait for those.
  func serve() {
    var started: [(revision: Revision, image: TrustletImage, start: UInt64)] = []
    while true {
      while let order = state.withLock({ $0.orders.isEmpty ? nil : $0.orders.removeFirst() }) {
        let start = coffer_monotonic_clock()
        let image = order.revision.read(order.descriptor)
        close(order.descriptor)
        if let image { started.append((order.revision, image, start)) } else { answer(failure(of: order.revision)) }
      }
      let rest = takeDown()
      if !started.isEmpty {
        let (revision, image, start) = started.remove(at: started.firstIndex { $0.revision.isAwaited } ?? 0)
        if revision.isUnloaded { revision.giveTemplateUp() } else { answer(makeTemplate(revision, image, start)) }
      } else {
        let mayMake = state.withLock { state in
          defer { state.mayMakeMachines = false }
          return state.mayMakeMachines
        }
        if mayMake, let kind = kind as? KVMMachineKind { try? kind.prepare(Self.blankMachines) }
        bell.wait(nanoseconds: rest)
      }
    }
  }

  /// A first call wants a machine, and so does the template that is made behind it.
  private static let blankMachines = 2

  private func makeTemplate(_ revision: Revision, _ image: TrustletImage, _ start: UInt64) -> Frame {
    defer { state.withLock { $0.mayMakeMachines = true } }
    do {
      revision.giveWay()
      let template = try ApplicationTemplate(image, on: kind)
      revision.finish(template)
      let loaded = RevisionLoaded(
        sharedBytes: template.template.sharedBytes, time: coffer_monotonic_clock() - start, obstacles: Array(template.obstacles.prefix(64)))
      return Frame(.loaded, number: revision.number, payload: loaded.payload)
    } catch {
      revision.fail("\(error)")
      return failure(of: revision)
    }
  }

  private func failure(of revision: Revision) -> Frame {
    Frame(.loadFailed, number: revision.number, payload: Array((revision.failure ?? "").utf8))
  }

  // MARK: Machines that come and go

  /// For how long a machine that nobody wants any more may stand in the way of nothing but memory: taking it down slows a call that begins at the
  /// same moment in this process.
  private static let respite: UInt64 = 5_000_000

  /// Lets go of a machine, on the loading thread: soon, and at once when a call has ended.
  func leave(_ machine: any Sendable) {
    let due = coffer_monotonic_clock() + Self.respite
    state.withLock { $0.leaving.append((machine, due)) }
    bell.ring()
  }

  /// A call has ended that had a machine made for it: another is made ahead of time, behind whatever is to be loaded.
  func machineWasTaken() {
    state.withLock { ($0.mayTakeDown, $0.mayMakeMachines) = (true, true) }
    bell.ring()
  }

  /// - Returns: nanoseconds until the next machine has to go; negative for none.
  private func takeDown() -> Int64 {
    let now = coffer_monotonic_clock()
    let (gone, rest) = state.withLock { state -> ([any Sendable], Int64) in
      let latest = state.mayTakeDown ? UInt64.max : now
      let gone = state.leaving.filter { $0.due <= latest }.map(\.machine)
      state.leaving.removeAll { $0.due <= latest }
      state.mayTakeDown = false
      return (gone, state.leaving.map { Int64(clamping: $0.due - now) }.min() ?? -1)
    }
    _ = consume gone
    return rest
  }
}
