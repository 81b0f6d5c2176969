// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "coffer",
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2")
  ],
  targets: [
    .target(name: "CLinux"),
    .target(name: "WasmFormat"),
    .testTarget(name: "WasmFormatTests", dependencies: ["WasmFormat"]),
    .target(
      name: "CodeObjects",
      dependencies: ["CLinux", .product(name: "Crypto", package: "swift-crypto")]),
    .testTarget(name: "CodeObjectsTests", dependencies: ["CodeObjects", "CLinux"]),
  ],
  swiftLanguageModes: [.v6]
)
