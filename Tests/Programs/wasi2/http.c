// Answers HTTP requests: what it does, the path says. "/report" uses nearly every function of wasi:http/types and says what came of it.
#include "client.h"

#define HTTP(name) IMPORT("http/types", name)
#define HANDLE __attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle")))

struct option_string {
  uint32_t is_some;
  struct list text;
};
struct named {
  uint32_t number;
  struct list other;
};
struct option_named {
  uint32_t is_some;
  struct named value;
};
struct handle_result {
  uint32_t is_error;
  handle value;
};
struct small_result {
  uint8_t is_error, value;
};
struct list_of {
  const struct list *elements;
  uint32_t count;
};
struct bytes_result {
  uint8_t is_error;
  struct list bytes;
};
struct count_result {
  uint8_t is_error;
  uint64_t count;
};
struct code_result {
  uint8_t is_error;
  uint64_t code[4];
};
struct option_time {
  uint8_t is_some;
  uint64_t time;
};

HTTP("[constructor]fields") handle new_fields(void);
HTTP("[static]fields.from-list") void fields_from(const struct list *pairs, uint32_t count, struct handle_result *);
HTTP("[method]fields.get") void fields_get(handle, const char *, uint32_t, struct list_of *);
HTTP("[method]fields.has") uint32_t fields_has(handle, const char *, uint32_t);
HTTP("[method]fields.set") void fields_set(handle, const char *, uint32_t, const struct list *, uint32_t, struct small_result *);
HTTP("[method]fields.delete") void fields_delete(handle, const char *, uint32_t, struct small_result *);
HTTP("[method]fields.append") void fields_append(handle, const char *, uint32_t, const void *, uint32_t, struct small_result *);
HTTP("[method]fields.entries") void fields_entries(handle, struct list_of *);
HTTP("[method]fields.clone") handle fields_clone(handle);
HTTP("[resource-drop]fields") void drop_fields(handle);
HTTP("[method]incoming-request.method") void request_method(handle, struct named *);
HTTP("[method]incoming-request.path-with-query") void request_path(handle, struct option_string *);
HTTP("[method]incoming-request.scheme") void request_scheme(handle, struct option_named *);
HTTP("[method]incoming-request.authority") void request_authority(handle, struct option_string *);
HTTP("[method]incoming-request.headers") handle request_headers(handle);
HTTP("[method]incoming-request.consume") void request_consume(handle, struct handle_result *);
HTTP("[resource-drop]incoming-request") void drop_request(handle);
HTTP("[method]incoming-body.stream") void incoming_stream(handle, struct handle_result *);
HTTP("[static]incoming-body.finish") handle incoming_finish(handle);
HTTP("[method]future-trailers.subscribe") handle trailers_subscribe(handle);
struct trailers_result {
  uint64_t is_some, was_taken, is_error;
  union {
    struct {
      uint8_t has;
      handle trailers;
    };
    uint64_t code[4];
  };
};
HTTP("[method]future-trailers.get") void trailers_get(handle, struct trailers_result *);
HTTP("[resource-drop]future-trailers") void drop_trailers(handle);
HTTP("[constructor]outgoing-response") handle new_response(handle headers);
HTTP("[method]outgoing-response.status-code") uint32_t response_status(handle);
HTTP("[method]outgoing-response.set-status-code") uint32_t response_set_status(handle, uint32_t);
HTTP("[method]outgoing-response.headers") handle response_headers(handle);
HTTP("[method]outgoing-response.body") void response_body(handle, struct handle_result *);
HTTP("[static]response-outparam.set")
void set_response(handle, uint32_t, handle, uint32_t, uint64_t, uint32_t, uint32_t, uint32_t, uint32_t);
HTTP("[method]outgoing-body.write") void body_write(handle, struct handle_result *);
HTTP("[static]outgoing-body.finish") void body_finish(handle, uint32_t, handle, struct code_result *);
HTTP("[resource-drop]outgoing-body") void drop_body(handle);
HTTP("http-error-code") void http_error_code(handle, struct code_result *);
HTTP("[constructor]outgoing-request") handle new_request(handle headers);
HTTP("[method]outgoing-request.body") void outgoing_body(handle, struct handle_result *);
HTTP("[method]outgoing-request.set-method") uint32_t set_method(handle, uint32_t, const char *, uint32_t);
HTTP("[method]outgoing-request.method") void outgoing_method(handle, struct named *);
HTTP("[method]outgoing-request.set-path-with-query") uint32_t set_path(handle, uint32_t, const char *, uint32_t);
HTTP("[method]outgoing-request.path-with-query") void outgoing_path(handle, struct option_string *);
HTTP("[method]outgoing-request.set-scheme") uint32_t set_scheme(handle, uint32_t, uint32_t, const char *, uint32_t);
HTTP("[method]outgoing-request.scheme") void outgoing_scheme(handle, struct option_named *);
HTTP("[method]outgoing-request.set-authority") uint32_t set_authority(handle, uint32_t, const char *, uint32_t);
HTTP("[method]outgoing-request.authority") void outgoing_authority(handle, struct option_string *);
HTTP("[method]outgoing-request.headers") handle outgoing_headers(handle);
HTTP("[constructor]request-options") handle new_options(void);
HTTP("[method]request-options.connect-timeout") void options_connect(handle, struct option_time *);
HTTP("[method]request-options.set-connect-timeout") uint32_t options_set_connect(handle, uint32_t, uint64_t);
HTTP("[method]request-options.set-first-byte-timeout") uint32_t options_set_first(handle, uint32_t, uint64_t);
HTTP("[method]request-options.between-bytes-timeout") void options_between(handle, struct option_time *);
IMPORT("http/outgoing-handler", "handle") void outgoing_handle(handle, uint32_t, handle, struct code_result *);

