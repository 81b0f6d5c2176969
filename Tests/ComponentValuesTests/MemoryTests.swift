import ComponentFormat
import ComponentValues
import Glibc
import Testing

/// What a hostile component may leave where its result should be.
@Suite struct HostileResultTests {
  private func load(_ type: String, _ bytes: [UInt8], at address: UInt32 = 64, limits: ValueLimits = ValueLimits()) throws -> ComponentValue {
    let shape = try ValueType(type, ValueType.shapes)
    var reader = MemoryReader(types: shape.types, base: 64, bytes: bytes, limits: limits)
    return try reader.load(shape.type, at: address)
  }

  private func words(_ words: UInt32...) -> [UInt8] { words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } } }

  @Test(arguments: [
    // Beyond the end, by one and by all; lengths whose product leaves 32 and 64 bits; before the beginning; at no multiple.
    ("string", [72, 1]), ("string", [0, 1]), ("string", [71, 2]), ("string", [64, .max]), ("string", [.max, .max]), ("string", [.max, 0]),
    ("(list u64)", [64, 2]), ("(list u64)", [64, 0x2000_0000]), ("(list u64)", [64, .max]), ("(list u64)", [68, 0]), ("(list u64)", [0, 1]),
    ("(list (tuple u64 u64 u64))", [64, 0x1555_5555]), ("(list u8)", [64, 0x8000_0000]),
  ] as [(String, [UInt32])])
  func badPointersAndLengths(type: String, content: [UInt32]) throws {
    let error = try #require(throws: ValueError.self) { try load(type, words(content[0], content[1])) }
    #expect(error.kind == .memory, "\(error)")
  }

  @Test func theResultItselfHasToLieWithin() throws {
    #expect(throws: ValueError.self) { try load("u32", words(1), at: 68) }
    #expect(throws: ValueError.self) { try load("u32", words(1, 2), at: 66) }
    #expect(throws: ValueError.self) { try load("u32", words(1), at: 0) }
    #expect(throws: ValueError.self) { try load("u32", [], at: 64) }
    #expect(try load("u32", words(1, 2), at: 68) == .unsigned(2))
  }

  @Test(arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x98]] as [[UInt8]])
  func whatIsNotUTF8IsNoString(text: [UInt8]) throws {
    let error = try #require(throws: ValueError.self) { try load("string", words(72, UInt32(text.count)) + text) }
    #expect(error.description.contains("UTF-8"))
  }

  @Test func casesAndCharactersAreChecked() throws {
    #expect(throws: ValueError.self) { try load("$status", [3]) }
    #expect(throws: ValueError.self) { try load("(option u8)", [2, 0]) }
    #expect(throws: ValueError.self) { try load("(result)", [2]) }
    #expect(throws: ValueError.self) { try load("$response", [4] + [UInt8](repeating: 0, count: 11)) }
    #expect(throws: ValueError.self) { try load("char", words(0xD800)) }
    #expect(throws: ValueError.self) { try load("char", words(0x11_0000)) }
    let shape = try ValueType("$status", ValueType.shapes)
    var reader = MemoryReader(types: shape.types, base: 0, bytes: [])
    #expect(throws: ValueError.self) { try reader.lift(shape.type, 3) }
    #expect(try reader.lift(shape.type, 2) == .choice(2, nil))
  }

  @Test func bitsWithoutAMeaningAreIgnored() throws {
    #expect(try load("$rights", [0xFE]) == .flags(6))
    #expect(try load("bool", [2]) == .bool(true))
  }

  @Test func howMuchIsReadIsBounded() throws {
    var limits = ValueLimits()
    limits.values = 100
    // A list whose elements all are the same bytes is not possible, but one of many small ones is.
    let error = try #require(throws: ValueError.self) { try load("(list bool)", words(72, 200) + [UInt8](repeating: 0, count: 200), limits: limits) }
    #expect(error.kind == .limit)
  }

  /// What is asked of a type for each of its values is made once. In seconds of processor time, of which it took minutes.
  @Test func manyValuesOfATypeWithManyCases() throws {
    let cases = (0..<30_000).map { "c\($0)" }
    let shape = try ValueType("(list $wide)", [("wide", "(enum \(cases.map { "\"\($0)\"" }.joined(separator: " ")))")])
    let (count, start) = (100_000, processorTime())
    var reader = MemoryReader(types: shape.types, base: 64, bytes: words(72, UInt32(count)) + [UInt8](repeating: 0, count: 2 * count))
    let value = try reader.load(shape.type, at: 64)
    let text = "[" + [String](repeating: "c29999", count: count).joined(separator: ",") + "]"
    #expect(try ComponentValue(wave: text, as: shape.type, in: shape.types) != value)
    #expect(value.wave(as: shape.type, in: shape.types).utf8.count > 3 * count)
    #expect(processorTime() - start < 20)
  }

  /// Of this thread: others may have the processor meanwhile.
  private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Lists within lists that are all the same one: 4 levels of 1,000 would be 10^12 values.
  @Test func sharedMemoryDoesNotExplode() throws {
    let list = (0..<1_000).flatMap { _ in words(64, 1_000) }
    let error = try #require(throws: ValueError.self) { try load("(list (list (list (list bool))))", list) }
    #expect(error.kind == .limit)
  }

  /// ... and of bytes, which are counted by what they take.
  @Test func sharedBytesDoNotExplode() throws {
    let list = (0..<10_000).flatMap { _ in words(64, 10_000) }
    var limits = ValueLimits()
    limits.memoryBytes = 1_000_000
    let error = try #require(throws: ValueError.self) { try load("(list (list u8))", list, limits: limits) }
    #expect(error.kind == .limit)
  }
}

