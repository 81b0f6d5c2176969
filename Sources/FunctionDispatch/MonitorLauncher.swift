import CLinux
import Glibc

/// Why there is no monitor process, or why one cannot be told something.
package struct MonitorStartError: Error, CustomStringConvertible {
  package let description: String

  package init(_ what: String, errorNumber: Int32) { description = "\(what): \(String(cString: strerror(errorNumber)))" }
}

/// The front's ends of a monitor process, all its own from now on.
package struct MonitorEnds: Sendable {
  /// nil for one that lives in this process, as tests have them.
  package var process: coffer_child?
  package var control: Int32
  /// The same socket by a second descriptor.
  package var controlForSending: Int32
  package var complaints: Int32
  package var slots: [Int32]

  package init(process: coffer_child?, control: Int32, controlForSending: Int32, complaints: Int32, slots: [Int32]) {
    self.process = process
    self.control = control
    self.controlForSending = controlForSending
    self.complaints = complaints
    self.slots = slots
  }
}

package protocol MonitorLaunching: Sendable {
  func launch() throws(MonitorStartError) -> MonitorEnds
}

/// Starts monitor processes. They die with the thread that has called ``launch()``.
struct MonitorLauncher: MonitorLaunching {
  let program: String
  let machine: String?
  let slots: Int

  func launch() throws(MonitorStartError) -> MonitorEnds {
    var opened: [Int32] = []
    var isStarted = false
    defer { if !isStarted { for descriptor in opened { close(descriptor) } } }
    let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard nothing >= 0 else { throw MonitorStartError("cannot open /dev/null", errorNumber: errno) }
    opened.append(nothing)
    // The complaints, the control socket, and one for each slot.
    var mine: [Int32] = []
    var theirs: [Int32] = []
    for _ in 0..<slots + 2 {
      var ends: (Int32, Int32) = (-1, -1)
      let result = withUnsafeMutablePointer(to: &ends) { $0.withMemoryRebound(to: Int32.self, capacity: 2) { coffer_stream_ends($0) } }
      guard result == 0 else { throw MonitorStartError("cannot make a socket", errorNumber: -result) }
      opened += [ends.0, ends.1]
      mine.append(ends.0)
      theirs.append(ends.1)
    }
    let sending = fcntl(mine[1], F_DUPFD_CLOEXEC, 3)
    guard sending >= 0 else { throw MonitorStartError("cannot copy a descriptor", errorNumber: errno) }
    opened.append(sending)
    let process = try spawn([nothing, nothing] + theirs)
    isStarted = true
    close(nothing)
    for descriptor in theirs { close(descriptor) }
    return MonitorEnds(process: process, control: mine[1], controlForSending: sending, complaints: mine[0], slots: Array(mine[2...]))
  }

  private func spawn(_ descriptors: [Int32]) throws(MonitorStartError) -> coffer_child {
    var arguments = [program, "--slots", String(slots)]
    if let machine { arguments += ["--machine", machine] }
    var child = coffer_child()
    let step: Int32 = Self.withStrings(arguments) { arguments in
      Self.withStrings([]) { environment in
        descriptors.withUnsafeBufferPointer { descriptors in
          program.withCString { program in
            "/".withCString { directory in
              var spawn = coffer_spawn()
              spawn.program = program
              spawn.arguments = arguments
              spawn.environment = environment
              spawn.directory = directory
              spawn.descriptors = descriptors.baseAddress
              spawn.descriptor_count = UInt32(descriptors.count)
              // It locks itself down when it has opened what it needs.
              spawn.landlock_ruleset = -1
              spawn.filter_system_calls = 0
              return coffer_spawn_sandboxed(&spawn, &child)
            }
          }
        }
      }
    }
    guard step == Int32(COFFER_STEP_EXECUTED.rawValue) else { throw MonitorStartError("cannot start \(program) (step \(step))", errorNumber: errno) }
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
