// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "coffer",
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .target(name: "EdgeCalls"),
    .target(name: "WasmFormat"),
    .target(
      name: "TrustletImage",
      dependencies: [
        "EdgeCalls", "WasmFormat",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Yams", package: "Yams"),
      ]),
    .testTarget(name: "WasmFormatTests", dependencies: ["WasmFormat"]),
    .testTarget(
      name: "TrustletImageTests",
      dependencies: ["TrustletImage", "EdgeCalls", "WasmFormat", .product(name: "Crypto", package: "swift-crypto")]),
  ],
  swiftLanguageModes: [.v6]
)
