import Glibc
import NodeStart
import Platform

/// Answers with what this machine's platform says of it: many connections at once, and one report at a time.
struct EvidenceService {
  private let listener: Listener
  private let platform = RestingPlatform(open: Self.own, clock: Self.seconds) { usleep(UInt32(min($0, 60) * 1e6)) }
  private var callers = EvidenceCallers()

  init(_ listener: Listener) { self.listener = listener }

  mutating func serve() -> Never {
    while true {
      let interests = callers.interests
      var watched = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
      watched += interests.map { pollfd(fd: $0.connection, events: ($0.reads ? Int16(POLLIN) : 0) | ($0.sends ? Int16(POLLOUT) : 0), revents: 0) }
      guard poll(&watched, nfds_t(watched.count), pause) >= 0 else {
        // Interrupted, or no memory: neither is for ever.
        usleep(1000)
        continue
      }
      // Who is here first: a newcomer may take the place of somebody whose request lies there already.
      for (interest, found) in zip(interests, watched.dropFirst()) where found.revents != 0 { serve(interest.connection, found.revents, reads: interest.reads) }
      if watched[0].revents != 0 { admit() }
      for connection in callers.late(at: Self.seconds()) { close(connection) }
      if platform.rest <= 0, let (connection, request) = callers.next() { callers.answer(connection, answer(to: request), at: Self.seconds()) }
    }
  }

  /// In milliseconds, until something is to be done that no connection tells; below zero for ever.
  private var pause: Int32 {
    var ends: [Double] = []
    if let end = callers.nextEnd { ends.append(end - Self.seconds()) }
    if callers.isAnyoneWaiting { ends.append(platform.rest) }
    guard let first = ends.min() else { return -1 }
    return Int32((min(max(first, 0), 60) * 1000).rounded(.up))
  }

  private mutating func admit() {
    guard let (connection, address) = listener.next() else {
      // No descriptors, or a caller who is gone: neither is for ever.
      usleep(1000)
      return
    }
    if let displaced = callers.admit(connection, from: address, at: Self.seconds()) { close(displaced) }
  }

  private mutating func serve(_ connection: Int32, _ events: Int16, reads: Bool) {
    if reads {
      var piece = [UInt8](repeating: 0, count: EvidenceRequest.limit)
      let count = read(connection, &piece, piece.count)
      if count < 0, errno == EAGAIN || errno == EINTR { return }
      if count > 0 { callers.received(piece[..<count], from: connection, at: Self.seconds()) } else { callers.remove(connection) }
    } else if events & Int16(POLLHUP | POLLERR) != 0 {
      callers.remove(connection)
    } else {
      let sent = callers.rest(of: connection).withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
      if sent < 0, errno == EAGAIN || errno == EINTR { return }
      if sent > 0 { callers.sent(sent, to: connection) } else { callers.remove(connection) }
    }
    if !callers.isHere(connection) { close(connection) }
  }

  private func answer(to request: EvidenceRequest) -> [UInt8] {
    do throws(PlatformError) {
      let report = try platform.report(carrying: request.nonce)
      return EvidenceAnswer.evidence(report.evidence, format: report.format)
    } catch {
      return EvidenceAnswer.refusal(.noPlatform(error.description))
    }
  }

  private static func own() throws(PlatformError) -> any Platform {
    OwnPlatform.find() == .reports ? ReportInterface() : try TPMPlatform()
  }

  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
