import TrustletImage

/// Where an image differs from one that was built of what it is said to come from.
public struct ImageComparison: Sendable {
  /// A part in which the images differ, in words for people.
  public struct Difference: Sendable, Equatable {
    /// What of the image it is.
    public enum Part: String, Sendable, CaseIterable {
      /// What made the code, as the image records it: with another one, other code is no surprise.
      case toolchain
      case architecture
      case manifest
      /// What regions there are, where they lie and what may be done with them.
      case regions
      case code
      /// The first bytes of a region that is not code.
      case contents
      case machinePages = "machine-pages"
      case exports
      /// Names, lines and whatever else is not measured.
      case unmeasured
    }

    public var part: Part
    public var what: String
    /// In the image, and in the one that was built.
    public var found: String
    public var expected: String
  }

  public let measurement: Measurement
  public let rebuilt: Measurement
  /// Empty where the files are the same, byte for byte.
  public private(set) var differences: [Difference] = []

  public var isSame: Bool { differences.isEmpty }

  public init(_ image: TrustletImage, rebuilt: TrustletImage) {
    measurement = image.measurement
    self.rebuilt = rebuilt.measurement
    guard !image.encoded.elementsEqual(rebuilt.encoded) else { return }
    compare(.architecture, "architecture", image.architecture, rebuilt.architecture)
    compareManifests(image.manifest, rebuilt.manifest)
    compareRegions(image, rebuilt)
    for (name, found, expected) in Self.pairs(image.machinePages.map { ($0.machine, $0.bytes) }, rebuilt.machinePages.map { ($0.machine, $0.bytes) })
    where found != expected {
      compare(.machinePages, name, Self.size(found), Self.size(expected), always: true)
    }
    compare(.regions, "entry", Self.hex(image.entry), Self.hex(rebuilt.entry))
    compare(.regions, "stack pointer", Self.hex(image.stackPointer), Self.hex(rebuilt.stackPointer))
    if image.exports != rebuilt.exports {
      compare(.exports, "exports", "\(image.exports.count)", "\(rebuilt.exports.count)", always: true)
    }
    // Whatever is left is in no part above.
    if differences.isEmpty { compare(.unmeasured, "symbols and lines", "\(image.encoded.count) bytes", "\(rebuilt.encoded.count) bytes", always: true) }
  }

  private mutating func compare(_ part: Difference.Part, _ what: String, _ found: String, _ expected: String, always: Bool = false) {
    guard always || found != expected else { return }
    differences.append(Difference(part: part, what: what, found: found, expected: expected))
  }

  private mutating func compareManifests(_ image: Manifest, _ rebuilt: Manifest) {
    compare(.toolchain, "generator", image.generator, rebuilt.generator)
    compare(.toolchain, "compiler", image.compiler, rebuilt.compiler)
    compare(.toolchain, "cpu", image.cpu ?? "none", rebuilt.cpu ?? "none")
    var (image, rebuilt) = (image, rebuilt)
    for name in [\Manifest.generator, \.compiler] {
      image[keyPath: name] = ""
      rebuilt[keyPath: name] = ""
    }
    (image.cpu, rebuilt.cpu) = (nil, nil)
    let members: [(String, (Manifest) -> String)] = [
      ("memory", { "\($0.memory)" }), ("stack", { "\($0.stack)" }), ("time", { $0.time.map { "\($0)" } ?? "none" }),
      ("cpu-time", { $0.cpuTime.map { "\($0)" } ?? "none" }), ("output", { $0.output.map { "\($0)" } ?? "none" }),
      ("arguments", { "\($0.arguments)" }), ("environment", { "\($0.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })" }),
      ("host.directories", { $0.host.directories.rawValue }), ("host.environment", { "\($0.host.environment)" }),
      ("host.arguments", { "\($0.host.arguments)" }), ("scratch", { $0.scratch.map { "\($0.path) of \($0.size)" } ?? "none" }),
      ("sealed", { $0.sealed?.description ?? "none" }), ("secrets", { "\($0.orderedSecrets.map { "\($0.name): \($0.resource)" })" }),
      ("broker", { $0.broker.map { "\($0.key) of tenant \($0.tenant)" } ?? "none" }), ("open-files", { "\($0.openFiles)" }), ("snapshot", { $0.snapshot.rawValue }),
    ]
    let before = differences.count
    for (name, text) in members { compare(.manifest, name, text(image), text(rebuilt)) }
    if differences.count == before, image.canonicalEncoding != rebuilt.canonicalEncoding {
      compare(.manifest, "manifest", "\(image.canonicalEncoding.count) bytes", "other bytes", always: true)
    }
  }

  private mutating func compareRegions(_ image: TrustletImage, _ rebuilt: TrustletImage) {
    let (own, other) = (image.regions.map { ("\($0.kind)", $0) }, rebuilt.regions.map { ("\($0.kind)", $0) })
    for (name, found, expected) in Self.pairs(own, other) {
      guard let found, let expected else {
        compare(.regions, name, found == nil ? "no such region" : "a region", expected == nil ? "no such region" : "a region")
        continue
      }
      compare(.regions, name, Self.shape(found), Self.shape(expected))
      let (contents, wanted) = (image.contents(of: found), rebuilt.contents(of: expected))
      guard let place = Self.firstDifference(contents, wanted) else { continue }
      let part = found.kind == .code ? Difference.Part.code : .contents
      compare(part, name, Self.place(place, found, image), Self.place(place, expected, rebuilt), always: true)
    }
  }

  /// Nil for the same bytes.
  private static func firstDifference(_ own: ImageBytes, _ other: ImageBytes) -> Int? {
    let shorter = min(own.count, other.count)
    for index in 0..<shorter where own[index] != other[index] { return index }
    return own.count == other.count ? nil : shorter
  }

  private static func place(_ offset: Int, _ region: ImageRegion, _ image: TrustletImage) -> String {
    let bytes = image.contents(of: region)
    guard offset < bytes.count else { return "ends after \(hex(UInt64(offset))) bytes" }
    var text = "first difference at \(hex(region.address + UInt64(offset))): byte \(hex(UInt64(bytes[offset])))"
    if region.kind == .code, let location = image.describe(address: region.address + UInt64(offset)) { text += " in \(location)" }
    return text
  }

  private static func shape(_ region: ImageRegion) -> String {
    "\(hex(region.address)) \(region.rights) \(region.size) bytes" + (region.sizeLimit > region.size ? " up to \(region.sizeLimit)" : "")
  }

  private static func size(_ bytes: [UInt8]?) -> String { bytes.map { "\($0.count) bytes" } ?? "none" }

  private static func hex(_ number: UInt64) -> String { "0x\(String(number, radix: 16))" }

  /// What has the same name on both sides, in the order of the names.
  private static func pairs<Value>(_ own: [(String, Value)], _ other: [(String, Value)]) -> [(String, Value?, Value?)] {
    var pairs: [String: (Value?, Value?)] = [:]
    for (name, value) in own { pairs[name, default: (nil, nil)].0 = value }
    for (name, value) in other { pairs[name, default: (nil, nil)].1 = value }
    return pairs.sorted { $0.key < $1.key }.map { ($0.key, $0.value.0, $0.value.1) }
  }
}
