import ArgumentParser
import Foundation
import ProgramFiles

/// How a benchmark's findings leave it.
struct BenchOutput: ParsableArguments {
  @Flag(help: "Print JSON.")
  var json = false

  @Option(help: "Also draw the distributions, as SVG, to this file.")
  var plot: String?

  /// What cannot be written is known before anything is measured.
  func validate() throws { if let plot { _ = try Self.file(plot) } }

  func write(_ svg: @autoclosure () -> String) throws {
    guard let plot else { return }
    do { try Self.file(plot).write(Array(svg().utf8)) } catch { throw CommandFailure("\(error)") }
  }

  private static func file(_ path: String) throws -> ResultFile { try ResultFile(path, option: "--plot") }
}

/// A line on standard error that is written over; only on a terminal.
enum Progress {
  static func show(_ text: String?) {
    guard isatty(STDERR_FILENO) == 1 else { return }
    FileHandle.standardError.write(Data((text.map { "\r\u{1B}[K\($0)" } ?? "\r\u{1B}[K").utf8))
  }
}
