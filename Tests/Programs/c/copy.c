// run: --stdin large
// run: --stdin fog
// Standard input to standard output, every byte.
#include <stdio.h>
#include <unistd.h>

int main(void) {
  char piece[5000];
  for (ssize_t got; (got = read(0, piece, sizeof piece)) != 0;) {
    if (got < 0) return perror("read"), 1;
    for (ssize_t done = 0; done < got;) {
      ssize_t written = write(1, piece + done, (size_t)(got - done));
      if (written < 0) return perror("write"), 1;
      done += written;
    }
  }
  return 0;
}