IMPORT("io/streams", "[method]input-stream.read") void stream_read(handle, uint64_t, struct bytes_result *);
IMPORT("io/streams", "[method]input-stream.blocking-read") void blocking_read(handle, uint64_t, struct bytes_result *);
IMPORT("io/streams", "[method]input-stream.subscribe") handle input_subscribe(handle);
IMPORT("io/streams", "[resource-drop]input-stream") void drop_input(handle);
IMPORT("io/streams", "[method]output-stream.write") void stream_write(handle, const void *, uint32_t, struct stream_result *);
IMPORT("io/streams", "[method]output-stream.check-write") void check_write(handle, struct count_result *);
IMPORT("io/streams", "[method]output-stream.blocking-splice") void blocking_splice(handle, handle, uint64_t, struct count_result *);
IMPORT("io/streams", "[method]output-stream.blocking-flush") void blocking_flush(handle, struct stream_result *);
IMPORT("io/streams", "[resource-drop]output-stream") void drop_output(handle);
IMPORT("io/poll", "[method]pollable.block") void block(handle);
IMPORT("io/poll", "[resource-drop]pollable") void drop_pollable(handle);
IMPORT("clocks/monotonic-clock", "subscribe-duration") handle after(uint64_t);

static bool is(struct list text, const char *wanted) {
  if (text.count != length_of(wanted)) return false;
  for (uint32_t place = 0; place < text.count; place++)
    if (text.elements[place] != (uint8_t)wanted[place]) return false;
  return true;
}

static void sleep(uint64_t milliseconds) {
  handle pollable = after(milliseconds * 1000000);
  block(pollable);
  drop_pollable(pollable);
}

static handle response_out;

struct answer {
  handle body, stream;
};

// Sends the head; the body is to follow.
static struct answer begin(uint32_t status, handle headers) {
  handle response = new_response(headers);
  if (response_set_status(response, status)) __builtin_trap();
  struct handle_result body, stream;
  response_body(response, &body);
  set_response(response_out, 0, response, 0, 0, 0, 0, 0, 0);
  body_write(body.value, &stream);
  return (struct answer){body.value, stream.value};
}

