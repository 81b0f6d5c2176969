// Never ends by itself: for trying time limits and interruption.
#include "wasi.h"

int main(int, char **) {
  print("looping until somebody stops me\n");
  for (volatile uint64_t turns = 0;; turns++) {
  }
}
