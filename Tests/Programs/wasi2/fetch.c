// fetch SCHEME AUTHORITY PATH [METHOD [BODY [MILLISECONDS [TIMES ["kept"]]]]]: makes a request, and says what came of it. BODY is how many bytes are sent, "-"
// for none. MILLISECONDS are what each wait for the peer may take. With "kept" each stream has one pollable for all of its waits, and is read a little at a time.
#include "requests.h"

struct count_result {
  uint8_t is_error;
  uint64_t count;
};
IMPORT("io/streams", "[method]output-stream.check-write") void check_write(handle, struct count_result *);
IMPORT("io/streams", "[method]output-stream.write") void stream_write(handle, const void *, uint32_t, struct write_result *);
IMPORT("io/streams", "[method]output-stream.subscribe") handle output_subscribe(handle);

static bool keeps;

static uint64_t number_of(struct list text) {
  uint64_t number = 0;
  for (uint32_t index = 0; index < text.count; index++) number = number * 10 + text.elements[index] - '0';
  return number;
}

static void print_fields(const char *title, handle fields) {
  struct list_of found;
  fields_entries(fields, &found);
  for (uint32_t index = 0; index < found.count; index++) {
    print(title);
    print_bytes(found.elements[2 * index].elements, found.elements[2 * index].count);
    print(": ");
    // As much as one write takes.
    uint32_t length = found.elements[2 * index + 1].count;
    print_bytes(found.elements[2 * index + 1].elements, length < 4096 ? length : 4096);
    print("\n");
  }
  drop_fields(fields);
}

// As much as may be written; where that is nothing it is waited for. - Returns: false where the peer wants no more.
static bool write_some(handle stream, handle pollable, const uint8_t *bytes, uint32_t *length) {
  struct write_result result = {0};
  struct count_result room;
  check_write(stream, &room);
  if (room.is_error) return false;
  if (room.count < *length) *length = (uint32_t)room.count;
  if (*length) stream_write(stream, bytes, *length, &result);
  else block(pollable);
  return !result.is_error;
}

// - Returns: false where the peer wants no more.
static bool send_body(handle body, uint64_t count) {
  static uint8_t bytes[4096];
  for (uint32_t index = 0; index < sizeof bytes; index++) bytes[index] = (uint8_t)('a' + index % 26);
  struct handle_result stream;
  body_write(body, &stream);
  bool is_wanted = true;
  handle pollable = keeps ? output_subscribe(stream.value) : 0;
  uint64_t idle = 0;
  while (count && is_wanted) {
    uint32_t part = count < sizeof bytes ? (uint32_t)count : sizeof bytes;
    struct write_result result;
    if (keeps) {
      is_wanted = write_some(stream.value, pollable, bytes, &part);
      count -= part;
      idle = part ? 0 : idle + 1;
      if (idle < 1000) continue;
      say("room in vain", idle);
      break;
    }
    write_and_flush(stream.value, bytes, part, (struct stream_result *)&result);
    is_wanted = !result.is_error;
    count -= part;
  }
  if (keeps) drop_pollable(pollable);
  drop_output(stream.value);
  struct code_result result;
  body_finish(body, 0, 0, &result);
  if ((uint8_t)result.is_error) say("body error", (uint8_t)result.code[0]);
  return is_wanted;
}

// The body, by polling: how much of it there is, a sum over all of it, and how it ended.
static void read_body(handle response) {
  struct handle_result body, stream;
  response_consume(response, &body);
  incoming_stream(body.value, &stream);
  uint64_t total = 0, idle = 0;
  uint32_t sum = 2166136261;
  handle pollable = keeps ? input_subscribe(stream.value) : 0;
  while (true) {
    if (keeps) block(pollable);
    else wait_for(input_subscribe(stream.value));
    struct part_result part;
    stream_read(stream.value, keeps ? 2 : 65536, &part);
    if (!part.is_error) {
      idle += part.bytes.count == 0;
      for (uint32_t index = 0; index < part.bytes.count; index++) sum = (sum ^ part.bytes.elements[index]) * 16777619;
      total += part.bytes.count;
      continue;
    }
    if (part.is_closed == 1) break;
    struct code_result code;
    http_error_code(part.error, &code);
    say("body ends with error", (uint8_t)code.is_error ? ((const uint8_t *)&code)[8] : 0xFF);
    break;
  }
  say("body", total);
  say("sum", sum);
  // Pollables that promised bytes which were not there.
  if (idle > 2) say("in vain", idle);
  if (keeps) drop_pollable(pollable);
  drop_input(stream.value);
  handle future = incoming_finish(body.value);
  struct trailers_result trailers;
  pollable = trailers_subscribe(future);
  do {
    block(pollable);
    trailers_get(future, &trailers);
  } while (!(uint8_t)trailers.is_some);
  drop_pollable(pollable);
  if ((uint8_t)trailers.is_error) say("trailers' error", (uint8_t)trailers.code[0]);
  else if (trailers.has) print_fields("trailer ", trailers.trailers);
  drop_trailers(future);
}

static void fetch(const struct list *words, uint32_t count) {
  handle request = request_to(words[0], words[1], words[2], count > 3 ? words[3] : (struct list){(const uint8_t *)"GET", 3});
  struct handle_result body = {true, 0};
  if (count > 4 && !is(words[4], "-")) request_body(request, &body);
  handle options = 0;
  if (count > 5) {
    options = new_options();
    set_first_time(options, 1, number_of(words[5]) * 1000000);
    set_between_time(options, 1, number_of(words[5]) * 1000000);
  }
  struct code_result sent;
  send_request(request, options != 0, options, &sent);
  if ((uint8_t)sent.is_error) {
    say("error", (uint8_t)sent.code[0]);
    if (!body.is_error) drop_outgoing_body(body.value);
    return;
  }
  if (!body.is_error && !send_body(body.value, number_of(words[4]))) print("the peer wants no more\n");
  handle response;
  uint8_t code = answer_of(sent.value, &response);
  if (code == 0xFF) {
    say("status", response_status(response));
    print_fields("field ", response_headers(response));
    read_body(response);
    drop_response(response);
  } else {
    say("error", code);
  }
  drop_future(sent.value);
}

RUN uint32_t run(void) {
  struct list arguments;
  get_arguments(&arguments);
  const struct list *words = (const struct list *)(const void *)arguments.elements;
  if (arguments.count < 4) return 1;
  keeps = arguments.count > 8 && is(words[8], "kept");
  uint64_t times = arguments.count > 7 ? number_of(words[7]) : 1;
  while (times--) fetch(words + 1, arguments.count - 1);
  return 0;
}
