import CLinux
import Glibc
import GuestObjects
import Machine
import Synchronization

/// Starts the first loader, from which all other processes are copied, and notices their ends: one thread, as long as this process lives,
/// since they die with the thread that started the first one, and not before.
package final class ProcessKeeper: Sendable {
  /// What a waiting monitor is woken by.
  struct Word: @unchecked Sendable {
    let address: UnsafeMutablePointer<UInt32>
  }

  private enum Slot {
    case idle
    case ordered(messages: Int32)
    case done(Int32)
  }

  private struct State {
    var slot = Slot.idle
    var isBusy = false
    /// By token: whose end is to be noticed.
    var watched: [UInt64: (word: Word, descriptor: Int32, number: Int32)] = [:]
    var lastToken: UInt64 = 0
  }

  /// What ends a wait for a process that is no more; the guest cannot write it any longer.
  static let ended: UInt32 = 2

  private static let made = Mutex<ProcessKeeper?>(nil)
  package let slots: SharedSlots
  private let state = Mutex(State())
  /// The first loader; another one is started when it has been killed.
  private let first = Mutex<FirstLoader?>(nil)
  private let loader: OwnedDescriptor
  private let epoll: OwnedDescriptor
  /// Readable when there is an order.
  private let bell: OwnedDescriptor
  /// Changes when an order is done.
  private let progress: Word

  /// A failure is not remembered.
  package static func shared() throws(MachineError) -> ProcessKeeper {
    let result = made.withLock { keeper -> Result<ProcessKeeper, MachineError> in
      if let keeper { return .success(keeper) }
      do throws(MachineError) {
        let fresh = try ProcessKeeper()
        keeper = fresh
        return .success(fresh)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private init() throws(MachineError) {
    slots = try SharedSlots()
    let program = GuestObjects.processLoader
    // Of the kind that can be run where files in memory otherwise cannot (vm.memfd_noexec).
    loader = OwnedDescriptor(coffer_program_file("coffer-loader"))
    guard loader.number >= 0 else { throw systemCallFailed("making a memory file for the loader", errno) }
    let number = loader.number
    let written = program.withUnsafeBytes { coffer_file_write(number, $0.baseAddress, $0.count, 0) }
    guard written == 0 else { throw systemCallFailed("writing the loader", -written) }
    let sealed = coffer_memory_file_seal(loader.number)
    guard sealed == 0 else { throw systemCallFailed("sealing the loader", -sealed) }
    epoll = OwnedDescriptor(coffer_epoll_make())
    guard epoll.number >= 0 else { throw systemCallFailed("making an epoll descriptor", -epoll.number) }
    bell = OwnedDescriptor(coffer_event())
    guard bell.number >= 0 else { throw systemCallFailed("making an event descriptor", -bell.number) }
    let added = coffer_epoll_add(epoll.number, bell.number, 0)
    guard added == 0 else { throw systemCallFailed("watching an event descriptor", -added) }
    // As long as the keeper, which is for ever.
    progress = Word(address: .allocate(capacity: 1))
    progress.address.initialize(to: 0)
    try startThread()
  }

  /// A process that has mapped what a file of contents names, and can be copied.
  func makeMould(_ contents: Int32) throws(MachineError) -> KeptProcess {
    KeptProcess(self, try firstLoader().copy(contents))
  }

  /// Ends the first loader, if one was ever started: the next mould is made as the first one was.
  static func endFirstLoader() {
    guard let keeper = made.withLock({ $0 }) else { return }
    let former = keeper.first.withLock { first in
      defer { first = nil }
      return first
    }
    withExtendedLifetime(former) {}
  }

  package var firstNumber: Int32? { first.withLock { $0?.number } }

  private func firstLoader() throws(MachineError) -> FirstLoader {
    let result = first.withLock { first -> Result<FirstLoader, MachineError> in
      if let first, !first.isLost { return .success(first) }
      first = nil
      do throws(MachineError) {
        let fresh = try FirstLoader(self)
        first = fresh
        return .success(fresh)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Starts the loader's program.
  /// - Parameter messages: The loader's end of a channel.
  func spawn(messages: Int32) throws(MachineError) -> Int32 {
    order(messages)
    let process = awaitDone()
    guard process >= 0 else { throw systemCallFailed("starting a process", -process) }
    return process
  }

  /// Sets the word to ``ended`` and wakes its waiters when the process is no more.
  func watch(_ number: Int32, _ descriptor: Int32, _ word: Word) throws(MachineError) -> UInt64 {
    let token = state.withLock { state in
      state.lastToken += 1
      state.watched[state.lastToken] = (word, descriptor, number)
      return state.lastToken
    }
    let added = coffer_epoll_add(epoll.number, descriptor, token)
    guard added == 0 else { throw systemCallFailed("watching a process", -added) }
    return token
  }

  /// When this has returned, the word is not touched any more.
  func unwatch(_ descriptor: Int32, _ token: UInt64) {
    state.withLock { state in
      if state.watched.removeValue(forKey: token) != nil { _ = coffer_epoll_remove(epoll.number, descriptor) }
    }
  }

  /// Bytes of all processes that have been started and have not ended, but for what they share.
  static var residentBytes: UInt64 {
    guard let keeper = made.withLock({ $0 }) else { return 0 }
    return keeper.state.withLock({ $0.watched.values.map(\.number) }).reduce(0) { sum, number in
      // One that has ended meanwhile counts nothing, or what its number's next bearer has.
      let descriptor = ResidentMemory.open("\(number)")
      defer { close(descriptor) }
      return sum &+ ResidentMemory.bytes(descriptor)
    }
  }

  // MARK: Orders

  private func order(_ messages: Int32) {
    while true {
      let seen = coffer_word_load(progress.address)
      let isTaken = state.withLock { state in
        guard !state.isBusy else { return false }
        state.isBusy = true
        state.slot = .ordered(messages: messages)
        return true
      }
      if isTaken { break }
      coffer_word_wait(progress.address, seen)
    }
    var one: UInt64 = 1
    _ = write(bell.number, &one, 8)
  }

  private func awaitDone() -> Int32 {
    while true {
      let seen = coffer_word_load(progress.address)
      let result: Int32? = state.withLock { state in
        guard case .done(let process) = state.slot else { return nil }
        state.slot = .idle
        state.isBusy = false
        return process
      }
      if let result {
        announce()
        return result
      }
      coffer_word_wait(progress.address, seen)
    }
  }

  private func announce() {
    coffer_word_store(progress.address, coffer_word_load(progress.address) &+ 1)
    coffer_word_wake(progress.address)
  }

  // MARK: The thread

  private func startThread() throws(MachineError) {
    // It goes on for ever, and holds what it works on.
    guard HostThread.startDetached({ self.keep() }) else { throw systemCallFailed("starting the thread that keeps processes", EAGAIN) }
  }

  private func keep() {
    while true {
      var token: UInt64 = 0
      guard coffer_epoll_wait(epoll.number, &token) > 0 else { continue }
      if token == 0 { carryOutOrder() } else { noticeEnd(token) }
    }
  }

  private func carryOutOrder() {
    var count: UInt64 = 0
    _ = read(bell.number, &count, 8)
    let messages: Int32? = state.withLock { state in
      if case .ordered(let messages) = state.slot { return messages }
      return nil
    }
    guard let messages else { return }
    let process = coffer_loader_spawn(loader.number, messages, slots.file.number)
    state.withLock { $0.slot = .done(process) }
    announce()
  }

  private func noticeEnd(_ token: UInt64) {
    // Under the lock, so that nobody unmaps the word or closes the descriptor meanwhile.
    state.withLock { state in
      guard let watch = state.watched.removeValue(forKey: token) else { return }
      _ = coffer_epoll_remove(epoll.number, watch.descriptor)
      coffer_word_store(watch.word.address, Self.ended)
      coffer_word_wake(watch.word.address)
    }
  }
}
