// Says the password in its environment: a program with a secret, for trying a broker.
#include "wasi.h"

int main(int count, char **arguments) {
  (void)count, (void)arguments;
  const char *password = environment("PASSWORD");
  if (!password) {
    complain("password: there is none in the variable PASSWORD\n");
    return 1;
  }
  print("The password is ");
  print(password);
  print(".\n");
  return 0;
}
