import CLinux
import EdgeCalls
import Glibc
import Monitor
import Synchronization
import Testing

/// No path leads out of an offered directory, and a directory offered for reading stays as it is.
@Suite struct EscapeTests {
  private let folder = TemporaryFolder()

  init() {
    folder.folder("inside")
    folder.folder("inside/d")
    folder.file("inside/f", "inside")
    folder.folder("outside")
    folder.file("outside/secret", "secret")
    folder.file("secret", "secret")
  }

  private func guest(writable: Bool = true) throws -> GuestSide {
    try GuestSide(.init(directories: [.init(hostPath: folder.url("inside"), guestPath: "/", writable: writable)]))
  }

  /// Paths that lead to the secret, or would.
  private func escapes() -> [String] {
    folder.link("inside/absolute", to: folder.url("secret"))
    folder.link("inside/upwards", to: "../secret")
    folder.link("inside/d/twice", to: "../../secret")
    folder.link("inside/way", to: "../outside")
    folder.link("inside/farway", to: folder.url("outside"))
    folder.link("inside/chain", to: "d/hop")
    folder.link("inside/d/hop", to: "../way")
    folder.link("inside/magic", to: "/proc/self/cwd")
    return [
      "../secret", "d/../../secret", "./.././secret", "d/../d/../../secret", folder.url("secret"), "/secret", "//secret",
      "absolute", "upwards", "d/twice", "way/secret", "farway/secret", "chain/secret", "../inside/../secret", "..//secret",
      "../inside/f", "d/../../inside/f", "magic/x",
    ]
  }

  @Test func noPathLeadsOut() throws {
    let guest = try guest()
    for path in escapes() {
      #expect(guest.contents(path) == .failure(ErrorNumber(EdgeError.permission)), "\(path)")
      #expect(guest.call(.attributesAt, [0, 1], text: path).error == EdgeError.permission, "\(path)")
      #expect(guest.call(.setTimesAt, [0, 1, 0, 0, 1], text: path).error == EdgeError.permission, "\(path)")
      #expect(guest.open(path, OpenFlags.write | OpenFlags.create | OpenFlags.truncate | OpenFlags.follow).error == EdgeError.permission)
    }
    #expect(folder.read("secret") == "secret" && folder.read("outside/secret") == "secret")
  }

  @Test func nothingIsMadeOrRemovedOutside() throws {
    _ = escapes()
    let guest = try guest()
    for path in ["../x", "way/x", "farway/x", "chain/x", "d/../../x", "/x", "..", "../..", "d/../..", "way/.", "way/.."] {
      #expect(guest.call(.createDirectory, [0], text: path).error == EdgeError.permission, "\(path)")
      #expect(guest.call(.symlink, [0, 1], text: "f", path).error == EdgeError.permission, "\(path)")
      #expect(guest.call(.rename, [0, 0, 1], text: "f", path).error == EdgeError.permission, "\(path)")
      #expect(guest.call(.link, [0, 0, 1], text: "f", path).error == EdgeError.permission, "\(path)")
    }
    for path in ["../secret", "way/secret", "farway/secret", "chain/secret", "../outside", "..", "../.."] {
      #expect(guest.call(.unlink, [0], text: path).error == EdgeError.permission, "\(path)")
      #expect(guest.call(.removeDirectory, [0], text: path).error == EdgeError.permission, "\(path)")
      #expect(guest.call(.rename, [0, 0, UInt64(path.utf8.count)], text: path, "y").error == EdgeError.permission, "\(path)")
      #expect(guest.call(.link, [0, 0, UInt64(path.utf8.count)], text: path, "y").error == EdgeError.permission, "\(path)")
      #expect(guest.call(.readLink, [0], text: path).error == EdgeError.permission, "\(path)")
    }
    #expect(guest.call(.link, [0, 0, 7, 1], text: "upwards", "y").error == EdgeError.permission)
    #expect(Set(names(folder.path)) == ["inside", "outside", "secret"])
    #expect(names(folder.url("outside")) == ["secret"])
    #expect(!folder.exists("inside/y"))
  }

  @Test func dotsAreNoNames() throws {
    let guest = try guest()
    for (path, make, remove, unlink, rename) in [
      (".", EdgeError.exists, EdgeError.invalid, EdgeError.isDirectory, UInt32(EBUSY)),
      ("d/.", EdgeError.exists, EdgeError.invalid, EdgeError.isDirectory, UInt32(EBUSY)),
      ("d/..", EdgeError.exists, EdgeError.notEmpty, EdgeError.isDirectory, UInt32(EBUSY)),
      ("d/./", EdgeError.exists, EdgeError.invalid, EdgeError.isDirectory, UInt32(EBUSY)),
      ("f/.", EdgeError.notDirectory, EdgeError.notDirectory, EdgeError.notDirectory, EdgeError.notDirectory),
      ("none/..", EdgeError.notFound, EdgeError.notFound, EdgeError.notFound, EdgeError.notFound),
    ] {
      #expect(guest.call(.createDirectory, [0], text: path).error == make, "\(path)")
      #expect(guest.call(.removeDirectory, [0], text: path).error == remove, "\(path)")
      #expect(guest.call(.unlink, [0], text: path).error == unlink, "\(path)")
      #expect(guest.call(.rename, [0, 0, UInt64(path.utf8.count)], text: path, "y").error == rename, "\(path)")
    }
  }

