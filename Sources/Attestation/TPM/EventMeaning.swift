/// What an event's data says, in one line of bounded length.
struct EventMeaning {
  static let maximumLength = 200
  let text: String

  init(_ event: EventLog.Event) {
    switch event.type {
    case .separator: text = Self.separator(event.data)
    case .variableDriverConfiguration, .variableBoot, .variableBoot2, .variableAuthority:
      text = EFIVariable(event.data).map(Self.variable) ?? Self.plain(event.data)
    case .bootServicesApplication, .bootServicesDriver, .runtimeServicesDriver:
      text = EFIImageLoad(event.data)?.path ?? Self.plain(event.data)
    default: text = Self.plain(event.data)
    }
  }

  private static func separator(_ data: ArraySlice<UInt8>) -> String {
    switch Array(data) {
    case [0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff]: "normal"
    case [1, 0, 0, 0]: "an error in the firmware"
    default: plain(data)
    }
  }

  private static func variable(_ variable: EFIVariable) -> String {
    if let isOn = variable.boolean { return "\(variable.name) = \(isOn ? "1 (on)" : "0 (off)")" }
    return "\(variable.name), \(variable.data.count) bytes"
  }

  /// Text, in bytes or in UTF-16, where the data is that; else its first bytes.
  private static func plain(_ data: ArraySlice<UInt8>) -> String {
    if data.isEmpty { return "no data" }
    var bytes = data
    while bytes.last == 0 { bytes.removeLast() }
    if !bytes.isEmpty, bytes.allSatisfy(\.isPrintable) { return printable(bytes.prefix(maximumLength)) }
    let units = utf16(data.prefix(2 * maximumLength))
    if let units, !units.isEmpty, units.allSatisfy({ $0 < 128 && UInt8($0).isPrintable }) {
      return printable(units.map { UInt8(truncatingIfNeeded: $0) })
    }
    return hexadecimal(data.prefix(32)) + (data.count > 32 ? "..., \(data.count) bytes" : "")
  }
}

/// UEFI_VARIABLE_DATA of an event.
struct EFIVariable {
  /// The group of variables that Secure Boot's own are in (EFI_GLOBAL_VARIABLE), as it is laid out.
  static let global: [UInt8] = [0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c]

  let group: [UInt8]
  let name: String
  let data: ArraySlice<UInt8>

  init?(_ bytes: ArraySlice<UInt8>) {
    var reader = ByteReader(bytes, of: "EFI variable")
    guard let group = try? reader.bytes(16, "group"), let length = try? reader.littleEndian(UInt64.self, "name's length"),
      let size = try? reader.littleEndian(UInt64.self, "data's length"), length <= 256, size <= UInt64(bytes.count),
      let units = try? reader.slice(2 * Int(length), "name"), let data = try? reader.slice(Int(size), "data"), reader.remaining == 0,
      let name = utf16(units)
    else { return nil }
    self.group = group
    self.name = printable(name.map { $0 < 128 ? UInt8($0) : UInt8(ascii: "?") })
    self.data = data
  }

  /// The value of one of the global switches.
  var boolean: Bool? {
    guard group == Self.global, data.count == 1, let value = data.first, value <= 1 else { return nil }
    return value == 1
  }
}

/// UEFI_IMAGE_LOAD_EVENT: where a program came from.
struct EFIImageLoad {
  let path: String

  init?(_ bytes: ArraySlice<UInt8>) {
    var reader = ByteReader(bytes, of: "EFI image")
    guard (try? reader.skip(24, "place, size and link time")) != nil, let length = try? reader.littleEndian(UInt64.self, "path's length"),
      length <= UInt64(reader.remaining), var rest = try? reader.slice(Int(length), "path")
    else { return nil }
    var parts: [String] = []
    // Nodes of a device path: type, subtype, length with this head.
    while rest.count >= 4, parts.count < 16 {
      let head = Array(rest.prefix(4))
      let size = Int(head[2]) | Int(head[3]) << 8
      guard size >= 4, size <= rest.count, head[0] != 0x7f else { break }
      let contents = rest.dropFirst(4).prefix(size - 4)
      switch (head[0], head[1]) {
      case (4, 4): parts.append(utf16(contents).map { printable($0.map { $0 < 128 ? UInt8($0) : UInt8(ascii: "?") }) } ?? "a file")
      case (4, 6): parts.append("a file in the firmware")
      case (4, 8): parts.append("an adapter's ROM")
      case (4, 1): parts.append("partition")
      case (2, _): parts.append("root bridge")
      case (1, _): parts.append("device")
      case (3, _): parts.append("disk or adapter")
      default: parts.append("node \(head[0]).\(head[1])")
      }
      rest = rest.dropFirst(size)
    }
    path = parts.isEmpty ? "no path" : String(parts.joined(separator: " / ").prefix(EventMeaning.maximumLength))
  }
}

/// Little-endian UTF-16 units up to the first zero; nil for an odd number of bytes.
func utf16(_ bytes: ArraySlice<UInt8>) -> [UInt16]? {
  guard bytes.count.isMultiple(of: 2) else { return nil }
  var units: [UInt16] = []
  var iterator = bytes.makeIterator()
  while let low = iterator.next(), let high = iterator.next() {
    let unit = UInt16(high) << 8 | UInt16(low)
    if unit == 0 { break }
    units.append(unit)
  }
  return units
}

/// Text for a terminal: what is not a printable ASCII character is shown as a question mark.
func printable(_ bytes: some Sequence<UInt8>) -> String {
  String(decoding: bytes.map { $0.isPrintable ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
}

extension UInt8 {
  var isPrintable: Bool { (0x20...0x7e).contains(self) }
}
