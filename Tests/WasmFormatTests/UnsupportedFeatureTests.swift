import Testing
import WasmFormat

private typealias B = ModuleBytes

/// What compilers can be asked for and the decoder does not know is named, behind the phrase of the specification's own suite.
@Suite struct UnsupportedFeatureTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let feature: String
    let bytes: [UInt8]
    let phrase: String
    var testDescription: String { feature }

    init(_ feature: String, _ bytes: [UInt8], _ phrase: String) { (self.feature, self.bytes, self.phrase) = (feature, bytes, phrase) }
  }

  @Test(arguments: [
    Case("tail calls", B.function([0x12, 0x00, 0x0B]), "illegal opcode 0x12"),
    Case("typed function references", B.function([0x14, 0x00, 0x0B]), "illegal opcode 0x14"),
    Case("typed function references", B.module(B.section(1, B.vector([B.type([0x64])]))), "malformed value type 0x64"),
    Case("garbage collection", B.module(B.section(1, [0x01, 0x5F, 0x00])), "malformed function type 0x5f"),
    Case("garbage collection", B.function([0xFB, 0x00, 0x0B]), "illegal opcode 0xfb"),
    Case("threads", B.module(B.section(5, [0x01, 0x03, 0x01, 0x01])), "integer too large"),
    Case("threads", B.function([0xFE, 0x03, 0x00, 0x0B]), "illegal opcode 0xfe"),
    Case("64-bit addresses", B.module(B.section(5, [0x01, 0x04, 0x01])), "integer too large"),
    Case("64-bit addresses", B.module(B.section(4, [0x01, 0x70, 0x05, 0x01, 0x01])), "integer too large"),
    Case("custom page sizes", B.module(B.section(5, [0x01, 0x08, 0x01, 0x00])), "integer too large"),
    Case("relaxed SIMD", B.function([0xFD, 0x80, 0x02, 0x0B]), "illegal opcode 0xfd"),
    Case("wide arithmetic", B.function([0xFC, 0x13, 0x0B]), "illegal opcode 0xfc"),
    Case("exceptions as they were before WebAssembly 3.0", B.function([0x06, 0x40, 0x0B, 0x0B]), "illegal opcode 0x06"),
  ])
  func theFeatureIsNamed(refused: Case) {
    #expect {
      try Module.decode(refused.bytes, limits: .programs)
    } throws: { error in
      let text = "\(error)"
      return text.hasPrefix(refused.phrase) && text.contains(refused.feature) && text.contains("not supported")
    }
  }

  /// What means nothing anywhere gets no guess.
  @Test(arguments: [B.function([0x27, 0x0B]), B.module(B.section(5, [0x01, 0x10, 0x01])), B.module(B.section(1, [0x01, 0x40]))])
  func nothingIsMadeUp(bytes: [UInt8]) {
    #expect {
      try Module.decode(bytes, limits: .programs)
    } throws: { error in
      !"\(error)".contains("not supported")
    }
  }
}
