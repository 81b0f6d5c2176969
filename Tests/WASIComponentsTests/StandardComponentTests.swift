import ComponentFormat
import Foundation
import Testing
import WASIComponents

@Suite struct StandardComponentTests {
  @Test func isAcceptedByTheDecoder() throws {
    try Data(WASIComponents.standard).write(to: URL(filePath: "/tmp/w2/standard.wasm"))
    let binary = try ComponentBinary.decode(WASIComponents.standard)
    #expect(binary.component.exports.map(\.name) == WASIComponents.offered)
    #expect(binary.component.imports.map(\.name) == [WASIComponents.libraryOSImport])
  }
}
