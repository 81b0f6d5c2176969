import Coffer
import CodeObjects
import Examples
import Testing
import TrustletImage
import WasmFormat
import WasmText

/// Programs become images for every architecture that the guest's code is compiled for, although only x86-64 runs yet.
@Suite(.enabled(if: Needs.toolchain != nil, Needs.finding))
struct OtherArchitectureTests {
  @Test(arguments: CPUArchitecture.allCases, ["hello", "wordcount", "mandelbrot"])
  func imagesAreBuilt(architecture: CPUArchitecture, example: String) throws {
    var builder = try Needs.builder()
    builder.architecture = architecture
    let image = try builder.image(of: try #require(Example.named(example)).module)
    #expect(image.architecture == architecture.rawValue)
    #expect(image.manifest.cpu == architecture.baseline)
    #expect(image.export("_start") != nil)
  }

  /// Every vector instruction once, in a function of its own.
  @Test(arguments: CPUArchitecture.allCases, CompileJob.Optimization.allCases)
  func everyVectorInstructionCompiles(architecture: CPUArchitecture, optimization: CompileJob.Optimization) throws {
    var functions: [String] = []
    func define(_ parameters: [ValueType], _ result: ValueType?, _ instruction: String) {
      let gets = parameters.indices.map { "(local.get \($0))" }.joined()
      let results = result.map { "(result \($0.mnemonic))" } ?? ""
      functions.append(
        "(func (export \"\(functions.count)\") (param \(parameters.map(\.mnemonic).joined(separator: " "))) \(results) \(gets) \(instruction))")
    }
    for operation in VectorOperator.allCases {
      switch operation.shape {
      case .vectors(let count): define(Array(repeating: .v128, count: count), .v128, operation.mnemonic)
      case .shift: define([.v128, .i32], .v128, operation.mnemonic)
      case .test: define([.v128], .i32, operation.mnemonic)
      case .splat(let type): define([type], .v128, operation.mnemonic)
      }
    }
    for operation in VectorLaneOperator.allCases {
      let instruction = "\(operation.mnemonic) \(operation.laneCount - 1)"
      if operation.isReplacement {
        define([.v128, operation.lane], .v128, instruction)
      } else {
        define([.v128], operation.lane, instruction)
      }
    }
    for load in VectorLoadOperator.allCases { define([.i32], .v128, load.mnemonic) }
    define([.i32, .v128], nil, "v128.store")
    for width in [8, 16, 32, 64] {
      define([.i32, .v128], .v128, "v128.load\(width)_lane 1")
      define([.i32, .v128], nil, "v128.store\(width)_lane 1")
    }
    define([.v128, .v128], .v128, "i8x16.shuffle 0 17 2 19 4 21 6 23 8 25 10 27 12 29 14 31")
    define([], .v128, "v128.const i32x4 1 2 3 4")
    #expect(functions.count == 198 + 14 + 13 + 1 + 8 + 2)
    var builder = try Needs.builder(optimization)
    builder.architecture = architecture
    let image = try builder.image(of: try Wat.encode(Array("(module (memory 1) \(functions.joined()))".utf8)))
    #expect(image.exports.count == functions.count)
  }
}
