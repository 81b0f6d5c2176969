import Testing
import TrustedLines

@Suite struct TrustedLinesTests {
  @Test(arguments: [
    ("Sources/LibOS/Clock.swift", TrustedLines.Part.libraryOS), ("Sources/EdgeCalls/EdgeCall.swift", .libraryOS),
    ("Guest/heap.c", .guestEntry), ("Guest/include/guest.h", .guestEntry), ("Guest/entry-x86_64.S", .guestEntry),
    ("Guest/entry-riscv64.S", .elsewhere), ("Guest/machine-kvm-x86_64.S", .kvm), ("Guest/process/loader.c", .process),
    ("Sources/Monitor/EdgeService/EdgeService.swift", .edgeService), ("Sources/Monitor/Newcomer.swift", .edgeService),
    ("Sources/Monitor/Templates/TrustletPool.swift", .lifeOfTrustlets), ("Sources/CLinux/kvm.c", .kvm), ("Sources/CLinux/sandbox.c", .elsewhere),
    ("Sources/CLinux/files.c", .edgeService),
    ("Sources/CLinux/lockdown.c", .monitorProcess), ("Sources/CLinux/node_front.c", .monitorProcess),
    ("Sources/MonitorProcess/Slots/Slot.swift", .monitorProcess), ("Sources/CLinux/node_start.c", .elsewhere),
    ("Sources/GuestCrypto/P256.swift", .secrets), ("Sources/CGuestCrypto/portable.c", .secrets), ("Sources/InstanceSecrets/X.swift", .secrets),
    ("Sources/HostNetwork/Socket.swift", .network), ("Sources/InstanceNetwork/X.swift", .network), ("Sources/NetworkRules/X.swift", .network),
    ("Sources/Monitor/EdgeService/EdgeService+Network.swift", .network), ("Sources/EdgeCalls/NetworkOperation.swift", .network),
    ("Guest/NetworkFunctions.swift", .network), ("Sources/CLinux/network.c", .network),
    ("Sources/SealedFiles/X.swift", .sealedFiles), ("Sources/SealedVolume/X.swift", .sealedFiles), ("Sources/Monitor/EdgeService/HostVolume.swift", .sealedFiles), ("Guest/SealedPart.swift", .sealedFiles),
    ("Sources/Machine/Machine.swift", .machine), ("Sources/KVMMachine/Memory/PageTables.swift", .kvm),
  ]) func everySourceIsOfOnePart(path: String, part: TrustedLines.Part) {
    #expect(TrustedLines.part(of: path, "x86_64") == part)
  }

  @Test func theBuildHasCounted() {
    let counted = TrustedLines.counted(architecture: "x86_64")
    for part in TrustedLines.goalParts { #expect(counted.contains { $0.part == part }) }
    for file in counted { #expect(file.code > 0 && file.code <= file.lines, "\(file.path)") }
    #expect(counted.first { $0.path == "Sources/EdgeCalls/MachinePage.swift" }.map { $0.lines > $0.code } == true)
  }
}
