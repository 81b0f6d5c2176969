import Foundation
import Platform
import Testing

@Suite struct ReportInterfaceTests {
  private static let binding = [UInt8](0..<64)

  private func report(_ kernel: MadeUpKernel) throws -> PlatformReport { try ReportInterface(entries: kernel).report(binding: Self.binding) }

  @Test(arguments: [
    ("sev_guest\n", "sev-snp", "sev-snp-report"), ("tdx_guest\n", "tdx", "tdx-quote"), ("arm-cca-guest\n", "cca", "cca-token"),
  ])
  func oneCodeForEveryProvider(provider: String, name: String, format: String) throws {
    var behaviour = MadeUpKernel.Behaviour()
    behaviour.provider = provider
    behaviour.certificates = [1, 2, 3]
    let kernel = MadeUpKernel(behaviour)
    #expect(try ReportInterface(entries: kernel).name == name)
    let report = try report(kernel)
    #expect(report.format == format)
    #expect(report.evidence == behaviour.prefix + Self.binding + [9, 9, 9])
    #expect(report.endorsements == (name == "sev-snp" ? [[1, 2, 3]] : []))
    #expect(kernel.seen.open == 0)
  }

  @Test func noCertificatesAreNoEndorsements() throws {
    var behaviour = MadeUpKernel.Behaviour()
    behaviour.certificates = [UInt8](repeating: 0, count: 4096)
    #expect(try report(MadeUpKernel(behaviour)).endorsements == [])
  }

  @Test func theLowestLevelThatIsOursIsAskedFor() throws {
    var behaviour = MadeUpKernel.Behaviour()
    behaviour.privilegeFloor = "2\n"
    let kernel = MadeUpKernel(behaviour)
    _ = try report(kernel)
    #expect(kernel.seen.privilege == Array("2".utf8))
  }

  @Test func aReportThatAnotherDisturbedIsAskedForAgain() throws {
    var behaviour = MadeUpKernel.Behaviour()
    behaviour.otherWriters = 2
    let kernel = MadeUpKernel(behaviour)
    _ = try report(kernel)
    #expect(kernel.seen.made == 3)
    behaviour.otherWriters = 100
    #expect(#expect(throws: PlatformError.self) { try self.report(MadeUpKernel(behaviour)) }?.code == .foreignReport)
  }

  @Test func aReportThatCarriesOtherBytesIsRefused() {
    var behaviour = MadeUpKernel.Behaviour()
    behaviour.servesOldReports = true
    #expect(#expect(throws: PlatformError.self) { try self.report(MadeUpKernel(behaviour)) }?.code == .foreignReport)
  }

  private static let wrong: [(ReportAttribute, [UInt8]?, PlatformError.Code)] = [
    (.provider, nil, .unavailable), (.provider, [], .malformedAnswer), (.provider, Array("keystone\n".utf8), .malformedAnswer),
    (.provider, [0xFF, 0x1B, 0x5B], .malformedAnswer), (.generation, nil, .malformedAnswer), (.generation, [], .malformedAnswer),
    (.generation, Array("-1\n".utf8), .malformedAnswer), (.generation, Array("99999999999999999999\n".utf8), .malformedAnswer),
    (.generation, Array("7\n".utf8), .foreignReport), (.generation, Array("18446744073709551615".utf8), .foreignReport),
    (.outblob, nil, .malformedAnswer), (.outblob, [], .malformedAnswer), (.outblob, [UInt8](repeating: 0, count: 1184), .foreignReport),
  ]

  @Test(arguments: wrong.indices)
  func wrongAnswersAreErrors(row: Int) {
    let (attribute, answer, code) = Self.wrong[row]
    var behaviour = MadeUpKernel.Behaviour()
    behaviour.answers[attribute] = answer
    let kernel = MadeUpKernel(behaviour)
    let error = #expect(throws: PlatformError.self) { try report(kernel) }
    #expect(error?.code == code, "\(attribute) \(answer ?? [])")
    #expect(error.map { $0.description.utf8.allSatisfy { $0 >= 0x20 } } == true)
    #expect(kernel.seen.open == 0)
  }

  @Test(arguments: [0, 32, 63, 65]) func anotherLengthIsNotBound(count: Int) {
    #expect(throws: PlatformError.self) { try ReportInterface(entries: MadeUpKernel()).report(binding: [UInt8](repeating: 0, count: count)) }
  }

  /// A plain folder takes entries, and puts nothing into them; what was made is gone afterwards.
  @Test func aFolderThatIsNoReportInterfaceIsSaid() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("coffer-tsm-\(UUID().uuidString)").path
    #expect(#expect(throws: PlatformError.self) { try ReportInterface(root: root).report(binding: Self.binding) }?.code == .unavailable)
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: root) }
    #expect(#expect(throws: PlatformError.self) { try ReportInterface(root: root).report(binding: Self.binding) }?.code == .unavailable)
    #expect(try FileManager.default.contentsOfDirectory(atPath: root) == [])
  }

  @Test func filesAreReadUpToALimit() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("coffer-file-\(UUID().uuidString)").path
    #expect(throws: SystemFailure(errorNumber: ENOENT)) { try BoundedFile.contents(of: path, limit: 10) }
    #expect(throws: SystemFailure(errorNumber: ENOENT)) { try BoundedFile.overwrite(path, with: [1]) }
    let bytes = [UInt8](repeating: 7, count: 5000)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try BoundedFile.contents(of: path, limit: 5000) == bytes)
    #expect(try BoundedFile.contents(of: path, limit: 4999) == nil)
    #expect(try BoundedFile.contents(of: "/dev/zero", limit: 1 << 16) == nil)
    try BoundedFile.overwrite(path, with: [1, 2])
    #expect(try BoundedFile.contents(of: path, limit: 5000)?.prefix(3) == [1, 2, 7])
    #expect(throws: SystemFailure(errorNumber: ENOSPC)) { try BoundedFile.overwrite("/dev/full", with: [1]) }
  }
}
