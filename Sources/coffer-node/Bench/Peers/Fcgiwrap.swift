import Foundation
import ProgramFiles

/// A new process for each request: a static C program by CGI, under fcgiwrap behind nginx.
enum Fcgiwrap {
  static let name = "fcgiwrap"

  /// - Throws: What is missing, by name.
  static func server(in scratch: ScratchDirectory) throws -> HelloServer {
    guard let wrapper = ExecutablePath.inPath(name) else { throw CommandFailure(name) }
    guard let nginx = ExecutablePath.inPath("nginx") else { throw CommandFailure("\(name) (nginx, before it, is not installed)") }
    guard let compiler = ExecutablePath.inPath("clang") ?? ExecutablePath.inPath("cc") else {
      throw CommandFailure("\(name) (there is no C compiler)")
    }
    let source = try scratch.add("hello.c", Data(program.utf8))
    let hello = scratch.path + "/hello.cgi"
    guard try ChildProcess.run([compiler, "-O2", "-static", "-o", hello, source]) == 0 else {
      throw CommandFailure("\(name) (\(compiler) makes no static program)")
    }
    let port = try LoopbackPort.free()
    let socket = scratch.path + "/fcgiwrap.socket"
    let file = try scratch.add("nginx.conf", Data(configuration(port, socket, hello, scratch.path).utf8))
    let wrapped = try ServedProcess(name, [wrapper, "-c", "4", "-s", "unix:\(socket)"], port: 0, in: scratch, leadsGroup: true)
    let front = try ServedProcess(
      "nginx", [nginx, "-p", scratch.path, "-c", file, "-e", scratch.path + "/nginx-errors.log"], port: port, in: scratch)
    return try HelloServer(name, path: "/hello", port: port, [front, wrapped])
  }

  private static func configuration(_ port: UInt16, _ socket: String, _ hello: String, _ folder: String) -> String {
    """
    daemon off;
    \(getuid() == 0 ? "user root;" : "")
    pid \(folder)/nginx.pid;
    worker_processes auto;
    events { worker_connections 1024; }
    http {
      access_log off;
      client_body_temp_path \(folder)/body;
      fastcgi_temp_path \(folder)/fastcgi;
      proxy_temp_path \(folder)/proxy;
      scgi_temp_path \(folder)/scgi;
      uwsgi_temp_path \(folder)/uwsgi;
      keepalive_requests 1000000;
      server {
        listen 127.0.0.1:\(port) backlog=1024;
        location / {
          fastcgi_pass unix:\(socket);
          fastcgi_param SCRIPT_FILENAME \(hello);
          fastcgi_param REQUEST_METHOD $request_method;
          fastcgi_param QUERY_STRING $query_string;
          fastcgi_param SERVER_PROTOCOL $server_protocol;
          fastcgi_param GATEWAY_INTERFACE CGI/1.1;
        }
      }
    }
    """
  }

  private static let program = """
    #include <unistd.h>
    int main(void) {
      static const char text[] = "Content-Type: text/plain; charset=utf-8\\n\\nHello from inside a trustlet\\n";
      return write(1, text, sizeof text - 1) == sizeof text - 1 ? 0 : 1;
    }
    """
}
