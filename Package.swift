// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "coffer",
  targets: [
    .target(name: "EdgeCalls"),
    .target(name: "CLinux"),
    .target(name: "WasmFormat"),
    .target(name: "Monitor", dependencies: ["EdgeCalls", "CLinux"]),
    .testTarget(name: "WasmFormatTests", dependencies: ["WasmFormat"]),
    .testTarget(name: "MonitorTests", dependencies: ["Monitor", "EdgeCalls", "CLinux"]),
  ],
  swiftLanguageModes: [.v6]
)
