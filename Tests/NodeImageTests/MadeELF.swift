/// A 64-bit ELF file with a loader, libraries and a section, laid out by itself.
struct MadeELF {
  var interpreter: String? = "/lib64/ld-linux-x86-64.so.2"
  var needed = ["libone.so.1", "libtwo.so"]
  var runPath: String? = "$ORIGIN:/opt/lib"
  var sections: [(name: String, contents: [UInt8])] = [(".modinfo", Array("license=GPL\0depends=one,two-three\0name=made\0".utf8))]

  static let programHeaders = 64
  static let dynamicEntry = 64 + 3 * 56

  var bytes: [UInt8] {
    func number<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] { (0..<MemoryLayout<Value>.size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    // Memory's addresses lie above the file's places.
    let base: UInt64 = 0x40_0000
    var texts: [UInt8] = [0]
    func place(_ text: String) -> UInt64 {
      defer { texts += Array(text.utf8) + [0] }
      return UInt64(texts.count)
    }
    var entries = needed.map { (UInt64(1), place($0)) }
    if let runPath { entries.append((29, place(runPath))) }
    let dynamicSize = (entries.count + 3) * 16
    let textsStart = Self.dynamicEntry + dynamicSize
    let interpreterStart = textsStart + texts.count
    let interpreterBytes: [UInt8] = interpreter.map { Array($0.utf8) + [0] } ?? []
    entries += [(5, base + UInt64(textsStart)), (10, UInt64(texts.count)), (0, 0)]
    var names: [UInt8] = [0]
    var headers: [UInt8] = []
    var contents: [UInt8] = []
    var start = interpreterStart + interpreterBytes.count
    func header(_ name: Int, _ type: UInt32, _ start: Int, _ size: Int) {
      headers += number(UInt32(name))
      headers += number(type)
      for value in [0, 0, start, size, 0, 0, 0] { headers += number(UInt64(value)) }
    }
    for (name, bytes) in sections {
      header(names.count, 1, start, bytes.count)
      names += Array(name.utf8) + [0]
      contents += bytes
      start += bytes.count
    }
    header(0, 3, start, names.count)
    let headersStart = start + names.count

    var file: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    file += number(UInt16(3)) + number(UInt16(62)) + number(UInt32(1))
    for value in [0, Self.programHeaders, headersStart] { file += number(UInt64(value)) }
    file += number(UInt32(0))
    for value in [64, 56, 3, 64, sections.count + 1, sections.count] { file += number(UInt16(value)) }
    func segment(_ type: UInt32, _ offset: Int, _ size: Int) -> [UInt8] {
      let address = base + UInt64(offset)
      return number(type) + number(UInt32(4)) + [UInt64(offset), address, address, UInt64(size), UInt64(size), 8].flatMap { number($0) }
    }
    file += segment(1, 0, headersStart) + segment(2, Self.dynamicEntry, dynamicSize)
    file += segment(interpreter == nil ? 4 : 3, interpreterStart, interpreterBytes.count)
    for (tag, value) in entries { file += number(tag) + number(value) }
    for part in [texts, interpreterBytes, contents, names, headers] { file += part }
    return file
  }
}
