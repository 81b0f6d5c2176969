import CLinux
import EdgeCalls
import Glibc
import Monitor
import Testing

/// Each file call's good path, on a writable directory.
@Suite struct FileTests {
  private let folder = TemporaryFolder()

  private func guest(writable: Bool = true) throws -> GuestSide {
    try GuestSide(.init(directories: [.init(hostPath: folder.path, guestPath: "/data", writable: writable)]))
  }

  private func attributes(_ payload: [UInt8]) -> [UInt64] {
    payload.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count - 7, by: 8).map { bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self) }
    }
  }

  @Test func opensAndReads() throws {
    folder.folder("a")
    folder.file("a/b", "content")
    let guest = try guest(writable: false)
    let opened = guest.open("a/b")
    #expect(opened.error == 0)
    #expect(opened.results[1] == UInt64(NodeKind.file.rawValue))
    let handle = opened.results[0]
    #expect(guest.call(.readFile, [handle, 0, 4]).text == "cont")
    #expect(guest.call(.readFile, [handle, 4, 4]).text == "ent")
    #expect(guest.call(.readFile, [handle, 7, 4]).payload.isEmpty)
    #expect(guest.call(.readFile, [handle, .max >> 1, 4]).payload.isEmpty)
    #expect(guest.call(.synchronize, [handle, 1]).error == 0)
    #expect(guest.call(.close, [handle]).error == 0)
    #expect(guest.call(.readFile, [handle, 0, 4]).error == EdgeError.badHandle)
  }

  @Test func createsWritesAndAppends() throws {
    let guest = try guest()
    let flags = OpenFlags.write | OpenFlags.create | OpenFlags.exclusive
    let handle = guest.open("new", flags).results[0]
    #expect(guest.open("new", flags).error == EdgeError.exists)
    #expect(guest.call(.writeFile, [handle, 2], text: "abc").results[0] == 3)
    let appended = guest.call(.appendFile, [handle], text: "de")
    #expect(appended.results[0] == 2 && appended.results[1] == 7)
    #expect(guest.call(.writeFile, [handle, 0], text: "").results[0] == 0)
    #expect(guest.call(.appendFile, [handle], text: "").results[1] == 7)
    #expect(folder.read("new") == "\0\0abcde")
    #expect(guest.call(.readFile, [handle, 0, 1]).error == EdgeError.badHandle, "opened for writing only")
    #expect(guest.call(.setSize, [handle, 3]).error == 0)
    #expect(folder.read("new") == "\0\0a")
    #expect(guest.call(.synchronize, [handle, 0]).error == 0)
    #expect(guest.open("new", OpenFlags.write | OpenFlags.truncate).error == 0)
    #expect(folder.read("new") == "")
  }

  @Test func aHandleForReadingDoesNotWrite() throws {
    folder.file("f", "abc")
    let guest = try guest()
    let handle = guest.open("f").results[0]
    #expect(guest.call(.writeFile, [handle, 0], text: "x").error == EdgeError.badHandle)
    #expect(guest.call(.appendFile, [handle], text: "x").error == EdgeError.badHandle)
    #expect(guest.call(.setSize, [handle, 0]).error == EdgeError.badHandle)
    let neither = guest.open("f", 0).results[0]
    #expect(guest.call(.readFile, [neither, 0, 1]).error == EdgeError.badHandle)
    #expect(guest.call(.attributes, [neither]).error == 0)
    #expect(folder.read("f") == "abc")
  }

  @Test func createdFilesHaveTheUsualRights() throws {
    let guest = try guest()
    let mask = umask(0o022)
    umask(mask)
    _ = guest.open("f", OpenFlags.write | OpenFlags.create)
    _ = guest.call(.createDirectory, [0], text: "d")
    var status = coffer_file_status()
    let root = coffer_open_host_directory(folder.path)
    defer { close(root) }
    coffer_status_at(root, "f", &status)
    #expect(status.mode & 0o7777 == 0o666 & ~mask)
    coffer_status_at(root, "d", &status)
    #expect(status.mode & 0o7777 == 0o777 & ~mask)
  }

  @Test func opensDirectoriesAndStaysBeneathThem() throws {
    folder.folder("a")
    folder.file("a/b", "inner")
    folder.file("c", "outer")
    let guest = try guest()
    let opened = guest.open("a", OpenFlags.read | OpenFlags.directory)
    #expect(opened.results[1] == UInt64(NodeKind.directory.rawValue))
    let inner = opened.results[0]
    #expect(guest.open("b", in: inner).error == 0)
    #expect(guest.open("../c", in: inner).error == EdgeError.permission, "a handle is a root of its own")
    #expect(guest.open("../a/b", in: inner).error == EdgeError.permission)
    #expect(guest.open("a/../c").error == 0)
    #expect(guest.open(".", OpenFlags.read).results[1] == UInt64(NodeKind.directory.rawValue))
    #expect(guest.open("c", OpenFlags.read | OpenFlags.directory).error == EdgeError.notDirectory)
    #expect(guest.open("a", OpenFlags.write).error == EdgeError.isDirectory)
    #expect(guest.open("b", in: guest.open("c").results[0]).error == EdgeError.notDirectory)
    #expect(guest.call(.readFile, [inner, 0, 1]).error == EdgeError.isDirectory)
    #expect(guest.call(.synchronize, [inner, 0]).error == 0)
  }

  @Test func tellsAttributes() throws {
    folder.file("f", "12345")
    folder.folder("d")
    folder.link("l", to: "f")
    let guest = try guest()
    let byHandle = attributes(guest.call(.attributes, [guest.open("f").results[0]]).payload)
    #expect(byHandle.count == 8)
    #expect(byHandle[2] == UInt64(NodeKind.file.rawValue) && byHandle[3] == 1 && byHandle[4] == 5)
    #expect(byHandle[5...].allSatisfy { $0 > 1_700_000_000_000_000_000 })
    #expect(attributes(guest.call(.attributesAt, [0, 0], text: "f").payload) == byHandle)
    #expect(attributes(guest.call(.attributesAt, [0, 1], text: "l").payload) == byHandle)
    #expect(attributes(guest.call(.attributesAt, [0, 0], text: "l").payload)[2] == UInt64(NodeKind.symbolicLink.rawValue))
    #expect(attributes(guest.call(.attributesAt, [0, 0], text: "d/").payload)[2] == UInt64(NodeKind.directory.rawValue))
    #expect(guest.call(.attributesAt, [0, 0], text: "f/").error == EdgeError.notDirectory)
    #expect(guest.call(.attributesAt, [0, 0], text: "none").error == EdgeError.notFound)
  }

  @Test func setsTimes() throws {
    folder.file("f")
    folder.link("l", to: "f")
    let guest = try guest()
    let handle = guest.open("f").results[0]
    func times(_ name: String, follow: UInt64 = 0) -> [UInt64] {
      Array(attributes(guest.call(.attributesAt, [0, follow], text: name).payload)[5...6])
    }
    let both = TimeFlags.access | TimeFlags.modification
    #expect(guest.call(.setTimes, [handle, both, 1_000_000_001, 2_000_000_002]).error == 0)
    #expect(times("f") == [1_000_000_001, 2_000_000_002])
    #expect(guest.call(.setTimes, [handle, TimeFlags.modification, 7, 8]).error == 0)
    #expect(times("f") == [1_000_000_001, 8])
    #expect(guest.call(.setTimes, [handle, TimeFlags.accessNow, 0, 0]).error == 0)
    #expect(times("f")[0] > 1_700_000_000_000_000_000)
    #expect(guest.call(.setTimesAt, [0, both, 5, 6, 1], text: "l").error == 0)
    #expect(times("f") == [5, 6])
    #expect(guest.call(.setTimesAt, [0, both, 9, 10, 0], text: "l").error == 0)
    #expect(times("f") == [5, 6] && times("l") == [9, 10])
    #expect(guest.call(.setTimes, [handle, TimeFlags.access | TimeFlags.accessNow, 0, 0]).error == EdgeError.invalid)
    #expect(guest.call(.setTimes, [handle, 16, 0, 0]).error == EdgeError.invalid)
    #expect(guest.call(.setTimes, [handle, both, .max, .max]).error == 0, "the kernel clamps what it cannot keep")
  }

  @Test func makesAndRemovesNames() throws {
    let guest = try guest()
    #expect(guest.call(.createDirectory, [0], text: "d").error == 0)
    #expect(guest.call(.createDirectory, [0], text: "d").error == EdgeError.exists)
    #expect(guest.call(.createDirectory, [0], text: "d/e/").error == 0)
    #expect(guest.call(.removeDirectory, [0], text: "d").error == EdgeError.notEmpty)
    #expect(guest.call(.symlink, [0, 7], text: "../some", "d/l").error == 0)
    #expect(guest.call(.readLink, [0], text: "d/l").text == "../some")
    #expect(guest.call(.readLink, [0], text: "d").error == EdgeError.invalid)
    #expect(guest.call(.unlink, [0], text: "d/l").error == 0)
    #expect(guest.call(.unlink, [0], text: "d/e").error == EdgeError.isDirectory)
    #expect(guest.call(.removeDirectory, [0], text: "d/e/").error == 0)
    #expect(guest.call(.removeDirectory, [0], text: "d").error == 0)
    #expect(names(folder.path).isEmpty)
  }

  @Test func renamesAndLinks() throws {
    folder.folder("a")
    folder.folder("b")
    folder.file("a/f", "text")
    folder.link("l", to: "a/f")
    let guest = try guest()
    let other = guest.open("b", OpenFlags.read | OpenFlags.directory).results[0]
    #expect(guest.call(.rename, [0, other, 3], text: "a/f", "g").error == 0)
    #expect(folder.read("b/g") == "text")
    #expect(guest.call(.link, [other, 0, 1], text: "g", "a/f").error == 0)
    #expect(guest.call(.attributesAt, [0, 0], text: "a/f").payload[24] == 2)
    #expect(guest.call(.link, [0, 0, 1, 0], text: "l", "m").error == 0)
    #expect(guest.call(.readLink, [0], text: "m").text == "a/f", "the link itself got a second name")
    #expect(guest.call(.link, [0, 0, 1, 1], text: "l", "n").error == 0)
    #expect(folder.read("n") == "text")
    #expect(guest.call(.readLink, [0], text: "n").error == EdgeError.invalid)
    #expect(guest.call(.link, [0, 0, 1], text: "a", "c").error == EdgeError.permission)
    #expect(guest.call(.link, [0, 0, 1], text: "l", "n").error == EdgeError.exists)
    #expect(guest.call(.rename, [0, 0, 1], text: "a", "b").error == EdgeError.notEmpty)
  }

  /// What the kernel says to a slash behind the last name; no link is followed for it outside the directory.
  @Test func mindsTrailingSlashes() throws {
    folder.file("f")
    folder.folder("d")
    folder.link("out", to: "/tmp")
    folder.link("in", to: "d")
    let guest = try guest()
    #expect(guest.open("f/").error == EdgeError.notDirectory)
    #expect(guest.open("d/").error == 0)
    #expect(guest.open("out/").error == EdgeError.permission)
    #expect(guest.open("in/").error == 0)
    #expect(guest.call(.unlink, [0], text: "f/").error == EdgeError.notDirectory)
    #expect(guest.call(.unlink, [0], text: "out/").error == EdgeError.notDirectory)
    #expect(guest.call(.removeDirectory, [0], text: "f/").error == EdgeError.notDirectory)
    #expect(guest.call(.removeDirectory, [0], text: "in/").error == EdgeError.notDirectory)
    #expect(guest.call(.rename, [0, 0, 2], text: "f/", "g").error == EdgeError.notDirectory)
    #expect(guest.call(.rename, [0, 0, 1], text: "f", "g/").error == EdgeError.notDirectory)
    #expect(guest.call(.rename, [0, 0, 4], text: "out/", "g").error == EdgeError.notDirectory)
    #expect(guest.call(.link, [0, 0, 2], text: "f/", "g").error == EdgeError.notDirectory)
    #expect(guest.call(.link, [0, 0, 1], text: "f", "g/").error == EdgeError.notFound)
    #expect(guest.call(.symlink, [0, 1], text: "f", "g/").error == EdgeError.notFound)
    #expect(guest.call(.symlink, [0, 1], text: "f", "d/").error == EdgeError.exists)
    #expect(guest.call(.createDirectory, [0], text: "out/").error == EdgeError.exists)
    #expect(guest.call(.rename, [0, 0, 2], text: "d/", "e/").error == 0)
    #expect(folder.exists("e") && folder.exists("f"))
  }

  @Test func listsAHugeDirectoryByCookies() throws {
    folder.folder("many")
    for index in 0..<1500 { folder.file("many/file-with-a-number-\(index)") }
    folder.folder("many/d")
    folder.link("many/l", to: "d")
    let guest = try guest(writable: false)
    let handle = guest.open("many", OpenFlags.read | OpenFlags.directory).results[0]
    for size: UInt64 in [280, 4096, 300_000] {
      var entries: [GuestSide.Entry] = []
      var cookie: UInt64 = 0
      while true {
        let response = guest.call(.readDirectory, [handle, cookie, size])
        #expect(response.error == 0 && UInt64(response.payload.count) <= size)
        let part = GuestSide.entries(response.payload)
        guard let last = part.last else { break }
        entries += part
        cookie = last.cookie
      }
      #expect(entries.count == 1504)
      #expect(Set(entries.map(\.name)).count == 1504)
      #expect(entries.allSatisfy { $0.cookie != 0 })
      let kinds = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.kind) })
      #expect(kinds["."] == 2 && kinds[".."] == 2 && kinds["d"] == 2 && kinds["l"] == 3 && kinds["file-with-a-number-7"] == 1)
      let inodes = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.inode) })
      #expect(inodes["."] == inodes[".."], "the number of what lies above is not told")
      // A cookie goes on where it came from, whatever was read in between.
      let middle = entries[700]
      let after = GuestSide.entries(guest.call(.readDirectory, [handle, middle.cookie, 280]).payload)
      #expect(after.first == entries[701])
    }
    #expect(guest.call(.readDirectory, [handle, 0, 10]).error == EdgeError.invalid)
  }

  @Test func listsAnOfferedDirectory() throws {
    folder.file("x")
    let guest = try guest(writable: false)
    #expect(Set(GuestSide.entries(guest.call(.readDirectory, [0, 0, 4096]).payload).map(\.name)) == [".", "..", "x"])
  }

  @Test func writingIsLimited() throws {
    var configuration = EdgeServiceConfiguration(directories: [.init(hostPath: folder.path, guestPath: "/", writable: true)])
    configuration.limits.writtenBytes = 6
    let guest = try GuestSide(configuration)
    let handle = guest.open("f", OpenFlags.write | OpenFlags.create).results[0]
    #expect(guest.call(.writeFile, [handle, 0], text: "abc").results[0] == 3)
    #expect(guest.call(.appendFile, [handle], text: "def").results[0] == 1)
    #expect(guest.call(.writeFile, [handle, 0], text: "x").error == EdgeError.noSpace)
    #expect(folder.read("f") == "abcd")
  }

  @Test func namesAndTargetsCountAsWhatIsWritten() throws {
    folder.file("there")
    var configuration = EdgeServiceConfiguration(directories: [.init(hostPath: folder.path, guestPath: "/", writable: true)])
    configuration.limits.writtenBytes = 20
    let guest = try GuestSide(configuration)
    #expect(guest.open("there", OpenFlags.write | OpenFlags.create).error == 0, "it was there, and costs nothing")
    #expect(guest.call(.createDirectory, [0], text: "1234").error == 0)
    #expect(guest.call(.createDirectory, [0], text: "1234").error == EdgeError.exists, "nothing was made")
    #expect(guest.call(.symlink, [0, 4], text: "goal", "link").error == 0)
    #expect(guest.call(.createDirectory, [0], text: "123456789").error == EdgeError.noSpace)
    #expect(guest.open("12345", OpenFlags.write | OpenFlags.create).error == 0)
    #expect(guest.call(.createDirectory, [0], text: "123").error == EdgeError.noSpace)
    #expect(guest.call(.symlink, [0, 2], text: "to", "n").error == EdgeError.noSpace)
    #expect(guest.call(.link, [0, 0, 5, 0], text: "there", "678").error == EdgeError.noSpace)
    // What makes room again is not refused, nor what opens a file that is there.
    #expect(guest.call(.unlink, [0], text: "12345").error == 0)
    #expect(guest.open("there", OpenFlags.write | OpenFlags.create).error == 0)
  }
}
