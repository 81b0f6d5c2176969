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

  @Test func theMachineThatItGetsAnywayIsNoReasonForMore() throws {
    let line = try #require(RunLine(["run", "--machine", "kvm", "a", "b"]))
    #expect(line.options.arguments == ["a", "b"])
    for words in [["--machine", "process"], ["--machine", "kvn"], ["--machine"], ["--machine", "kvm", "--machine", "kvm"], ["--machine=kvm"]] {
      #expect(RunLine(["run", "a"] + words) == nil, "\(words)")
    }
  }

  /// The rights that a directory is given with, said or not; what is neither is no part of a name by mistake.
  @Test(arguments: [
    ("a", "a", "a", false), ("a:ro", "a", "a", false), ("a:rw", "a", "a", true), ("a::/b", "a", "/b", false), ("a::/b:ro", "a", "/b", false),
    ("a::/b:rw", "a", "/b", true), ("a:b", "a:b", "a:b", false), ("a::/b:c:ro", "a", "/b:c", false), ("a::/b:c/d", "a", "/b:c/d", false),
    ("a:rw:ro", "a:rw", "a:rw", false),
  ] as [(String, String, String, Bool)])
  func directoriesHaveRights(text: String, host: String, guest: String, writable: Bool) throws {
    let directory = try #require(DirectoryArgument(argument: text)).directory
    #expect(directory.hostPath == host && directory.guestPath == guest && directory.writable == writable)
  }

  @Test(arguments: ["a::/b:rx", "a::/b:", "a::/b:RW", "a::b:c", "::/b", "a::", "a:::ro", ":rw", ""])
  func whatIsNoDirectoryIsRefused(text: String) { #expect(DirectoryArgument(argument: text) == nil) }

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
