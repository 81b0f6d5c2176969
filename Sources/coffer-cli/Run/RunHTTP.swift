import Coffer
import Glibc
import NetworkRules
import RunCommand
import TrustletImage

/// `coffer run --http`: hands an image over to the program that serves functions, which this process becomes.
struct RunHTTP {
  let image: TrustletImage
  let name: String
  let listen: String
  let machine: String
  let options: RunOptions
  let network: NetworkRules
  let authorities: String?

  /// "8080" and ":8080" are of the loopback address.
  static func address(_ text: String) -> String {
    text.first == ":" ? "127.0.0.1" + text : text.contains(":") ? text : "127.0.0.1:" + text
  }

  func become() throws -> Never {
    // A file without a name: there is nothing to be removed, however the server ends.
    var path = Array("/tmp/coffer-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else { throw CommandFailure("cannot make a file in /tmp: \(String(cString: strerror(errno)))") }
    unlink(path)
    try image.encoded.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let count = write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw CommandFailure("cannot write the image to a file in /tmp: \(String(cString: strerror(errno)))") }
        written += count
      }
    }
    var words = [
      "serve-one", "--image=\(descriptor)", "--measurement=\(image.measurement)", "--name=\(name)", "--listen=\(listen)",
      "--machine=\(machine)",
    ]
    if image.answersHTTP {
      words.append("--component")
    } else if !image.isCommand {
      guard image.callableCount > 0 else {
        throw CommandFailure("\(name) has nothing that a request could call: expected '_start' (a WASI command), wasi:http/incoming-handler, or exported functions whose values can be written as text")
      }
      words.append("--exports")
    }
    words += options.environment.map { "--env=\($0)" }
    words += network.rules.map { "--net=\($0)" }
    if let authorities { words.append("--ca=\(authorities)") }
    if let memory = options.memory { words.append("--memory-limit=\(memory.bytes)") }
    if let time = options.time { words.append("--time=\(time.nanoseconds)") }
    if let time = options.cpuTime { words.append("--processor-time=\(time.nanoseconds)") }
    if let output = options.output { words.append("--output-limit=\(output.bytes)") }
    NodeProgram.become(words)
  }
}