static void write(struct answer answer, const void *bytes, uint32_t length) {
  for (uint32_t place = 0, part; place < length; place += part) {
    part = length - place < 4096 ? length - place : 4096;
    struct { uint8_t is_error; uint32_t error[2]; } result;
    write_and_flush(answer.stream, (const uint8_t *)bytes + place, part, (struct stream_result *)&result);
    if (result.is_error) __builtin_trap();
  }
}

static void write_text(struct answer answer, const char *text) { write(answer, text, length_of(text)); }

static uint8_t end(struct answer answer, handle trailers) {
  struct code_result result;
  drop_output(answer.stream);
  body_finish(answer.body, trailers != 0, trailers, &result);
  return result.is_error ? (uint8_t)result.code[0] : 0xFF;
}

static void line(struct answer answer, const char *name, struct list text) {
  write_text(answer, name);
  write_text(answer, " ");
  write(answer, text.elements, text.count);
  write_text(answer, "\n");
}

static void check(struct answer answer, const char *name, bool holds) {
  write_text(answer, holds ? "holds " : "FAILS ");
  write_text(answer, name);
  write_text(answer, "\n");
}

static uint8_t append(handle fields, const char *name, const char *value) {
  struct small_result result;
  fields_append(fields, name, length_of(name), value, length_of(value), &result);
  return result.is_error ? result.value : 0xFF;
}

static struct list text_of(const char *text) { return (struct list){(const uint8_t *)text, length_of(text)}; }

static void check_fields(struct answer answer, handle request) {
  struct small_result small;
  struct list_of found;
  handle fields = new_fields();
  check(answer, "append", append(fields, "X-One", "1") == 0xFF && append(fields, "x-one", "2") == 0xFF);
  fields_get(fields, "X-ONE", 5, &found);
  check(answer, "get", found.count == 2 && is(found.elements[0], "1") && is(found.elements[1], "2"));
  check(answer, "has", fields_has(fields, "x-One", 5) && !fields_has(fields, "x-two", 5));
  check(answer, "no name", append(fields, "", "1") == 0 && append(fields, "a b", "1") == 0 && append(fields, "a:", "1") == 0);
  check(answer, "no value", append(fields, "a", "1\r\nb: 2") == 0 && append(fields, "content-length", "1x") == 0);
  check(answer, "forbidden", append(fields, "Transfer-Encoding", "chunked") == 1 && append(fields, "host", "a") == 1);
  handle copy = fields_clone(fields);
  struct list values[2] = {text_of("3"), {(const uint8_t *)"\xFF", 1}};
  fields_set(fields, "x-one", 5, values, 2, &small);
  fields_entries(fields, &found);
  check(answer, "set", !small.is_error && found.count == 2 && is(found.elements[0], "x-one") && is(found.elements[1], "3"));
  fields_delete(fields, "X-One", 5, &small);
  fields_entries(fields, &found);
  check(answer, "delete", !small.is_error && found.count == 0);
  fields_entries(copy, &found);
  check(answer, "clone", found.count == 2 && is(found.elements[0], "X-One"));
  handle headers = request_headers(request);
  check(answer, "immutable", append(headers, "a", "b") == 2);
  drop_fields(headers);
  struct handle_result made;
  struct list pairs[4] = {text_of("a"), text_of("b"), text_of("a"), text_of("c")};
  fields_from(pairs, 2, &made);
  check(answer, "from-list", !made.is_error);
  drop_fields(made.value);
  pairs[2] = text_of("connection");
  fields_from(pairs, 2, &made);
  check(answer, "from-list refuses", made.is_error && (uint8_t)made.value == 1);
  drop_fields(copy);
  handle response = new_response(fields);
  check(answer, "status", response_status(response) == 200 && response_set_status(response, 99) == 1 && response_status(response) == 200);
  handle lent = response_headers(response);
  check(answer, "response's headers", append(lent, "a", "b") == 2);
  drop_fields(lent);
  struct handle_result first, second;
  response_body(response, &first);
  response_body(response, &second);
  check(answer, "body once", !(uint8_t)first.is_error && (uint8_t)second.is_error);
  drop_body(first.value);
}

