import Testing

@testable import LibOS

/// What PyPI wasmtime 50 answered, call by call (Wasmtime/*.calls, written by record.py).
@Suite struct RecordedCallsTests {
  @Test(arguments: [
    "arguments", "clocks", "descriptors", "names", "opening", "polling", "process", "reading", "traps", "writing",
  ])
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
