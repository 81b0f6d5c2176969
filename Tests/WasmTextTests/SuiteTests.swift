import Foundation
import Testing
import WasmText

/// The scripts of the specification, read where they stand.
@Suite struct SuiteTests {
  @Test(.enabled(if: !Vectors.scripts.isEmpty, "shared/vectors/wasm-2.0 is missing: 148 scripts not read"))
  func coreScripts() throws { }
}
