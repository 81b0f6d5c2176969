import Coffer
import Foundation
import KVMMachine
import Machine
import Monitor
import TrustletImage

enum TrustletOutput {
  /// What a command writes to standard output when it runs as a trustlet.
  static func standardOutput(
    of image: TrustletImage, arguments: [String], _ options: RunOptions = RunOptions(), on kind: any MachineKind = KVMMachineKind.shared
  ) throws -> String {
    let pipe = Pipe()
    var options = options
    options.arguments = arguments
    options.streams.output = pipe.fileHandleForWriting.fileDescriptor
    let trustlet = try TrustletRunner.start(image, options, on: kind)
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
