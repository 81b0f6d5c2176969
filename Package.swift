// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "coffer",
  targets: [
    .target(name: "WasmFormat"),
    .target(name: "WasmText"),
    .testTarget(name: "WasmFormatTests", dependencies: ["WasmFormat"]),
    .testTarget(name: "WasmTextTests", dependencies: ["WasmText"]),
  ],
  swiftLanguageModes: [.v6]
)
