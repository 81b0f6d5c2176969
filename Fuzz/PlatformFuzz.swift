// sources: Sources/Platform
// seed: 00800200000018000000008000000100
// seed: 010000000a800100000000010000000200
// seed: 0001000000000080020000005d000000008000000000000040003e00230000b00050472
// seed: 017365765f6775657374000a300a
import Platform

/// Whatever a TPM or the kernel's report interface answers: an error or a report that carries what it was to carry.
@_cdecl("LLVMFuzzerTestOneInput")
public func answer(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: data, count: count)
  guard let kind = input.first else { return 0 }
  let answers = Answers(Array(input.dropFirst()))
  if kind & 1 == 0 {
    guard let platform = try? TPMPlatform(connection: FuzzedTPM(answers)) else { return 0 }
    check(platform, [UInt8](repeating: 0, count: 32))
  } else {
    check(ReportInterface(entries: FuzzedEntries(answers: answers)), [UInt8](repeating: 0, count: 64))
  }
  return 0
}

private func check(_ platform: some Platform, _ binding: [UInt8]) {
  do {
    let report = try platform.report(binding: binding)
    precondition(report.evidence.firstRange(of: binding) != nil, "a report that carries other bytes")
  } catch {
    precondition(!error.description.isEmpty && error.description.utf8.count < 1000, "an error that says too little or too much")
  }
}

/// An input as answers: a length of two bytes before each.
private struct Answers {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func next() -> [UInt8]? {
    guard rest.count >= 2 else { return nil }
    let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
    let answer = rest.dropFirst(2).prefix(length)
    rest = rest[answer.endIndex...]
    return Array(answer)
  }
}

/// Answers with the head that belongs to them, so that an input need not know its own length; an answer that begins with 0xFF is left as it is.
private final class FuzzedTPM: TPMConnection {
  private var answers: Answers

  init(_ answers: Answers) { self.answers = answers }

  func exchange(_ command: [UInt8]) throws(PlatformError) -> [UInt8] {
    guard let answer = answers.next() else { throw PlatformError(.silent, "no answer", "none") }
    guard answer.first != 0xFF else { return answer }
    let size = answer.count + 10
    return [0x80, 0x02, 0, 0, UInt8(truncatingIfNeeded: size >> 8), UInt8(truncatingIfNeeded: size), 0, 0, 0, 0] + answer
  }
}

private struct FuzzedEntries: ReportEntries {
  let answers: Answers

  func withEntry<Result>(_ body: (any ReportEntry) throws(PlatformError) -> Result) throws(PlatformError) -> Result {
    try body(FuzzedEntry(answers))
  }
}

private final class FuzzedEntry: ReportEntry {
  private var answers: Answers

  init(_ answers: Answers) { self.answers = answers }

  func read(_ attribute: ReportAttribute) throws(PlatformError) -> [UInt8]? { answers.next() }
  func write(_ bytes: [UInt8], to attribute: ReportAttribute) throws(PlatformError) {}
}
