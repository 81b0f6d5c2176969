#define _GNU_SOURCE
#include "peers.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int coffer_peer_run(const char *program, char *const *arguments, int output, int copies) {
  pid_t child = copies ? fork() : vfork();
  if (child == 0) {
    if (dup2(output, STDOUT_FILENO) >= 0) execve(program, arguments, environ);
    _exit(127);
  }
  if (child < 0) return -1;
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
