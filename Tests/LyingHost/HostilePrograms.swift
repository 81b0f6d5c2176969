import Coffer
import CodeObjects
import Examples
import Foundation
import NetworkRules
import TrustletImage

/// The images that are run: what checks itself, what an honest host's trustlet answers, and examples.
struct HostilePrograms {
  let selfCheck: HostileProgram
  /// Checks itself too, and has a network.
  let sockets: HostileProgram
  /// Checks itself and its sealed directory.
  let keeper: HostileProgram
  let count: HostileProgram
  let hello: HostileProgram
  let wordcount: HostileProgram

  init(_ builder: TrustletBuilder, _ volume: KeptVolume) throws {
    var manifest = Manifest()
    manifest.environment = ["FIXED": "measured"]
    manifest.scratch = Manifest.Scratch(path: "/scratch", size: .mebibytes(1))
    manifest.memory = .mebibytes(16)
    var files = ImageFiles()
    try files.addFile("data/measured", contents: (0..<40000).map { UInt8(truncatingIfNeeded: $0 * 167 + $0 >> 8) })
    selfCheck = HostileProgram(
      "selfcheck", try builder.image(of: Self.module(SinglePrograms.selfcheck), manifest: manifest, files: files), checksItself: true)
    var networked = Manifest()
    networked.network = Self.rules
    networked.memory = .mebibytes(16)
    sockets = HostileProgram("sockets", try builder.image(of: Self.module(SinglePrograms.sockets), manifest: networked), checksItself: true)
    keeper = HostileProgram("keeper", try builder.image(of: Self.module(SinglePrograms.keeper), manifest: volume.manifest), checksItself: true)
    count = HostileProgram("count", try builder.image(of: Self.module(SinglePrograms.count)))
    hello = HostileProgram("hello", try builder.image(of: Self.example("hello")))
    wordcount = HostileProgram("wordcount", try builder.image(of: Self.example("wordcount")))
  }

  static let rules = ["connect:127.0.0.1:*", "connect:localhost:*", "listen:127.0.0.1:0"].compactMap { try? NetworkRule($0) }

  private static func module(_ base64: StaticString) throws -> [UInt8] {
    guard let data = Data(base64Encoded: "\(base64)") else { throw Missing(description: "a program of the tests is not base64") }
    return Array(data)
  }

  private static func example(_ name: String) throws -> [UInt8] {
    guard let example = Example.named(name) else { throw Missing(description: "there is no example \(name)") }
    return example.module
  }

  private struct Missing: Error, CustomStringConvertible { let description: String }
}

struct HostileProgram {
  let name: String
  let image: TrustletImage
  let checksItself: Bool
  /// What nobody may change while it runs: code, constants, the manifest, files.
  let measured: [(address: UInt64, bytes: [UInt8])]

  init(_ name: String, _ image: TrustletImage, checksItself: Bool = false) {
    (self.name, self.image, self.checksItself) = (name, image, checksItself)
    measured = image.regions.filter { !$0.rights.contains(.write) && !$0.contents.isEmpty }.map { ($0.address, Array(image.contents(of: $0))) }
  }
}

/// What `selfcheck.c` has found, as it stands in its memory.
struct SelfCheckVerdict {
  static let address: UInt64 = 64
  static let size = 24

  let failedLine: UInt32
  let checks: UInt32
  /// Whether it was touching memory that it had just been given.
  let grows: Bool
  let isFinished: Bool
  /// Of a sealed directory: the last commit that was there at the start, and the last that counts, each and one more; 0 where there is none.
  let found: UInt32
  let committed: UInt32

  init(_ bytes: UnsafeMutableRawBufferPointer) {
    failedLine = bytes.get32(at: 0)
    checks = bytes.get32(at: 4)
    grows = bytes.get32(at: 8) == 1
    isFinished = bytes.get32(at: 12) == 0x600D
    (found, committed) = (bytes.get32(at: 16), bytes.get32(at: 20))
  }
}
