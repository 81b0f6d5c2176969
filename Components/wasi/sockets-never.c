// wasi:sockets, the functions of sockets: none is ever made, so that none of these can be called. They take what the canonical ABI
// passes.
#include "component.h"

#define SELF const struct object *
#define NEVER(name, function, ...) \
  EXPORT(name) uint32_t function(__VA_ARGS__) { __builtin_trap(); }
#define LOOKUP(name, function, ...) NEVER("sockets/ip-name-lookup#[method]resolve-address-stream." name, lookup_##function, __VA_ARGS__)
#define TCP(name, function, ...) NEVER("sockets/tcp#[method]tcp-socket." name, tcp_##function, __VA_ARGS__)
#define UDP(name, function, ...) NEVER("sockets/udp#[method]udp-socket." name, udp_##function, __VA_ARGS__)
#define IN(name, function, ...) NEVER("sockets/udp#[method]incoming-datagram-stream." name, in_##function, __VA_ARGS__)
#define OUT(name, function, ...) NEVER("sockets/udp#[method]outgoing-datagram-stream." name, out_##function, __VA_ARGS__)
// ip-socket-address: its case, and as many values as the address of version 6 has.
#define ADDRESS \
  uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t

LOOKUP("resolve-next-address", next, SELF)
LOOKUP("subscribe", subscribe, SELF)

TCP("start-bind", start_bind, SELF, SELF, ADDRESS)
TCP("finish-bind", finish_bind, SELF)
TCP("start-connect", start_connect, SELF, SELF, ADDRESS)
TCP("finish-connect", finish_connect, SELF)
TCP("start-listen", start_listen, SELF)
TCP("finish-listen", finish_listen, SELF)
TCP("accept", accept, SELF)
TCP("local-address", local_address, SELF)
TCP("remote-address", remote_address, SELF)
TCP("is-listening", is_listening, SELF)
TCP("address-family", address_family, SELF)
TCP("set-listen-backlog-size", set_backlog, SELF, uint64_t)
TCP("keep-alive-enabled", keep_alive, SELF)
TCP("set-keep-alive-enabled", set_keep_alive, SELF, uint32_t)
TCP("keep-alive-idle-time", idle_time, SELF)
TCP("set-keep-alive-idle-time", set_idle_time, SELF, uint64_t)
TCP("keep-alive-interval", interval, SELF)
TCP("set-keep-alive-interval", set_interval, SELF, uint64_t)
TCP("keep-alive-count", count, SELF)
TCP("set-keep-alive-count", set_count, SELF, uint32_t)
TCP("hop-limit", hop_limit, SELF)
TCP("set-hop-limit", set_hop_limit, SELF, uint32_t)
TCP("receive-buffer-size", receive_size, SELF)
TCP("set-receive-buffer-size", set_receive_size, SELF, uint64_t)
TCP("send-buffer-size", send_size, SELF)
TCP("set-send-buffer-size", set_send_size, SELF, uint64_t)
TCP("subscribe", subscribe, SELF)
TCP("shutdown", shutdown, SELF, uint32_t)

UDP("start-bind", start_bind, SELF, SELF, ADDRESS)
UDP("finish-bind", finish_bind, SELF)
UDP("stream", stream, SELF, uint32_t, ADDRESS)
UDP("local-address", local_address, SELF)
UDP("remote-address", remote_address, SELF)
UDP("address-family", address_family, SELF)
UDP("unicast-hop-limit", hop_limit, SELF)
UDP("set-unicast-hop-limit", set_hop_limit, SELF, uint32_t)
UDP("receive-buffer-size", receive_size, SELF)
UDP("set-receive-buffer-size", set_receive_size, SELF, uint64_t)
UDP("send-buffer-size", send_size, SELF)
UDP("set-send-buffer-size", set_send_size, SELF, uint64_t)
UDP("subscribe", subscribe, SELF)

IN("receive", receive, SELF, uint64_t)
IN("subscribe", subscribe, SELF)
OUT("check-send", check, SELF)
OUT("send", send, SELF, const struct list *, uint32_t)
OUT("subscribe", subscribe, SELF)
