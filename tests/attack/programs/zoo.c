// SPDX-License-Identifier: MIT
// Programs of every habit in one: `zoo HABIT`. Each prints what it has come to, so that a run under
// the preload can be compared with one without.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int reap(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void *work(void *count) {
  for (int i = 0; i < 2000; ++i) {
    void *block = malloc((size_t)(i % 500) + 1);
    __atomic_add_fetch((int *)count, block != NULL, __ATOMIC_SEQ_CST);
    free(block);
  }
  return NULL;
}

static int threads(void) {
  pthread_t all[32];
  int count = 0;
  for (int i = 0; i < 32; ++i) {
    pthread_create(&all[i], NULL, work, &count);
  }
  // Forks while they run: a lock of ours that one of them holds would stop the child.
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      free(malloc(100));
      _exit(0);
    }
    if (reap(child) != 0) {
      return 9;
    }
  }
  for (int i = 0; i < 32; ++i) {
    pthread_join(all[i], NULL);
  }
  printf("threads %d\n", count);
  return 0;
}

static int bomb(void) {
  int ended = 0;
  for (int i = 0; i < 60; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      _exit(fork() == 0 ? 0 : 1);
    }
    ended += child > 0 && reap(child) == 1;
  }
  printf("bomb %d\n", ended);
  return 0;
}

static int daemonize(int with_session) {
  const pid_t child = fork();
  if (child == 0) {
    if (with_session) {
      setsid();
    }
    if (fork() == 0) {
      usleep(50000);
      _exit(0);
    }
    _exit(0);
  }
  printf("daemon %d\n", reap(child));
  return 0;
}

static int close_all(void) {
  for (int fd = 3; fd < 1024; ++fd) {
    close(fd);
  }
  const int fd = open("/dev/null", O_RDONLY);
  printf("closed %d\n", fd);
  return 0;
}

static int close_streams(void) {
  close(0);
  close(2);
  const int fd = open("/dev/null", O_RDWR);
  printf("streams %d\n", fd);
  return 0;
}

static int spawn(const char *self) {
  pid_t child = 0;
  char *words[] = {(char *)self, "status", NULL};
  const int error = posix_spawn(&child, self, NULL, NULL, words, environ);
  printf("spawn %d %d\n", error, error == 0 ? reap(child) : -1);
  return 0;
}

static int clone_child(void *unused) {
  (void)unused;
  return 4;
}

static int cloned(void) {
  static char stack[65536] __attribute__((aligned(16)));
  const pid_t child = clone(clone_child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
  printf("clone %d\n", reap(child));
  return 0;
}

static int empty_environment(const char *self) {
  char *words[] = {(char *)self, "status", NULL};
  char *nothing[] = {NULL};
  execve(self, words, nothing);
  return 9;
}

static int few_descriptors(void) {
  const struct rlimit limit = {4, 4};
  setrlimit(RLIMIT_NOFILE, &limit);
  const pid_t child = fork();
  if (child == 0) {
    _exit(6);
  }
  printf("limit %d\n", reap(child));
  return 0;
}

static int chain(const char *self, const char *number) {
  const int left = atoi(number);
  if (left == 0) {
    puts("chain");
    return 0;
  }
  char next[16];
  snprintf(next, sizeof next, "%d", left - 1);
  execl(self, self, "chain", next, (char *)NULL);
  return 9;
}

static void on_signal(int number) { (void)number; }

static int ignore_children(void) {
  signal(SIGCHLD, SIG_IGN);
  const pid_t child = fork();
  if (child == 0) {
    _exit(0);
  }
  const int got = waitpid(child, NULL, 0);
  printf("ignored %d %d\n", got, errno == ECHILD);
  return 0;
}

static int masks(void) {
  sigset_t mask;
  sigprocmask(SIG_BLOCK, NULL, &mask);
  int blocked = 0;
  int ignored = 0;
  for (int number = 1; number < 65; ++number) {
    struct sigaction action;
    blocked += sigismember(&mask, number) == 1;
    ignored += sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
  }
  signal(SIGUSR1, on_signal);
  raise(SIGUSR1);
  printf("blocked %d ignored %d\n", blocked, ignored);
  return 0;
}

int main(int argc, char **argv) {
  const char *habit = argc > 1 ? argv[1] : "";
  int status = 9;
  if (strcmp(habit, "status") == 0) return 3;
  if (strcmp(habit, "abort") == 0) abort();
  if (strcmp(habit, "kill") == 0) raise(SIGKILL);
  if (strcmp(habit, "empty") == 0) return empty_environment(argv[0]);
  if (strcmp(habit, "chain") == 0) return chain(argv[0], argc > 2 ? argv[2] : "50");
  if (strcmp(habit, "threads") == 0) status = threads();
  if (strcmp(habit, "bomb") == 0) status = bomb();
  if (strcmp(habit, "daemon") == 0) status = daemonize(0);
  if (strcmp(habit, "session") == 0) status = daemonize(1);
  if (strcmp(habit, "closed") == 0) status = close_all();
  if (strcmp(habit, "streams") == 0) status = close_streams();
  if (strcmp(habit, "spawn") == 0) status = spawn(argv[0]);
  if (strcmp(habit, "clone") == 0) status = cloned();
  if (strcmp(habit, "limit") == 0) status = few_descriptors();
  if (strcmp(habit, "children") == 0) status = ignore_children();
  if (strcmp(habit, "masks") == 0) status = masks();
  fflush(stdout);
  return status;
}