  @Test func anAbsoluteTargetIsRefused() throws {
    let guest = try guest()
    #expect(guest.call(.symlink, [0, 11], text: "/etc/passwd", "l").error == EdgeError.permission)
    #expect(guest.call(.symlink, [0, 9], text: "../secret", "l").error == 0, "a relative one may be made")
    #expect(guest.contents("l") == .failure(ErrorNumber(EdgeError.permission)), "but not followed out")
  }

  @Test func linksAreFollowedOnlyWhenAsked() throws {
    folder.link("inside/l", to: "f")
    folder.link("inside/loop", to: "loop")
    folder.link("inside/dangling", to: "none")
    let guest = try guest()
    #expect(guest.contents("l") == .success("inside"))
    #expect(guest.contents("l", follow: false) == .failure(ErrorNumber(EdgeError.loop)))
    #expect(guest.contents("loop") == .failure(ErrorNumber(EdgeError.loop)))
    #expect(guest.contents("dangling") == .failure(ErrorNumber(EdgeError.notFound)))
    #expect(guest.open("dangling", OpenFlags.write | OpenFlags.create | OpenFlags.exclusive).error == EdgeError.exists)
  }

  @Test func aReadOnlyDirectoryStaysAsItIs() throws {
    folder.link("inside/l", to: "f")
    folder.folder("other")
    let guest = try GuestSide(
      .init(directories: [
        .init(hostPath: folder.url("inside"), guestPath: "/"),
        .init(hostPath: folder.url("other"), guestPath: "/other", writable: true),
      ]))
    let inner = guest.open("d", OpenFlags.read | OpenFlags.directory).results[0]
    let file = guest.open("f").results[0]
    let refused = EdgeError.readOnly
    for flags in [
      OpenFlags.write, OpenFlags.read | OpenFlags.write, OpenFlags.read | OpenFlags.create, OpenFlags.read | OpenFlags.truncate,
      OpenFlags.truncate, OpenFlags.create | OpenFlags.exclusive, OpenFlags.append,
    ] {
      #expect(guest.open("f", flags).error == refused, "\(flags)")
      #expect(guest.open("new", flags, in: inner).error == refused, "\(flags)")
    }
    for directory in [0, inner] {
      #expect(guest.call(.createDirectory, [directory], text: "x").error == refused)
      #expect(guest.call(.removeDirectory, [directory], text: "d").error == refused)
      #expect(guest.call(.unlink, [directory], text: "f").error == refused)
      #expect(guest.call(.symlink, [directory, 1], text: "f", "x").error == refused)
      #expect(guest.call(.setTimesAt, [directory, 1, 0, 0, 0], text: "f").error == refused)
      #expect(guest.call(.rename, [directory, directory, 1], text: "f", "x").error == refused)
      #expect(guest.call(.rename, [directory, 1, 1], text: "f", "x").error == refused)
      #expect(guest.call(.rename, [1, directory, 1], text: "f", "x").error == refused)
      #expect(guest.call(.link, [directory, 1, 1], text: "f", "x").error == refused, "a second name would be writable")
      #expect(guest.call(.link, [1, directory, 1], text: "f", "x").error == refused)
    }
    #expect(guest.call(.setTimes, [file, 1, 0, 0]).error == refused)
    #expect(guest.call(.setTimes, [0, 1, 0, 0]).error == refused)
    #expect(guest.call(.setSize, [file, 0]).error == EdgeError.badHandle)
    #expect(guest.call(.writeFile, [file, 0], text: "x").error == EdgeError.badHandle)
    #expect(guest.contents("f") == .success("inside"))
    #expect(Set(names(folder.url("inside"))) == ["d", "f", "l"] && names(folder.url("other")).isEmpty)
  }

