import ArgumentParser
import Glibc
import HostNetwork
import LocalProcesses
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// What `Encryption` of HostNetwork starts, one for each connection: descriptor 3 is connected to a peer, 4 is the trustlet's stream. Not shown: nobody types it.
///
/// It reads what a stranger sends with a library for TLS, so it has nothing but those two: it locks itself down before it looks at them, and therefore is no
/// asynchronous command, whose runtime would have threads by then.
struct TLSGate: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "tls-gate", shouldDisplay: false)

  @Option var name: String
  @Option var ca: String?
  @Flag(help: "Lock down, try what should be impossible then, say how that went, and end: 0 where all of it was refused.") var proveLocks = false

  private static let (peer, trustlet): (NIOBSDSocket.Handle, NIOBSDSocket.Handle) = (3, 4)
  /// The two connections and what an event loop has open.
  private static let descriptors: UInt64 = 32

  func run() throws {
    guard !proveLocks else { return try prove() }
    // Files are out of reach behind the locks.
    let context = Result { try NIOSSLContext(configuration: configuration()) }
    _ = Lockdown(.gate, descriptors: Self.descriptors)
    try carry(context)
  }

  private func carry(_ context: Result<NIOSSLContext, any Error>) throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let local = try ClientBootstrap(group: group)
      // Nothing is read for a peer that is not known yet.
      .channelOption(.autoRead, value: false).channelOption(.allowRemoteHalfClosure, value: true).withConnectedSocket(Self.trustlet).wait()
    do {
      let context = try context.get()
      let name = self.name
      let remote = try ClientBootstrap(group: group)
        .channelOption(.allowRemoteHalfClosure, value: true)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
            try pipeline.addHandler(PeerVerdict(name: name, trustlet: local))
          }
        }.withConnectedSocket(Self.peer).wait()
      // The trustlet, or the node, has given it up: what it has written may still go, but a peer that says nothing or takes nothing is not waited for.
      local.closeFuture.whenComplete { _ in remote.eventLoop.scheduleTask(in: .seconds(5)) { remote.close(promise: nil) } }
      try? remote.closeFuture.wait()
    } catch {
      try? local.writeAndFlush(ByteBuffer(bytes: [Encryption.Verdict.failed.rawValue])).wait()
      try? local.close().wait()
    }
    try? local.closeFuture.wait()
    // Not by shutting the group down: that takes a dispatch queue, whose library looks at /proc/self/task, and traps where it may not.
    Glibc.exit(0)
  }

  private func prove() throws {
    let unconnected = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let lockdown = Lockdown(.gate, descriptors: Self.descriptors)
    let (lines, isLocked) = Lockdown.attempt(.gate, victim: getppid(), unconnected: unconnected)
    let missing = lockdown.missing.isEmpty ? [] : ["missing: \(lockdown.missing.joined(separator: ", "))"]
    for line in ["locks: \(lockdown.locks.joined(separator: ", "))"] + missing + lines { Terminal.complain(line) }
    guard isLocked else { throw ExitCode(1) }
  }

  private func configuration() throws -> TLSConfiguration {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    if let ca {
      configuration.trustRoots = .file(ca)
    } else if let roots = try TrustRoots.ofFolder() {
      configuration.trustRoots = .certificates(roots)
    }
    return configuration
  }
}

/// The system's roots where they lie in files of their own: the library would open those that it needs when it needs them, which is behind the locks.
private enum TrustRoots {
  /// Where swift-nio-ssl finds all roots in one file, and where it finds a folder of them.
  private static let files = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]
  private static let folder = "/etc/ssl/certs"

  /// Nil where there is one file for all.
  static func ofFolder() throws -> [NIOSSLCertificate]? {
    guard !files.contains(where: { access($0, R_OK) == 0 }), let entries = opendir(folder) else { return nil }
    defer { closedir(entries) }
    var roots: [NIOSSLCertificate] = []
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      // As `openssl rehash` names them, and nothing else: the same certificates lie there under other names too.
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0].count == 8, parts[0].allSatisfy(\.isHexDigit), !parts[1].isEmpty, parts[1].allSatisfy(\.isNumber) else { continue }
      roots += try NIOSSLCertificate.fromPEMFile("\(folder)/\(name)")
    }
    return roots
  }
}

