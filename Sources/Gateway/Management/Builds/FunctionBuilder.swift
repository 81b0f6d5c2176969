import FunctionStore
import Glibc

/// A build that was not carried out to its end, which says nothing sure of the module: the same may succeed at another time.
struct LostBuild: Error, CustomStringConvertible {
  let refusal: Refusal

  var description: String { refusal.detail }
}

/// Builds modules into images, with `coffer-tools` in a process of its own, which has the module's bytes handled by a confined one.
public struct FunctionBuilder: Sendable {
  enum Optimization: String, Sendable { case none, speed }

  private let program: String
  private let timeLimit: Int

  /// - Parameters:
  ///   - program: the path of `coffer-tools`; nil for the one beside this program.
  ///   - timeLimit: seconds of one build.
  public init(program: String? = nil, timeLimit: Int = 600) {
    self.program = program ?? Self.programBesideThis
    self.timeLimit = timeLimit
  }

  private static var programBesideThis: String {
    guard let own = realpath("/proc/self/exe", nil) else { return "coffer-tools" }
    defer { free(own) }
    let path = String(cString: own)
    return path[...(path.lastIndex(of: "/") ?? path.startIndex)] + "coffer-tools"
  }

  func image(of source: BuildSource, _ optimization: Optimization) async throws -> CheckedImage {
    let output = "\(source.path)/\(optimization.rawValue).trustlet"
    defer { unlink(output) }
    try await run(
      ["build", source.module, "-o", output, "--manifest", source.manifest, "--optimize", optimization.rawValue], folder: source.path,
      niceness: optimization == .speed ? 10 : 0)
    return try await offEventLoops { try CheckedImage(try Self.contents(output)) }
  }

  func bytes(ofExample name: String) async throws -> [UInt8] {
    var template = Array("/tmp/coffer-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw StoreError(.fileSystem, "cannot make a directory in /tmp: \(String(cString: strerror(errno)))")
    }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let output = "\(folder)/example.trustlet"
    defer {
      unlink(output)
      rmdir(folder)
    }
    try await run(["build", name, "-o", output], folder: folder)
    return try await offEventLoops { try Self.contents(output) }
  }

  private func run(_ arguments: [String], folder: String, niceness: Int32 = 0) async throws {
    let child = ChildProcess(program, arguments, environment: Self.environment, niceness: niceness)
    let limit = timeLimit
    let ending: ChildProcess.Ending
    do {
      ending = try await withTaskCancellationHandler {
        try await offEventLoops { try child.run(seconds: limit) }
      } onCancel: {
        child.end()
      }
    } catch let failure as ChildProcess.StartFailure {
      throw LostBuild(
        refusal: Refusal(
          .notImplemented,
          "modules cannot be built here: \(failure); it belongs beside coffer-node; or build it yourself with coffer build, and deploy the image"))
    }
    try Task.checkCancellation()
    guard !ending.isLate else { throw LostBuild(refusal: Refusal(.unprocessableContent, "building the module was stopped after \(limit) s")) }
    guard ending.status == 0 else { throw Self.failure(ending, folder: folder) }
  }

  /// The tool has one status for all that it says itself, and of that some is no fault of the module's: a disk or memory that is full, a process of its own
  /// that was killed for that. Whoever forges such words in a module is built for a second time.
  private static func failure(_ ending: ChildProcess.Ending, folder: String) -> any Error {
    let complaint = complaint(ending.complaints, folder: folder, status: ending.status)
    func says(_ code: Int32) -> Bool { complaint.contains(String(cString: strerror(code))) }
    if says(ENOSPC) || says(EDQUOT) { return StoreError(.diskFull, "\(complaint); free some space in the node's data directory and try again, nothing was changed") }
    if ending.status == 128 + SIGKILL || says(ENOMEM) || says(EAGAIN) || complaint.contains("signal \(SIGKILL)") {
      return LostBuild(refusal: Refusal(.serviceUnavailable, "\(complaint); this machine may be short of memory: try again", headers: [.retryAfter: "30"]))
    }
    let refusal = Refusal(.unprocessableContent, complaint)
    return ending.status >= 128 ? LostBuild(refusal: refusal) : refusal
  }

  /// Of one line, as it was said, without where the module lay here.
  private static func complaint(_ text: String, folder: String, status: Int32) -> String {
    let lines = PrintableText.lines(text, limit: 4000).split(separator: "\n").map { line in
      line.hasPrefix("coffer: ") ? String(line.dropFirst("coffer: ".count)) : String(line)
    }
    var said = lines.joined(separator: "; ")
    // As its author knows it: what it was called there, nobody was told.
    said = said.replacing(folder + "/", with: "").replacing(BuildSource.manifestPath, with: "the manifest")
    if said.hasPrefix(BuildSource.moduleName + ": ") { said.removeFirst(BuildSource.moduleName.count + 2) }
    return said.isEmpty ? "building the module failed with status \(status), and nothing was said of it" : "the module cannot be built: \(said)"
  }

  private static func contents(_ path: String) throws(StoreError) -> [UInt8] {
    // A pipe of that name is not waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw StoreError(.fileSystem, "cannot open '\(path)': \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, (1...sizeLimit).contains(Int(status.st_size)) else {
      throw StoreError(.fileSystem, "'\(path)' is not what a build writes")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw StoreError(.fileSystem, "cannot read '\(path)': \(String(cString: strerror(errno)))") }
      filled += count
    }
    return bytes
  }

  private static let sizeLimit = 4 << 30

  /// What a build looks at. No cache: what one tenant's build left there would be part of another's.
  private static var environment: [String] {
    let names = ["COFFER_CLANG", "COFFER_LINKER", "HOME", "LD_LIBRARY_PATH", "PATH"]
    let kept: [String] = names.compactMap { (name: String) in
      getenv(name).map { "\(name)=\(String(cString: $0))" }
    }
    return kept + ["COFFER_CACHE=", "NO_COLOR=1", "SWIFT_BACKTRACE=enable=no"]
  }
}
