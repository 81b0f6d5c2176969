/// The interfaces of WASI 0.2 that Coffer offers, in a notation of this room's own: what components may import, and what the C files in
/// `Components/wasi` implement.
///
/// A line without indentation begins an interface. `use` brings in another one's types. `name = ...` is a type; `name(...)` a function,
/// `resource.name(...)` a method, `static resource.name(...)` a function beside it and `new resource(...)` its constructor. `[t]` is a list, `t?` an option, `(t, u)` a tuple, `t!e` a result with `_` for nothing, `^r` a borrowed
/// resource. Types that others are made of are brought in too: an interface that offers more fits wherever less is wanted.
enum WASIInterfaces {
  /// The newest version of 0.2 that these are of. From one to the next, things are added and nothing is changed.
  static let version = Version(major: 0, minor: 2, patch: 12)

  static let text = basics + files + sockets + http + node

  private static let basics = """
    io/error
      error = resource
      error.to-debug-string() -> string
    io/poll
      pollable = resource
      pollable.ready() -> bool
      pollable.block()
      poll(in: [^pollable]) -> [u32]
    io/streams
      use io/error error
      use io/poll pollable
      stream-error = variant last-operation-failed(error), closed
      input-stream = resource
      input-stream.read(len: u64) -> [u8]!stream-error
      input-stream.blocking-read(len: u64) -> [u8]!stream-error
      input-stream.skip(len: u64) -> u64!stream-error
      input-stream.blocking-skip(len: u64) -> u64!stream-error
      input-stream.subscribe() -> pollable
      output-stream = resource
      output-stream.check-write() -> u64!stream-error
      output-stream.write(contents: [u8]) -> _!stream-error
      output-stream.blocking-write-and-flush(contents: [u8]) -> _!stream-error
      output-stream.flush() -> _!stream-error
      output-stream.blocking-flush() -> _!stream-error
      output-stream.subscribe() -> pollable
      output-stream.write-zeroes(len: u64) -> _!stream-error
      output-stream.blocking-write-zeroes-and-flush(len: u64) -> _!stream-error
      output-stream.splice(src: ^input-stream, len: u64) -> u64!stream-error
      output-stream.blocking-splice(src: ^input-stream, len: u64) -> u64!stream-error
    clocks/monotonic-clock
      use io/poll pollable
      instant = u64
      duration = u64
      now() -> instant
      resolution() -> duration
      subscribe-instant(when: instant) -> pollable
      subscribe-duration(when: duration) -> pollable
    clocks/wall-clock
      datetime = record seconds: u64, nanoseconds: u32
      now() -> datetime
      resolution() -> datetime
    clocks/timezone
      use clocks/wall-clock datetime
      timezone-display = record utc-offset: s32, name: string, in-daylight-saving-time: bool
      display(when: datetime) -> timezone-display
      utc-offset(when: datetime) -> s32
    random/random
      get-random-bytes(len: u64) -> [u8]
      get-random-u64() -> u64
    random/insecure
      get-insecure-random-bytes(len: u64) -> [u8]
      get-insecure-random-u64() -> u64
    random/insecure-seed
      insecure-seed() -> (u64, u64)
    cli/environment
      get-environment() -> [(string, string)]
      get-arguments() -> [string]
      initial-cwd() -> string?
    cli/exit
      exit(status: _!_)
      exit-with-code(status-code: u8)
    cli/stdin
      use io/streams input-stream
      get-stdin() -> input-stream
    cli/stdout
      use io/streams output-stream
      get-stdout() -> output-stream
    cli/stderr
      use io/streams output-stream
      get-stderr() -> output-stream
    cli/terminal-input
      terminal-input = resource
    cli/terminal-output
      terminal-output = resource
    cli/terminal-stdin
      use cli/terminal-input terminal-input
      get-terminal-stdin() -> terminal-input?
    cli/terminal-stdout
      use cli/terminal-output terminal-output
      get-terminal-stdout() -> terminal-output?
    cli/terminal-stderr
      use cli/terminal-output terminal-output
      get-terminal-stderr() -> terminal-output?

    """

