"""HTTP/1.1 twice on loopback, plain and by TLS under the given certificate; prints both ports. Bodies of requests are answered with what they hash to."""
import hashlib
import http.server
import ssl
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def read_body(self):
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self):
        body = self.read_body()
        text = b"%s %s %d %s\n" % (self.command.encode(), self.path.encode(), len(body), hashlib.sha256(body).hexdigest().encode())
        if self.path.startswith("/bytes/"):
            text = b"0123456789abcdef" * (int(self.path[7:]) // 16)
        if self.path.startswith("/lines/"):
            text = b"".join(b"%015d\n" % number for number in range(int(self.path[7:]) // 16))
        self.send_response(200)
        self.send_header("X-Asked-By", self.headers.get("x-asked-by", "nobody"))
        # The end of the connection is the body's: one that TLS says, or a cut.
        is_open = self.path in ("/whole", "/cut")
        self.send_header("Connection" if is_open else "Content-Length", "close" if is_open else str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)
        if is_open:
            self.close_connection = True
            if self.path == "/whole" and isinstance(self.connection, ssl.SSLSocket):
                self.connection.unwrap()

    do_GET = do_HEAD = do_POST = do_PUT = do_BREW = answer

    def log_message(self, *words):
        pass


plain, encrypted = (http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
encrypted.socket = context.wrap_socket(encrypted.socket, server_side=True)
threading.Thread(target=plain.serve_forever, daemon=True).start()
print(plain.server_port, encrypted.server_port, flush=True)
encrypted.serve_forever()
