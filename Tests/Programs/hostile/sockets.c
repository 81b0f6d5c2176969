// A program with a network that believes nothing: what selfcheck.c is for files. Its argument is the port of a peer on loopback that sends back what it
// gets; the host's answers may be any. What it found stands in its own memory, at VERDICT, where the host cannot put anything.
#define SELF_CHECK_PATTERN 8192
#include "verdict.h"

NAMED(coffer_network) I coffer_network(I operation, I handle, L argument, I bytes, I length, I result);

enum { SOCKET = 2, FINISH = 5, ADDRESS = 9, OPTION = 10, SEND = 12, RECEIVE, LOOK_UP, CONNECT_BY_NAME, WAIT, CLOSE };
enum { AGAIN = 11, ROUNDS = 40 };

// What an operation gives beside its error, with room behind it that nothing may touch.
static struct {
  L value;
  I length, zero, after[4];
} result;

static I network_at(I line, I operation, I handle, L argument, void *bytes, I length) {
  for (I at = 0; at < 4; at++) result.after[at] = CANARY;
  result.length = 0;
  I error = coffer_network(operation, handle, argument, AT(bytes), length, AT(&result));
  check(error < 4096, line);
  check(result.length <= length, line);
  for (I at = 0; at < 4; at++) check(result.after[at] == CANARY, line);
  if (error == 0) check(result.zero == 0, line);
  return error;
}
#define NETWORK(...) network_at(__LINE__, __VA_ARGS__)

static struct {
  I handle, events;
} watched[3];

static void wait_for(I handle, I events) {
  for (I at = 0; at < 3; at++) watched[at].handle = handle + at, watched[at].events = events;
  // 20 ms at most: a run has 200.
  if (NETWORK(WAIT, 0, 20000000, watched, 8) == 0) CHECK(result.length == 8);
  CHECK(watched[1].handle == handle + 1 && watched[2].handle == handle + 2);
}

static void check_connection(I port, I round) {
  static char name[] = "127.0.0.1";
  if (NETWORK(CONNECT_BY_NAME, 0, port, name, 9)) return;
  I handle = (I)result.value;
  CHECK(result.value < 0xFFFFFFFC);
  I error = AGAIN;
  for (I tries = 0; tries < 20 && error == AGAIN; tries++) {
    wait_for(handle, 2);
    error = NETWORK(FINISH, handle, 0, 0, 0);
  }
  clear_room();
  error = NETWORK(ADDRESS, handle, round & 1, room.bytes, 28);
  CHECK_ROOM(error ? 0 : result.length);
  NETWORK(OPTION, handle, round % 9, 0, 0);
  I count = 1 + round * 131 % 5000;
  if (NETWORK(SEND, handle, 0, pattern, count) == 0) CHECK(result.value <= count && result.value > 0);
  CHECK(pattern_holds());
  for (I tries = 0; tries < 3; tries++) {
    wait_for(handle, 1);
    I wanted = round & 2 ? 1 + round : ROOM;
    clear_room();
    error = NETWORK(RECEIVE, handle, round & 1, room.bytes, wanted);
    CHECK(result.length <= wanted);
    CHECK_ROOM(error ? 0 : result.length);
  }
  NETWORK(CLOSE, handle, 0, 0, 0);
}

static void check_name(void) {
  static char name[] = "localhost";
  if (NETWORK(LOOK_UP, 0, 0, name, 9)) return;
  I handle = (I)result.value;
  wait_for(handle, 1);
  clear_room();
  I error = NETWORK(RECEIVE, handle, 0, room.bytes, 100);
  CHECK_ROOM(error ? 0 : result.length);
  NETWORK(CLOSE, handle, 0, 0, 0);
}

// A socket that listens lies behind the directories; whatever has its number must be a descriptor of WASI 0.1.
static void check_listener(I descriptor) {
  static I accepted[3], vector[2], moved[3];
  static uint16_t flags[4];
  clear_room();
  I error = fd_fdstat_get(descriptor, AT(room.bytes));
  CHECK(error <= 76);
  CHECK_ROOM(error ? 0 : 24);
  if (error || room.bytes[0] != 6 || fd_fdstat_set_flags(descriptor, 4)) return;
  accepted[1] = accepted[2] = CANARY;
  error = sock_accept(descriptor, 4, AT(accepted));
  CHECK(error <= 76 && accepted[1] == CANARY && accepted[2] == CANARY);
  if (error) return;
  clear_room();
  vector[0] = AT(room.bytes), vector[1] = 1000, moved[0] = 0, moved[1] = CANARY, flags[1] = CANARY;
  error = sock_recv(accepted[0], AT(vector), 1, 1, AT(moved), AT(flags));
  CHECK(error <= 76 && moved[0] <= 1000 && moved[1] == CANARY && flags[1] == CANARY);
  CHECK_ROOM(error ? 0 : moved[0]);
  vector[0] = AT(pattern), vector[1] = 3000;
  error = sock_send(accepted[0], AT(vector), 1, 0, AT(moved));
  CHECK(error <= 76 && (error || moved[0] <= 3000) && pattern_holds());
  clear_room();
  vector[0] = AT(room.bytes), vector[1] = 500, moved[0] = 0;
  error = fd_read(accepted[0], AT(vector), 1, AT(moved));
  CHECK(error <= 76 && moved[0] <= 500);
  CHECK_ROOM(error ? 0 : moved[0]);
  CHECK(sock_shutdown(accepted[0], 3) <= 76);
  CHECK(fd_close(accepted[0]) <= 76);
}

static void check_waiting(I descriptor) {
  static struct {
    L user_data;
    uint8_t type, padding[7];
    L fields[4];
  } subscriptions[2];
  static I count[2];
  subscriptions[0] = (typeof(subscriptions[0])){.user_data = 1, .type = 1, .fields = {descriptor}};
  subscriptions[1] = (typeof(subscriptions[0])){.user_data = 2, .type = 0, .fields = {1, 1000000, 0, 0}};
  clear_room();
  count[0] = 0, count[1] = CANARY;
  I error = poll_oneoff(AT(subscriptions), AT(room.bytes), 2, AT(count));
  CHECK(error <= 76 && count[0] <= 2 && count[1] == CANARY);
  CHECK_ROOM(error ? 0 : 32 * count[0]);
  for (I at = 0; at < count[0] && !error; at++) CHECK(room.bytes[32 * at] == 1 || room.bytes[32 * at] == 2);
}

static I port_of_argument(void) {
  static I sizes[2], places[16];
  clear_room();
  if (args_sizes_get(AT(&sizes[0]), AT(&sizes[1])) || sizes[0] != 2 || sizes[1] > 100 || args_get(AT(places), AT(room.bytes))) return 1;
  I port = 0;
  for (const uint8_t *digit = (const uint8_t *)(uintptr_t)places[1]; *digit >= '0' && *digit <= '9'; digit++) port = port * 10 + *digit - '0';
  return port & 0xFFFF;
}

__attribute__((export_name("_start"))) void _start(void) {
  CHECK(VERDICT->checks == 0 && VERDICT->finished == 0);
  fill_pattern();
  I port = port_of_argument();
  for (I round = 0; round < ROUNDS; round++) {
    check_connection(port, round);
    if (round % 8 == 0) check_name();
    check_listener(3 + round % 8);
    if (round % 4 == 0) check_waiting(3 + round % 8);
    CHECK(pattern_holds());
  }
  VERDICT->finished = 0x600D;
  proc_exit(7);
}