  private static let files = """
    filesystem/types
      use io/streams input-stream output-stream error
      use clocks/wall-clock datetime
      filesize = u64
      descriptor-type = enum unknown, block-device, character-device, directory, fifo, symbolic-link, regular-file, socket
      descriptor-flags = flags read, write, file-integrity-sync, data-integrity-sync, requested-write-sync, mutate-directory
      path-flags = flags symlink-follow
      open-flags = flags create, directory, exclusive, truncate
      link-count = u64
      descriptor-stat = record type: descriptor-type, link-count: link-count, size: filesize, data-access-timestamp: datetime?, \
    data-modification-timestamp: datetime?, status-change-timestamp: datetime?
      new-timestamp = variant no-change, now, timestamp(datetime)
      directory-entry = record type: descriptor-type, name: string
      error-code = enum access, would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, \
    illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, message-size, name-too-long, \
    no-device, no-entry, no-lock, insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable, unsupported, \
    no-tty, no-such-device, overflow, not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device
      advice = enum normal, sequential, random, will-need, dont-need, no-reuse
      metadata-hash-value = record lower: u64, upper: u64
      descriptor = resource
      directory-entry-stream = resource
      descriptor.read-via-stream(offset: filesize) -> input-stream!error-code
      descriptor.write-via-stream(offset: filesize) -> output-stream!error-code
      descriptor.append-via-stream() -> output-stream!error-code
      descriptor.advise(offset: filesize, length: filesize, advice: advice) -> _!error-code
      descriptor.sync-data() -> _!error-code
      descriptor.get-flags() -> descriptor-flags!error-code
      descriptor.get-type() -> descriptor-type!error-code
      descriptor.set-size(size: filesize) -> _!error-code
      descriptor.set-times(data-access-timestamp: new-timestamp, data-modification-timestamp: new-timestamp) -> _!error-code
      descriptor.read(length: filesize, offset: filesize) -> ([u8], bool)!error-code
      descriptor.write(buffer: [u8], offset: filesize) -> filesize!error-code
      descriptor.read-directory() -> directory-entry-stream!error-code
      descriptor.sync() -> _!error-code
      descriptor.create-directory-at(path: string) -> _!error-code
      descriptor.stat() -> descriptor-stat!error-code
      descriptor.stat-at(path-flags: path-flags, path: string) -> descriptor-stat!error-code
      descriptor.set-times-at(path-flags: path-flags, path: string, data-access-timestamp: new-timestamp, \
    data-modification-timestamp: new-timestamp) -> _!error-code
      descriptor.link-at(old-path-flags: path-flags, old-path: string, new-descriptor: ^descriptor, new-path: string) -> _!error-code
      descriptor.open-at(path-flags: path-flags, path: string, open-flags: open-flags, flags: descriptor-flags) -> descriptor!error-code
      descriptor.readlink-at(path: string) -> string!error-code
      descriptor.remove-directory-at(path: string) -> _!error-code
      descriptor.rename-at(old-path: string, new-descriptor: ^descriptor, new-path: string) -> _!error-code
      descriptor.symlink-at(old-path: string, new-path: string) -> _!error-code
      descriptor.unlink-file-at(path: string) -> _!error-code
      descriptor.is-same-object(other: ^descriptor) -> bool
      descriptor.metadata-hash() -> metadata-hash-value!error-code
      descriptor.metadata-hash-at(path-flags: path-flags, path: string) -> metadata-hash-value!error-code
      directory-entry-stream.read-directory-entry() -> directory-entry?!error-code
      filesystem-error-code(err: ^error) -> error-code?
    filesystem/preopens
      use filesystem/types descriptor
      get-directories() -> [(descriptor, string)]

    """

  private static let addresses =
    "use sockets/network network error-code ip-address-family ipv4-address ipv6-address ip-address ipv4-socket-address "
    + "ipv6-socket-address ip-socket-address"

