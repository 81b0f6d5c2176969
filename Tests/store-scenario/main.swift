import FunctionStore
import Glibc
import ImageBuilding
import KilledScenarios
import SeededNumbers
import TrustletImage

// Changes a node's state as a seed says, and prints each change before it begins and when it is done: for a test that kills it in between.
//
//   store-scenario DIRECTORY SEED IMAGE...
//
// Lines: "begin FUNCTION WHAT", then "done FUNCTION SERVING" with the serving measurements and their percentages, or "refused CODE MESSAGE".

func shares(_ record: FunctionRecord?) -> String {
  guard let record else { return "none" }
  return record.serving.map { "\($0.measurement)=\($0.percent)" }.sorted().joined(separator: ",")
}

func contents(_ path: String) -> [UInt8] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 20)
  let count = fread(&bytes, 1, bytes.count, file)
  return Array(bytes[..<count])
}

/// One change, chosen by chance.
func change(_ store: FunctionStore, _ images: [CheckedImage], _ random: inout SeededGenerator) throws(StoreError) {
  let function = "f\(Int.random(in: 0..<4, using: &random))"
  let image = images[Int.random(in: 0..<images.count, using: &random)]
  var deployment = Deployment(function: function, tenant: TenantRecord.standard, image: image, settings: RevisionSettings())
  switch Int.random(in: 0..<8, using: &random) {
  case 0:
    say("begin \(function) remove")
    try store.remove(function)
    say("done \(function) none")
  case 1:
    say("begin \(function) roll-back")
    say("done \(function) \(shares(try store.rollBack(function)))")
  case 2:
    say("begin \(function) split")
    let measurements = store.function(function)?.revisions.prefix(2).map(\.measurement) ?? []
    let after = try store.split(function, measurements.count == 2 ? [measurements[0]: 90, measurements[1]: 10] : [:])
    say("done \(function) \(shares(after))")
  case 3:
    say("begin \(function) build")
    deployment.source = try store.addSource(SourceUpload(module: [0, 1, 2], manifest: [], files: ["a/b": [3]]))
    deployment.origin = .quick
    say("done \(function) \(shares(try store.deploy(deployment)))")
  case 4:
    guard let build = try store.pendingBuilds().first else { return }
    say("begin \(build.function) finish")
    say("done \(build.function) \(shares(try store.finish(build, with: image)))")
  default:
    say("begin \(function) deploy")
    say("done \(function) \(shares(try store.deploy(deployment)))")
  }
}

func work(_ words: [String], seed: UInt64) throws(StoreError) {
  var images: [CheckedImage] = []
  for path in words.dropFirst(2) { images.append(try CheckedImage(contents(path))) }
  let store = try FunctionStore(directory: words[0], patience: 0.2)
  var random = SeededGenerator(seed: seed)
  say("ready")
  while true {
    do throws(StoreError) {
      try change(store, images, &random)
    } catch {
      say("refused \(error.code.rawValue) \(error.message)")
    }
  }
}

let words = Array(CommandLine.arguments.dropFirst())
guard words.count >= 3, let seed = UInt64(words[1]) else {
  say("usage: store-scenario DIRECTORY SEED IMAGE...")
  exit(2)
}
do {
  try work(words, seed: seed)
} catch {
  say("refused \(error.code.rawValue) \(error.message)")
  exit(1)
}