  @Test func specialFilesAreRefusedWithoutWaiting() throws {
    mkfifo(folder.url("inside/fifo"), 0o666)
    folder.link("inside/to-fifo", to: "fifo")
    let device = mknod(folder.url("inside/null"), S_IFCHR | 0o666, UInt(1) << 8 | 3) == 0
    let guest = try guest()
    for flags in [OpenFlags.read, OpenFlags.write, OpenFlags.read | OpenFlags.write, OpenFlags.write | OpenFlags.create] {
      #expect(guest.open("fifo", flags).error == EdgeError.access)
      #expect(guest.open("to-fifo", flags | OpenFlags.follow).error == EdgeError.access)
      if device { #expect(guest.open("null", flags).error == EdgeError.access) }
    }
    #expect(guest.call(.attributesAt, [0, 0], text: "fifo").payload[16] == UInt8(NodeKind.pipe.rawValue))
  }

  /// The monitor's own memory is a regular file there.
  @Test func aProcfsIsOfferedToNobody() throws {
    #expect(throws: EdgeServiceError.showsProcesses(hostPath: "/proc")) {
      try EdgeService(.init(directories: [.init(hostPath: "/proc", guestPath: "/", writable: true)]))
    }
    let guest = try GuestSide(.init(directories: [.init(hostPath: "/", guestPath: "/", writable: true)]))
    let own = "proc/\(getpid())"
    for path in ["proc", "proc/self/mem", "proc/self/environ", own + "/mem", own + "/maps", own, "proc/sys/kernel/core_pattern"] {
      #expect(guest.open(path, OpenFlags.read | OpenFlags.follow).error == EdgeError.access, "\(path)")
      #expect(guest.open(path, OpenFlags.write | OpenFlags.follow).error == EdgeError.access, "\(path)")
    }
  }

  /// Another process keeps exchanging a directory for a link that leads out, while files in it are opened.
  @Test func aRaceForALinkIsNeverWon() throws {
    folder.folder("inside/swapped")
    folder.file("inside/swapped/secret", "inside")
    folder.link("inside/evil", to: "../outside")
    let race = Race()
    let (place, parked, link) = (folder.url("inside/swapped"), folder.url("inside/parked"), folder.url("inside/evil"))
    let swapper = Timer {
      while !race.isOver.load(ordering: .relaxed) {
        rename(place, parked)
        rename(link, place)
        rename(place, link)
        rename(parked, place)
        race.swaps.add(1, ordering: .relaxed)
      }
    }
    defer {
      race.isOver.store(true, ordering: .relaxed)
      swapper.join()
    }
    let guest = try guest()
    var outcomes: [String: Int] = [:]
    for _ in 0..<8_000 {
      let outcome: String =
        switch guest.contents("swapped/secret") {
        case .success(let text): text
        case .failure(let error): "\(error.number)"
        }
      outcomes[outcome, default: 0] += 1
      _ = guest.call(.createDirectory, [0], text: "swapped/made")
      _ = guest.call(.removeDirectory, [0], text: "swapped/made")
      #expect(!folder.exists("outside/made"))
    }
    #expect(outcomes["secret"] == nil, "\(outcomes)")
    #expect(outcomes["inside"] != nil, "\(outcomes)")
    #expect(race.swaps.load(ordering: .relaxed) > 100)
  }

  private final class Race: Sendable {
    let isOver = Atomic<Bool>(false)
    let swaps = Atomic<Int>(0)
  }

  /// Of what a service opened nothing is left, whether it was made, failed, or its guest closed nothing.
  @Test func descriptorsDoNotLeak() throws {
    do {
      let guest = try guest()
      for round in 0..<50 {
        for path in ["f", "d", "none", "d/../f", "../secret", "f/x"] {
          _ = guest.open(path)
          _ = guest.call(.attributesAt, [0, 1], text: path)
          _ = guest.call(.createDirectory, [0], text: "d/../d")
          _ = guest.call(.link, [0, 0, UInt64(path.utf8.count)], text: path, "d/\(round)")
          _ = guest.call(.rename, [0, 0, UInt64(path.utf8.count)], text: path, "d/../..")
          _ = guest.call(.readLink, [0], text: path)
        }
      }
      #expect(openDescriptors(beneath: folder.path) == 1 + 150, "the directory, and what the guest holds open")
    }
    #expect(openDescriptors(beneath: folder.path) == 0)
    let missing = EdgeServiceConfiguration(directories: [
      .init(hostPath: folder.path, guestPath: "/"), .init(hostPath: folder.url("none"), guestPath: "/none"),
    ])
    #expect(throws: EdgeServiceError.self) { _ = try EdgeService(missing) }
    #expect(openDescriptors(beneath: folder.path) == 0)
  }

  private func openDescriptors(beneath path: String) -> Int {
    names("/proc/self/fd").count { name in
      var target = [UInt8](repeating: 0, count: 4096)
      let count = target.withUnsafeMutableBytes {
        linkTarget("/proc/self/fd/\(name)", $0)
      }
      return String(decoding: target.prefix(max(0, count)), as: UTF8.self).hasPrefix(path)
    }
  }

  private func linkTarget(_ path: String, _ space: UnsafeMutableRawBufferPointer) -> Int {
    guard let start = space.bindMemory(to: CChar.self).baseAddress else { return 0 }
    return readlink(path, start, space.count)
  }
}
