import Foundation
import FunctionDispatch
import FunctionStore
import ImageBuilding
import SampleFunctions
import Synchronization
import Testing
import TrustletImage

@Suite struct DeployingTests {
  let directory: ScratchDirectory
  let store: FunctionStore
  private let images: [CheckedImage]

  init() throws {
    directory = try ScratchDirectory()
    store = try FunctionStore(directory: directory.path + "/data", clock: { 1000 })
    images = try (0..<3).map { try SampleImages.checked($0) }
  }

  private func serving(_ name: String) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: store.route(name)?.revisions.map { ($0.revision.measurement, $0.percent) } ?? [])
  }

  @Test func aDeployedFunctionHasARoute() throws {
    #expect(store.route("hello") == nil)
    let record = try store.deploy("hello", images[0])
    let route = try #require(store.route("hello"))
    #expect(route.tenant == TenantRecord.standard)
    #expect(serving("hello") == [images[0].measurement: 100])
    let file = try #require(route.revisions.first?.revision.imageFile)
    #expect(try TrustletImage.read(path: file).measurement.description == images[0].measurement)
    #expect(record.revisions.map(\.origin) == [.image])
    #expect(record.created == 1000)
  }

  @Test func whoListensHearsWhereCallsGoAndThatTheyGoNowhere() throws {
    let heard = Mutex<[String]>([])
    store.whenRouted { function, route in
      heard.withLock { $0.append("\(function) \(route?.revisions.first?.revision.measurement ?? "gone")") }
    }
    for image in images.prefix(2) { try store.deploy("hello", image) }
    try store.remove("hello")
    #expect(heard.withLock { $0 } == ["hello \(images[0].measurement)", "hello \(images[1].measurement)", "hello gone"])
  }

  /// Each change tells by the same way as the one before, however many there were: one that wrapped the listener again each time filled the stack.
  @Test func tellingTakesNoMoreOfTheStackFromChangeToChange() throws {
    let places = Mutex<[UInt]>([])
    store.whenRouted { _, _ in
      var here: UInt8 = 0
      withUnsafeMutablePointer(to: &here) { here in places.withLock { $0.append(UInt(bitPattern: here)) } }
    }
    for _ in 0..<200 { try store.deploy("hello", images[0]) }
    let found = places.withLock { $0 }
    #expect(found.count == 200)
    let (first, last) = (try #require(found.first), try #require(found.last))
    #expect(max(first, last) - min(first, last) < 2048)
  }

  @Test func theNewestDeploymentServes() throws {
    for image in images { try store.deploy("hello", image) }
    #expect(serving("hello") == [images[2].measurement: 100])
    #expect(store.function("hello")?.revisions.map(\.measurement) == images.reversed().map(\.measurement))
  }

  @Test func theSameImageIsTheSameRevisionWithNewSettings() throws {
    try store.deploy("hello", images[0])
    var settings = RevisionSettings()
    settings.serving.concurrency = 7
    let record = try store.deploy("hello", images[0], settings: settings)
    #expect(record.revisions.count == 1)
    #expect(store.route("hello")?.revisions.first?.revision.settings.concurrency == 7)
  }

  /// The measurement does not cover exports, names and lines: another tenant's copy with other tables is another file.
  @Test func tablesThatAreNotMeasuredAreNotShared() throws {
    let other = try SampleImages.checked(0, export: "walk")
    #expect(other.measurement == images[0].measurement)
    try store.addTenant("acme")
    try store.deploy("one", images[0])
    try store.deploy("two", other, tenant: "acme")
    let files = ["one", "two"].compactMap { store.route($0)?.revisions.first?.revision.imageFile }
    #expect(Set(files).count == 2)
    #expect(try TrustletImage.read(path: files[0]).export("_start") != nil)
    #expect(try TrustletImage.read(path: files[1]).export("walk") != nil)
  }

  @Test func rollingBackGoesToTheDeploymentBefore() throws {
    for image in images { try store.deploy("hello", image) }
    try store.rollBack("hello")
    #expect(serving("hello") == [images[1].measurement: 100])
    try store.rollBack("hello")
    #expect(serving("hello") == [images[0].measurement: 100])
    #expect(throws: StoreError.self) { try store.rollBack("hello") }
    try store.rollBack("hello", to: images[2].measurement)
    #expect(serving("hello") == [images[2].measurement: 100])
    #expect { try store.rollBack("hello", to: "abc") } throws: { ($0 as? StoreError)?.code == .notFound }
  }

  @Test func trafficIsDivided() throws {
    for image in images { try store.deploy("hello", image) }
    try store.split("hello", [images[0].measurement: 10, images[2].measurement: 90])
    #expect(serving("hello") == [images[0].measurement: 10, images[2].measurement: 90])
  }

  @Test(arguments: [[50], [50, 51], [-1, 101], [Int.max, 1]])
  func shares(_ shares: [Int]) throws {
    for image in images { try store.deploy("hello", image) }
    let named = Dictionary(uniqueKeysWithValues: zip(images.map(\.measurement), shares))
    #expect { try store.split("hello", named) } throws: { ($0 as? StoreError)?.code == .invalid }
    #expect(serving("hello") == [images[2].measurement: 100])
  }

  @Test func aPreconditionThatFailsChangesNothing() throws {
    let first = try store.deploy("hello", images[0], precondition: .absent)
    let second = try store.deploy("hello", images[1], precondition: .version(first.version))
    for precondition in [Deployment.Precondition.absent, .version(first.version), .version(-1)] {
      #expect { try store.deploy("hello", images[2], precondition: precondition) } throws: { ($0 as? StoreError)?.code == .changed }
      #expect { try store.remove("hello", precondition: precondition) } throws: { ($0 as? StoreError)?.code == .changed }
      #expect { try store.rollBack("hello", precondition: precondition) } throws: { ($0 as? StoreError)?.code == .changed }
    }
    #expect(store.function("hello") == second)
    #expect(!(try directory.names("data/images")).contains { $0.hasPrefix(images[2].measurement) })
  }

  @Test func versionsAreNeverUsedTwice() throws {
    let first = try store.deploy("hello", images[0]).version
    try store.remove("hello")
    #expect(try store.deploy("hello", images[0]).version > first)
  }

  @Test func aNameBelongsToOneTenant() throws {
    try store.addTenant("acme")
    try store.deploy("hello", images[0])
    #expect { try store.deploy("hello", images[1], tenant: "acme") } throws: { ($0 as? StoreError)?.code == .taken }
    #expect { try store.deploy("hi", images[1], tenant: "nobody") } throws: { ($0 as? StoreError)?.code == .notFound }
  }

  @Test func whatIsRemovedLeavesNothing() throws {
    for image in images { try store.deploy("hello", image) }
    try store.deploy("other", images[0])
    try store.remove("hello")
    #expect(store.route("hello") == nil)
    #expect(try directory.names("data/images").count == 1)
    try store.remove("other")
    #expect(try directory.names("data/images").isEmpty)
    #expect { try store.remove("other") } throws: { ($0 as? StoreError)?.code == .notFound }
  }

  @Test func oldRevisionsGo() throws {
    let images = try (0..<14).map { try SampleImages.checked($0) }
    for image in images { try store.deploy("hello", image) }
    let kept = try #require(store.function("hello")).revisions.map(\.measurement)
    #expect(kept == images.suffix(FunctionStore.keptRevisions + 1).reversed().map(\.measurement))
    #expect(try directory.names("data/images").count == kept.count)
  }

  @Test(arguments: ["", "Hello", "a b", "../x", "-a", String(repeating: "x", count: 64)])
  func noFunctionHasSuchAName(_ name: String) {
    #expect { try store.deploy(name, images[0]) } throws: { ($0 as? StoreError)?.code == .invalid }
  }

  @Test func imagesWithASealedDirectoryAreRefused() throws {
    var manifest = Manifest()
    manifest.sealed = Manifest.Sealed(key: "shop/volumes/data", freshness: .none)
    let bytes = try SampleImages.image(9, manifest: manifest)
    #expect { try CheckedImage(bytes) } throws: { ($0 as? StoreError).map { $0.code == .image && "\($0)".contains("sealed storage") } == true }
  }

  @Test func damagedImagesAreRefused() throws {
    var bytes = try SampleImages.image(9)
    bytes[bytes.count - 1] ^= 1
    #expect { try CheckedImage(bytes) } throws: { ($0 as? StoreError)?.code == .image }
    #expect { try CheckedImage([]) } throws: { ($0 as? StoreError)?.code == .image }
    #expect { try CheckedImage(Array("\0asm\u{1}\0\0\0".utf8)) } throws: { ($0 as? StoreError)?.code == .image }
  }
}
