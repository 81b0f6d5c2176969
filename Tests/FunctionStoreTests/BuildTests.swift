import FunctionStore
import ImageBuilding
import SampleFunctions
import Testing

/// A module is first built quickly, and then for speed.
@Suite struct BuildTests {
  let directory: ScratchDirectory
  let store: FunctionStore
  private let quick: CheckedImage
  private let optimised: CheckedImage
  private let other: CheckedImage

  init() throws {
    directory = try ScratchDirectory()
    store = try FunctionStore(directory: directory.path + "/data")
    (quick, optimised, other) = (try SampleImages.checked(1), try SampleImages.checked(2), try SampleImages.checked(3))
  }

  private func deployQuick(_ promotion: FunctionSection.Promotion = .automatic) throws -> PendingBuild {
    let source = try store.addSource(SourceUpload(module: [1], manifest: [], files: ["data/model.bin": [2]]))
    try store.deploy("hello", quick, origin: .quick, settings: RevisionSettings(promotion: promotion), source: source)
    #expect(store.function("hello")?.isBuilding == true)
    return try #require(try store.pendingBuilds().first)
  }

  private var serving: [String]? { store.function("hello")?.serving.map(\.measurement) }

  @Test func theOptimisedBuildIsPromoted() throws {
    let build = try deployQuick()
    #expect(try directory.names("data/sources").count == 1)
    let record = try #require(try store.finish(build, with: optimised))
    #expect(serving == [optimised.measurement])
    #expect(record.revisions.map(\.origin) == [.optimised, .quick])
    #expect(!record.isBuilding)
    #expect(try directory.names("data/sources").isEmpty)
    #expect(try store.pendingBuilds().isEmpty)
  }

  @Test func notWhereThatIsForPeopleToDecide() throws {
    _ = try store.finish(try deployQuick(.manual), with: optimised)
    #expect(serving == [quick.measurement])
    try store.split("hello", [optimised.measurement: 100])
    #expect(serving == [optimised.measurement])
  }

  @Test func notWhereSomebodyRolledBackMeanwhile() throws {
    try store.deploy("hello", other)
    let build = try deployQuick()
    try store.rollBack("hello")
    #expect(try store.finish(build, with: optimised) != nil)
    #expect(serving == [other.measurement])
  }

  @Test func notWhereTrafficIsDividedMeanwhile() throws {
    try store.deploy("hello", other)
    let build = try deployQuick()
    try store.split("hello", [quick.measurement: 50, other.measurement: 50])
    _ = try store.finish(build, with: optimised)
    #expect(Set(serving ?? []) == [quick.measurement, other.measurement])
  }

  @Test func nothingComesOfItBehindANewerDeployment() throws {
    let build = try deployQuick()
    try store.deploy("hello", other)
    #expect(try store.finish(build, with: optimised) == nil)
    #expect(serving == [other.measurement])
    #expect(try directory.names("data/sources").isEmpty)
    try store.remove("hello")
    #expect(try store.finish(build, with: optimised) == nil)
    #expect(try directory.names("data/images").isEmpty)
  }

  @Test func aBuildThatFailsLeavesTheQuickOne() throws {
    try store.abandon(try deployQuick())
    #expect(serving == [quick.measurement])
    #expect(store.function("hello")?.isBuilding == false)
    #expect(try directory.names("data/sources").isEmpty)
  }

  @Test func rollingBackGoesBehindBothBuilds() throws {
    try store.deploy("hello", other)
    _ = try store.finish(try deployQuick(), with: optimised)
    try store.rollBack("hello")
    #expect(serving == [other.measurement])
  }

  /// One that waits to be promoted by hand is the newest of its deployment, and has never answered anybody.
  @Test func rollingBackGoesToWhatHasServed() throws {
    _ = try store.finish(try deployQuick(.manual), with: optimised)
    try store.deploy("hello", other)
    try store.rollBack("hello")
    #expect(serving == [quick.measurement])
    try store.split("hello", [optimised.measurement: 100])
    try store.deploy("hello", other)
    try store.rollBack("hello")
    #expect(serving == [optimised.measurement])
  }

  @Test(arguments: ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".", "a/./b", "a\0b", ".coffer.yaml", ".coffer.yaml/a"])
  func noFileLiesElsewhere(_ path: String) throws {
    #expect { _ = try store.addSource(SourceUpload(module: [], files: [path: []])) } throws: { ($0 as? StoreError)?.code == .invalid }
    #expect(try directory.names("data/sources").isEmpty)
  }
}
