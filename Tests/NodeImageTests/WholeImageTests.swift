import Foundation
import NodeImage
import Testing

/// An image of a made kernel's package and made programs: nothing that boots, and every step of a build.
@Suite struct WholeImageTests {
  private static let hasTools = ["dpkg-deb", "dpkg-query"].allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)") }

  private final class Place {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("coffer-node-image-\(UInt64.random(in: 0 ... .max))")
    var programs: String { folder.appendingPathComponent("programs").path }
    var package: String { folder.appendingPathComponent("kernel.deb").path }

    init() throws {
      let control = "Package: linux-image-made\nVersion: 1.0\nArchitecture: amd64\nMaintainer: nobody <nobody@example.org>\nDescription: made\n"
      try put("package/DEBIAN/control", Array(control.utf8))
      try put("package/boot/vmlinuz-1.0-made", MadePE().bytes)
      for (name, depends) in [("virtio-net", "failover"), ("failover", ""), ("unwanted", "")] {
        let module = MadeELF(sections: [(".modinfo", Array("depends=\(depends)\0name=\(name)\0".utf8))])
        try put("package/lib/modules/1.0-made/kernel/\(name).ko", module.bytes)
      }
      #expect(try run("/usr/bin/dpkg-deb", ["--build", "--root-owner-group", folder.appendingPathComponent("package").path, package], input: []).status == 0)
      for name in ["coffer", "coffer-attester", "coffer-evidence", "coffer-init", "coffer-monitor", "coffer-node"] {
        try put("programs/\(name)", MadeELF(interpreter: nil, needed: [], runPath: nil, sections: [(".name", Array(name.utf8))]).bytes)
      }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func put(_ path: String, _ bytes: [UInt8]) throws {
      let file = folder.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: file)
    }
  }

  @Test(.enabled(if: hasTools, "dpkg-deb is not installed: this is no Debian"))
  func twoBuildsAreTheSameAndAByteMakesAnother() throws {
    let place = try Place(), other = try Place()
    try place.put("hello", [1, 2, 3])
    try other.put("hello", [1, 2, 3])
    for place in [place, other] { try place.put("authority", [4]) }
    func image(_ place: Place) throws -> NodeImage {
      var plan = NodeImage.Plan(kernel: place.package, programs: place.programs)
      plan.functions = ["hello": place.folder.appendingPathComponent("hello").path]
      plan.brokerAuthority = place.folder.appendingPathComponent("authority").path
      plan.words = ["coffer.address=192.0.2.7/24"]
      return try NodeImage(plan)
    }
    let first = try image(place), second = try image(other)
    #expect(first.boot.initialRAMDisk == second.boot.initialRAMDisk && first.boot.kernel == second.boot.kernel && first.boot.commandLine == second.boot.commandLine)
    #expect(first.contents.files == second.contents.files)
    #expect(first.boot.kernel == MadePE().bytes && first.boot.commandLine.hasSuffix(" coffer.address=192.0.2.7/24"))
    #expect(
      first.contents.files.map(\.path) == [
        "coffer/broker-authority.pem", "coffer/coffer", "coffer/coffer-attester", "coffer/coffer-evidence", "coffer/coffer-monitor", "coffer/coffer-node", "functions/hello.trustlet", "init", "modules/001-failover.ko",
        "modules/002-virtio_net.ko",
      ])
    try other.put("hello", [1, 2, 2])
    let changed = try image(other)
    try other.put("hello", [1, 2, 3])
    try other.put("authority", [5])
    let foreign = try image(other)
    #expect(try ReferenceValues(first.boot, memory: 2 << 30) == ReferenceValues(second.boot, memory: 2 << 30))
    #expect(try ReferenceValues(first.boot, memory: 2 << 30).registers[9] != ReferenceValues(changed.boot, memory: 2 << 30).registers[9])
    #expect(try ReferenceValues(first.boot, memory: 2 << 30).registers[9] != ReferenceValues(foreign.boot, memory: 2 << 30).registers[9])
  }

  @Test(.enabled(if: hasTools, "dpkg-deb is not installed: this is no Debian"))
  func whatIsMissingOrWrongIsNamed() throws {
    let place = try Place()
    var plan = NodeImage.Plan(kernel: place.package, programs: place.programs)
    plan.functions = ["Not A Name": place.package]
    #expect(throws: NodeImageError.self) { try NodeImage(plan) }
    plan.functions = ["gone": place.folder.appendingPathComponent("gone").path]
    #expect(throws: NodeImageError.self) { try NodeImage(plan) }
    plan.functions = [:]
    plan.words = ["two words"]
    #expect(throws: NodeImageError.self) { try NodeImage(plan) }
    plan = NodeImage.Plan(kernel: place.programs + "/coffer", programs: place.programs)
    #expect(throws: NodeImageError.self) { try NodeImage(plan) }
  }
}
