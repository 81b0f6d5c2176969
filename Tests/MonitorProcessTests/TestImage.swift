import Coffer
import CodeObjects
import Examples
import Glibc
import KVMMachine
import Synchronization
import Testing
import TrustletImage
import WasmText

/// What these tests need of the machine that they run on.
enum Needs {
  static let toolchain: Toolchain? = try? Toolchain.locate(
    environment: ["COFFER_CLANG", "COFFER_LINKER", "PATH"].reduce(into: ["COFFER_CACHE": ""]) { (result: inout [String: String], name) in
      if let value = getenv(name) { result[name] = String(cString: value) }
    })
  static let areMet = FakeFront.program != nil && toolchain != nil
  static let finding: Comment = "needs LLVM and the program coffer-monitor beside the tests"
  /// `process` is everywhere.
  static let machines = KVMMachine.availability().isAvailable ? ["kvm", "process"] : ["process"]
}

/// A program's image in a file without a name, since tests' values that are kept for all tests are never let go.
final class TestImage: Sendable {
  let name: String
  let descriptor: Int32
  let measurement: [UInt8]

  private init(_ name: String, _ module: [UInt8], _ manifest: Manifest) throws {
    self.name = name
    let builder = TrustletBuilder(optimization: .speed, toolchain: try #require(Needs.toolchain), cache: nil)
    let image = try builder.image(of: module, manifest: manifest)
    measurement = image.measurement.bytes
    let path = "/tmp/coffer-monitor-test-\(getpid())-\(UInt64.random(in: 0 ... .max)).trustlet"
    try image.write(to: path)
    defer { unlink(path) }
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    try #require(descriptor >= 0)
  }

  deinit { close(descriptor) }

  private static let made = Mutex<[String: TestImage]>([:])

  static func example(_ name: String) throws -> TestImage {
    try once(name) { try #require(Example.named(name)).module }
  }

  /// A program in WebAssembly's text format, made once by its name.
  static func text(_ name: String, _ text: String, manifest: Manifest = Manifest()) throws -> TestImage {
    try once(name, manifest) { try Wat.encode(Array(text.utf8)) }
  }

  /// A component of `Tests/Programs/wasi2`.
  static func component(_ name: String, _ component: () throws -> [UInt8]) throws -> TestImage { try once("component \(name)") { try component() } }

  private static func once(_ name: String, _ manifest: Manifest = Manifest(), _ module: () throws -> [UInt8]) throws -> TestImage {
    try made.withLock { made in
      if let image = made[name] { return image }
      let image = try TestImage(name, module(), manifest)
      made[name] = image
      return image
    }
  }
}
