import Dispatch
import Glibc
import Synchronization

/// The children that live, so that a signal which ends this process ends them first: they are servers, and would go on for ever.
enum RunningChildren {
  /// Each with whether it leads a group that ends with it.
  private static let pids = Mutex<[pid_t: Bool]>([:])
  /// Signals by which people and supervisors end a program.
  static let endings = [SIGINT, SIGTERM, SIGHUP]
  /// Microseconds that a child has for its own end.
  private static let patience = 5_000_000

  private static let watches = Mutex<[any DispatchSourceSignal]>([])

  static func add(_ pid: pid_t, leadsGroup: Bool) { pids.withLock { $0[pid] = leadsGroup } }

  static func remove(_ pid: pid_t) { pids.withLock { _ = $0.removeValue(forKey: pid) } }

  /// Has to come before the first child.
  static func watchSignals() {
    watches.withLock { watches in
      guard watches.isEmpty else { return }
      for number in endings {
        signal(number, SIG_IGN)
        let watch = DispatchSource.makeSignalSource(signal: number, queue: .global())
        watch.setEventHandler { endAll(by: number) }
        watch.resume()
        watches.append(watch)
      }
    }
  }

  private static func endAll(by number: Int32) {
    // Kept to the end: nobody starts or reaps a child beside this.
    pids.withLock { pids in
      for (pid, leadsGroup) in pids { kill(leadsGroup ? -pid : pid, SIGTERM) }
      var left = patience
      while !pids.isEmpty, left > 0 {
        pids = pids.filter { waitpid($0.key, nil, WNOHANG) == 0 }
        usleep(5_000)
        left -= 5_000
      }
      for (pid, leadsGroup) in pids { kill(leadsGroup ? -pid : pid, SIGKILL) }
      signal(number, SIG_DFL)
      // Threads of Dispatch block signals: what is raised here would wait, and the benchmark go on to complain of its children's end.
      var ending = sigset_t()
      sigemptyset(&ending)
      sigaddset(&ending, number)
      pthread_sigmask(SIG_UNBLOCK, &ending, nil)
      raise(number)
    }
  }
}
