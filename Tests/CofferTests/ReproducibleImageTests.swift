import Coffer
import Examples
import Testing
import TrustletImage
import WasmText

/// Enough functions for several translation units.
private let manyUnits: [UInt8] = {
  let functions = (0..<400).map { number in
    let body = (0..<20).map { "(global.set $g (i32.add (i32.mul (global.get $g) (i32.const \(number + $0))) (i32.load offset=\($0) (local.get 0))))" }
    return "(func (export \"f\(number)\") (param i32) \(body.joined(separator: " ")))"
  }
  let text = "(module (memory 1) (global $g (mut i32) (i32.const 1)) (data (i32.const 8) \"some bytes\") \(functions.joined(separator: "\n")))"
  return (try? Wat.encode(Array(text.utf8))) ?? []
}()

/// The specification of an image: the same module, manifest and toolchain give the same bytes.
@Suite(.enabled(if: Needs.toolchain != nil, Needs.finding))
struct ReproducibleImageTests {
  @Test func numberOfCompilersAtOnceChangesNothing() throws {
    var builder = try Needs.builder()
    let images = try [1, 2, 7].map { workers in
      builder.workers = workers
      return try builder.image(of: manyUnits)
    }
    for image in images.dropFirst() {
      #expect(image.encoded.elementsEqual(images[0].encoded))
      #expect(image.measurement == images[0].measurement)
    }
  }

  @Test func manifestAndOptimizationAreMeasured() throws {
    let module = try Wat.encode(Array("(module (memory 1) (func (export \"f\") (i32.store (i32.const 0) (i32.const 1))))".utf8))
    var measurements: Set<TrustletImage.Measurement> = []
    measurements.insert(try Needs.builder().image(of: module).measurement)
    measurements.insert(try Needs.builder(.none).image(of: module).measurement)
    for change: (inout Manifest) -> Void in [
      { $0.memory = .mebibytes(64) }, { $0.stack = .mebibytes(2) }, { $0.time = .seconds(1) }, { $0.environment = ["A": "1"] },
      { $0.arguments = ["x"] }, { $0.host.arguments = false },
    ] {
      var manifest = Manifest()
      change(&manifest)
      measurements.insert(try Needs.builder().image(of: module, manifest: manifest).measurement)
    }
    #expect(measurements.count == 8)
  }

  @Test func alteredImageIsRefused() throws {
    let module = try #require(Example.named("hello")).module
    let image = try Needs.builder(.none).image(of: module)
    let bytes = Array(image.encoded)
    let kept = try TrustletImage.read(bytes: bytes)
    #expect(kept.measurement == image.measurement && kept.encoded.elementsEqual(image.encoded))
    for sample in 0..<64 {
      var altered = bytes
      let position = sample < 16 ? sample * 24 : sample * (bytes.count - 1) / 63
      altered[position] ^= 1 << (sample % 8)
      #expect(throws: ImageError.self, "bit \(sample % 8) of byte \(position)") { try TrustletImage.read(bytes: altered) }
    }
    for count in [0, 1, 7, 8, 63, 64, 4095, 4096, bytes.count / 2, bytes.count - 4096, bytes.count - 1] {
      #expect(throws: ImageError.self, "the first \(count) bytes") { try TrustletImage.read(bytes: Array(bytes[..<count])) }
    }
    #expect(throws: ImageError.self, "a byte too many") { try TrustletImage.read(bytes: bytes + [0]) }
  }
}