static void check_outgoing(struct answer answer) {
  handle request = new_request(new_fields());
  struct named method;
  outgoing_method(request, &method);
  check(answer, "GET first", (uint8_t)method.number == 0);
  check(answer, "set-method", !set_method(request, 9, "BREW", 4) && set_method(request, 9, "A B", 3));
  outgoing_method(request, &method);
  check(answer, "method", (uint8_t)method.number == 9 && is(method.other, "BREW"));
  struct option_string text;
  check(answer, "set-path", !set_path(request, 1, "/a?b", 4) && set_path(request, 1, "/a\r\n", 4));
  outgoing_path(request, &text);
  check(answer, "path", (uint8_t)text.is_some && is(text.text, "/a?b"));
  // A fragment is cut off; what no path has is refused, and what queries have all the same is not.
  check(answer, "fragment", !set_path(request, 1, "/a?b#c", 6) && (outgoing_path(request, &text), is(text.text, "/a?b")));
  check(
      answer, "characters", set_path(request, 1, "/<", 2) && set_path(request, 1, "/a\\b", 4) && set_path(request, 1, "/?\"", 3) &&
                                !set_path(request, 1, "/a?b[c]=d|e", 11));
  static const char *const authorities[] = {"", "[::1:80", "127.0.0.1\\:80", "host:99999", "[x]", "a b", "a@b", "a#b"};
  uint32_t refused = 0;
  for (uint32_t index = 0; index < 8; index++) refused += set_authority(request, 1, authorities[index], length_of(authorities[index]));
  check(answer, "authorities", refused == 8 && !set_authority(request, 1, "[::1]:80", 8));
  check(answer, "set-authority", !set_authority(request, 1, "example:80", 10) && set_authority(request, 1, "a/b", 3));
  outgoing_authority(request, &text);
  check(answer, "authority", (uint8_t)text.is_some && is(text.text, "example:80"));
  struct option_named scheme;
  check(answer, "set-scheme", !set_scheme(request, 1, 2, "ftp", 3) && set_scheme(request, 1, 2, "1", 1));
  outgoing_scheme(request, &scheme);
  check(answer, "scheme", (uint8_t)scheme.is_some && (uint8_t)scheme.value.number == 2 && is(scheme.value.other, "ftp"));
  drop_fields(outgoing_headers(request));
  struct handle_result body, stream;
  outgoing_body(request, &body);
  body_write(body.value, &stream);
  handle options = new_options();
  struct option_time time;
  options_connect(options, &time);
  check(answer, "no timeout", !time.is_some);
  check(answer, "set timeouts", !options_set_connect(options, 1, 5) && !options_set_first(options, 1, 6));
  options_connect(options, &time);
  check(answer, "connect-timeout", time.is_some && time.time == 5);
  options_between(options, &time);
  check(answer, "between-bytes-timeout", !time.is_some);
  struct code_result result;
  set_scheme(request, 1, 1, "", 0);
  outgoing_handle(request, 1, options, &result);
  check(answer, "denied", (uint8_t)result.is_error && (uint8_t)result.code[0] == 15);
  drop_output(stream.value);
  drop_body(body.value);
}

