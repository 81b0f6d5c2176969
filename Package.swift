// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "coffer",
  targets: [
    .target(name: "EdgeCalls"),
    .target(name: "LibOS", dependencies: ["EdgeCalls"]),
    .testTarget(name: "LibOSTests", dependencies: ["LibOS", "EdgeCalls"], exclude: ["Wasmtime"]),
    .target(name: "WasmFormat"),
    .testTarget(name: "WasmFormatTests", dependencies: ["WasmFormat"]),
  ],
  swiftLanguageModes: [.v6]
)
