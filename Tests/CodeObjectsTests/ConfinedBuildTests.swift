import CLinux
import Glibc
import Testing

/// What a process that decodes and translates a hostile module can no longer ask of the kernel. A filter holds for the thread that takes it, so
/// that each attempt is made by a thread of its own.
@Suite(.enabled(if: coffer_seccomp_available() == 1, "this kernel has no seccomp filters"))
struct ConfinedBuildTests {
  private final class Attempt: @unchecked Sendable {
    let body: @Sendable () -> Int32
    let isLocked: Bool
    var errorNumber: Int32 = 0

    init(isLocked: Bool, _ body: @escaping @Sendable () -> Int32) {
      self.isLocked = isLocked
      self.body = body
    }
  }

  /// - Returns: errno of what failed, 0 where it worked.
  private func errorNumber(locked: Bool, _ body: @escaping @Sendable () -> Int32) throws -> Int32 {
    let attempt = Attempt(isLocked: locked, body)
    var thread = pthread_t()
    let made = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let attempt = Unmanaged<Attempt>.fromOpaque(argument).takeUnretainedValue()
        if attempt.isLocked, coffer_refuse_system_calls() != 0 {
          attempt.errorNumber = -1
        } else {
          attempt.errorNumber = attempt.body() < 0 ? errno : 0
        }
        return nil
      }, Unmanaged.passUnretained(attempt).toOpaque())
    try #require(made == 0)
    pthread_join(thread, nil)
    return withExtendedLifetime(attempt) { attempt.errorNumber }
  }

  private static let refused: [(name: String, body: @Sendable () -> Int32)] = [
    ("a socket", { closed(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)) }),
    ("a datagram socket", { closed(socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)) }),
    ("a local socket", { closed(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)) }),
    ("shared memory by number", { sharedMemory() }),
  ]

  private static func sharedMemory() -> Int32 {
    let number = shmget(IPC_PRIVATE, 4096, 0o600)
    return number < 0 ? -1 : shmctl(number, IPC_RMID, nil)
  }

  private static func closed(_ descriptor: Int32) -> Int32 { descriptor < 0 ? -1 : close(descriptor) }

  @Test(arguments: refused.indices)
  func isRefusedOnlyWhenLocked(index: Int) throws {
    let attempt = Self.refused[index]
    #expect(try errorNumber(locked: false, attempt.body) == 0, "\(attempt.name)")
    #expect(try errorNumber(locked: true, attempt.body) == EPERM, "\(attempt.name)")
  }

  /// What a build does all the time.
  @Test func filesMemoryAndProcessesGoOn() throws {
    #expect(try errorNumber(locked: true) { Self.closed(open("/dev/null", O_RDWR)) } == 0)
    #expect(try errorNumber(locked: true) { Self.closed(coffer_memory_file("test")) } == 0)
    #expect(
      try errorNumber(locked: true) {
        var child = pid_t()
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        defer { free(arguments[0]) }
        var status: Int32 = -1
        guard posix_spawn(&child, "/bin/true", nil, nil, &arguments, nil) == 0, waitpid(child, &status, 0) == child else { return -1 }
        return status == 0 ? 0 : -1
      } == 0)
  }
}
