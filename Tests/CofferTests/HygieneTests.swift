import CodeObjects
import Coffer
import EdgeCalls
import Examples
import Glibc
import Monitor
import Testing
import TrustletImage

/// What the process holds. Tests of other targets run beside these, so a count says little by itself: what is looked for is growth with the
/// number of runs.
private enum Holdings {
  /// But for those of event loops and sockets, of which tests of a node's front have hundreds, and what runs here has none.
  static func descriptors() -> Int {
    names(in: "/proc/self/fd").count { name in
      var target = [CChar](repeating: 0, count: 256)
      let length = readlink("/proc/self/fd/\(name)", &target, target.count)
      let text = String(decoding: target.prefix(max(length, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
      return !["socket:", "anon_inode:[eventpoll]", "anon_inode:[timerfd]"].contains { text.hasPrefix($0) }
    }
  }

  static func mappings() -> Int {
    guard let file = fopen("/proc/self/maps", "re") else { return 0 }
    defer { fclose(file) }
    var lines = 0
    var byte = fgetc(file)
    while byte != EOF {
      if byte == 10 { lines += 1 }
      byte = fgetc(file)
    }
    return lines
  }

  /// But for those of event loops, and those that they have started.
  static func threads() -> Int {
    names(in: "/proc/self/task").count { name in
      guard let file = fopen("/proc/self/task/\(name)/comm", "re") else { return false }
      defer { fclose(file) }
      return fgetc(file) != CInt(UInt8(ascii: "N")) || fgetc(file) != CInt(UInt8(ascii: "I"))
    }
  }

  /// Children of this process named clang, dead ones that nobody has waited for among them.
  static func compilers() -> Int {
    names(in: "/proc").filter { name in
      guard Int(name) != nil, let file = fopen("/proc/\(name)/stat", "re") else { return false }
      defer { fclose(file) }
      var buffer = [UInt8](repeating: 0, count: 512)
      let count = fread(&buffer, 1, buffer.count, file)
      // "pid (name) state parent ..."
      let text = String(decoding: buffer[..<count], as: UTF8.self)
      guard let close = text.lastIndex(of: ")") else { return false }
      let fields = text[text.index(after: close)...].split(separator: " ")
      return fields.count > 1 && Int32(fields[1]) == getpid() && text.contains("(clang")
    }.count
  }

  private static func names(in path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return names
  }
}

extension RunningTests {
  @Suite struct HygieneTests {
    static let runs = 200

    @Test func runsLeaveNothingBehind() throws {
      let image = try Needs.builder(.none).image(of: try #require(Example.named("hello")).module)
      let program = try TestProgram(
        """
        (module (memory 1 100)
          (func (export "grow") (result i32) (memory.grow (i32.const 3)))
          (func (export "trap") (unreachable))
          (func (export "endless") (loop $next (br $next))))
        """
      ).image()
      func round(_ number: Int) throws {
        switch number % 4 {
        case 0:
          let running = try RunningProgram(program, time: .milliseconds(25))
          #expect(try running.call("endless") == .timedOut)
        case 1:
          let running = try RunningProgram(program, time: .seconds(10))
          #expect(try running.value("grow") == 1)
          #expect(try running.call("trap").trapKind == .unreachable)
        default:
          var options = RunOptions()
          options.arguments = ["hello"]
          options.streams = .init(input: nil, output: nil, errors: nil)
          options.directories = [.init(hostPath: "/", guestPath: "/")]
          _ = try TrustletRunner.runCommand(image, try TrustletRunner.start(image, options))
        }
      }
      for number in 0..<8 { try round(number) }
      let before = (Holdings.descriptors(), Holdings.mappings(), Holdings.threads())
      for number in 0..<Self.runs { try round(number) }
      let after = (Holdings.descriptors(), Holdings.mappings(), Holdings.threads())
      // Not one for every second run, where every run holds several.
      #expect(after.0 - before.0 < Self.runs / 4, "descriptors: \(before.0), then \(after.0)")
      #expect(after.1 - before.1 < Self.runs / 2, "mappings: \(before.1), then \(after.1)")
      #expect(after.2 - before.2 < Self.runs / 4, "threads: \(before.2), then \(after.2)")
    }

    @Test func compilersEndWithTheBuildThatFails() throws {
      let compiler = ObjectCompiler(toolchain: try #require(Needs.toolchain), architecture: .host, cache: nil, workers: 4)
      let (descriptors, compilers) = (Holdings.descriptors(), Holdings.compilers())
      for _ in 0..<20 {
        let jobs = (0..<6).map { number in
          let text = number == 1 ? "this is no IR" : "define i32 @f\(number)() {\nret i32 \(number)\n}\n"
          return CompileJob(name: "job\(number)", source: Array(text.utf8))
        }
        let error = #expect(throws: CompileError.self) { try compiler.compile(jobs) }
        #expect(error?.job == "job1")
      }
      #expect(Holdings.compilers() - compilers < 10)
      // Not one for every second compiler.
      #expect(Holdings.descriptors() - descriptors < 60)
    }
  }
}
