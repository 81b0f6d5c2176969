// A program that believes nothing of its sealed directory, descriptor 3: each block of its file says which block it is and which commit it is of, a table says which
// commit each has to be of, and both are committed together; what was under way when a run gave up is one commit younger than the table. Whatever the host does to
// the volume, a read is an error, or what was written there last.
#define SELF_CHECK_PATTERN 8192
#include "verdict.h"

enum { BLOCK = 4096, BLOCKS = 48, WORDS = BLOCK / 8, ROUNDS = 5, WRITES = 9 };
static L block[WORDS], table[WORDS];
// What this run knows: the commit of each block, 0 where it is not known.
static L known[BLOCKS];
static struct { I at, length; } buffer;
static I result;

static L word(L number, L commit, I at) { return (number + 1) * 0x9E3779B97F4A7C15ull ^ commit * 0xD6E8FEB86659FD93ull ^ at; }
static void fill(L number, L commit) {
  block[0] = number;
  block[1] = commit;
  for (I at = 2; at < WORDS; at++) block[at] = word(number, commit, at);
}
static int holds(L number, L commit) {
  L wrong = (block[0] ^ number) | (block[1] ^ commit);
  for (I at = 2; at < WORDS; at++) wrong |= block[at] ^ word(number, commit, at);
  return wrong == 0;
}

static I move(int writes, I file, void *memory, L number) {
  buffer.at = AT(memory);
  buffer.length = BLOCK;
  result = ~0u;
  I error = writes ? fd_pwrite(file, AT(&buffer), 1, number * BLOCK, AT(&result)) : fd_pread(file, AT(&buffer), 1, number * BLOCK, AT(&result));
  CHECK(error <= 76);
  if (error == 0) CHECK(result <= BLOCK);
  return error;
}

// A block as it has to be, or an error, or unwritten where nothing is known of it.
static void check_block(I file, L number) {
  if (move(0, file, block, number) || !known[number]) return;
  CHECK(result == BLOCK);
  CHECK(holds(number, known[number]));
}

__attribute__((export_name("_start"))) void _start(void) {
  CHECK(VERDICT->checks == 0 && VERDICT->finished == 0);
  fill_pattern();
  clear_room();
  I file = 0;
  if (path_open(3, 0, AT("kept"), 4, 1, 0x46, 0, 0, AT(&file))) {
    VERDICT->finished = 0x600D;
    proc_exit(7);
  }
  // The last block is the table: its first word is the commit, the others say of which one each block is.
  L commit = 0;
  I failed = move(0, file, table, BLOCKS);
  if (!failed && result == BLOCK) {
    commit = table[0];
    L wrong = commit == 0;
    for (I at = 0; at < BLOCKS; at++) wrong |= table[at + 1] > commit;
    CHECK(!wrong);
    VERDICT->found = (I)commit + 1;
    for (I at = 0; at < BLOCKS; at++) {
      if (move(0, file, block, at)) continue;
      known[at] = result == BLOCK && holds(at, commit + 1) ? commit + 1 : table[at + 1];
      CHECK(known[at] == 0 || (result == BLOCK && holds(at, known[at])));
    }
  } else if (!failed) {
    CHECK(result == 0);
    VERDICT->found = 1;
  } else {
    // What is there is not known, and stays as it is.
    VERDICT->finished = 0x600D;
    proc_exit(7);
  }
  L random = commit * 0x2545F4914F6CDD1Dull + 99;
  for (I round = 0; round < ROUNDS; round++) {
    commit++;
    for (I write = 0; write < WRITES; write++) {
      random = random * 6364136223846793005ull + 1442695040888963407ull;
      L number = (random >> 33) % BLOCKS;
      fill(number, commit);
      // A write that fails has changed nothing, as on a full disk, or all of it: this file's blocks are whole.
      if (move(1, file, block, number)) {
        if (move(0, file, block, number) == 0 && result == BLOCK) CHECK(known[number] == 0 || holds(number, known[number]) || holds(number, commit));
        known[number] = 0;
      } else {
        CHECK(result == BLOCK);
        known[number] = commit;
      }
      check_block(file, number);
      random = random * 6364136223846793005ull + 1442695040888963407ull;
      check_block(file, (random >> 33) % BLOCKS);
    }
    table[0] = commit;
    int complete = 1;
    for (I at = 0; at < BLOCKS; at++) {
      // Whether it was never written, or could not be read or written in this run.
      complete &= known[at] != 0 || table[at + 1] == 0;
      table[at + 1] = known[at];
    }
    // Of a block that could not be written nothing is known, and a table that says otherwise would be no model.
    if (!complete || move(1, file, table, BLOCKS)) break;
    if (fd_sync(file)) break;
    VERDICT->committed = (I)commit + 1;
    CHECK(pattern_holds());
  }
  CHECK_ROOM(0);
  VERDICT->finished = 0x600D;
  proc_exit(7);
}
