// A web service that tells digits apart, and what it needs: "train" writes the network, "requests COUNT" digits of 784 bytes each, both to standard
// output; "serve FILE PORT CONNECTIONS" says at which port of loopback it listens and answers HTTP there, for so many connections, one after the other:
// a body of 784 bytes by the digit, and by the nanoseconds from the first bytes of the request until that was known.
#include "digits.h"
#include "host.h"

static struct network network;

static int is(const char *text, const char *word) {
  while (*text && *text == *word) text++, word++;
  return *text == *word;
}

static uint32_t decimal(uint64_t number, char *text) {
  char digits[20];
  uint32_t count = 0;
  do digits[count++] = (char)('0' + number % 10);
  while (number /= 10);
  for (uint32_t index = 0; index < count; index++) text[index] = digits[count - 1 - index];
  return count;
}

static uint32_t number(const char *text) {
  uint32_t value = 0;
  for (; *text >= '0' && *text <= '9'; text++) value = 10 * value + (uint32_t)(*text - '0');
  return value;
}

static uint32_t add(const char *text, char *to) {
  uint32_t count = 0;
  for (; text[count]; count++) to[count] = text[count];
  return count;
}

// MARK: Requests

static uint8_t received[8192];
static uint32_t count_received, head_length;

// Where the text of a field begins that is written in small letters, or the empty text.
static const char *field(const char *name) {
  for (uint32_t place = 0; place + 1 < head_length; place++) {
    if (received[place] != '\n') continue;
    uint32_t length = 0;
    while (name[length] && place + 1 + length < head_length) {
      uint8_t letter = received[place + 1 + length];
      if (letter >= 'A' && letter <= 'Z') letter |= 32;
      if (letter != (uint8_t)name[length]) break;
      length++;
    }
    if (name[length]) continue;
    const char *text = (const char *)received + place + 1 + length;
    while (*text == ' ') text++;
    return text;
  }
  return "";
}

static int has_head(void) {
  for (head_length = 4; head_length <= count_received; head_length++) {
    const uint8_t *end = received + head_length - 4;
    if (end[0] == '\r' && end[1] == '\n' && end[2] == '\r' && end[3] == '\n') return 1;
  }
  return 0;
}

// Whether there was another byte of this connection.
static int receive_more(void) {
  // A head that is larger than this is nobody's.
  if (count_received == sizeof received - 1) return 0;
  uint32_t count = host_receive(received + count_received, sizeof received - 1 - count_received);
  count_received += count;
  received[count_received] = 0;
  return count > 0;
}

static void answer(const char *status, const char *body, uint32_t length) {
  char text[256];
  uint32_t count = add("HTTP/1.1 ", text);
  count += add(status, text + count);
  count += add("\r\nContent-Type: text/plain\r\nContent-Length: ", text + count);
  count += decimal(length, text + count);
  count += add("\r\n\r\n", text + count);
  for (uint32_t index = 0; index < length; index++) text[count++] = body[index];
  host_send(text, count);
}

static void serve_connection(void) {
  count_received = 0;
  for (;;) {
    if (!count_received && !receive_more()) return;
    uint64_t start = host_nanoseconds();
    while (!has_head())
      if (!receive_more()) return;
    uint32_t length = number(field("content-length:"));
    if (length != digit_pixels) return answer("400 Bad Request", "a digit has 784 bytes\n", 22);
    while (count_received < head_length + length)
      if (!receive_more()) return;
    char text[32] = { (char)('0' + classify(&network, received + head_length)), ' ' };
    uint32_t size = 2 + decimal(host_nanoseconds() - start, text + 2);
    text[size++] = '\n';
    answer("200 OK", text, size);
    // What has come of the next one already.
    uint32_t used = head_length + length;
    count_received -= used;
    for (uint32_t index = 0; index < count_received; index++) received[index] = received[used + index];
  }
}

static int serve(const char *path, uint16_t port, uint32_t connections) {
  if (host_load(path, &network, sizeof network) != sizeof network) return 65;
  char text[32];
  uint32_t count = add("listening at ", text);
  count += decimal(host_listen(port), text + count);
  text[count++] = '\n';
  host_print(text, count);
  while (connections--) {
    host_accept();
    serve_connection();
    host_close();
  }
  return 0;
}

int run(int count, char **arguments) {
  if (count == 5 && is(arguments[1], "serve")) return serve(arguments[2], (uint16_t)number(arguments[3]), number(arguments[4]));
  if (count == 2 && is(arguments[1], "train")) {
    train(&network);
    host_print(&network, sizeof network);
    return 0;
  }
  if (count == 3 && is(arguments[1], "requests")) {
    uint32_t random = 0xC0FFE7, wanted = number(arguments[2]);
    for (uint32_t index = 0; index < wanted; index++) {
      uint8_t pixels[digit_pixels];
      draw_digit((int)(index % digit_kinds), &random, pixels);
      host_print(pixels, sizeof pixels);
    }
    return 0;
  }
  return 64;
}
