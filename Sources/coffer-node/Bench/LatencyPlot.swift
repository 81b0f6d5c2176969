import Foundation

/// Distributions of times as one SVG: a panel for each load, a line for each server; the percentiles to the right, the times upwards by
/// powers of ten.
package struct LatencyPlot {
  private struct Panel {
    var name: String
    /// Microseconds at each of the percentiles.
    var series: [(name: String, values: [Double])]
  }

  let title: String
  private var panels: [Panel] = []
  private var names: [String] = []

  private static let percentiles: [Double] = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99]
  private static let marked: [Double] = [50, 90, 99, 99.9, 99.99]
  /// Readable in the order in which they are given out, by people who see fewer colours too.
  private static let colours = ["#d1495b", "#2a7de1", "#2b9348", "#b5830f", "#7b4fb5", "#5c677d"]
  private static let (width, height, left, top, right, bottom) = (370.0, 260.0, 58.0, 34.0, 24.0, 40.0)

  package init(title: String) { self.title = title }

  package mutating func add(panel: String, series: String, _ times: LoadResult.Times) {
    if !names.contains(series) { names.append(series) }
    let line = (series, times.totalCount == 0 ? [] : Self.percentiles.map { max(0.1, times.microseconds($0)) })
    if let index = panels.firstIndex(where: { $0.name == panel }) {
      panels[index].series.append(line)
    } else {
      panels.append(Panel(name: panel, series: [line]))
    }
  }

  package var svg: String {
    let values = panels.flatMap { $0.series.flatMap(\.values) }.filter(\.isFinite)
    let low = floor(log10(values.min() ?? 1))
    let high = max(low + 1, ceil(log10(values.max() ?? 10)))
    let (width, height) = (Self.width * Double(max(1, panels.count)), Self.height + 54)
    var parts = [
      #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(Int(width)) \#(Int(height))" font-family="sans-serif" font-size="11">"#,
      "<style>svg{background:#fff;color:#1b1b1f}.line{fill:none;stroke-width:1.8}.grid{stroke:currentColor;stroke-opacity:.15}"
        + "text{fill:currentColor}@media(prefers-color-scheme:dark){svg{background:#16161a;color:#e8e8ee}}</style>",
      #"<text x="12" y="18" font-size="14">\#(Self.escaped(title))</text>"#,
    ]
    for (index, name) in names.enumerated() {
      let (x, colour) = (12 + Double(index) * 150, Self.colour(index))
      parts.append(#"<path class="line" stroke="\#(colour)" d="M\#(x) 32h18"/><text x="\#(x + 23)" y="36">\#(Self.escaped(name))</text>"#)
    }
    for (index, panel) in panels.enumerated() { parts.append(draw(panel, at: Self.width * Double(index), low, high)) }
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  private func draw(_ panel: Panel, at x: Double, _ low: Double, _ high: Double) -> String {
    let (plotWidth, plotHeight) = (Self.width - Self.left - Self.right, Self.height - Self.top - Self.bottom)
    let last = Self.position(Self.percentiles.last ?? 99.99)
    let across = { (percentile: Double) in Self.left + plotWidth * Self.position(percentile) / last }
    let down = { (value: Double) in Self.top + plotHeight * (high - log10(value)) / (high - low) }
    var parts = [
      #"<g transform="translate(\#(Int(x)) 44)"><text x="\#(Self.left)" y="22" font-weight="600">\#(Self.escaped(panel.name))</text>"#
    ]
    for power in stride(from: low, through: high, by: 1) {
      let y = Self.number(down(pow(10, power)))
      parts.append(#"<path class="grid" d="M\#(Self.left) \#(y)h\#(plotWidth)"/>"#)
      parts.append(#"<text x="\#(Self.left - 6)" y="\#(y)" dy="4" text-anchor="end">\#(Self.time(pow(10, power)))</text>"#)
    }
    for percentile in Self.marked {
      let position = Self.number(across(percentile))
      parts.append(#"<path class="grid" d="M\#(position) \#(Self.top)v\#(plotHeight)"/>"#)
      let label = "p\(Self.short(percentile))"
      parts.append(#"<text x="\#(position)" y="\#(Self.top + plotHeight + 16)" text-anchor="middle">\#(label)</text>"#)
    }
    for (name, values) in panel.series {
      let points = zip(Self.percentiles, values).filter { $1.isFinite }.map { "\(Self.number(across($0))) \(Self.number(down($1)))" }
      guard !points.isEmpty else { continue }
      let colour = Self.colour(names.firstIndex(of: name) ?? 0)
      parts.append(
        #"<path class="line" stroke="\#(colour)" d="M\#(points.joined(separator: "L"))"><title>\#(Self.escaped(name))</title></path>"#)
    }
    return parts.joined(separator: "\n") + "\n</g>"
  }

  /// Each further nine takes as much room as the one before.
  private static func position(_ percentile: Double) -> Double { -log10(1 - min(percentile, 99.999) / 100) }
  private static func colour(_ index: Int) -> String { colours[index % colours.count] }
  private static func number(_ value: Double) -> String { String(format: "%.1f", value) }
  private static func short(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
  private static func time(_ microseconds: Double) -> String {
    microseconds >= 1e6
      ? "\(short(microseconds / 1e6)) s" : microseconds >= 1000 ? "\(short(microseconds / 1000)) ms" : "\(short(microseconds)) us"
  }
  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;").replacingOccurrences(
      of: ">", with: "&gt;")
  }
}
