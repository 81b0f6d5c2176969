// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "coffer",
  targets: [
    .target(name: "EdgeCalls"),
    .target(name: "CLinux"),
    .target(name: "WasmFormat"),
    .target(name: "Machine", dependencies: ["EdgeCalls"]),
    .target(name: "Monitor", dependencies: ["CLinux", "EdgeCalls", "Machine"]),
    .testTarget(name: "WasmFormatTests", dependencies: ["WasmFormat"]),
    .testTarget(name: "MonitorTests", dependencies: ["CLinux", "EdgeCalls", "Machine", "Monitor"]),
  ],
  swiftLanguageModes: [.v6]
)