  private static let sockets = """
    sockets/network
      use io/error error
      network = resource
      error-code = enum unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, \
    not-in-progress, would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, remote-unreachable, \
    connection-refused, connection-reset, connection-aborted, datagram-too-large, name-unresolvable, temporary-resolver-failure, \
    permanent-resolver-failure
      ip-address-family = enum ipv4, ipv6
      ipv4-address = (u8, u8, u8, u8)
      ipv6-address = (u16, u16, u16, u16, u16, u16, u16, u16)
      ip-address = variant ipv4(ipv4-address), ipv6(ipv6-address)
      ipv4-socket-address = record port: u16, address: ipv4-address
      ipv6-socket-address = record port: u16, flow-info: u32, address: ipv6-address, scope-id: u32
      ip-socket-address = variant ipv4(ipv4-socket-address), ipv6(ipv6-socket-address)
      network-error-code(err: ^error) -> error-code?
    sockets/instance-network
      use sockets/network network
      instance-network() -> network
    sockets/ip-name-lookup
      use io/poll pollable
      \(addresses)
      resolve-address-stream = resource
      resolve-address-stream.resolve-next-address() -> ip-address?!error-code
      resolve-address-stream.subscribe() -> pollable
      resolve-addresses(network: ^network, name: string) -> resolve-address-stream!error-code
    sockets/tcp
      use io/streams input-stream output-stream
      use io/poll pollable
      use clocks/monotonic-clock duration
      \(addresses)
      shutdown-type = enum receive, send, both
      tcp-socket = resource
      tcp-socket.start-bind(network: ^network, local-address: ip-socket-address) -> _!error-code
      tcp-socket.finish-bind() -> _!error-code
      tcp-socket.start-connect(network: ^network, remote-address: ip-socket-address) -> _!error-code
      tcp-socket.finish-connect() -> (input-stream, output-stream)!error-code
      tcp-socket.start-listen() -> _!error-code
      tcp-socket.finish-listen() -> _!error-code
      tcp-socket.accept() -> (tcp-socket, input-stream, output-stream)!error-code
      tcp-socket.local-address() -> ip-socket-address!error-code
      tcp-socket.remote-address() -> ip-socket-address!error-code
      tcp-socket.is-listening() -> bool
      tcp-socket.address-family() -> ip-address-family
      tcp-socket.set-listen-backlog-size(value: u64) -> _!error-code
      tcp-socket.keep-alive-enabled() -> bool!error-code
      tcp-socket.set-keep-alive-enabled(value: bool) -> _!error-code
      tcp-socket.keep-alive-idle-time() -> duration!error-code
      tcp-socket.set-keep-alive-idle-time(value: duration) -> _!error-code
      tcp-socket.keep-alive-interval() -> duration!error-code
      tcp-socket.set-keep-alive-interval(value: duration) -> _!error-code
      tcp-socket.keep-alive-count() -> u32!error-code
      tcp-socket.set-keep-alive-count(value: u32) -> _!error-code
      tcp-socket.hop-limit() -> u8!error-code
      tcp-socket.set-hop-limit(value: u8) -> _!error-code
      tcp-socket.receive-buffer-size() -> u64!error-code
      tcp-socket.set-receive-buffer-size(value: u64) -> _!error-code
      tcp-socket.send-buffer-size() -> u64!error-code
      tcp-socket.set-send-buffer-size(value: u64) -> _!error-code
      tcp-socket.subscribe() -> pollable
      tcp-socket.shutdown(shutdown-type: shutdown-type) -> _!error-code
    sockets/tcp-create-socket
      \(addresses)
      use sockets/tcp tcp-socket
      create-tcp-socket(address-family: ip-address-family) -> tcp-socket!error-code
    sockets/udp
      use io/poll pollable
      \(addresses)
      incoming-datagram = record data: [u8], remote-address: ip-socket-address
      outgoing-datagram = record data: [u8], remote-address: ip-socket-address?
      udp-socket = resource
      incoming-datagram-stream = resource
      outgoing-datagram-stream = resource
      udp-socket.start-bind(network: ^network, local-address: ip-socket-address) -> _!error-code
      udp-socket.finish-bind() -> _!error-code
      udp-socket.stream(remote-address: ip-socket-address?) -> (incoming-datagram-stream, outgoing-datagram-stream)!error-code
      udp-socket.local-address() -> ip-socket-address!error-code
      udp-socket.remote-address() -> ip-socket-address!error-code
      udp-socket.address-family() -> ip-address-family
      udp-socket.unicast-hop-limit() -> u8!error-code
      udp-socket.set-unicast-hop-limit(value: u8) -> _!error-code
      udp-socket.receive-buffer-size() -> u64!error-code
      udp-socket.set-receive-buffer-size(value: u64) -> _!error-code
      udp-socket.send-buffer-size() -> u64!error-code
      udp-socket.set-send-buffer-size(value: u64) -> _!error-code
      udp-socket.subscribe() -> pollable
      incoming-datagram-stream.receive(max-results: u64) -> [incoming-datagram]!error-code
      incoming-datagram-stream.subscribe() -> pollable
      outgoing-datagram-stream.check-send() -> u64!error-code
      outgoing-datagram-stream.send(datagrams: [outgoing-datagram]) -> u64!error-code
      outgoing-datagram-stream.subscribe() -> pollable
    sockets/udp-create-socket
      \(addresses)
      use sockets/udp udp-socket
      create-udp-socket(address-family: ip-address-family) -> udp-socket!error-code

    """

