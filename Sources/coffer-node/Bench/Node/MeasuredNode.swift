import ArgumentParser
import Foundation
import ProgramFiles

/// The node that is measured: one of this program's own, with its data in a directory that goes away again.
struct MeasuredNode: ParsableArguments {
  static let who = "coffer"
  static let reused = "coffer, reuse"

  @Option(help: ArgumentHelp("The program that builds images; otherwise coffer-tools, which lies beside this one.", valueName: "file"))
  var tools: String?

  @Option(
    name: .customLong("serve"), parsing: .singleValue,
    help: ArgumentHelp(
      "A further argument of coffer serve; may be given several times, as --serve=--machine --serve=process.", valueName: "word"))
  var serving: [String] = []

  func start(in scratch: ScratchDirectory, _ more: [String] = []) throws -> NodeServer {
    try NodeServer(serving + more, in: scratch)
  }

  func image(_ application: String, named name: String, in scratch: ScratchDirectory) throws -> Data {
    try images(application, [(name, [])], in: scratch)[0]
  }

  /// Images of one application, a few at a time, each with further arguments of its build.
  func images(_ application: String, _ wanted: [(name: String, options: [String])], in scratch: ScratchDirectory) throws -> [Data] {
    guard let program = tools ?? ExecutablePath.beside("coffer-tools") else {
      throw CommandFailure("coffer-tools is not beside this program; it builds the images (--tools FILE)")
    }
    var images: [Data] = []
    for begin in stride(from: 0, to: wanted.count, by: Self.buildsAtOnce) {
      if wanted.count > 1 { Terminal.progress("building image \(begin + 1) of \(wanted.count)") }
      let builds = try wanted[begin..<min(begin + Self.buildsAtOnce, wanted.count)].map { name, options in
        let file = "\(scratch.path)/\(name).trustlet"
        return (file, try ChildProcess([program, "build", application, "-o", file] + options, .init()))
      }
      for (file, build) in builds {
        guard build.waitUntilEnd() == 0 else { throw CommandFailure("coffer-tools cannot build \(application)") }
        images.append(try Data(contentsOf: URL(fileURLWithPath: file)))
        unlink(file)
      }
    }
    return images
  }

  private static let buildsAtOnce = 4

  /// With hello deployed, and called once.
  func hello(in scratch: ScratchDirectory, _ application: String = "example:hello", isReused: Bool = false) throws -> HelloServer {
    let node = try start(in: scratch)
    do {
      let image = try image(application, named: "hello", in: scratch)
      if isReused {
        try node.deploy("hello", image, manifest: "function: {reuse: true}", in: scratch)
      } else {
        try node.deploy([("hello", image)], in: scratch)
      }
      return try HelloServer(isReused ? Self.reused : Self.who, path: "/f/hello", port: node.port, [node.process])
    } catch {
      node.end()
      throw error
    }
  }
}
