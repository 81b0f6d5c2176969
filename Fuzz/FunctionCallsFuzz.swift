// sources: Sources/CLinux Sources/EdgeCalls Sources/Machine Sources/Monitor Sources/FunctionCalls
// with: Sources/MonitorProcess/Lines/FrameSocket.swift
// seed: 01200100070000001b000000000000000300000005000000000000000100000003000000413d4200000000
// seed: 00100000000000000f00000000000000030000006b766d0000000000000000
// seed: 0332000007000000300000000000000001010100090000000000000000000000ffffffffffffffff0000000000000000000000000000000000000000
// seed: 1023000000000000000000000000000022000000000000000000000000000000
import FunctionCalls
import Glibc

/// What one side says, the other understands as it was meant or refuses; however it arrives, and by either reader. The first byte says in
/// what pieces the others come.
@_cdecl("LLVMFuzzerTestOneInput")
public func converse(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: data, count: count))
  guard let first = input.first else { return 0 }
  let bytes = Array(input.dropFirst())
  let frames = framesInPieces(bytes, size: Int(first) + 1)
  precondition(frames == framesInPieces(bytes, size: bytes.count + 1), "frames depend on how they arrive")
  for frame in frames.list { check(frame) }
  precondition(frames == framesBySocket(bytes), "the readers disagree")
  return 0
}

private struct Frames: Equatable {
  var list: [Frame] = []
  var isBroken = false
}

private func framesInPieces(_ bytes: [UInt8], size: Int) -> Frames {
  var (frames, reader, rest) = (Frames(), FrameReader(), bytes[...])
  while !rest.isEmpty {
    Array(rest.prefix(size)).withUnsafeBytes { reader.append($0) }
    rest = rest.dropFirst(size)
    do {
      while let frame = try reader.next() { frames.list.append(frame) }
    } catch {
      frames.isBroken = true
      return frames
    }
  }
  return frames
}

/// The reader of a monitor process: whole payloads, parts of them, or none.
private func framesBySocket(_ bytes: [UInt8]) -> Frames {
  var frames = Frames()
  var ends: [Int32] = [-1, -1]
  guard bytes.count < 100_000, socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
    return framesInPieces(bytes, size: 7)
  }
  defer { close(ends[0]) }
  precondition(bytes.isEmpty || write(ends[1], bytes, bytes.count) == bytes.count, "the socket holds less than it should")
  close(ends[1])
  let socket = FrameSocket(ends[0])
  do throws(ConversationEnd) {
    while let header = try socket.header() {
      var payload: [UInt8] = []
      if header.number % 2 == 0 {
        payload = Array(try socket.payload(header.payloadLength))
      } else {
        var space = [UInt8](repeating: 0, count: 1000)
        while payload.count < header.payloadLength {
          var result: Result<Int, ConversationEnd> = .success(0)
          space.withUnsafeMutableBytes { buffer in
            do throws(ConversationEnd) {
              result = .success(try socket.part(of: header.payloadLength - payload.count, into: buffer, until: nil))
            } catch {
              result = .failure(error)
            }
          }
          payload += space[..<(try result.get())]
        }
      }
      frames.list.append(Frame(header.kind, flags: header.flags, number: header.number, payload: payload))
    }
  } catch .closed {
  } catch {
    frames.isBroken = true
  }
  return frames
}

private func check(_ frame: Frame) {
  let payload = frame.payload
  let again: [UInt8]? =
    switch frame.kind {
    case .call: try? CallHead(payload[...]).payload
    case .ended: try? CallEnd(payload[...]).payload
    case .load: try? RevisionLoad(payload[...]).payload
    case .loaded: try? RevisionLoaded(payload[...]).payload
    case .stop: try? CallStop(payload[...]).payload
    case .welcome: try? MonitorWelcome(payload[...]).payload
    case .reported: try? MonitorReport(payload[...]).payload
    case .input: try? AttestationOrder(payload[...]).payload
    case .start: try? MonitorOrder(payload[...]).payload
    case .attests: try? AttesterWelcome(payload[...]).payload
    case .started: try? MonitorStarted(payload[...]).payload
    case .evidence: try? EvidenceRequest(payload[...]).payload
    case .secrets: try? SecretsRequest(payload[...]).payload
    case .released: try? SealedSecrets(payload[...]).payload
    case .fetch: try? FetchOrder(payload[...]).payload
    default: payload
    }
  precondition(again == nil || again == payload, "two payloads that mean the same")
  precondition(again == nil || frame.encoded.count == FrameHeader.size + payload.count)
}
