import ArgumentParser
import Foundation

/// How a benchmark's findings leave it.
struct BenchOutput: ParsableArguments {
  @Flag(help: "Print JSON.")
  var json = false

  @Option(help: "Also draw the distributions, as SVG, to this file.")
  var plot: String?

  func write(_ svg: @autoclosure () -> String) throws {
    guard let plot else { return }
    do { try Data(svg().utf8).write(to: URL(fileURLWithPath: plot)) } catch {
      throw CommandFailure("cannot write \(plot): \(error.localizedDescription)")
    }
  }
}

/// A line on standard error that is written over; only on a terminal.
enum Progress {
  static func show(_ text: String?) {
    guard isatty(STDERR_FILENO) == 1 else { return }
    FileHandle.standardError.write(Data((text.map { "\r\u{1B}[K\($0)" } ?? "\r\u{1B}[K").utf8))
  }
}
