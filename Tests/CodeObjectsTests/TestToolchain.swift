import CodeObjects
import Glibc

/// The toolchain that builds these tests, without a cache.
func testToolchain() throws -> Toolchain { try Toolchain.locate(environment: testEnvironment()) }

func testEnvironment(_ changes: [String: String] = [:]) -> [String: String] {
  var environment = ["COFFER_CACHE": ""]
  for name in ["PATH", "COFFER_CLANG", "COFFER_LINKER"] {
    if let value = getenv(name) { environment[name] = String(cString: value) }
  }
  return environment.merging(changes) { $1 }
}

/// IR that differs in its bytes and its object with the number.
func sampleIR(_ number: Int) -> [UInt8] {
  Array(
    """
    define i32 @function_\(number)(i32 %a, i32 %b) "probe-stack"="inline-asm" {
      %sum = add i32 %a, \(number)
      %product = mul i32 %sum, %b
      ret i32 %product
    }
    """.utf8)
}
