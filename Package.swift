// swift-tools-version: 6.2
import PackageDescription

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let certificates: [Target.Dependency] = [
  crypto, .product(name: "CryptoExtras", package: "swift-crypto"), .product(name: "SwiftASN1", package: "swift-asn1"),
  .product(name: "X509", package: "swift-certificates"),
]

let package = Package(
  name: "coffer",
  products: [
    .library(name: "Coffer", targets: ["Coffer"]),
    .library(name: "Attestation", targets: ["Attestation"]),
    .executable(name: "coffer", targets: ["coffer"]),
    .executable(name: "coffer-attester", targets: ["coffer-attester"]),
    .executable(name: "coffer-evidence", targets: ["coffer-evidence"]),
    .executable(name: "coffer-init", targets: ["coffer-init"]),
    .executable(name: "coffer-monitor", targets: ["coffer-monitor"]),
    .executable(name: "coffer-node", targets: ["coffer-node"]),
    .executable(name: "coffer-tools", targets: ["coffer-tools"]),
    .executable(name: "coffer-wast", targets: ["coffer-wast"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.34.1"),
    .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.36.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: ["FullFoundation"]),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.9.0"),
  ],
  targets: [
    // Floor 0: formats and words that everyone shares.
    .target(name: "EdgeCalls"),
    .target(name: "WasmFormat"),
    .target(name: "ComponentFormat", dependencies: ["WasmFormat"]),
    .target(name: "ComponentValues", dependencies: ["ComponentFormat", "WasmFormat"]),
    .target(name: "WasmText"),
    .target(name: "CLinux"),
    .target(name: "FunctionCalls"),
    .target(name: "EmbeddedBytes"),
    .target(name: "StrictYAML", dependencies: ["Yams"]),
    .target(name: "NetworkRules"),
    .target(name: "ProgramFiles"),
    .target(name: "JSONText"),
    .testTarget(name: "NetworkRulesTests", dependencies: ["NetworkRules"]),
    // Cryptography for inside a trustlet: constant time, free-standing, so it is also compiled as Embedded Swift.
    .target(name: "CGuestCrypto"),
    .target(name: "GuestCrypto", dependencies: ["CGuestCrypto"]),
    .testTarget(name: "GuestCryptoTests", dependencies: ["GuestCrypto", crypto]),
    .target(name: "SealedVolume", dependencies: ["GuestCrypto"]),
    .testTarget(name: "SealedVolumeTests", dependencies: ["EdgeCalls", "GuestCrypto", "LibOS", "SealedFiles", "SealedVolume"]),
    .executableTarget(name: "volume-bench", dependencies: ["GuestCrypto", "SealedVolume"], path: "Tests/volume-bench"),

    // Floor 1: what goes into a trustlet.
    .target(name: "LibOS", dependencies: ["EdgeCalls"]),
    .target(name: "InstanceSecrets", dependencies: ["EdgeCalls", "GuestCrypto", "LibOS"]),
    .target(name: "InstanceNetwork", dependencies: ["EdgeCalls", "LibOS"]),
    .target(name: "SealedFiles", dependencies: ["CGuestCrypto", "EdgeCalls", "GuestCrypto", "LibOS", "SealedVolume"]),
    .executableTarget(name: "guest-builder", dependencies: ["EdgeCalls"]),
    .plugin(name: "GuestPlugin", capability: .buildTool(), dependencies: ["guest-builder"]),
    .target(name: "GuestObjects", dependencies: ["EmbeddedBytes"], plugins: ["GuestPlugin"]),
    .target(name: "WasmCompiler", dependencies: ["EdgeCalls", "WasmFormat"]),
    .target(name: "ComponentLinking", dependencies: ["ComponentFormat", "WasmFormat"]),
    .target(name: "CodeObjects", dependencies: ["CLinux", crypto]),

    // Floor 1: judging evidence, on its own; and making it under roots that nobody trusts, which knows nothing of the judge.
    .target(name: "Attestation", dependencies: certificates + ["StrictYAML"]),
    .target(name: "DevelopmentEvidence", dependencies: certificates),

    // TLS whose certificate carries evidence of its key: made, and judged.
    .target(name: "AttestedChannel", dependencies: ["Attestation"] + certificates),
    .testTarget(name: "AttestedChannelTests", dependencies: ["AttestedChannel", "Attestation", "DevelopmentPlatform", "Evidence", "Platform", crypto]),

    // Programs compiled to WebAssembly by the build itself: the examples and the benchmark's kernels.
    .executableTarget(name: "example-builder"),
    .executableTarget(name: "line-counter"),
    .plugin(name: "TrustedLinesPlugin", capability: .buildTool(), dependencies: ["line-counter"]),
    .target(name: "TrustedLines", plugins: ["TrustedLinesPlugin"]),
    // For the benchmark's peers: forking, which Swift cannot name.
    .target(name: "CPeers"),
    .plugin(name: "ExamplesPlugin", capability: .buildTool(), dependencies: ["example-builder"]),
    .target(name: "Examples", dependencies: ["EmbeddedBytes"], plugins: ["ExamplesPlugin"]),
    .target(name: "BenchmarkKernels", dependencies: ["EmbeddedBytes"], plugins: ["ExamplesPlugin"]),

    // WASI 0.2, a component over WASI 0.1.
    .target(name: "WASIComponents", dependencies: ["ComponentFormat", "EmbeddedBytes", "WasmFormat"], plugins: ["ExamplesPlugin"]),

    // Floor 2: images, and machines to run them on.
    .target(name: "TrustletImage", dependencies: ["EdgeCalls", "GuestCrypto", "NetworkRules", "WasmFormat"]),
    .target(name: "ImageBuilding", dependencies: ["NetworkRules", "StrictYAML", "TrustletImage", crypto]),
    .target(name: "Machine", dependencies: ["EdgeCalls"]),
    .target(name: "KVMMachine", dependencies: ["CLinux", "EdgeCalls", "Machine"]),
    .target(name: "ProcessMachine", dependencies: ["CLinux", "EdgeCalls", "GuestObjects", "Machine"]),

    .target(name: "Platform"),
    .target(name: "DevelopmentPlatform", dependencies: ["DevelopmentEvidence", "Platform", crypto]),

    // Floor 2: a node as an image: what builds it and says what its evidence will be, and what starts in it.
    .target(name: "NodeImage", dependencies: ["ProgramFiles", crypto]),
    .target(name: "NodeStart"),
    .executableTarget(name: "coffer-init", dependencies: ["CLinux", "NodeStart", "Platform"], linkerSettings: [.unsafeFlags(["-static-stdlib"])]),
    .executableTarget(name: "coffer-evidence", dependencies: ["NodeStart", "Platform"], linkerSettings: [.unsafeFlags(["-static-stdlib"])]),
    .testTarget(name: "NodeImageTests", dependencies: ["NodeImage", crypto]),
    .testTarget(name: "NodeStartTests", dependencies: ["NodeStart"]),

    // Floor 3: what a node, a monitor and an instance prove of themselves; and the life of a trustlet.
    .target(name: "Evidence", dependencies: ["Platform", crypto]),
    .target(name: "Monitor", dependencies: ["CLinux", "EdgeCalls", "Machine"]),
    // The network of trustlets whose manifest has rules for it.
    .target(name: "HostNetwork", dependencies: ["CLinux", "EdgeCalls", "Machine", "Monitor", "NetworkRules"]),
    .testTarget(
      name: "HostNetworkTests", dependencies: ["CLinux", "EdgeCalls", "HostNetwork", "InstanceNetwork", "LibOS", "LoopbackSockets", "Machine", "Monitor", "NetworkRules"]),

    // Floor 3: processes of a node that start and speak to one another; and the one that vouches for the monitors.
    .target(name: "LocalProcesses", dependencies: ["CLinux", "FunctionCalls"]),
    .target(
      name: "Attester",
      dependencies: ["CLinux", "DevelopmentPlatform", "Evidence", "FunctionCalls", "LocalProcesses", "Machine", "Platform", crypto]),
    .executableTarget(name: "coffer-attester", dependencies: ["Attester"]),

    // Floor 4: running images, without anything that builds them.
    .target(name: "TrustletRun", dependencies: ["EdgeCalls", "KVMMachine", "Machine", "Monitor", "TrustletImage", "WasmFormat"]),
    .target(
      name: "ComponentCalls",
      dependencies: ["ComponentFormat", "ComponentLinking", "ComponentValues", "EdgeCalls", "Monitor", "TrustletImage", "WasmFormat"]),
    .target(name: "RunCommand", dependencies: ["KVMMachine", "Machine", "Monitor", "TrustletImage", "TrustletRun"]),

    // Floor 4: serving functions. The front (Gateway over FunctionDispatch and FunctionStore) holds no trustlets, and a monitor process no callers' connections.
    .target(
      name: "MonitorProcess",
      dependencies: [
        "CLinux", "ComponentCalls", "ComponentValues", "EdgeCalls", "FunctionCalls", "KVMMachine", "LocalProcesses", "Machine", "Monitor", "NetworkRules", "ProcessMachine",
        "TrustletImage", "TrustletRun",
      ]),
    .target(name: "DurableDatabase", dependencies: [.product(name: "GRDB", package: "GRDB.swift")]),
    .target(
      name: "FunctionStore",
      dependencies: [.product(name: "GRDB", package: "GRDB.swift"), crypto, "DurableDatabase", "FunctionDispatch", "ImageBuilding", "NetworkRules", "TrustletImage"]),
    .target(
      name: "FunctionDispatch",
      dependencies: [
        "CLinux", "FunctionCalls", "LocalProcesses", "NetworkRules", .product(name: "Histogram", package: "hdrhistogram-swift"), .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
      ]),
    .executableTarget(name: "page-builder"),
    .plugin(name: "DashboardPlugin", capability: .buildTool(), dependencies: ["page-builder"]),
    .target(
      name: "Gateway",
      dependencies: [
        "AttestedChannel", "CLinux", "EmbeddedBytes", "FunctionDispatch", "FunctionStore", "ImageBuilding", "JSONText", "NetworkRules", "StrictYAML", "TrustletImage", crypto,
        .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdHTTP2", package: "hummingbird"), .product(name: "HummingbirdTLS", package: "hummingbird"), .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOHTTP2", package: "swift-nio-http2"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOExtras", package: "swift-nio-extras"), .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      exclude: ["Dashboard/Page"], plugins: ["DashboardPlugin"]),

    // Releasing secrets to those who prove what they are: the protocol's messages, the side that asks, and the side that keeps and judges.
    .target(name: "KeyBrokerProtocol", dependencies: [crypto, .product(name: "CryptoExtras", package: "swift-crypto")]),
    .target(name: "KeyBrokerClient", dependencies: ["KeyBrokerProtocol", crypto]),
    .target(name: "KeyBroker", dependencies: ["Attestation", "DurableDatabase", .product(name: "GRDB", package: "GRDB.swift"), "KeyBrokerProtocol", crypto]),
    .testTarget(
      name: "KeyBrokerProtocolTests",
      dependencies: ["KeyBrokerProtocol", crypto, .product(name: "CryptoExtras", package: "swift-crypto")]),
    .testTarget(
      name: "KeyBrokerTests",
      dependencies: [
        "Attestation", "DevelopmentPlatform", "Evidence", .product(name: "GRDB", package: "GRDB.swift"), "GuestCrypto", "KeyBroker", "KeyBrokerClient",
        "KeyBrokerProtocol", "KilledScenarios", "Platform", crypto, "broker-scenario",
      ]),
    // Changes a broker's data as fast as it can, and says what it has done: to be killed.
    .executableTarget(name: "broker-scenario", dependencies: ["KeyBroker", "KeyBrokerProtocol", "KilledScenarios"], path: "Tests/broker-scenario"),

    // Floor 5: the library and the programs.
    .target(
      name: "Coffer",
      dependencies: [
        "CLinux", "CodeObjects", "ComponentFormat", "ComponentLinking", "ComponentValues", "EdgeCalls", "Examples", "GuestObjects", "ImageBuilding", "KVMMachine", "LibOS",
        "Machine", "Monitor", "NetworkRules", "ProcessMachine", "TrustletImage", "TrustletRun", "WASIComponents", "WasmCompiler", "WasmFormat",
      ]),
    // Runs images; for everything else it becomes coffer-tools, which lies beside it. Were that a dependency, SwiftPM would link all of it here.
    // A run is short: finding the symbols of Swift's libraries would be a third of it.
    .executableTarget(
      name: "coffer", dependencies: ["RunCommand", "TrustletImage"], linkerSettings: [.unsafeFlags(["-static-stdlib"])]),
    .executableTarget(
      name: "coffer-tools", dependencies: [
        "Attestation", "BenchmarkKernels", "CLinux", "CPeers", "Coffer", "CodeObjects", "ComponentCalls", "ComponentFormat", "ComponentValues", "DevelopmentEvidence", "DevelopmentPlatform", "EdgeCalls", "Evidence", "GuestCrypto", "HostNetwork", "JSONText", "KVMMachine",
        "KeyBrokerClient", "KeyBrokerProtocol", "Machine", "Monitor", "NetworkRules", "NodeImage", "NodeStart", "Platform", "ProcessMachine", "ProgramFiles", "RunCommand", "SealedFiles", "SealedVolume", "TrustedLines", "TrustletImage", "TrustletRun",
        "WasmFormat", "WasmText", crypto,
        .product(name: "ArgumentParser", package: "swift-argument-parser"), .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      path: "Sources/coffer-cli"),
    // The node: its front and the commands that speak to it; and what each monitor process is.
    .executableTarget(
      name: "coffer-node",
      dependencies: [
        "Attestation", "AttestedChannel", "Attester", "CLinux", "Evidence", "Examples", "FunctionCalls", "FunctionDispatch", "FunctionStore", "Gateway", "HostNetwork", "ImageBuilding", "JSONText", "KVMMachine", "KeyBroker",
        "KeyBrokerClient", "KeyBrokerProtocol", "LocalProcesses", "Machine", "NetworkRules", "Platform", "ProgramFiles", "TrustletImage", "WASIComponents", "WasmFormat", crypto,
        .product(name: "ArgumentParser", package: "swift-argument-parser"), .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOHTTP2", package: "swift-nio-http2"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"), .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"), .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    .executableTarget(name: "coffer-monitor", dependencies: ["MonitorProcess"], linkerSettings: [.unsafeFlags(["-static-stdlib"])]),
    .target(
      name: "SpecificationScripts",
      dependencies: [
        "Coffer", "ComponentCalls", "ComponentFormat", "ComponentLinking", "EdgeCalls", "Machine", "Monitor", "TrustletImage", "TrustletRun",
        "WasmCompiler", "WasmFormat", "WasmText",
      ]),
    .executableTarget(
      name: "coffer-wast",
      dependencies: [
        "Coffer", "CodeObjects", "Machine", "ProcessMachine", "SpecificationScripts",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .testTarget(name: "ComponentValuesTests", dependencies: ["ComponentFormat", "ComponentValues", "WasmText"]),
    .testTarget(name: "FunctionCallsTests", dependencies: ["FunctionCalls"]),
    .testTarget(
      name: "FunctionStoreTests",
      dependencies: [
        "DurableDatabase", "FunctionDispatch", "FunctionStore", "ImageBuilding", "KilledScenarios", "SampleFunctions", "TrustletImage", "store-scenario",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    // Images that nobody could run, and that pass every check.
    .target(name: "SampleFunctions", dependencies: ["FunctionStore", "ImageBuilding", "TrustletImage"], path: "Tests/SampleFunctions"),
    .testTarget(
      name: "FunctionDispatchTests",
      dependencies: [
        "CLinux", "FunctionCalls", "FunctionDispatch", "NetworkRules", .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
      ]),
    .testTarget(
      name: "GatewayTests",
      dependencies: [
        "CLinux", "FunctionCalls", "FunctionDispatch", "FunctionStore", "Gateway", "JSONText", "LoopbackSockets", "SampleFunctions", crypto,
        .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
      ]),
    .testTarget(
      name: "NodeCommandTests",
      dependencies: [
        "Attestation", "CLinux", "DevelopmentPlatform", "FunctionCalls", "FunctionDispatch", "FunctionStore", "Gateway", "KeyBroker", "KeyBrokerProtocol",
        "KilledScenarios", "LoopbackSockets", "NetworkRules", "Platform", "SampleFunctions", "coffer-node",
        .product(name: "Hummingbird", package: "hummingbird"), .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
      ]),
    // Changes a node's state as fast as it can, and says what it has done: to be killed.
    .executableTarget(name: "store-scenario", dependencies: ["FunctionStore", "ImageBuilding", "KilledScenarios", "TrustletImage"], path: "Tests/store-scenario"),
    .testTarget(name: "WasmFormatTests", dependencies: ["WasmFormat"]),
    .testTarget(name: "ComponentFormatTests", dependencies: ["ComponentFormat", "WasmFormat", "WasmText"]),
    .testTarget(name: "WASIComponentsTests", dependencies: ["ComponentFormat", "ComponentLinking", "WASIClients", "WASIComponents", "WasmFormat", "WasmText"]),
    // Programs in C that use WASI 0.2, as components.
    .target(name: "WASIClients", dependencies: ["EmbeddedBytes", "WASIComponents", "WasmFormat"], path: "Tests/WASIClients", plugins: ["ExamplesPlugin"]),
    .executableTarget(name: "wasi-clients", dependencies: ["WASIClients"], path: "Tests/wasi-clients"),
    .testTarget(name: "ComponentLinkingTests", dependencies: ["ComponentFormat", "ComponentLinking", "WasmFormat", "WasmText"]),
    .testTarget(name: "WasmTextTests", dependencies: ["WasmText"]),
    .testTarget(name: "WasmCompilerTests", dependencies: ["WasmCompiler", "WasmFormat", "WasmText"]),
    .testTarget(
      name: "LibOSTests", dependencies: ["EdgeCalls", "GuestCrypto", "InstanceNetwork", "InstanceSecrets", "KeyBrokerProtocol", "LibOS", "SealedFiles"], exclude: ["Wasmtime"]),
    .testTarget(name: "CodeObjectsTests", dependencies: ["CodeObjects", "CLinux"]),
    .testTarget(name: "TrustletImageTests", dependencies: ["EdgeCalls", "ImageBuilding", "TrustletImage", "WasmFormat", crypto]),
    .testTarget(name: "AttestationTests", dependencies: ["Attestation", "DevelopmentEvidence", "StrictYAML", "TestTPM"] + certificates),
    .target(name: "KilledScenarios", path: "Tests/KilledScenarios"),
    // The other side of what is tested over a network, on loopback alone.
    .target(name: "LoopbackSockets", path: "Tests/LoopbackSockets"),
    // A TPM in software, for whoever tests with one.
    .target(name: "TestTPM", path: "Tests/TestTPM"),
    .testTarget(name: "PlatformTests", dependencies: ["Attestation", "Platform", "TestTPM", crypto]),
    .testTarget(name: "EvidenceTests", dependencies: ["Attestation", "DevelopmentPlatform", "Evidence", "Platform", "TestTPM", crypto]),
    .testTarget(name: "EmbeddedBytesTests", dependencies: ["EmbeddedBytes"]),
    .testTarget(name: "ExamplesTests", dependencies: ["Examples"]),
    .testTarget(name: "TrustedLinesTests", dependencies: ["TrustedLines"]),
    .testTarget(name: "BenchmarkKernelsTests", dependencies: ["BenchmarkKernels"]),
    .testTarget(name: "MonitorTests", dependencies: ["CLinux", "EdgeCalls", "Machine", "Monitor"]),
    .testTarget(
      name: "CofferTests",
      dependencies: [
        "CodeObjects", "Coffer", "ComponentCalls", "ComponentFormat", "ComponentLinking", "ComponentValues", "EdgeCalls", "Examples", "KVMMachine",
        "KeyBrokerProtocol", "LyingHost", "Machine", "Monitor", "ProcessMachine", "SpecificationScripts", "TrustletImage", "TrustletRun", "WasmCompiler",
        "WasmFormat", "WasmText",
      ]),
    // What a front sends, and programs, to the built coffer-monitor: not a dependency, since the tests would be linked as it is, without the
    // libraries that only tests have.
    .testTarget(
      name: "MonitorProcessTests",
      dependencies: ["CodeObjects", "Coffer", "Examples", "FunctionCalls", "KVMMachine", "Machine", "TrustletImage", "WASIClients", "WasmText"]),
    .testTarget(
      name: "DocumentTests",
      dependencies: ["coffer-node", "coffer-tools", "ImageBuilding", "TrustletImage", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
    .testTarget(
      name: "CofferCommandTests", dependencies: ["DevelopmentEvidence", "Examples", "KVMMachine", "LoopbackSockets", "RunCommand", "TestTPM", "WASIClients", "WasmText"]),
    .target(
      name: "MachineScenarios", dependencies: ["EdgeCalls", "GuestObjects", "KVMMachine", "Machine", "ProcessMachine"], path: "Tests/MachineScenarios"),
    .executableTarget(name: "machine-check", dependencies: ["KVMMachine", "Machine", "MachineScenarios", "ProcessMachine"], path: "Tests/machine-check"),
    // Trustlets whose host lies to them: for the tests, and for as long as one likes.
    .target(
      name: "LyingHost",
      dependencies: ["CLinux", "Coffer", "CodeObjects", "EdgeCalls", "Examples", "HostNetwork", "KeyBrokerProtocol", "LoopbackSockets", "Machine", "Monitor", "NetworkRules", "TrustletImage", "TrustletRun"],
      path: "Tests/LyingHost", plugins: ["ExamplesPlugin"]),
    .executableTarget(name: "lying-host", dependencies: ["CodeObjects", "Coffer", "LyingHost"], path: "Tests/lying-host"),
    // Trustlets of every kind, made and ended many times: what do they leave behind?
    .executableTarget(
      name: "leftover-check",
      dependencies: [
        "CodeObjects", "Coffer", "EdgeCalls", "KVMMachine", "Machine", "MachineScenarios", "Monitor", "TrustletImage", "TrustletRun", "WasmText",
      ],
      path: "Tests/leftover-check"),
    .testTarget(name: "MachineTests", dependencies: ["EdgeCalls", "KVMMachine", "Machine", "MachineScenarios", "ProcessMachine"]),
  ],
  swiftLanguageModes: [.v6]
)

// What a test does once need not be fast, and optimising all of them took longer than running them.
for target in package.targets where target.type == .test || target.path?.hasPrefix("Tests/") == true {
  target.swiftSettings = [.unsafeFlags(["-Onone"])]
}
