import Coffer
import Examples
import KVMMachine
import Machine
import Monitor
import ProcessMachine
import Testing
import TrustletImage

extension RunningTests {
  /// What is linked into an image only where its manifest asks for it.
  @Suite struct OptionalPartTests {
    private static var withSecrets: Manifest {
      var manifest = Manifest()
      manifest.secrets = ["PASSWORD": "shop/database/password"]
      return manifest
    }

    private func image(_ manifest: Manifest, leavingOut parts: Set<String> = []) throws -> TrustletImage {
      var builder = try Needs.builder()
      builder.partsLeftOut = parts
      return try builder.image(of: try #require(Example.named("hello")).module, manifest: manifest)
    }

    private func codeSize(_ image: TrustletImage) -> UInt64 { image.regions.filter { $0.kind == .code }.reduce(0) { $0 + $1.size } }

    @Test func cryptographyIsInImagesWithSecretsAlone() throws {
      let (without, with) = (try image(Manifest()), try image(Self.withSecrets))
      func names(_ image: TrustletImage) -> [String] { image.symbols.map(\.name).filter { $0.contains("gcm") || $0.contains("P256Point") } }
      #expect(names(without) == [])
      #expect(!names(with).isEmpty)
      #expect(codeSize(without) + 32 << 10 <= codeSize(with), "\(codeSize(without)) and \(codeSize(with)) bytes of code")
    }

    @Test func sealedDirectoriesAreInImagesThatHaveOneAlone() throws {
      var manifest = Manifest()
      manifest.sealed = Manifest.Sealed(key: "shop/volumes/data", freshness: .none)
      func names(_ image: TrustletImage) -> [String] { image.symbols.map(\.name).filter { $0.contains("SealedBlocks") || $0.contains("SealedVolume") } }
      #expect(names(try image(Self.withSecrets)) == [])
      #expect(!names(try image(manifest)).isEmpty)
      for kind in [KVMMachineKind.shared, ProcessMachineKind()] as [any MachineKind] {
        let image = try image(manifest, leavingOut: ["secrets", "sealed directory"])
        let outcome = try TrustletRunner.runCommand(image, try TrustletRunner.start(image, RunOptions(), on: kind))
        guard case .killed(let reason) = outcome else {
          Issue.record("\(outcome)")
          continue
        }
        #expect(reason.contains("no part that could"), "\(reason)")
      }
    }

    @Test func whichPartsThereAreIsTheSameInEachBuild() throws {
      for manifest in [Manifest(), Self.withSecrets] {
        let images = [try image(manifest), try image(manifest)]
        #expect(ImageComparison(images[0], rebuilt: images[1]).isSame)
      }
      // And an image with another body behind the hook is another image.
      let comparison = ImageComparison(try image(Self.withSecrets, leavingOut: ["secrets"]), rebuilt: try image(Self.withSecrets))
      #expect(comparison.measurement != comparison.rebuilt)
      #expect(comparison.differences.contains { $0.part == .code })
    }

    @Test func anImageThatLacksWhatItsManifestWantsDoesNotRun() throws {
      for kind in [KVMMachineKind.shared, ProcessMachineKind()] as [any MachineKind] {
        let image = try image(Self.withSecrets, leavingOut: ["secrets"])
        let outcome = try TrustletRunner.runCommand(image, try TrustletRunner.start(image, RunOptions(), on: kind))
        guard case .killed(let reason) = outcome else {
          Issue.record("\(outcome)")
          continue
        }
        #expect(reason.contains("no part that could take them"), "\(reason)")
      }
    }
  }
}
