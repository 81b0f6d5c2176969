import CLinux
import EdgeCalls
import Glibc

/// Calls that make, remove, rename or look at a name in a directory.
///
/// Those that change something open the directory in which the name lies, beneath the offered one, and then act on the bare
/// name, of which the kernel follows no link. Those that look open what the path leads to as a path only.
extension EdgeService {
  func attributesAt(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    let base = try directory(call.arguments.0)
    let found = try lookUp(try call.path(), beneath: base, follow: call.arguments.1)
    return try answer(attributesOf: found.number, call)
  }

  func readLink(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    let base = try directory(call.arguments.0)
    let found = try lookUp(try call.path(), beneath: base, follow: 0)
    guard NodeKind(mode: try status(of: found.number).mode) == .symbolicLink else { throw .invalid }
    // Linux has no longer targets, so nothing is cut off.
    let space = call.space(UInt64(GuestPath.lengthLimit) + 1)
    let count = try checked(coffer_read_link(found.number, space.baseAddress, space.count))
    return EdgeAnswer(payloadLength: count)
  }

  func setTimesAt(_ call: Call) throws(CallFailure) {
    let base = try writableDirectory(call.arguments.0)
    let times = try FileTimes(flags: call.arguments.1, access: call.arguments.2, modification: call.arguments.3)
    let found = try lookUp(try call.path(), beneath: base, follow: call.arguments.4)
    try times.set(found.number)
  }

  func createDirectory(_ call: Call) throws(CallFailure) {
    let base = try writableDirectory(call.arguments.0)
    try onEnd(of: try call.path(), beneath: base, here: .exists, parent: .exists, making: call.payloadLength) { directory, name in
      reported(mkdirat(directory, name, 0o777))
    }
  }

  func removeDirectory(_ call: Call) throws(CallFailure) {
    let base = try writableDirectory(call.arguments.0)
    try onEnd(of: try call.path(), beneath: base, here: .invalid, parent: .notEmpty) { directory, name in
      reported(unlinkat(directory, name, Int32(AT_REMOVEDIR)))
    }
  }

  func unlink(_ call: Call) throws(CallFailure) {
    let base = try writableDirectory(call.arguments.0)
    try onEnd(of: try call.path(), beneath: base, here: .isDirectory, parent: .isDirectory) { directory, name in
      reported(unlinkat(directory, name, 0))
    }
  }

  func rename(_ call: Call) throws(CallFailure) {
    let (old, new, oldPath, newPath) = try pathPair(call)
    try onEnd(of: oldPath, beneath: old, here: .busy, parent: .busy) { oldDirectory, oldName throws(CallFailure) in
      try onEnd(of: newPath, beneath: new, here: .busy, parent: .busy) { newDirectory, newName in
        reported(renameat(oldDirectory, oldName, newDirectory, newName))
      }
      return 0
    }
  }

  /// Both directories have to be writable: a second name in a writable directory would make a read-only file writable.
  func link(_ call: Call) throws(CallFailure) {
    let (old, new, oldPath, newPath) = try pathPair(call)
    guard call.arguments.3 < 2 else { throw .invalid }
    let source = try lookUp(oldPath, beneath: old, follow: call.arguments.3)
    let number = source.number
    try onEnd(of: newPath, beneath: new, here: .exists, parent: .exists, making: newPath.text.count) { directory, name in
      // The only way to link what a descriptor refers to that needs no privilege.
      reported(linkat(coffer_at_here, "/proc/self/fd/\(number)", directory, name, Int32(AT_SYMLINK_FOLLOW)))
    }
  }

  /// Where the target leads is checked when it is followed. An absolute one is refused all the same: it would never work for the
  /// guest, and lead astray whoever on the host follows it.
  func symlink(_ call: Call) throws(CallFailure) {
    let base = try writableDirectory(call.arguments.0)
    let split = try call.split(call.arguments.1)
    let target = try call.path(0..<split)
    let path = try call.path(split..<call.payloadLength)
    try onEnd(of: path, beneath: base, here: .exists, parent: .exists, making: call.payloadLength) { directory, name in
      reported(symlinkat(target.text, directory, name))
    }
  }

  private func pathPair(_ call: Call) throws(CallFailure) -> (OpenNode, OpenNode, GuestPath, GuestPath) {
    let old = try writableDirectory(call.arguments.0)
    let new = try writableDirectory(call.arguments.1)
    let split = try call.split(call.arguments.2)
    return (old, new, try call.path(0..<split), try call.path(split..<call.payloadLength))
  }

  /// - Parameter follow: As the guest sent it: 0 or 1.
  private func lookUp(_ path: GuestPath, beneath base: OpenNode, follow: UInt64) throws(CallFailure) -> ScopedDescriptor {
    guard follow < 2 else { throw .invalid }
    let following = follow == 1 ? 0 : O_NOFOLLOW
    return try ResolutionBeneath.open(base.descriptor, path.text, coffer_open_path_only | following)
  }

  /// A call's result in the C shim's way, taken before anything else can change errno.
  private func reported(_ result: Int32) -> Int32 { result == 0 ? 0 : 0 - errno }

  /// Calls the body with the directory that the path's last name lies in, and the name. Where the path ends in "." or ".." there
  /// is no name to act on, and the call fails: as said, when the path stays beneath the directory, otherwise as not permitted.
  ///
  /// - Parameter making: Bytes of a new name, and of a link's target. They take the host's room, and count as those that are written to a file do.
  private func onEnd(
    of path: GuestPath, beneath base: OpenNode, here: CallFailure, parent: CallFailure, making bytes: Int = 0,
    _ body: (Int32, [CChar]) throws(CallFailure) -> Int32
  ) throws(CallFailure) {
    let end = path.end()
    switch end.name {
    case .entry(let name):
      let directory = try ResolutionBeneath.openDirectory(of: end, beneath: base.descriptor)
      guard try reserveWriting(bytes) == bytes else { throw .noSpace }
      try checked(try body(directory.number, name))
      recordWriting(bytes)
    case .here, .parent:
      _ = try ResolutionBeneath.open(base.descriptor, path.text, coffer_open_path_only | O_DIRECTORY)
      if case .here = end.name { throw here }
      throw parent
    }
  }
}
