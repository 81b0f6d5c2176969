// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "coffer",
  targets: [
    .target(name: "WasmFormat"),
    .testTarget(name: "WasmFormatTests", dependencies: ["WasmFormat"]),

    // Programs compiled to WebAssembly by the build itself: the examples and the benchmark's kernels.
    .executableTarget(name: "example-builder"),
    .plugin(name: "ExamplesPlugin", capability: .buildTool(), dependencies: ["example-builder"]),
    .target(name: "Examples", plugins: ["ExamplesPlugin"]),
    .testTarget(name: "ExamplesTests", dependencies: ["Examples"]),
    .target(name: "BenchmarkKernels", plugins: ["ExamplesPlugin"]),
    .testTarget(name: "BenchmarkKernelsTests", dependencies: ["BenchmarkKernels"]),
  ],
  swiftLanguageModes: [.v6]
)