@Suite struct ArgumentTests {
  private func lower(_ parameters: [(String, String)], _ values: [String]) throws -> (words: [UInt64], bytes: [UInt8]) {
    let shape = try ValueType(parameters: parameters, ValueType.shapes)
    let arguments = try zip(values, shape.function.parameters).map { try ComponentValue(wave: $0, as: $1.type, in: shape.types) }
    var writer = MemoryWriter(types: shape.types, base: 64)
    let words = try writer.arguments(arguments, of: shape.function)
    return (words, writer.memory.bytes(0..<writer.memory.count))
  }

  @Test func smallValuesAreCoreValues() throws {
    #expect(try lower([("a", "s8"), ("b", "bool"), ("c", "char")], ["-1", "true", "'A'"]).words.map { $0 & 0xFFFF_FFFF } == [0xFFFF_FFFF, 1, 65])
    #expect(try lower([("a", "f32"), ("b", "f64")], ["1", "-2"]).words == [0x3F80_0000, 0xC000_0000_0000_0000])
    #expect(try lower([("a", "$rights"), ("b", "$status")], ["{exec}", "HTTP3"]).words == [4, 2])
  }

  /// Cases share core values: the widest of them, zero where a case has none.
  @Test func casesShareCoreValues() throws {
    #expect(try lower([("a", "(result f32 (error u64))")], ["1"]).words == [0, 0x3F80_0000])
    #expect(try lower([("a", "(result f32 (error u64))")], ["err(5)"]).words == [1, 5])
    #expect(try lower([("a", "$response")], ["empty"]).words == [0, 0, 0])
    #expect(try lower([("a", "$response")], ["at({x: 3, y: 4})"]).words == [3, 3, 4])
    let body = try lower([("a", "$response")], ["body([7, 8])"])
    #expect(body.words == [1, 64, 2])
    #expect(body.bytes == [7, 8])
  }

  @Test func moreThan16GoByMemory() throws {
    let parameters = (0..<17).map { ("p\($0)", "u16") }
    let (words, bytes) = try lower(parameters, (0..<17).map { "\($0)" })
    #expect(words == [64])
    #expect(bytes == (0..<17).flatMap { [UInt8($0), 0] })
  }

  @Test func listsAreAlignedBehindStrings() throws {
    let (words, bytes) = try lower([("a", "string"), ("b", "(list u32)")], ["\"abc\"", "[1, 2]"])
    #expect(words == [64, 3, 68, 2])
    #expect(bytes == [0x61, 0x62, 0x63, 0, 1, 0, 0, 0, 2, 0, 0, 0])
  }

  /// Long ones are copied when the memory is, wherever they lie in it, and whatever part of it is wanted.
  @Test func longStringsAndListsLieInTheirPlaces() throws {
    let lengths = [0, 1, 4095, 4096, 4097, 10_000, 3, 70_000]
    let texts = lengths.map { String(repeating: Character(Unicode.Scalar(UInt8(97 + $0 % 26))), count: $0) }
    let shape = try ValueType(parameters: [("a", "(list (tuple string (list u8) u32))")], ValueType.shapes)
    let value = ComponentValue.list(
      texts.enumerated().map { .fields([.string($1), .bytes(Array($1.utf8.reversed())), .unsigned(UInt64($0) + 0x01020304)]) })
    var writer = MemoryWriter(types: shape.types, base: 64)
    let words = try writer.arguments([value], of: shape.function)
    let memory = writer.memory
    #expect(words == [64, 8] && memory.count == 8 * 20 + 2 * lengths.reduce(0, +))
    let bytes = memory.bytes(0..<memory.count)
    func number(_ place: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) } }
    for (index, text) in texts.enumerated() {
      for (place, content) in [(index * 20, Array(text.utf8)), (index * 20 + 8, text.utf8.reversed())] {
        let start = number(place) - 64
        #expect(number(place + 4) == content.count && Array(bytes[start..<start + content.count]) == content)
      }
      #expect(number(index * 20 + 16) == index + 0x01020304)
    }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      let start = Int.random(in: 0...memory.count, using: &random)
      let range = start..<Int.random(in: start...memory.count, using: &random)
      #expect(memory.bytes(range) == Array(bytes[range]), "\(range)")
    }
  }

  @Test func memoryIsBounded() throws {
    let shape = try ValueType("(list u64)")
    var limits = ValueLimits()
    limits.memoryBytes = 100
    var writer = MemoryWriter(types: shape.types, base: 64, limits: limits)
    #expect(throws: ValueError.self) { try writer.arguments([.list([ComponentValue](repeating: .unsigned(1), count: 13))], of: shape.function) }
  }
}