/// Tells the trustlet's side what the peer turned out to be, and joins the two where it is whom the trustlet named.
private final class PeerVerdict: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let name: String
  private let trustlet: any Channel
  private var isKnown = false

  init(name: String, trustlet: any Channel) { (self.name, self.trustlet) = (name, trustlet) }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard !isKnown, case .handshakeCompleted? = event as? TLSUserEvent else { return context.fireUserInboundEventTriggered(event) }
    tell(.accepted)
    do {
      try context.pipeline.syncOperations.addHandler(Joined(to: trustlet, isPeers: true), position: .after(self))
      try trustlet.pipeline.syncOperations.addHandler(Joined(to: context.channel, isPeers: false))
      trustlet.setOption(.autoRead, value: true).whenFailure { [trustlet] _ in trustlet.close(promise: nil) }
    } catch {
      context.close(promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !isKnown else { return context.fireErrorCaught(error) }
    let text = "\(error)"
    // BoringSSL's name for it; the name of the host is compared by swift-nio-ssl.
    let isCertificate = text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") || error is NIOSSLExtraError
    Terminal.complain("TLS: \(isCertificate ? Self.reason(text, name) : "\(name) does not speak TLS 1.2 or later\(Self.alert(text))")")
    tell(isCertificate ? .badCertificate : .noTLS)
    trustlet.close(promise: nil)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    if !isKnown {
      tell(.noTLS)
      trustlet.close(promise: nil)
    }
    context.fireChannelInactive()
  }

  /// BoringSSL's word for it, as " (WRONG_VERSION_NUMBER)"; nothing where there is none.
  private static func alert(_ text: String) -> String {
    guard let range = text.firstRange(of: "OPENSSL_internal:") else { return "" }
    return " (\(text[range.upperBound...].prefix { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }))"
  }

  private static func reason(_ text: String, _ name: String) -> String {
    text.contains("CERTIFICATE_VERIFY_FAILED")
      ? "no trusted root vouches for the certificate of \(name), or its time is over; --ca FILE names roots of your own" : "the certificate is not one of \(name)"
  }

  private func tell(_ verdict: Encryption.Verdict) {
    isKnown = true
    trustlet.writeAndFlush(ByteBuffer(bytes: [verdict.rawValue]), promise: nil)
  }
}

/// One of two channels of the same event loop: what comes in goes out at the other, no faster than that takes it.
private final class Joined: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let other: any Channel
  /// The end was said, as TLS wants it. Then the trustlet's stream keeps its other direction: the trustlet's side takes what is closed for what was cut.
  private var hasEnded = false

  /// Whether what comes in is the peer's.
  private let isPeers: Bool

  init(to other: any Channel, isPeers: Bool) { (self.other, self.isPeers) = (other, isPeers) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard other.isActive else { return context.close(promise: nil) }
    other.write(unwrapInboundIn(data), promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) { other.flush() }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    other.setOption(.autoRead, value: context.channel.isWritable).whenFailure { [other] _ in other.close(promise: nil) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .inputClosed? = event as? ChannelEvent else { return }
    hasEnded = true
    behindWhatWasWritten { $0.close(mode: .output, promise: nil) }
  }

  func channelInactive(context: ChannelHandlerContext) { endOther() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    endOther()
    context.close(promise: nil)
  }

  private func endOther() {
    guard !hasEnded || !isPeers else { return }
    behindWhatWasWritten { $0.close(promise: nil) }
  }

  /// A channel forgets what it has not sent when it is closed: who reads slowly would lose the end of what the other has sent.
  private func behindWhatWasWritten(_ end: @escaping @Sendable (any Channel) -> Void) {
    let other = other
    other.writeAndFlush(ByteBuffer()).whenComplete { _ in end(other) }
  }
}
