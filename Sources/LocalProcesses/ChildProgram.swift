import CLinux
import Glibc

/// Why there is no process, or why one cannot be told something.
package struct ProcessError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }

  package init(_ what: String, errorNumber: Int32) { self.init("\(what): \(String(cString: strerror(errorNumber)))") }
}

/// A program that is started with the descriptors and the environment it is given and no others. It dies with the thread that has started it.
package struct ChildProgram: Sendable {
  /// Its path; with ``file`` only its name.
  package var path: String
  /// The program itself, open and sealed (``SealedProgram``); nil for what lies at the path when it is started.
  package var file: Int32?
  package var arguments: [String]
  /// `NAME=VALUE` each.
  package var environment: [String]

  package init(_ path: String, file: Int32? = nil, arguments: [String], environment: [String] = []) {
    self.path = path
    self.file = file
    self.arguments = arguments
    self.environment = environment
  }

  /// - Parameter descriptors: the child's 0, 1, 2 and on; they stay the caller's.
  package func start(_ descriptors: [Int32]) throws(ProcessError) -> coffer_child {
    var child = coffer_child()
    let step: Int32 = Self.withStrings([path] + arguments) { arguments in
      Self.withStrings(environment) { environment in
        descriptors.withUnsafeBufferPointer { descriptors in
          path.withCString { program in
            "/".withCString { directory in
              var spawn = coffer_spawn()
              spawn.program = program
              spawn.program_file = file ?? -1
              spawn.arguments = arguments
              spawn.environment = environment
              spawn.directory = directory
              spawn.descriptors = descriptors.baseAddress
              spawn.descriptor_count = UInt32(descriptors.count)
              // It locks itself down when it has opened what it needs, or confines what handles a stranger's bytes.
              spawn.landlock_ruleset = -1
              spawn.filter_system_calls = 0
              return coffer_spawn_sandboxed(&spawn, &child)
            }
          }
        }
      }
    }
    guard step == Int32(COFFER_STEP_EXECUTED.rawValue) else { throw ProcessError("cannot start \(path) (step \(step))", errorNumber: errno) }
    return child
  }

  private static func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    copies.append(nil)
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer { buffer in
      // Never empty: the end is in it.
      buffer.baseAddress.map(body) ?? withUnsafePointer(to: nil, body)
    }
  }
}

/// Two connected stream sockets.
package struct SocketPair {
  package let mine: Int32
  package let theirs: Int32

  package init() throws(ProcessError) {
    var ends: (Int32, Int32) = (-1, -1)
    let result = withUnsafeMutablePointer(to: &ends) { $0.withMemoryRebound(to: Int32.self, capacity: 2) { coffer_stream_ends($0) } }
    guard result == 0 else { throw ProcessError("cannot make a socket", errorNumber: -result) }
    (mine, theirs) = (ends.0, ends.1)
  }
}
