import Coffer
import CodeObjects
import Examples
import Testing

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
}
