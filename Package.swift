// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "coffer",
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .target(name: "WasmCompiler", dependencies: ["EdgeCalls", "WasmFormat"]),
    .target(name: "EdgeCalls"),
    .target(name: "LibOS", dependencies: ["EdgeCalls"]),
    .executableTarget(name: "guest-builder", dependencies: ["EdgeCalls"]),
    .plugin(name: "GuestPlugin", capability: .buildTool(), dependencies: ["guest-builder"]),
    .target(name: "GuestObjects", plugins: ["GuestPlugin"]),
    .target(name: "WasmFormat"),
    .target(name: "WasmText"),
    .testTarget(name: "WasmFormatTests", dependencies: ["WasmFormat"]),
    .testTarget(name: "WasmTextTests", dependencies: ["WasmText"]),
  ],
  swiftLanguageModes: [.v6]
)
