import RunCommand
import Testing

/// What is read without the full command line, and what is left to it.
@Suite struct RunLineTests {
  @Test func plainLinesAreRead() throws {
    let line = try #require(
      RunLine([
        "run", "--quiet-platform", "--env", "A=1", "dir/app.trustlet", "--dir", "/data::/d:rw", "one", "--memory", "64MiB", "--env", "B=", "--timeout",
        "2s", "--", "--two", "-3", "--",
      ]))
    #expect(line.application == "dir/app.trustlet")
    #expect(line.isQuiet)
    #expect(line.options.arguments == ["app.trustlet", "one", "--two", "-3", "--"])
    #expect(line.options.environment == ["A=1", "B="])
    #expect(line.options.memory?.bytes == 64 << 20)
    #expect(line.options.time == .seconds(2))
    #expect(line.options.directories.map(\.guestPath) == ["/d"])
    #expect(line.options.directories.map(\.writable) == [true])
  }

  @Test(arguments: [
    [], ["run"], ["build", "a"], ["--help"], ["run", "--help"], ["run", "a", "-h"], ["run", ""], ["run", "a", "--memory"], ["run", "a", "--memory", "x"],
    ["run", "a", "--memory", "1MiB", "--memory", "2MiB"], ["run", "a", "--env", "--stats"], ["run", "a", "--stats"], ["run", "a", "--invoke", "f()"],
    ["run", "a", "--memory=1MiB"], ["run", "a", "--dir", "::"], ["run", "a", "-"], ["run", "a", "--timeout", "2"], ["run", "a", "--manifest", "m"],
    ["run", "--"],
  ] as [[String]])
  func everythingElseIsLeft(words: [String]) {
    #expect(RunLine(words) == nil)
  }
}
