// together SCHEME AUTHORITY COUNT ["last"]: begins so many requests before it waits for anything, and says what came of each; with "last" only of that one.
#include "requests.h"

IMPORT("clocks/monotonic-clock", "subscribe-duration") handle subscribe_duration(uint64_t);

enum { LIMIT = 2000 };

RUN uint32_t run(void) {
  static handle futures[LIMIT];
  struct list arguments;
  get_arguments(&arguments);
  const struct list *words = (const struct list *)(const void *)arguments.elements;
  if (arguments.count < 4) return 1;
  uint32_t count = 0;
  for (uint32_t index = 0; index < words[3].count; index++) count = count * 10 + words[3].elements[index] - '0';
  if (count > LIMIT) return 1;
  for (uint32_t index = 0; index < count; index++) {
    handle request = request_to(words[1], words[2], (struct list){(const uint8_t *)"/", 1}, (struct list){(const uint8_t *)"GET", 3});
    struct code_result sent;
    send_request(request, 0, 0, &sent);
    if ((uint8_t)sent.is_error) say("error of handle", (uint8_t)sent.code[0]);
    else futures[index] = sent.value;
  }
  print("begun\n");
  wait_for(subscribe_duration(1000));
  print("time goes on\n");
  for (uint32_t index = arguments.count > 4 ? count - 1 : 0; index < count; index++) {
    handle response;
    if (!futures[index]) continue;
    uint8_t code = answer_of(futures[index], &response);
    drop_future(futures[index]);
    if (code != 0xFF) {
      say("error", code);
      continue;
    }
    say("status", response_status(response));
    drop_response(response);
  }
  return 0;
}
