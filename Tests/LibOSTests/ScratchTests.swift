import EdgeCalls
import LibOS
import Testing

/// What the recorded calls do not show of scratch memory: limits, what is given back, and that the host hears nothing.
@Suite struct ScratchTests {
  private func machine(
    size: UInt64 = 64 << 10, _ change: (inout TestMachine.Start) -> Void = { _ in }
  ) throws -> (CallRunner, DirectoryHost) {
    let host = DirectoryHost(directories: ["/tmp"])
    var start = TestMachine.Start()
    start.scratch = ("/tmp", size)
    change(&start)
    return (CallRunner(try TestMachine(host: host, start: start)), host)
  }

  @Test func aFullScratchSaysSoAndTellsTheHost() throws {
    let (runner, host) = try machine()
    #expect(runner.run("path_open 3 0 \"full\" 1 66 0 0 *u32") == "0 4")
    for _ in 0..<8 { #expect(runner.run("fd_write 4 <@7000> *u32") == "0 7000") }
    #expect(runner.machine.os.limitsReached == 0)
    // 16 blocks, of which one holds the numbers of the others.
    #expect(runner.run("fd_write 4 <@7000> *u32") == "0 5440")
    #expect(runner.run("fd_write 4 <@7000> *u32") == "51")
    #expect(runner.machine.os.limitsReached == LimitsReached.scratchSpace)
    #expect(runner.run("path_create_directory 3 \"dir\"") == "0")
    #expect(runner.run("path_symlink \"full\" 3 \"link\"") == "51")
    #expect(runner.run("path_filestat_get 3 0 \"link\" *stat") == "44")
    #expect(runner.run("fd_filestat_set_size 4 4096") == "0")
    #expect(runner.run("path_symlink \"full\" 3 \"link\"") == "0")
    _ = runner.run("proc_exit 3")
    #expect(host.limitsReached == LimitsReached.scratchSpace)
  }

  @Test func theHostLowersTheLimit() throws {
    let (runner, _) = try machine { $0.hostScratchLimit = 8192 }
    #expect(runner.run("path_open 3 0 \"full\" 1 66 0 0 *u32") == "0 4")
    #expect(runner.run("fd_write 4 <@9000> *u32") == "0 4096")
    #expect(runner.run("fd_write 4 <@9000> *u32") == "51")
  }

  @Test func withoutScratchSpaceThereIsNoDirectory() throws {
    let host = DirectoryHost(directories: ["/tmp"])
    let runner = CallRunner(try TestMachine(host: host))
    #expect(runner.run("fd_prestat_get 3 *prestat") == "8")
  }

  /// Everything comes back, whatever the order: then as much can be written as at first, and it is zero.
  @Test(arguments: [1, 3, 7, 16, 40] as [UInt64])
  func whatIsRemovedCanBeUsedAgain(blocks: UInt64) throws {
    let (runner, _) = try machine(size: 512 << 10)
    for round in 0..<20 {
      for name in 0..<2 {
        let file = runner.run("path_open 3 0 \"f\(name)\" 9 66 0 0 *u32").dropFirst(2)
        for block in 0..<blocks {
          #expect(runner.run("fd_pwrite \(file) <data> \((block * 37 % blocks) * 4096 + 5) *u32") == "0 4", "round \(round)")
        }
        #expect(runner.run("fd_pread \(file) [9] \((blocks - 1) * 4096) *u32") == "0 \"\\x00\\x00\\x00\\x00\\x00data\" 9")
      }
      if round % 2 == 0 { #expect(runner.run("path_unlink_file 3 \"f0\"") == "0") }
      #expect(runner.run("fd_filestat_set_size 5 0") == "0")
      #expect(runner.run("fd_close 5") == "0")
      #expect(runner.run("fd_close 4") == "0")
    }
    #expect(runner.machine.os.limitsReached == 0)
  }

  /// Random writes, cuts and growth against a plain array.
  @Test(arguments: 0..<8 as Range<UInt64>)
  func contentsAreThoseOfAnArray(seed: UInt64) throws {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    func random(_ bound: UInt64) -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state % bound
    }
    let machine = try machine(size: 32 << 20).0.machine
    guard case .directory(let root) = machine.os.descriptors[3] else { return }
    var request = OpenRequest()
    (request.create, request.canWrite, request.canRead) = (true, true, true)
    guard case .file(let file) = try root.open(Array("f".utf8), request) else { return }
    var expected: [UInt8] = []
    for step in 0..<300 {
      let offset = random(3) == 0 ? random(8 << 20) : random(40_000)
      switch random(4) {
      case 0:
        let size = Int(offset)
        try file.setSize(UInt64(size))
        expected = Array(expected.prefix(size)) + [UInt8](repeating: 0, count: max(0, size - expected.count))
      default:
        let text = String(repeating: String(UnicodeScalar(UInt8(97 + step % 26))), count: Int(1 + random(9000)))
        var list = OneBuffer(text: text)
        #expect(try file.write(&list, at: offset) == UInt64(text.utf8.count))
        let end = Int(offset) + text.utf8.count
        if expected.count < end { expected += [UInt8](repeating: 0, count: end - expected.count) }
        expected.replaceSubrange(Int(offset)..<end, with: Array(text.utf8))
      }
    }
    var list = OneBuffer(count: max(expected.count, 1))
    #expect(try file.read(&list, at: 0) == UInt64(expected.count))
    #expect(Array(list.bytes.prefix(expected.count)) == expected)
    #expect(try file.attributes().size == UInt64(expected.count))
  }

  @Test func namesAreBounded() throws {
    let (runner, _) = try machine(size: 1 << 20)
    for index in 0..<MemoryMap.scratchNameLimit {
      let answer = runner.run("path_create_directory 3 \"\(index)\"")
      if answer != "0" { #expect(answer == "0", "at \(index)") }
    }
    #expect(runner.run("path_create_directory 3 \"more\"") == "51")
    #expect(runner.run("path_remove_directory 3 \"77\"") == "0")
    #expect(runner.run("path_create_directory 3 \"more\"") == "0")
  }

  /// Removing while listing: every name that stays is listed once.
  @Test func listingsGoOnWhileNamesComeAndGo() throws {
    let (runner, _) = try machine(size: 1 << 20)
    for index in 0..<50 { #expect(runner.run("path_create_directory 3 \"n\(index)\"") == "0") }
    guard case .directory(let root) = runner.machine.os.descriptors[3] else { return }
    var seen: [String] = []
    var cookie: UInt64 = 2
    var removed = 0
    while true {
      var item: (name: String, next: UInt64)?
      try root.list(from: cookie, room: 100) { (found, index) in
        item = (String(decoding: found.name, as: UTF8.self), index + 1)
        return false
      }
      guard let item else { break }
      seen.append(item.name)
      cookie = item.next
      try root.removeDirectory(Array(item.name.utf8))
      removed += 1
      if removed == 10 { try root.createDirectory(Array("late".utf8)) }
    }
    #expect(seen == (0..<50).map { "n\($0)" } + ["late"])
  }

  /// Beyond the first time that a file is stamped, for which the host's clock is asked, no call leaves the trustlet.
  @Test func theHostHearsNothing() throws {
    let (runner, host) = try machine(size: 1 << 20)
    _ = runner.run("path_create_directory 3 \"d\"")
    let before = host.callCount
    #expect(runner.run("path_open 3 0 \"d/f\" 1 66 0 0 *u32") == "0 4")
    #expect(runner.run("fd_write 4 <@9000> *u32") == "0 9000")
    #expect(runner.run("fd_pread 4 [3] 1 *u32") == "0 \"xxx\" 3")
    #expect(runner.run("path_rename 3 \"d/f\" 3 \"g\"") == "0")
    #expect(runner.run("fd_sync 4") == "0")
    #expect(runner.run("path_unlink_file 3 \"g\"") == "0")
    #expect(runner.run("fd_close 4") == "0")
    #expect(host.callCount == before)
  }

  @Test func descriptorsAreBoundedBeforeAFileIsMade() throws {
    let (runner, _) = try machine {
      $0.openFiles = 100
      $0.hostOpenFilesLimit = 6
    }
    #expect(runner.run("path_open 3 0 \"a\" 1 66 0 0 *u32") == "0 4")
    #expect(runner.run("path_open 3 0 \"b\" 1 66 0 0 *u32") == "0 5")
    #expect(runner.run("fd_write 5 <text> *u32") == "0 4")
    #expect(runner.run("path_open 3 0 \"c\" 1 66 0 0 *u32") == "33")
    #expect(runner.run("path_open 3 0 \"b\" 8 66 0 0 *u32") == "33")
    #expect(runner.run("path_filestat_get 3 0 \"c\" *stat") == "44")
    #expect(runner.run("path_filestat_get 3 0 \"b\" *stat") == "0 4/1/4")
    #expect(runner.machine.os.limitsReached == LimitsReached.openFiles)
    #expect(runner.run("fd_renumber 4 5") == "0")
    #expect(runner.run("path_open 3 0 \"c\" 1 66 0 0 *u32") == "0 4")
    #expect(runner.run("path_open 3 0 \"d\" 1 66 0 0 *u32") == "33")
  }
}
