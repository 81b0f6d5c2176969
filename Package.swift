// swift-tools-version: 6.2
import PackageDescription

// What other packages give, by the names that the targets below use.
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let database = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdHTTP2 = Target.Dependency.product(name: "HummingbirdHTTP2", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioExtras = Target.Dependency.product(name: "NIOExtras", package: "swift-nio-extras")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")

/// For programs whose run is short, or that run where no Swift is: finding the symbols of Swift's libraries would be a third of a run.
let staticRuntime: [LinkerSetting] = [.unsafeFlags(["-static-stdlib"])]

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
    // The floors of the house, as README.md has them: a target imports only what stands above it.

    // Floor 0: formats and words that everyone shares.
    .target(name: "EdgeCalls"),
    .target(name: "WasmFormat"),
    .target(name: "WasmText"),
    .target(name: "ComponentFormat", dependencies: ["WasmFormat"]),
    .target(name: "ComponentValues", dependencies: ["ComponentFormat", "WasmFormat"]),
    .target(name: "JSONText"),
    .target(name: "StrictYAML", dependencies: ["Yams"]),
    .target(name: "FunctionCalls"),
    .target(name: "NetworkRules"),
    .target(name: "ProgramFiles"),
    .target(name: "EmbeddedBytes"),
    .target(name: "CLinux"),
    // Cryptography for inside a trustlet: constant time, free-standing, so it is also compiled as Embedded Swift.
    .target(name: "CGuestCrypto"),
    .target(name: "GuestCrypto", dependencies: ["CGuestCrypto"]),
    .target(name: "KeyBrokerProtocol", dependencies: [crypto, cryptoExtras]),

    // Floor 1: what goes into a trustlet.
    .target(name: "LibOS", dependencies: ["EdgeCalls"]),
    .target(name: "InstanceSecrets", dependencies: ["EdgeCalls", "GuestCrypto", "LibOS"]),
    .target(name: "InstanceNetwork", dependencies: ["EdgeCalls", "LibOS"]),
    .target(name: "SealedVolume", dependencies: ["GuestCrypto"]),
    .target(name: "SealedFiles", dependencies: ["EdgeCalls", "GuestCrypto", "LibOS", "SealedVolume"]),
    .executableTarget(name: "guest-builder", dependencies: ["EdgeCalls"]),
    .plugin(name: "GuestPlugin", capability: .buildTool(), dependencies: ["guest-builder"]),
    .target(name: "GuestObjects", dependencies: ["EmbeddedBytes"], plugins: ["GuestPlugin"]),
    .target(name: "WasmCompiler", dependencies: ["EdgeCalls", "WasmFormat"]),
    .target(name: "CodeObjects", dependencies: ["CLinux", crypto]),
    .target(name: "ComponentLinking", dependencies: ["ComponentFormat", "WasmFormat"]),
    // WASI 0.2, a component over WASI 0.1. It is compiled to WebAssembly by the build, as are the examples and the benchmark's kernels.
    .executableTarget(name: "example-builder"),
    .plugin(name: "ExamplesPlugin", capability: .buildTool(), dependencies: ["example-builder"]),
    .target(name: "WASIComponents", dependencies: ["ComponentFormat", "EmbeddedBytes", "WasmFormat"], plugins: ["ExamplesPlugin"]),
    .target(name: "Examples", dependencies: ["EmbeddedBytes"], plugins: ["ExamplesPlugin"]),
    .target(name: "BenchmarkKernels", dependencies: ["EmbeddedBytes"], plugins: ["ExamplesPlugin"]),
    // Judging evidence, on its own; and making it under roots that nobody trusts, which knows nothing of the judge.
    .target(name: "Attestation", dependencies: ["StrictYAML", crypto, cryptoExtras, asn1, x509]),
    .target(name: "DevelopmentEvidence", dependencies: [crypto, cryptoExtras, asn1, x509]),

    // Floor 2: images, and machines to run them on.
    .target(name: "TrustletImage", dependencies: ["EdgeCalls", "GuestCrypto", "NetworkRules", "WasmFormat"]),
    .target(name: "ImageBuilding", dependencies: ["NetworkRules", "StrictYAML", "TrustletImage", crypto]),
    .target(name: "Machine", dependencies: ["EdgeCalls"]),
    .target(name: "KVMMachine", dependencies: ["CLinux", "EdgeCalls", "Machine"]),
    .target(name: "ProcessMachine", dependencies: ["CLinux", "EdgeCalls", "GuestObjects", "Machine"]),
    // Where trust comes from, and a node as an image: what builds it and says what its evidence will be, and what starts in it.
    .target(name: "Platform"),
    .target(name: "DevelopmentPlatform", dependencies: ["DevelopmentEvidence", "Platform", crypto]),
    .target(name: "NodeStart"),
    .target(name: "NodeImage", dependencies: ["NodeStart", "ProgramFiles", crypto]),
    .executableTarget(name: "coffer-init", dependencies: ["CLinux", "NodeStart", "Platform"], linkerSettings: staticRuntime),
    .executableTarget(name: "coffer-evidence", dependencies: ["NodeStart", "Platform"], linkerSettings: staticRuntime),

    // Floor 3: the life of a trustlet; and what a node, a monitor and an instance prove of themselves.
    .target(name: "Monitor", dependencies: ["CLinux", "EdgeCalls", "Machine"]),
    .target(name: "Evidence", dependencies: ["Platform", crypto]),
    // Processes of a node that start and speak to one another, and the one that vouches for the monitors; TLS whose certificate carries evidence
    // of its key.
    .target(name: "LocalProcesses", dependencies: ["CLinux", "FunctionCalls"]),
    .target(
      name: "Attester",
      dependencies: ["CLinux", "DevelopmentPlatform", "Evidence", "FunctionCalls", "LocalProcesses", "Machine", "Platform", crypto]),
    .executableTarget(name: "coffer-attester", dependencies: ["Attester"]),
    .target(name: "AttestedChannel", dependencies: ["Attestation", crypto, asn1, x509]),

    // Floor 4: running images, without anything that builds them; with a network where their manifest has rules for it.
    .target(name: "HostNetwork", dependencies: ["CLinux", "EdgeCalls", "Machine", "Monitor", "NetworkRules"]),
    .target(name: "TrustletRun", dependencies: ["EdgeCalls", "KVMMachine", "Machine", "Monitor", "TrustletImage", "WasmFormat"]),
    .target(
      name: "ComponentCalls",
      dependencies: ["ComponentFormat", "ComponentLinking", "ComponentValues", "EdgeCalls", "Monitor", "TrustletImage", "WasmFormat"]),
    .target(name: "RunCommand", dependencies: ["EdgeCalls", "KVMMachine", "Machine", "Monitor", "TrustletImage", "TrustletRun"]),
    // Serving functions. The front (Gateway over FunctionDispatch and FunctionStore) holds no trustlets, and a monitor process no callers'
    // connections.
    .target(
      name: "MonitorProcess",
      dependencies: [
        "CLinux", "ComponentCalls", "ComponentValues", "EdgeCalls", "FunctionCalls", "KVMMachine", "LocalProcesses", "Machine", "Monitor",
        "NetworkRules", "ProcessMachine", "TrustletImage", "TrustletRun",
      ]),
    .executableTarget(name: "coffer-monitor", dependencies: ["MonitorProcess"], linkerSettings: staticRuntime),
    .target(name: "DurableDatabase", dependencies: [database]),
    .target(
      name: "FunctionDispatch",
      dependencies: ["CLinux", "FunctionCalls", "LocalProcesses", "NetworkRules", histogram, logging, nioCore, nioPosix]),
    .target(name: "FunctionStore", dependencies: ["DurableDatabase", "FunctionDispatch", "ImageBuilding", "TrustletImage", crypto, database]),
    .executableTarget(name: "page-builder"),
    .plugin(name: "DashboardPlugin", capability: .buildTool(), dependencies: ["page-builder"]),
    .target(
      name: "Gateway",
      dependencies: [
        "AttestedChannel", "CLinux", "EmbeddedBytes", "FunctionCalls", "FunctionDispatch", "FunctionStore", "ImageBuilding", "JSONText",
        "LocalProcesses", "NetworkRules", "StrictYAML", "TrustletImage", crypto, httpTypes, hummingbird, hummingbirdHTTP2, logging, nioCore,
        nioExtras, nioHTTP1, nioHTTP2, nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix, nioTLS, serviceLifecycle,
      ],
      exclude: ["Dashboard/Page"], plugins: ["DashboardPlugin"]),
    // Releasing secrets to those who prove what they are: the side that asks, and the side that keeps and judges.
    .target(name: "KeyBrokerClient", dependencies: ["KeyBrokerProtocol", crypto]),
    .target(name: "KeyBroker", dependencies: ["Attestation", "DurableDatabase", "KeyBrokerProtocol", crypto, database]),

    // Floor 5: the library and the programs.
    .target(
      name: "Coffer",
      dependencies: [
        "CLinux", "CodeObjects", "ComponentFormat", "ComponentLinking", "ComponentValues", "EdgeCalls", "Examples", "GuestObjects", "ImageBuilding",
        "KVMMachine", "LibOS", "Machine", "ProcessMachine", "TrustletImage", "TrustletRun", "WASIComponents", "WasmCompiler", "WasmFormat",
      ]),
    // Runs images; for everything else it becomes coffer-tools, which lies beside it. Were that a dependency, SwiftPM would link all of it here.
    .executableTarget(name: "coffer", dependencies: ["RunCommand"], linkerSettings: staticRuntime),
    // What the benchmarks of coffer-tools have of their own: the lines to be trusted, counted; and forking, which Swift cannot name.
    .executableTarget(name: "line-counter"),
    .plugin(name: "TrustedLinesPlugin", capability: .buildTool(), dependencies: ["line-counter"]),
    .target(name: "TrustedLines", plugins: ["TrustedLinesPlugin"]),
    .target(name: "CPeers"),
    .executableTarget(
      name: "coffer-tools",
      dependencies: [
        "Attestation", "BenchmarkKernels", "CLinux", "CodeObjects", "Coffer", "ComponentCalls", "ComponentFormat", "ComponentValues", "CPeers",
        "DevelopmentEvidence", "DevelopmentPlatform", "EdgeCalls", "Evidence", "GuestCrypto", "HostNetwork", "JSONText", "KeyBrokerClient",
        "KeyBrokerProtocol", "KVMMachine", "Machine", "Monitor", "NetworkRules", "NodeImage", "NodeStart", "Platform", "ProcessMachine",
        "ProgramFiles", "RunCommand", "SealedFiles", "SealedVolume", "TrustedLines", "TrustletImage", "TrustletRun", "WASIComponents", "WasmFormat",
        "WasmText", argumentParser, asyncHTTPClient, crypto, nioCore, nioHTTP1,
      ],
      path: "Sources/coffer-cli"),
    // The node: its front and the commands that speak to it.
    .executableTarget(
      name: "coffer-node",
      dependencies: [
        "Attestation", "AttestedChannel", "Attester", "CLinux", "Evidence", "Examples", "FunctionCalls", "FunctionDispatch", "FunctionStore",
        "Gateway", "HostNetwork", "ImageBuilding", "JSONText", "KeyBroker", "KeyBrokerClient", "KeyBrokerProtocol", "KVMMachine", "LocalProcesses",
        "Machine", "NetworkRules", "Platform", "ProgramFiles", "TrustletImage", "WASIComponents", "WasmFormat", argumentParser, asyncHTTPClient,
        crypto, histogram, httpTypes, hummingbird, hummingbirdTLS, logging, nioCore, nioHTTP1, nioHTTP2, nioHTTPTypes, nioPosix, nioSSL, nioTLS,
        serviceLifecycle,
      ]),
    .target(
      name: "SpecificationScripts",
      dependencies: [
        "Coffer", "ComponentCalls", "ComponentFormat", "ComponentLinking", "EdgeCalls", "Machine", "Monitor", "TrustletImage", "TrustletRun",
        "WasmCompiler", "WasmFormat", "WasmText",
      ]),
    .executableTarget(
      name: "coffer-wast",
      dependencies: ["CodeObjects", "Coffer", "Machine", "ProcessMachine", "SpecificationScripts", argumentParser]),

    // Tests of the rooms, in the order of the floors.
    .testTarget(name: "WasmFormatTests", dependencies: ["WasmFormat"]),
    .testTarget(name: "WasmTextTests", dependencies: ["WasmText"]),
    .testTarget(name: "ComponentFormatTests", dependencies: ["ComponentFormat", "WasmFormat", "WasmText"]),
    .testTarget(name: "ComponentValuesTests", dependencies: ["ComponentFormat", "ComponentValues", "WasmText"]),
    .testTarget(name: "FunctionCallsTests", dependencies: ["FunctionCalls"]),
    .testTarget(name: "NetworkRulesTests", dependencies: ["NetworkRules"]),
    .testTarget(name: "EmbeddedBytesTests", dependencies: ["EmbeddedBytes"]),
    .testTarget(name: "GuestCryptoTests", dependencies: ["GuestCrypto", "SeededNumbers", crypto]),
    .testTarget(name: "KeyBrokerProtocolTests", dependencies: ["KeyBrokerProtocol", crypto]),
    .testTarget(
      name: "LibOSTests",
      dependencies: ["EdgeCalls", "GuestCrypto", "InstanceNetwork", "InstanceSecrets", "KeyBrokerProtocol", "LibOS", "SealedFiles", "SeededNumbers"],
      exclude: ["Wasmtime"]),
    .testTarget(name: "SealedVolumeTests", dependencies: ["EdgeCalls", "GuestCrypto", "LibOS", "SealedFiles", "SealedVolume", "SeededNumbers"]),
    .testTarget(name: "WasmCompilerTests", dependencies: ["WasmCompiler", "WasmFormat", "WasmText"]),
    .testTarget(name: "CodeObjectsTests", dependencies: ["CLinux", "CodeObjects"]),
    .testTarget(name: "ComponentLinkingTests", dependencies: ["ComponentFormat", "ComponentLinking", "WasmFormat", "WasmText"]),
    .testTarget(
      name: "WASIComponentsTests",
      dependencies: ["ComponentFormat", "ComponentLinking", "WASIClients", "WASIComponents", "WasmFormat", "WasmText"]),
    .testTarget(name: "ExamplesTests", dependencies: ["Examples"]),
    .testTarget(name: "BenchmarkKernelsTests", dependencies: ["BenchmarkKernels"]),
    .testTarget(name: "AttestationTests", dependencies: ["Attestation", "DevelopmentEvidence", "SeededNumbers", "StrictYAML", "TestTPM", crypto]),
    .testTarget(name: "TrustletImageTests", dependencies: ["EdgeCalls", "ImageBuilding", "TrustletImage", "WasmFormat", crypto]),
    .testTarget(name: "MachineTests", dependencies: ["CLinux", "EdgeCalls", "KVMMachine", "Machine", "MachineScenarios", "ProcessMachine"]),
    .testTarget(name: "PlatformTests", dependencies: ["Attestation", "Platform", "TestTPM"]),
    .testTarget(name: "NodeImageTests", dependencies: ["NodeImage", crypto]),
    .testTarget(name: "NodeStartTests", dependencies: ["NodeStart"]),
    .testTarget(name: "MonitorTests", dependencies: ["CLinux", "EdgeCalls", "Machine", "Monitor", "SeededNumbers"]),
    .testTarget(name: "EvidenceTests", dependencies: ["Attestation", "DevelopmentPlatform", "Evidence", "Platform", "TestTPM", crypto]),
    .testTarget(
      name: "AttestedChannelTests",
      dependencies: ["Attestation", "AttestedChannel", "DevelopmentPlatform", "Evidence", "Platform", crypto]),
    .testTarget(name: "HostNetworkTests", dependencies: ["CLinux", "EdgeCalls", "HostNetwork", "LoopbackSockets", "Monitor", "NetworkRules"]),
    // What a front sends, and programs, to the built coffer-monitor: not a dependency, since the tests would be linked as it is, without the
    // libraries that only tests have.
    .testTarget(
      name: "MonitorProcessTests",
      dependencies: [
        "CodeObjects", "Coffer", "Examples", "FunctionCalls", "KVMMachine", "Machine", "SeededNumbers", "TrustletImage", "WASIClients", "WasmText",
      ]),
    .testTarget(
      name: "FunctionDispatchTests",
      dependencies: ["CLinux", "FakeMonitor", "FunctionCalls", "FunctionDispatch", "NetworkRules", logging, nioCore, nioPosix]),
    .testTarget(
      name: "FunctionStoreTests",
      dependencies: [
        "DurableDatabase", "FunctionDispatch", "FunctionStore", "ImageBuilding", "KilledScenarios", "SampleFunctions", "SeededNumbers",
        "store-scenario", "TrustletImage", database,
      ]),
    .testTarget(
      name: "GatewayTests",
      dependencies: [
        "CLinux", "FakeMonitor", "FunctionCalls", "FunctionDispatch", "FunctionStore", "Gateway", "JSONText", "LoopbackSockets", "SampleFunctions",
        asyncHTTPClient, crypto, httpTypes, hummingbird, hummingbirdTesting, logging, nioCore, nioHTTP1, nioPosix,
      ]),
    .testTarget(
      name: "KeyBrokerTests",
      dependencies: [
        "Attestation", "broker-scenario", "DevelopmentPlatform", "Evidence", "GuestCrypto", "KeyBroker", "KeyBrokerClient", "KeyBrokerProtocol",
        "KilledScenarios", "Platform", "SeededNumbers", crypto, database,
      ]),
    .testTarget(
      name: "CofferTests",
      dependencies: [
        "CodeObjects", "Coffer", "ComponentCalls", "ComponentFormat", "ComponentLinking", "ComponentValues", "EdgeCalls", "Examples",
        "KeyBrokerProtocol", "KVMMachine", "LyingHost", "Machine", "Monitor", "ProcessMachine", "SpecificationScripts", "TrustletImage",
        "TrustletRun", "WasmCompiler", "WasmFormat", "WasmText",
      ]),
    .testTarget(name: "TrustedLinesTests", dependencies: ["TrustedLines"]),
    .testTarget(
      name: "CofferCommandTests",
      dependencies: [
        "CodeObjects", "Coffer", "DevelopmentEvidence", "EdgeCalls", "KeyBrokerProtocol", "KVMMachine", "LoopbackSockets", "RunCommand", "TestTPM",
        "TrustletImage", "WASIClients", "WasmCompiler", "WasmFormat", "WasmText", crypto,
      ]),
    .testTarget(
      name: "NodeCommandTests",
      dependencies: [
        "Attestation", "CLinux", "coffer-node", "DevelopmentPlatform", "FunctionCalls", "FunctionDispatch", "FunctionStore", "Gateway", "KeyBroker",
        "KeyBrokerProtocol", "KilledScenarios", "LoopbackSockets", "NetworkRules", "Platform", "SampleFunctions", "SeededNumbers", hummingbird,
        logging, nioCore,
      ]),
    .testTarget(name: "DocumentTests", dependencies: ["coffer-node", "coffer-tools", "ImageBuilding", "TrustletImage", argumentParser]),

    // What several tests share. Programs in C that use WASI 0.2, as components:
    .target(
      name: "WASIClients",
      dependencies: ["EmbeddedBytes", "WASIComponents", "WasmFormat"],
      path: "Tests/WASIClients", plugins: ["ExamplesPlugin"]),
    .executableTarget(name: "wasi-clients", dependencies: ["WASIClients"], path: "Tests/wasi-clients"),
    // What a monitor process says to its front, without a machine.
    .target(name: "FakeMonitor", dependencies: ["CLinux", "FunctionCalls", "FunctionDispatch"], path: "Tests/FakeMonitor"),
    // Images that nobody could run, and that pass every check.
    .target(name: "SampleFunctions", dependencies: ["FunctionStore", "ImageBuilding", "TrustletImage"], path: "Tests/SampleFunctions"),
    // The other side of what is tested over a network, on loopback alone.
    .target(name: "LoopbackSockets", path: "Tests/LoopbackSockets"),
    // The same random numbers from the same seed.
    .target(name: "SeededNumbers", path: "Tests/SeededNumbers"),
    // A TPM in software, for whoever tests with one.
    .target(name: "TestTPM", path: "Tests/TestTPM"),
    // What a machine has to do and to refuse, for the tests and by itself.
    .target(
      name: "MachineScenarios",
      dependencies: ["CLinux", "EdgeCalls", "GuestObjects", "KVMMachine", "Machine", "ProcessMachine"],
      path: "Tests/MachineScenarios"),
    .executableTarget(
      name: "machine-check",
      dependencies: ["EdgeCalls", "KVMMachine", "Machine", "MachineScenarios", "ProcessMachine"],
      path: "Tests/machine-check"),
    // Trustlets whose host lies to them: for the tests, and for as long as one likes.
    .target(
      name: "LyingHost",
      dependencies: [
        "CLinux", "CodeObjects", "Coffer", "EdgeCalls", "Examples", "HostNetwork", "KeyBrokerProtocol", "LoopbackSockets", "Machine", "Monitor",
        "NetworkRules", "SeededNumbers", "TrustletImage", "TrustletRun",
      ],
      path: "Tests/LyingHost", plugins: ["ExamplesPlugin"]),
    .executableTarget(name: "lying-host", dependencies: ["CodeObjects", "Coffer", "LyingHost"], path: "Tests/lying-host"),
    // Trustlets of every kind, made and ended many times: what do they leave behind?
    .executableTarget(
      name: "leftover-check",
      dependencies: ["CodeObjects", "Coffer", "EdgeCalls", "Machine", "MachineScenarios", "Monitor", "TrustletImage", "TrustletRun", "WasmText"],
      path: "Tests/leftover-check"),
    // Programs that change a broker's data, or a node's state, as fast as they can, and say what they have done: to be killed.
    .target(name: "KilledScenarios", path: "Tests/KilledScenarios"),
    .executableTarget(
      name: "broker-scenario",
      dependencies: ["KeyBroker", "KeyBrokerProtocol", "KilledScenarios", "SeededNumbers"],
      path: "Tests/broker-scenario"),
    .executableTarget(
      name: "store-scenario",
      dependencies: ["FunctionStore", "ImageBuilding", "KilledScenarios", "SeededNumbers", "TrustletImage"],
      path: "Tests/store-scenario"),
    .executableTarget(name: "volume-bench", dependencies: ["GuestCrypto", "SealedVolume"], path: "Tests/volume-bench"),

  ],
  swiftLanguageModes: [.v6]
)

// What a test does once need not be fast, and optimising all of them took longer than running them.
for target in package.targets where target.type == .test || target.path?.hasPrefix("Tests/") == true {
  target.swiftSettings = [.unsafeFlags(["-Onone"])]
}
