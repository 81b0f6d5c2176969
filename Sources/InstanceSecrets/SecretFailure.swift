/// Why a program does not begin that needs secrets.
public enum SecretFailure: Error {
  case noEntropy
  case noBroker
  case refused
  case tooMuch
  case malformedAnswer
  case malformedMessage
  case notForThisInstance
  case malformedAuthor
  case notTheAuthors
  case noText
  case noRoom
  case directoryInTheWay

  /// For people; nothing in it tells of a secret.
  public var reason: StaticString {
    switch self {
    case .noEntropy: "the processor gives no randomness for the key to which secrets are encrypted"
    case .noBroker: "the manifest has secrets, and this host has no broker to fetch them from: name one"
    case .refused: "the secrets of the manifest did not come: the host or its broker refused them"
    case .tooMuch: "the secrets of the manifest are together more than the 1 MiB, encrypted and as text, that an instance is given: 750 KiB of secrets fit"
    case .malformedAnswer: "the host's answer is not a message for each secret of the manifest"
    case .malformedMessage: "what came for a secret is no encrypted message as brokers send it"
    case .notForThisInstance: "what came for a secret was encrypted for another instance, or changed on the way"
    case .malformedAuthor: "the manifest's author of secrets is broken, or its key no point of P-256: build the image again, with the key that the broker shows"
    case .notTheAuthors:
      "what came for a secret does not carry the signature of the manifest's author, for this instance and that resource: another wrote it, or it was exchanged or kept from before"
    case .noText: "a secret that is to be a variable has a NUL byte: make it a file in the scratch space"
    case .directoryInTheWay: "the host gave a directory where the program would look for a secret or its sealed directory: choose another place"
    case .noRoom: "a secret does not fit into the scratch space: raise the manifest's scratch size"
    }
  }
}
