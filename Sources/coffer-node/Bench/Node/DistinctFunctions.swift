import Foundation
import ProgramFiles

/// Many functions that are as small as hello, each with a measurement and an answer of its own: what the manifest says is measured too.
struct DistinctFunctions {
  let all: [(name: String, image: Data)]
  let calls: [LoadPlan.Request]

  init(_ count: Int, _ node: MeasuredNode, in scratch: ScratchDirectory) throws {
    let names = (0..<count).map(Self.name)
    let wanted = try names.map { name in
      let manifest = try scratch.add("\(name).yaml", Data("arguments: [\"\(name)\"]\n".utf8))
      return (name: name, options: ["--manifest", manifest])
    }
    all = zip(names, try node.images("example:hello", wanted, in: scratch)).map { (name: $0, image: $1) }
    calls = (0..<count).map {
      LoadPlan.Request(path: "/f/\(Self.name($0))", answer: Data("\(HelloAnswer.text)Hello, \(Self.name($0))\n".utf8))
    }
  }

  private static func name(_ number: Int) -> String { "function-\(number)" }
}
