/// A `multipart/form-data` body (RFC 7578).
struct MultipartWriter {
  private(set) var bytes: [UInt8] = []
  /// Random, so that no part's contents hold it.
  private let boundary = (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()

  var contentType: String { "multipart/form-data; boundary=\(boundary)" }

  mutating func add(_ name: String, _ contents: [UInt8]) {
    let quoted = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    bytes += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(quoted)\"; filename=\"\(quoted)\"\r\n\r\n".utf8
    bytes += contents
    bytes += "\r\n".utf8
  }

  mutating func finish() { bytes += "--\(boundary)--\r\n".utf8 }
}