  private static let http = """
    http/types
      use io/error error
      use io/poll pollable
      use io/streams input-stream output-stream
      use clocks/monotonic-clock duration
      method = variant get, head, post, put, delete, connect, options, trace, patch, other(string)
      scheme = variant HTTP, HTTPS, other(string)
      DNS-error-payload = record rcode: string?, info-code: u16?
      TLS-alert-received-payload = record alert-id: u8?, alert-message: string?
      field-size-payload = record field-name: string?, field-size: u32?
      error-code = variant DNS-timeout, DNS-error(DNS-error-payload), destination-not-found, destination-unavailable, \
    destination-IP-prohibited, destination-IP-unroutable, connection-refused, connection-terminated, connection-timeout, \
    connection-read-timeout, connection-write-timeout, connection-limit-reached, TLS-protocol-error, TLS-certificate-error, \
    TLS-alert-received(TLS-alert-received-payload), HTTP-request-denied, HTTP-request-length-required, HTTP-request-body-size(u64?), \
    HTTP-request-method-invalid, HTTP-request-URI-invalid, HTTP-request-URI-too-long, HTTP-request-header-section-size(u32?), \
    HTTP-request-header-size(field-size-payload?), HTTP-request-trailer-section-size(u32?), \
    HTTP-request-trailer-size(field-size-payload), HTTP-response-incomplete, HTTP-response-header-section-size(u32?), \
    HTTP-response-header-size(field-size-payload), HTTP-response-body-size(u64?), HTTP-response-trailer-section-size(u32?), \
    HTTP-response-trailer-size(field-size-payload), HTTP-response-transfer-coding(string?), HTTP-response-content-coding(string?), \
    HTTP-response-timeout, HTTP-upgrade-failed, HTTP-protocol-error, loop-detected, configuration-error, internal-error(string?)
      http-error-code(err: ^error) -> error-code?
      header-error = variant invalid-syntax, forbidden, immutable
      field-key = string
      field-name = string
      field-value = [u8]
      fields = resource
      headers = fields
      trailers = fields
      new fields()
      static fields.from-list(entries: [(field-name, field-value)]) -> fields!header-error
      fields.get(name: field-name) -> [field-value]
      fields.has(name: field-name) -> bool
      fields.set(name: field-name, value: [field-value]) -> _!header-error
      fields.delete(name: field-name) -> _!header-error
      fields.append(name: field-name, value: field-value) -> _!header-error
      fields.entries() -> [(field-name, field-value)]
      fields.clone() -> fields
      incoming-body = resource
      future-trailers = resource
      incoming-request = resource
      incoming-request.method() -> method
      incoming-request.path-with-query() -> string?
      incoming-request.scheme() -> scheme?
      incoming-request.authority() -> string?
      incoming-request.headers() -> headers
      incoming-request.consume() -> incoming-body!_
      outgoing-body = resource
      outgoing-request = resource
      new outgoing-request(headers: headers)
      outgoing-request.body() -> outgoing-body!_
      outgoing-request.method() -> method
      outgoing-request.set-method(method: method) -> _!_
      outgoing-request.path-with-query() -> string?
      outgoing-request.set-path-with-query(path-with-query: string?) -> _!_
      outgoing-request.scheme() -> scheme?
      outgoing-request.set-scheme(scheme: scheme?) -> _!_
      outgoing-request.authority() -> string?
      outgoing-request.set-authority(authority: string?) -> _!_
      outgoing-request.headers() -> headers
      request-options = resource
      new request-options()
      request-options.connect-timeout() -> duration?
      request-options.set-connect-timeout(duration: duration?) -> _!_
      request-options.first-byte-timeout() -> duration?
      request-options.set-first-byte-timeout(duration: duration?) -> _!_
      request-options.between-bytes-timeout() -> duration?
      request-options.set-between-bytes-timeout(duration: duration?) -> _!_
      outgoing-response = resource
      response-outparam = resource
      static response-outparam.set(param: response-outparam, response: outgoing-response!error-code)
      status-code = u16
      incoming-response = resource
      incoming-response.status() -> status-code
      incoming-response.headers() -> headers
      incoming-response.consume() -> incoming-body!_
      incoming-body.stream() -> input-stream!_
      static incoming-body.finish(this: incoming-body) -> future-trailers
      future-trailers.subscribe() -> pollable
      future-trailers.get() -> trailers?!error-code!_?
      new outgoing-response(headers: headers)
      outgoing-response.status-code() -> status-code
      outgoing-response.set-status-code(status-code: status-code) -> _!_
      outgoing-response.headers() -> headers
      outgoing-response.body() -> outgoing-body!_
      outgoing-body.write() -> output-stream!_
      static outgoing-body.finish(this: outgoing-body, trailers: trailers?) -> _!error-code
      future-incoming-response = resource
      future-incoming-response.subscribe() -> pollable
      future-incoming-response.get() -> incoming-response!error-code!_?
    http/outgoing-handler
      use http/types DNS-error-payload TLS-alert-received-payload field-size-payload error-code outgoing-request request-options \
    future-incoming-response
      handle(request: outgoing-request, options: request-options?) -> future-incoming-response!error-code

    """

  /// Not for components: what the driver of an HTTP component takes (``HTTPDriver``).
  private static let node = """
    \(nodeInterface)
      use http/types incoming-request response-outparam
      request() -> incoming-request
      response() -> response-outparam
      finish() -> _!_

    """
  static let nodeInterface = "node/requests"
}
