import Coffer
import Testing
import TrustletImage
import WasmText

/// What tables begin with lies in the image, so that a module of some bytes could ask for any amount.
@Suite(.enabled(if: Needs.toolchain != nil, Needs.finding))
struct TableLimitTests {
  private func build(_ elements: [UInt64], memory: ByteCount = .gibibytes(1)) throws {
    let tables = elements.map { "(table \($0) funcref)" }.joined(separator: " ")
    var manifest = Manifest()
    manifest.memory = memory
    _ = try Needs.builder().image(of: try Wat.encode(Array("(module \(tables) (func (export \"_start\")))".utf8)), manifest: manifest)
  }

  @Test func tablesOfAProgramTogetherAreBounded() throws {
    let error = #expect(throws: BuildError.self) { try build([6_000_000, 4_000_001]) }
    #expect(error?.message.contains("10000001 elements; at most 10000000") == true)
    // A component is as many modules as it likes.
    let core = "(core module $m (table 4_000_000 funcref)) (core instance (instantiate $m)) (core instance (instantiate $m)) (core instance (instantiate $m))"
    let component = try Wat.encodeComponent(Array("(component \(core))".utf8))
    #expect(throws: BuildError.self) { try Needs.builder().image(of: component) }
  }

  @Test func tablesCountAgainstTheManifestsMemory() throws {
    try build([8192], memory: .kibibytes(64))
    let error = #expect(throws: BuildError.self) { try build([8193], memory: .kibibytes(64)) }
    #expect(error?.message.contains("'memory' in the manifest is 64KiB") == true, "\(error.map { "\($0)" } ?? "")")
  }
}
