import FunctionStore
import Glibc

/// The examples that `coffer-tools` carries, as images.
public struct ExampleImages: Sendable {
  /// Those that answer calls; the others go wrong on purpose.
  public static let demonstration = ["hello", "greeting", "echo", "wordcount", "mandelbrot", "web"]

  private let builder: FunctionBuilder

  public init(builder: FunctionBuilder = FunctionBuilder()) { self.builder = builder }

  /// - Parameter name: `example:NAME`.
  public func image(_ name: String) async throws -> [UInt8] { try await builder.bytes(ofExample: name) }
}

/// `coffer serve --demo`.
public struct Demonstration: Sendable {
  private let store: FunctionStore
  private let images: ExampleImages

  public init(store: FunctionStore, builder: FunctionBuilder = FunctionBuilder()) {
    self.store = store
    images = ExampleImages(builder: builder)
  }

  /// Deploys the examples that are not there; what is there under their names stays.
  /// - Returns: The names of those deployed now.
  public func deploy() async throws -> [String] {
    var deployed: [String] = []
    let store = store
    for name in ExampleImages.demonstration where store.function(name) == nil {
      let bytes = try await images.image("example:\(name)")
      try await offEventLoops {
        let image = try CheckedImage(bytes)
        try store.deploy(
          Deployment(
            function: name, tenant: TenantRecord.standard, image: image,
            settings: try RevisionSettings(image: image.manifest, function: .init(), purpose: image.purpose), precondition: .absent))
      }
      deployed.append(name)
    }
    return deployed
  }
}
