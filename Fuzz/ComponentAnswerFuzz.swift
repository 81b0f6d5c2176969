// with: Sources/Gateway/Functions/ComponentAnswer.swift Sources/Gateway/Functions/CGIAnswer.swift
// packages: NIOCore NIOConcurrencyHelpers _NIOBase64 _NIODataStructures CNIOLinux CNIODarwin CNIOWindows CNIOWASI CNIOOpenBSD CNIOFreeBSD CNIOAtomics CNIOPosix
// packages: DequeModule InternalCollectionsUtilities Atomics _AtomicsShims NIOHTTP1 CNIOLLHTTP NIOPosix NIO NIOEmbedded
// seed: 0711000000c80000000100000001000000610100000062020300000061626303040000000000000000
// seed: 040400000021000000
import NIOCore
import NIOHTTP1

/// The frames of an answer mean the same in whatever pieces they come, and nothing of them can end a line of its head. The first byte says in what
/// pieces, and whether the answer may have a body.
@_cdecl("LLVMFuzzerTestOneInput")
public func judge(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: data, count: count))
  guard let first = input.first else { return 0 }
  let bytes = Array(input.dropFirst())
  let whole = read(bytes, size: bytes.count + 1, isHead: first & 1 == 1)
  precondition(whole == read(bytes, size: Int(first >> 1) + 1, isHead: first & 1 == 1), "parts depend on how they arrive")
  return 0
}

private struct Found: Equatable {
  var parts: [ComponentAnswer.Part] = []
  var fault: ComponentAnswer.Fault?
}

private func read(_ bytes: [UInt8], size: Int, isHead: Bool) -> Found {
  var (found, answer, rest, body) = (Found(), ComponentAnswer(isHead: isHead), bytes[...], 0)
  var declared: Int?
  while !rest.isEmpty {
    answer.add(ByteBuffer(bytes: rest.prefix(size)))
    rest = rest.dropFirst(size)
    do throws(ComponentAnswer.Fault) {
      while let part = try answer.next() {
        switch part {
        case .head(let head):
          declared = head.contentLength
          for (name, value) in head.headers { check(name + value) }
        case .body(let more):
          body += more.readableBytes
          precondition(declared.map { body <= $0 } ?? true, "more than was said")
          if case .body(var before)? = found.parts.last {
            before.writeImmutableBuffer(more)
            found.parts[found.parts.count - 1] = .body(before)
            continue
          }
        case .end(let trailers): for (name, value) in trailers { check(name + value) }
        case .error: break
        }
        found.parts.append(part)
      }
    } catch {
      found.fault = error
      // How much of the body came before depends on the pieces.
      found.parts.removeAll { if case .body = $0 { true } else { false } }
      return found
    }
  }
  return found
}

private func check(_ text: String) { precondition(!text.utf8.contains { $0 < 32 && $0 != 9 || $0 == 127 }, "a control character") }
