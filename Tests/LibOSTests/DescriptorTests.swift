import EdgeCalls
import LibOS
import Testing

@Suite struct DescriptorTests {
  func machine(_ host: DirectoryHost) throws -> CallRunner {
    var start = TestMachine.Start()
    start.directories = [(1, true, "/data")]
    return CallRunner(try TestMachine(host: host, start: start))
  }

  @Test func openFilesAreBounded() throws {
    let tree = try TemporaryTree()
    let host = DirectoryHost(directories: ["\(tree.root)/rw"])
    let runner = try machine(host)
    for number in 4..<Int(DescriptorTable.greatestLimit) {
      #expect(runner.run("path_open 3 0 \"hello.txt\" 0 2 0 0 *u32") == "0 \(number)")
    }
    #expect(runner.run("path_open 3 0 \"hello.txt\" 0 2 0 0 *u32") == "33")
    #expect(host.openHandles == Int(DescriptorTable.greatestLimit) - 3, "what could not be numbered is closed")
    #expect(runner.run("fd_close 700") == "0")
    #expect(runner.run("path_open 3 0 \"hello.txt\" 0 2 0 0 *u32") == "0 700")
  }

  @Test func closingTellsTheHost() throws {
    let tree = try TemporaryTree()
    let host = DirectoryHost(directories: ["\(tree.root)/rw"])
    let runner = try machine(host)
    #expect(runner.run("path_open 3 0 \"hello.txt\" 0 2 0 0 *u32") == "0 4")
    #expect(runner.run("path_open 3 0 \"dir\" 0 2 0 0 *u32") == "0 5")
    #expect(host.openHandles == 3)
    #expect(runner.run("fd_renumber 4 5") == "0")
    #expect(host.openHandles == 2)
    #expect(runner.run("fd_close 5") == "0")
    #expect(host.openHandles == 1)
    #expect(runner.run("path_open 3 0 \"hello.txt\" 2 2 0 0 *u32") == "54")
    #expect(host.openHandles == 1)
  }

  /// More than the window holds goes in several edge calls and comes back the same.
  @Test func largeTransfers() throws {
    let tree = try TemporaryTree()
    let host = DirectoryHost(directories: ["\(tree.root)/rw"])
    var start = TestMachine.Start()
    start.directories = [(1, true, "/data")]
    let machine = try TestMachine(host: host, start: start)
    let runner = CallRunner(machine)
    // Memory is smaller than the window: the same bytes again and again.
    let part = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    machine.write(part, at: 40_000)
    for index in 0..<4 { machine.write(encode([40_000, 200_000]), at: 20_000 + 8 * index) }
    #expect(runner.run("path_open 3 0 \"big\" 1 66 0 0 *u32") == "0 4")
    #expect(runner.invoke("fd_write", [4, 20_000, 4, 2048]) == .errno(0))
    #expect(CallRunner.number(machine.read(2048, 4), 0, 4) == 800_000)
    #expect(runner.run("fd_tell 4 *u64") == "0 800000")
    machine.write([UInt8](repeating: 0, count: part.count), at: 40_000)
    #expect(runner.invoke("fd_pread", [4, 20_000, 4, 0, 2048]) == .errno(0))
    #expect(CallRunner.number(machine.read(2048, 4), 0, 4) == 800_000)
    #expect(machine.read(40_000, part.count) == part)
    #expect(runner.invoke("fd_write", [1, 20_000, 4, 2048]) == .errno(0))
    #expect(host.output == part + part + part + part)
  }

  /// A buffer outside behind one inside ends the transfer instead of trapping, as Wasmtime, which looks at the first only.
  @Test func laterBufferOutside() throws {
    let host = DirectoryHost(directories: ["/tmp"])
    var start = TestMachine.Start()
    start.directories = [(1, true, "/data")]
    let machine = try TestMachine(host: host, start: start)
    let runner = CallRunner(machine)
    machine.write(Array("text".utf8), at: 4096)
    machine.write(encode([4096, 4, 262_143, 4]), at: 1024)
    #expect(runner.invoke("fd_write", [1, 1024, 2, 2048]) == .errno(0))
    #expect(CallRunner.number(machine.read(2048, 4), 0, 4) == 4)
    #expect(runner.invoke("fd_write", [1, 1032, 1, 2048]) == .trap)
    #expect(runner.invoke("fd_write", [1, 262_136, 2, 2048]) == .trap)
    machine.write(encode([4096, 4]), at: 262_136)
    #expect(runner.invoke("fd_write", [1, 262_136, 2, 2048]) == .errno(0))
    #expect(host.output == Array("texttext".utf8))
  }
}
