import EdgeCalls
import Glibc
import Testing

@testable import Monitor

@Suite struct FileTests {
  @Test func opensAndReads() throws {
    let folder = TemporaryFolder()
    folder.folder("a")
    folder.file("a/b", "content")
    let guest = try GuestSide(.init(directories: [.init(hostPath: folder.path, guestPath: "/data")]))
    let opened = guest.open("a/b")
    #expect(opened.error == 0)
    #expect(opened.results[1] == UInt64(NodeKind.file.rawValue))
    let handle = opened.results[0]
    #expect(guest.call(.readFile, [handle, 0, 4]).text == "cont")
    #expect(guest.call(.readFile, [handle, 4, 4]).text == "ent")
    #expect(guest.call(.readFile, [handle, 7, 4]).payload.isEmpty)
    #expect(guest.call(.close, [handle]).error == 0)
    #expect(guest.call(.readFile, [handle, 0, 4]).error == EdgeError.badHandle)
  }
}
