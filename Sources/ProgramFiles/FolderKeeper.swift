import Glibc

/// Removes a folder when this process is gone, however it ended: no signal's handler does that for a process that is killed.
///
/// A shell waits for the end of a pipe of which the owner holds the other end. It is in a process group of its own, which a terminal's Ctrl-C does not reach.
package final class FolderKeeper: Sendable {
  private let shell: pid_t
  private let pipe: Int32

  /// Nil where there is no shell: the folder then goes with whoever made it, where that one is not killed.
  /// - Parameter alsoForChildren: whether what this process starts from now on may still write to the folder: it goes when they are gone too.
  package init?(_ folder: String, alsoForChildren: Bool = false) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
    // Whoever reads what this program writes does not wait for the shell.
    for number in [STDOUT_FILENO, STDERR_FILENO] { posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_WRONLY, 0) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    let words = ["sh", "-c", "read -r line; PATH=/usr/bin:/bin rm -r -f -- \"$0\"", folder]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for text in arguments { free(text) } }
    var environment: [UnsafeMutablePointer<CChar>?] = [nil]
    var number: pid_t = 0
    let failure = posix_spawn(&number, "/bin/sh", &actions, &attributes, &arguments, &environment)
    close(ends[0])
    guard failure == 0 else {
      close(ends[1])
      return nil
    }
    // Only now, so that the shell does not wait for itself.
    if alsoForChildren { _ = fcntl(ends[1], F_SETFD, 0) }
    (shell, pipe) = (number, ends[1])
  }

  /// For an owner who removes the folder: the shell goes, and looks after nothing any more.
  package func end() {
    // Nobody else waits for it, so the number is still its own.
    kill(shell, SIGKILL)
    while waitpid(shell, nil, 0) < 0, errno == EINTR {}
    close(pipe)
  }
}
