import KVMMachine
import TrustletImage
import TrustletRun

/// A plain `coffer run IMAGE`: its command line in the forms that need no more than running an image.
///
/// Reading a command line with all its help and suggestions costs more than starting a virtual machine does. So what is plain is read here, and
/// whatever is not, is wrong, or asks for more is left to the full command line, which reads the same line again: there is no error here.
public struct RunLine {
  public private(set) var application: String
  public private(set) var options = RunOptions()
  public private(set) var isQuiet = false

  /// Nil for everything that is for the full command line.
  /// - Parameter words: Without the program's name.
  public init?(_ words: [String]) {
    guard words.first == "run" else { return nil }
    var positions: [String] = []
    var index = 1
    var choosesMachine = false
    while index < words.count {
      let word = words[index]
      index += 1
      if word == "--" {
        positions += words[index...]
        break
      }
      if word == "--quiet-platform" {
        isQuiet = true
      } else if word == "--machine", index < words.count, words[index] == KVMMachineKind.shared.name {
        // The machine that this line gets in any case.
        guard !choosesMachine else { return nil }
        choosesMachine = true
        index += 1
      } else if !word.hasPrefix("-") {
        positions.append(word)
      } else {
        guard index < words.count, !words[index].hasPrefix("-"), options.set(word, words[index]) else { return nil }
        index += 1
      }
    }
    guard let application = positions.first, !application.isEmpty else { return nil }
    self.application = application
    options.arguments = [Self.name(of: application)] + positions.dropFirst()
  }

  /// What a program is told that it is called.
  public static func name(of path: String) -> String { String(path.split(separator: "/").last ?? Substring(path)) }

  /// Nil where the application is no image, none that can be used, no command, one with secrets, which a broker has, or one that uses the network.
  public var image: TrustletImage? {
    guard let image = try? TrustletImage.read(path: application), image.manifest.releasedResources.isEmpty, image.manifest.network.isEmpty, !image.answersHTTP else {
      return nil
    }
    return image
  }
}

extension RunOptions {
  /// False for an option that is not known here, is given twice, or has a value that is none.
  fileprivate mutating func set(_ option: String, _ value: String) -> Bool {
    switch option {
    case "--dir":
      guard let argument = DirectoryArgument(argument: value) else { return false }
      directories.append(argument.directory)
    case "--env":
      guard let separator = value.firstIndex(of: "="), separator > value.startIndex else { return false }
      environment.append(value)
    case "--memory":
      guard memory == nil, let size = ByteCount(parsing: value) else { return false }
      memory = size
    case "--output-limit":
      guard output == nil, let size = ByteCount(parsing: value) else { return false }
      output = size
    case "--cpu-time":
      guard cpuTime == nil, let span = TimeSpan(parsing: value), span.nanoseconds > 0 else { return false }
      cpuTime = span
    case "--timeout":
      guard time == nil, let span = TimeSpan(parsing: value), span.nanoseconds > 0 else { return false }
      time = span
    default: return false
    }
    return true
  }
}
