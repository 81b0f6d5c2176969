import EdgeCalls
import Glibc
import Machine
import MachineScenarios
import ProcessMachine
import Synchronization
import Testing

/// One after the other: some kill what all are copied from, and some count what there is.
@Suite("Machine process", .serialized)
enum ProcessMachineSuites {}

extension ProcessMachineSuites {
  /// What is peculiar to machines that are processes: others may end or stop them at any time, and they begin as copies.
  @Suite("as a process")
  struct ProcessMachineTests {
    private static let turn = MemoryMap.edgeWindow + ProcessControl.turnOffset
    private static let kind = ProcessMachineKind()

    private func start(_ instructions: [UInt8]) throws -> ProcessMachine {
      let made = try Scenario.$kind.withValue(Self.kind) { try TestGuest(instructions).start() }
      return try #require(made as? ProcessMachine)
    }

    private func prober() throws -> Prober { try Scenario.$kind.withValue(Self.kind) { try Prober() } }

    private func process(_ machine: any Machine) throws -> Int32 { try #require(machine as? ProcessMachine).child.number }

    @Test func aChildKilledInTheMonitorsTurnIsAnEnd() throws {
      let machine = try start(TestGuest.edgeCall + TestGuest.endlessLoop)
      #expect(try machine.run() == .edgeCall)
      kill(try process(machine), SIGKILL)
      let end = MachineExit.killed(
        reason: "the machine stopped the guest: its process was killed, by the system or by somebody who may")
      #expect(try machine.runWatched() == end)
      #expect(try machine.runWatched() == end)
      #expect(throws: MachineError.self) { try machine.makeTemplate() }
      #expect(throws: MachineError.self) { try machine.word(at: TestGuest.data) }
      // The window is the monitor's as well.
      _ = try machine.word(at: MemoryMap.edgeWindow)
    }

    @Test func aChildKilledWhileItRunsIsAnEnd() throws {
      let machine = try start(TestGuest.endlessLoop)
      let number = try process(machine)
      let thread = JoinedThread {
        usleep(20_000)
        kill(number, SIGKILL)
      }
      defer { thread.join() }
      guard case .killed = try machine.runWatched() else {
        Issue.record("it was not noticed")
        return
      }
    }

    /// A clone whose process was killed is as good as new after a reset.
    @Test func aKilledCloneCanBeReset() throws {
      let source = try prober()
      let template = try source.machine.makeTemplate()
      let clone = Prober(try template.clone(), of: source)
      kill(try process(clone.machine), SIGKILL)
      guard case .killed = try clone.machine.runWatched() else {
        Issue.record("it was not noticed")
        return
      }
      try clone.reset()
      #expect(try clone.write(MemoryMap.linearMemory))
    }

    /// movl $1,turn; mov $39,%eax; syscall: the monitor believes that it is its turn, and then the guest is no more.
    @Test func aGuestThatGivesTheTurnAwayAndDiesIsAnEnd() throws {
      for _ in 0..<50 {
        let machine = try start(machineCode("c704250004200001000000 b827000000 0f05") + TestGuest.endlessLoop)
        var exits = 0
        var last = try machine.runWatched()
        while last == .edgeCall && exits < 10 {
          exits += 1
          last = try machine.runWatched()
        }
        #expect(last == .killed(reason: "the machine stopped the guest: it made a system call, which none may"), "after \(exits)")
      }
    }

    /// 1: movl $1,turn; jmp 1b: edge calls that no machine page makes, while it runs on.
    @Test func aGuestThatTakesNoTurnsIsStillStopped() throws {
      let machine = try start(machineCode("c704250004200001000000 ebf3"))
      let isOver = Atomic<Bool>(false)
      let watch = Watch(seconds: 0.3) {
        isOver.store(true, ordering: .sequentiallyConsistent)
        machine.interrupt()
      }
      defer { watch.cancel() }
      var exit = MachineExit.edgeCall
      while exit == .edgeCall { exit = try machine.run() }
      #expect(exit == .interrupted && isOver.load(ordering: .sequentiallyConsistent))
    }

    /// 1: addl $0x80000000,turn; jmp 1b
    @Test func aGuestThatImitatesInterruptionsIsStillStopped() throws {
      let machine = try start(machineCode("8104250004200000000080 ebf3"))
      #expect(try machine.runWatched(seconds: 0.2) == .interrupted)
    }

    /// movl $value,turn; then the monitor is woken: mov $turn,%edi; mov $1,%esi; mov $1,%edx; mov $202,%eax; syscall
    @Test(arguments: [2, 3, 0x7FFF_FFFF] as [UInt32])
    func nonsenseInsteadOfATurnIsAnEnd(_ value: UInt32) throws {
      let code = machineCode("c7042500042000") + withUnsafeBytes(of: value.littleEndian) { Array($0) }
        + machineCode("bf00042000 be01000000 ba01000000 b8ca000000 0f05") + TestGuest.endlessLoop
      guard case .killed(let reason) = try start(code).runWatched() else {
        Issue.record("it went on")
        return
      }
      #expect(reason.hasSuffix("it wrote \(value) where it takes turns with its monitor, expected 0 or 1"))
    }

    /// Somebody stops the process: its monitor waits, but not longer than it was told to.
    @Test func aStoppedChildIsInterruptedAndGoesOn() throws {
      let machine = try start(machineCode("bd00006000") + machineCode("48ff4500 b800001000ffd0 ebf3"))
      #expect(try machine.runWatched() == .edgeCall)
      kill(try process(machine), SIGSTOP)
      let clock = ContinuousClock()
      let begin = clock.now
      #expect(try machine.runWatched(seconds: 0.2) == .interrupted)
      #expect(clock.now - begin < .seconds(5))
      kill(try process(machine), SIGCONT)
      #expect(try machine.runWatched() == .edgeCall)
      #expect(try machine.word(at: TestGuest.data) == 2)
    }

    @Test func aStoppedChildCanBeLetGo() throws {
      let machine = try start(TestGuest.edgeCall + TestGuest.endlessLoop)
      let number = try process(machine)
      kill(number, SIGSTOP)
      _ = consume machine
      #expect(kill(number, 0) == -1 && errno == ESRCH)
    }

    // MARK: Kept processes

    private func contents(_ machine: any Machine) throws -> ProcessContents { try #require(machine as? ProcessMachine).contents }

    @Test func aKilledMouldIsMadeAgain() throws {
      let machine = try start(TestGuest.edgeCall + TestGuest.endlessLoop)
      for _ in 0..<20 {
        let mould = try #require(try contents(machine).mouldNumber)
        kill(mould, SIGKILL)
        // The first of them may still be the copy that it has made ahead of time.
        for _ in 0..<2 {
          let other = try start(TestGuest.edgeCall + TestGuest.endlessLoop)
          #expect(try other.runWatched() == .edgeCall)
        }
        #expect(try contents(machine).mouldNumber != mould)
      }
      #expect(try machine.runWatched() == .edgeCall)
    }

    @Test func aKilledFirstLoaderIsStartedAgain() throws {
      for _ in 0..<20 {
        let keeper = try ProcessKeeper.shared()
        Self.kind.forgetImages()
        #expect(try start(TestGuest.edgeCall).runWatched() == .edgeCall)
        let number = try #require(keeper.firstNumber)
        kill(number, SIGKILL)
        Self.kind.forgetImages()
        #expect(try start(TestGuest.edgeCall).runWatched() == .edgeCall)
        #expect(keeper.firstNumber != number)
      }
    }

    /// Whoever waits for a process that does not answer gets another one after five seconds.
    /// Also where it has been asked for a copy ahead of time.
    @Test(arguments: [false, true]) func aStoppedMouldIsReplaced(isOrderedAhead: Bool) throws {
      Self.kind.forgetImages()
      let kept = try contents(start(TestGuest.edgeCall + TestGuest.endlessLoop))
      let mould = try #require(kept.mouldNumber)
      do {
        let machine = isOrderedAhead ? try start(TestGuest.edgeCall + TestGuest.endlessLoop) : nil
        kill(mould, SIGSTOP)
        withExtendedLifetime(machine) {}
      }
      let other = try start(TestGuest.edgeCall + TestGuest.endlessLoop)
      #expect(try other.runWatched() == .edgeCall)
      #expect(kill(mould, 0) == -1 && errno == ESRCH)
    }

    // MARK: Copies made ahead of time

    /// What two machines of an image began with that nobody had used before, and the copy that its mould has made since they ended.
    private func useTwo() throws -> (kept: ProcessContents, ahead: Int32) {
      Self.kind.forgetImages()
      let kept = try contents(start(TestGuest.edgeCall + TestGuest.endlessLoop))
      #expect(kept.aheadNumber == nil, "a copy was made for an image that is perhaps used once")
      _ = try start(TestGuest.edgeCall + TestGuest.endlessLoop)
      return (kept, try #require(kept.aheadNumber))
    }

    @Test func aCopyMadeAheadIsTheNextMachine() throws {
      let (kept, ahead) = try useTwo()
      let used = try ProcessKeeper.shared().slots.usedCount - 1
      do {
        let third = try start(TestGuest.edgeCall + TestGuest.endlessLoop)
        #expect(try process(third) == ahead)
        #expect(kept.aheadNumber == nil)
        #expect(try third.runWatched() == .edgeCall)
        let fourth = try start(TestGuest.edgeCall + TestGuest.endlessLoop)
        #expect(try process(fourth) != ahead)
        #expect(try fourth.runWatched() == .edgeCall)
      }
      // Two have ended, and there is one copy.
      #expect(try #require(kept.aheadNumber) != ahead)
      #expect(try ProcessKeeper.shared().slots.usedCount == used + 1)
    }

    @Test func aCopyThatWasKilledMeanwhileIsNotUsed() throws {
      let (_, ahead) = try useTwo()
      kill(ahead, SIGKILL)
      var end = siginfo_t()
      #expect(waitid(P_PID, id_t(ahead), &end, WEXITED | WNOWAIT) == 0)
      let third = try start(TestGuest.edgeCall + TestGuest.endlessLoop)
      #expect(try process(third) != ahead)
      #expect(try third.runWatched() == .edgeCall)
      #expect(kill(ahead, 0) == -1 && errno == ESRCH)
    }

    @Test(arguments: [false, true]) func aCopyThatNobodyTakesEndsWithItsMould(isMouldKilled: Bool) throws {
      // The first loader is there before and after.
      _ = try start(TestGuest.edgeCall)
      Self.kind.forgetImages()
      let slots = try ProcessKeeper.shared().slots
      let before = slots.usedCount
      let ahead = try useTwo().ahead
      let kept = try contents(start(TestGuest.edgeCall + TestGuest.endlessLoop))
      let next = try #require(kept.aheadNumber)
      #expect(next != ahead)
      if isMouldKilled { kill(try #require(kept.mouldNumber), SIGKILL) }
      #expect(kill(next, 0) == 0)
      Self.kind.forgetImages()
      withExtendedLifetime(kept) {}
      _ = consume kept
      #expect(kill(next, 0) == -1 && errno == ESRCH)
      #expect(slots.usedCount <= before)
    }

    // MARK: Nothing is left

    /// Numbers of this process's children.
    private func children() throws -> Set<Int32> {
      var found: Set<Int32> = []
      for name in try FileNames.of("/proc") {
        guard let number = Int32(name), let status = fopen("/proc/\(name)/stat", "r") else { continue }
        defer { fclose(status) }
        var text = [CChar](repeating: 0, count: 512)
        guard fgets(&text, 512, status) != nil else { continue }
        let line = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        // number (name) state parent
        let fields = line[(line.lastIndex(of: ")") ?? line.startIndex)...].split(separator: " ")
        if fields.count > 2, Int32(fields[2]) == getpid() { found.insert(number) }
      }
      return found
    }

    private struct Holdings {
      var children: Int
      var descriptors: Int
      var slots: Int
      /// Of 512 bytes, of the memory shared with processes.
      var blocks: Int

      /// Tests of other kinds come and go meanwhile, with hundreds of descriptors and some machines; what each use had left would be as many as the uses. That
      /// nothing at all is left is for `leftover-check` to say, in a process of its own.
      func isNoMore(than other: Holdings, after uses: Int) -> Bool {
        children <= other.children + uses / 10 && descriptors <= other.descriptors + uses / 2 && slots <= other.slots + uses / 10 && blocks <= other.blocks + uses
      }
    }

    private func holdings() throws -> Holdings {
      var descriptors = 0
      for number in Int32(0)..<4096 where fcntl(number, F_GETFD) >= 0 { descriptors += 1 }
      let slots = try ProcessKeeper.shared().slots
      var status = stat()
      #expect(fstat(slots.file.number, &status) == 0)
      return Holdings(children: try children().count, descriptors: descriptors, slots: slots.usedCount, blocks: Int(status.st_blocks))
    }

    @Test func aThousandStartsLeaveNothing() throws {
      Self.kind.forgetImages()
      func use() throws {
        let source = try prober()
        #expect(try source.write(MemoryMap.linearMemory))
      }
      for _ in 0..<3 { try use() }
      let before = try holdings()
      let uses = 1000
      for _ in 0..<uses { try use() }
      let after = try holdings()
      #expect(after.isNoMore(than: before, after: uses), "\(before), then \(after)")
      let source = try prober()
      let template = try source.machine.makeTemplate()
      let clone = Prober(try template.clone(), of: source)
      try clone.reset()
      let between = try holdings()
      for _ in 0..<uses {
        #expect(try clone.write(MemoryMap.linearMemory))
        try clone.reset()
      }
      let end = try holdings()
      #expect(end.isNoMore(than: between, after: uses), "\(between), then \(end)")
    }

    /// Two of one mould, and one that gets what another has left.
    @Test func instancesOfOneImageDoNotSeeEachOther() throws {
      let places = [
        TestGuest.data, TestGuest.stackBottom, MemoryMap.stackTop - 8, MemoryMap.linearMemory, MemoryMap.heap, MemoryMap.trapStack,
        MemoryMap.edgeWindow + 0x800, MemoryMap.edgeWindow + 0x2000, MemoryMap.edgeWindow + 0x1_0000,
        MemoryMap.edgeWindow + MemoryMap.edgeWindowSize - 8,
      ]
      func check() throws {
        let first = try prober()
        let second = try prober()
        #expect(try contents(first.machine) === contents(second.machine), "they are not of one mould")
        for place in places { #expect(try first.write(place + 4), "\(place)") }
        for place in places { #expect(try second.read(place + 4) == 0, "\(place) shows in the other machine") }
        let third = try prober()
        for place in places { #expect(try third.read(place + 4) == 0, "\(place) shows in a later machine") }
      }
      for _ in 0..<20 { try check() }
    }

    /// What the loader had, the kernel put into it, or the mould has for its own use is not there.
    @Test func nothingIsMappedButTheRegions() throws {
      let machine = try start(TestGuest.edgeCall + TestGuest.endlessLoop)
      #expect(try machine.runWatched() == .edgeCall)
      let file = try #require(fopen("/proc/\(try process(machine))/maps", "r"))
      defer { fclose(file) }
      var text = [CChar](repeating: 0, count: 512)
      var count = 0
      while fgets(&text, 512, file) != nil {
        let line = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard !line.contains("[vsyscall]") else { continue }
        let words = line.split(separator: " ")
        let bounds = try #require(words.first).split(separator: "-").compactMap { UInt64($0, radix: 16) }
        try #require(bounds.count == 2 && words.count > 1)
        let region = machine.regions.first { $0.address <= bounds[0] && bounds[1] <= $0.address + $0.sizeLimit }
        #expect(region != nil, "\(line)")
        #expect(!(words[1].contains("w") && words[1].contains("x")), "\(line)")
        #expect(words[1].hasSuffix("s") == (region?.isShared ?? false), "\(line)")
        count += 1
      }
      #expect(count >= machine.regions.count)
      #expect(Set(try FileNames.of("/proc/\(try process(machine))/fd")).isEmpty, "it has descriptors")
    }
  }
}

private enum FileNames {
  static func of(_ path: String) throws -> [String] {
    let directory = try #require(opendir(path))
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}
