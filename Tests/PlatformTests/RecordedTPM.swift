import Platform
import Synchronization

/// What was answered, one after another.
final class Recording: Sendable {
  private let kept = Mutex<[[UInt8]]>([])

  var answers: [[UInt8]] { kept.withLock { $0 } }
  func add(_ answer: [UInt8]) { kept.withLock { $0.append(answer) } }
}

/// Keeps what another connection says.
final class RecordedTPM: TPMConnection {
  private let other: any TPMConnection
  private let recording: Recording

  init(_ other: any TPMConnection, _ recording: Recording) {
    self.other = other
    self.recording = recording
  }

  func exchange(_ command: [UInt8]) throws(PlatformError) -> [UInt8] {
    let answer = try other.exchange(command)
    recording.add(answer)
    return answer
  }
}

/// Says what it was told to, one answer after another, whatever it is asked.
final class ScriptedTPM: TPMConnection {
  private var answers: ArraySlice<[UInt8]>

  init(_ answers: [[UInt8]]) { self.answers = answers[...] }

  func exchange(_ command: [UInt8]) throws(PlatformError) -> [UInt8] {
    guard let answer = answers.popFirst() else { throw PlatformError(.silent, "no answer", "none") }
    return answer
  }
}
