// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "coffer",
  targets: [
    .target(name: "EdgeCalls"),
    .target(name: "WasmFormat"),
    .target(name: "CLinux"),
    .target(name: "Machine", dependencies: ["EdgeCalls"]),
    .target(name: "KVMMachine", dependencies: ["CLinux", "EdgeCalls", "Machine"]),
    .target(name: "MachineScenarios", dependencies: ["CLinux", "EdgeCalls", "Machine", "KVMMachine"], path: "Tests/MachineScenarios"),
    .executableTarget(name: "machine-check", dependencies: ["MachineScenarios"], path: "Tests/machine-check"),
    .testTarget(name: "MachineTests", dependencies: ["CLinux", "EdgeCalls", "Machine", "KVMMachine", "MachineScenarios"]),
    .testTarget(name: "WasmFormatTests", dependencies: ["WasmFormat"]),
  ],
  swiftLanguageModes: [.v6]
)
