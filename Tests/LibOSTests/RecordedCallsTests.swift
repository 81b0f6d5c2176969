import LibOS
import Testing

/// What PyPI wasmtime 50 answered, call by call (Wasmtime/*.calls, written by record.py).
@Suite struct RecordedCallsTests {
  private static let names = [
    "arguments", "clocks", "descriptors", "names", "opening", "polling", "process", "reading", "scratch", "traps", "writing",
  ]

  /// The same in scratch memory as in a directory of the host.
  @Test(arguments: names)
  func scratchAnswersAsWasmtime(name: String) throws {
    for section in try RecordedCalls.load("\(name).calls").sections {
      let tree = try TemporaryTree()
      let host = DirectoryHost(directories: ["\(tree.root)/ro"])
      var start = TestMachine.Start()
      start.scratch = ("/data", 1 << 20)
      start.directories = [(1, false, "fixed")]
      let machine = try TestMachine(host: host, start: start)
      try populate(machine.os)
      let runner = CallRunner(machine)
      for step in section.steps {
        let isExit = step.call.hasPrefix("proc_exit ")
        var answer = runner.run(step.call)
        if isExit, let status = host.exitStatus { answer = "exit \(status)" }
        #expect(answer == step.expected, "\(name).calls:\(step.line) \(section.title): \(step.call)")
      }
    }
  }

  /// What ``TemporaryTree`` has in "rw".
  private func populate(_ os: LibraryOS) throws {
    guard case .directory(let root) = os.descriptors[3] else { return }
    for path in ["empty", "dir", "dir/deep"] { try root.createDirectory(Array(path.utf8)) }
    var request = OpenRequest()
    (request.create, request.canWrite) = (true, true)
    for (path, text) in [("hello.txt", "hello world\n"), ("dir/inner.txt", "inner"), ("dir/deep/deepest.txt", "deepest")] {
      guard case .file(let file) = try root.open(Array(path.utf8), request) else { continue }
      var list = OneBuffer(text: text)
      #expect(try file.write(&list) == UInt64(text.utf8.count))
    }
    for (path, target) in [("link", "hello.txt"), ("dirlink", "dir"), ("escape", "../outside.txt"), ("dangling", "nowhere"), ("loop", "loop")] {
      try root.symlink(target: Array(target.utf8), Array(path.utf8))
    }
    // No program could make this one.
    guard case .scratch(let node) = root.place else { return }
    try node.system.symlink(target: Array("/etc/passwd".utf8), RelativePath(Array("absolute".utf8)), from: node)
    for path in ["hello.txt", "dir/inner.txt"] {
      try root.setTimes(Array(path.utf8), follow: false, access: .at(1_000_000_000), modification: .at(2_000_000_000))
    }
  }

  @Test(arguments: names)
  func answersAsWasmtime(name: String) throws {
    for section in try RecordedCalls.load("\(name).calls").sections {
      let tree = try TemporaryTree()
      let host = DirectoryHost(directories: ["\(tree.root)/rw", "\(tree.root)/ro"])
      var start = TestMachine.Start()
      start.directories = [(1, true, "/data"), (2, false, "fixed")]
      let runner = CallRunner(try TestMachine(host: host, start: start))
      for step in section.steps {
        let isExit = step.call.hasPrefix("proc_exit ")
        var answer = runner.run(step.call)
        if isExit, let status = host.exitStatus { answer = "exit \(status)" }
        #expect(answer == step.expected, "\(name).calls:\(step.line) \(section.title): \(step.call)")
      }
    }
  }
}