static void report(handle request) {
  handle headers = new_fields();
  append(headers, "Content-Type", "text/plain");
  append(headers, "X-Twice", "1");
  append(headers, "X-Twice", "2");
  struct answer answer = begin(201, headers);
  struct named method;
  struct option_named scheme;
  struct option_string text;
  request_method(request, &method);
  static const char *const methods[] = {"get", "head", "post", "put", "delete", "connect", "options", "trace", "patch"};
  line(answer, "method", (uint8_t)method.number < 9 ? text_of(methods[(uint8_t)method.number]) : method.other);
  request_path(request, &text);
  line(answer, "path", text.text);
  request_authority(request, &text);
  line(answer, "authority", text.text);
  request_scheme(request, &scheme);
  check(answer, "HTTP", (uint8_t)scheme.is_some && (uint8_t)scheme.value.number == 0);
  handle received = request_headers(request);
  struct list_of found;
  fields_entries(received, &found);
  for (uint32_t index = 0; index < found.count; index++) {
    write_text(answer, "header ");
    write(answer, found.elements[2 * index].elements, found.elements[2 * index].count);
    line(answer, ":", found.elements[2 * index + 1]);
  }
  drop_fields(received);
  check_fields(answer, request);
  check_outgoing(answer);
  struct handle_result body, stream, again;
  request_consume(request, &body);
  request_consume(request, &again);
  check(answer, "consume once", !(uint8_t)body.is_error && (uint8_t)again.is_error);
  incoming_stream(body.value, &stream);
  incoming_stream(body.value, &again);
  check(answer, "stream once", !stream.is_error && again.is_error);
  uint64_t total = 0;
  while (true) {
    handle pollable = input_subscribe(stream.value);
    block(pollable);
    drop_pollable(pollable);
    struct { uint8_t is_error; union { struct list bytes; struct { uint8_t is_closed; uint32_t error; }; }; } part;
    stream_read(stream.value, 100000, (struct bytes_result *)&part);
    if (part.is_error) {
      check(answer, "closed at the end", part.is_closed == 1);
      break;
    }
    total += part.bytes.count;
  }
  check(answer, "body has 3 bytes or none", total == 3 || total == 0);
  drop_input(stream.value);
  handle future = incoming_finish(body.value), pollable = trailers_subscribe(future);
  block(pollable);
  drop_pollable(pollable);
  struct trailers_result trailers;
  trailers_get(future, &trailers);
  check(answer, "trailers", (uint8_t)trailers.is_some && !(uint8_t)trailers.was_taken && !(uint8_t)trailers.is_error);
  if (trailers.has) {
    fields_entries(trailers.trailers, &found);
    line(answer, "trailer", found.elements[1]);
    drop_fields(trailers.trailers);
  }
  trailers_get(future, &trailers);
  check(answer, "trailers once", (uint8_t)trailers.is_some && (uint8_t)trailers.was_taken);
  drop_trailers(future);
  print("this goes to the log\n");
  end(answer, 0);
}

// Where an instance is reused: how many requests it has had of this path, and what it keeps of one for the next.
static void count(void) {
  static uint32_t count;
  uint8_t digit = '0' + ++count % 10;
  struct answer answer = begin(200, new_fields());
  write(answer, &digit, 1);
  end(answer, 0);
}

static struct {
  handle headers, stream;
} held;

static void hold(handle request) {
  struct handle_result body, stream;
  held.headers = request_headers(request);
  request_consume(request, &body);
  incoming_stream(body.value, &stream);
  held.stream = stream.value;
  drop_request(request);
  struct answer answer = begin(200, new_fields());
  write_text(answer, "held");
  end(answer, 0);
}

static void show_held(struct answer answer) {
  struct list_of found;
  fields_get(held.headers, "x-held", 6, &found);
  line(answer, "header", found.elements[0]);
  struct { uint8_t is_error; union { struct list bytes; struct { uint8_t is_closed; uint32_t error; }; }; } part;
  blocking_read(held.stream, 100, (struct bytes_result *)&part);
  check(answer, "the body before is over", part.is_error && part.is_closed == 1);
  drop_input(held.stream);
  drop_fields(held.headers);
}

// The body is not read, and the trailers' pollable says when there is something to be had.
static void unread(handle request) {
  struct answer answer = begin(200, new_fields());
  struct handle_result body;
  request_consume(request, &body);
  handle future = incoming_finish(body.value), pollable = trailers_subscribe(future);
  block(pollable);
  struct trailers_result trailers;
  trailers_get(future, &trailers);
  check(answer, "trailers when they were promised", (uint8_t)trailers.is_some && !(uint8_t)trailers.is_error);
  drop_pollable(pollable);
  drop_trailers(future);
  end(answer, 0);
}

