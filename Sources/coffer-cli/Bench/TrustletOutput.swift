import Coffer
import Foundation
import Monitor
import TrustletImage

enum TrustletOutput {
  /// What a command writes to standard output when it runs as a trustlet.
  static func standardOutput(of image: TrustletImage, arguments: [String]) throws -> String {
    let pipe = Pipe()
    var options = RunOptions()
    options.arguments = arguments
    options.streams.output = pipe.fileHandleForWriting.fileDescriptor
    let trustlet = try TrustletRunner.start(image, options)
    // A benchmark prints less than a pipe holds.
    let outcome = try TrustletRunner.runCommand(image, trustlet)
    try pipe.fileHandleForWriting.close()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    switch outcome {
    case .finished, .exited(status: 0): return text
    default: throw CommandFailure("the trustlet ended with \(outcome)")
    }
  }
}
