// Says hello from inside a trustlet, and to everyone named in its arguments.
#include "wasi.h"

int main(int count, char **arguments) {
  print("Hello from inside a trustlet\n");
  for (int i = 1; i < count; i++) {
    print("Hello, ");
    print(arguments[i]);
    print("\n");
  }
  return 0;
}