static void echo(handle request, bool shows_held) {
  struct answer answer = begin(200, new_fields());
  if (shows_held) show_held(answer);
  struct handle_result body, stream;
  request_consume(request, &body);
  incoming_stream(body.value, &stream);
  struct count_result moved;
  do blocking_splice(answer.stream, stream.value, 65536, &moved);
  while (!moved.is_error);
  drop_input(stream.value);
  handle future = incoming_finish(body.value);
  struct trailers_result trailers;
  trailers_get(future, &trailers);
  end(answer, (uint8_t)trailers.is_some && trailers.has ? fields_clone(trailers.trailers) : 0);
}

// Three lines, one after the other; or for ever.
static void slowly(bool forever) {
  struct answer answer = begin(200, new_fields());
  for (uint32_t index = 0; forever || index < 3; index++) {
    write_text(answer, "tick\n");
    if (!forever) sleep(50);
  }
  end(answer, 0);
}

static void sized(const char *length, const char *text, bool is_early) {
  handle headers = new_fields();
  append(headers, "content-length", length);
  if (!is_early) {
    struct answer answer = begin(200, headers);
    struct { uint8_t is_error; uint32_t error[2]; } result;
    write_and_flush(answer.stream, text, length_of(text), (struct stream_result *)&result);
    if (result.is_error) {
      struct code_result code;
      http_error_code(result.error[1], &code);
      if (!code.is_error || (uint8_t)code.code[0] != 28) __builtin_trap();
    }
    if (end(answer, 0) != 28) print("the length was right\n");
    return;
  }
  // All of the body, and its end, before the response is set.
  handle response = new_response(headers);
  struct handle_result body, stream;
  response_body(response, &body);
  body_write(body.value, &stream);
  struct count_result permitted;
  check_write(stream.value, &permitted);
  struct stream_result written[2];
  if (permitted.count >= length_of(text)) stream_write(stream.value, text, length_of(text), written);
  handle trailers = new_fields();
  append(trailers, "x-end", "yes");
  if (end((struct answer){body.value, stream.value}, trailers) != 0xFF) __builtin_trap();
  set_response(response_out, 0, response, 0, 0, 0, 0, 0, 0);
}

HANDLE void handle_request(handle request, handle out) {
  response_out = out;
  struct option_string path;
  request_path(request, &path);
  if (is(path.text, "/echo")) return echo(request, false);
  if (is(path.text, "/unread")) return unread(request);
  if (is(path.text, "/count")) return count();
  if (is(path.text, "/hold")) return hold(request);
  if (is(path.text, "/held")) return echo(request, true);
  if (is(path.text, "/grow")) return (void)(__builtin_wasm_memory_grow(0, 16384) == UINT32_MAX ? count() : __builtin_trap());
  if (is(path.text, "/nothing")) return;
  if (is(path.text, "/trap")) __builtin_trap();
  if (is(path.text, "/error")) return set_response(out, 1, 33, 0, 0, 0, 0, 0, 0);
  if (is(path.text, "/slowly")) return slowly(false);
  if (is(path.text, "/forever")) return slowly(true);
  if (is(path.text, "/short")) return sized("10", "short", false);
  if (is(path.text, "/long")) return sized("3", "too long", false);
  if (is(path.text, "/early")) return sized("5", "early", true);
  if (is(path.text, "/unfinished")) return (void)begin(200, new_fields());
  if (is(path.text, "/half")) {
    struct answer answer = begin(200, new_fields());
    write_text(answer, "half");
    struct { uint8_t is_error; uint32_t error[2]; } result;
    blocking_flush(answer.stream, (struct stream_result *)&result);
    sleep(1000);
    __builtin_trap();
  }
  if (is(path.text, "/headers")) {
    handle headers = new_fields();
    for (uint32_t index = 0; index < 2000; index++) append(headers, "x-many", "1");
    end(begin(200, headers), 0);
    return;
  }
  if (is(path.text, "/empty")) {
    handle response = new_response(new_fields());
    response_set_status(response, 204);
    return set_response(out, 0, response, 0, 0, 0, 0, 0, 0);
  }
  if (path.text.count >= 7 && is((struct list){path.text.elements, 7}, "/report")) return report(request);
  struct answer answer = begin(200, new_fields());
  write_text(answer, "hello\n");
  end(answer, 0);
}
