// run:
// Randomness that is there and differs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  unsigned char a[256], b[256];
  printf("getentropy: %d %d\n", getentropy(a, sizeof a), getentropy(b, sizeof b));
  printf("same: %d\n", !memcmp(a, b, sizeof a));
  int seen[256] = { 0 }, distinct = 0;
  for (size_t i = 0; i < sizeof a; i++) distinct += !seen[a[i]]++;
  printf("more than a hundred values: %d\n", distinct > 100);
  printf("too much at once: %d\n", getentropy(NULL, 257));
  srand(1);
  int first = rand(), second = rand();
  srand(1);
  printf("rand repeats: %d\n", first == rand() && second == rand());
  printf("rand: %d %d\n", first, second);
  return 0;
}
