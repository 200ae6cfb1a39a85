/* Preloaded into a process, this sees each of its durable acts, and lets the n-th of them fail.

   A durable act is a call that changes what a crash leaves on the disk: opening for writing, write, sync, truncate, allocate, rename, link,
   unlink, making or removing a folder. Only those on paths below one folder are counted; of consecutive writes to one file only the first.
   Nothing is counted before shim_arm, which the process calls about itself: so a prepared process can be forked and armed at no cost. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { WATCH, KILL, IO_ERROR, FULL_DISK, STOP };

static char below[PATH_MAX];
static size_t below_length;
static enum kind kind;
static long wanted, reached;
static int report = -1, is_full;
static time_t now;
static unsigned long chance;
static char last_written[PATH_MAX];
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* Fail the n-th durable act on a path below a folder, or none where n is 0. Each act is told to a file descriptor, with "!" where it failed; an act
   that came after a full disk and needs room fails too, untold. To STOP means to be stopped before each act, from the n-th on, until somebody lets it go on.
   A process that only watches tells also, with "<", what is opened or renamed with the bytes that it has. The clock stands still at `at`, seconds since
   1970, unless that is 0; then chance is the same each time, too: with it DuckDB marks its files. */
void shim_arm(const char *folder, long n, int how, int report_to, long at)
{
    snprintf(below, sizeof below, "%s/", folder);
    below_length = strlen(below);
    wanted = n, kind = how, report = report_to, now = at;
    reached = is_full = 0, last_written[0] = 0, chance = 1;
}

#define REAL(name) ({ static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name); real; })

/* ---------------------------------------------------------------- paths */

/* The whole path of a name, as it was given: no link is followed. */
static const char *whole(int folder, const char *name, char *path)
{
    char from[PATH_MAX];
    if (name[0] == '/')
        return name;
    if (folder == AT_FDCWD) {
        if (!getcwd(from, sizeof from))
            return name;
    } else {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, from, sizeof from - 1);
        from[length > 0 ? length : 0] = 0;
    }
    if (snprintf(path, PATH_MAX, "%s/%s", from, name) >= PATH_MAX)
        path[0] = 0;
    return path;
}

static const char *of_descriptor(int descriptor, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = 0;
    return path;
}

/* ---------------------------------------------------------------- acts */

/* 0 where the act may go on, or the error with which it fails. */
static int act(const char *what, const char *path, int needs_room)
{
    if (report < 0 || strncmp(path, below, below_length))
        return 0;
    pthread_mutex_lock(&one_at_a_time);
    int saved = errno, fails = 0, is_write = !strcmp(what, "write");
    if (!is_write || strcmp(last_written, path)) {
        reached++;
        int hit = reached == wanted && kind != STOP;
        char line[PATH_MAX + 64];
        int length = snprintf(line, sizeof line, "%s%s\t%s\n", hit ? "!" : "", what, path + below_length);
        syscall(SYS_write, report, line, length);
        if (hit && kind == KILL)
            syscall(SYS_kill, getpid(), SIGKILL);
        if (kind == STOP && reached >= wanted) /* this very thread: before another one took the signal it would go on */
            syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSTOP);
        if (hit && kind == IO_ERROR)
            fails = EIO;
        if (hit && kind == FULL_DISK)
            is_full = 1;
    }
    snprintf(last_written, sizeof last_written, "%s", is_write ? path : "");
    if (is_full && needs_room)
        fails = ENOSPC;
    errno = saved;
    pthread_mutex_unlock(&one_at_a_time);
    return fails;
}

/* Tell that what lies there may be read. */
static void reading(int folder, const char *name)
{
    char path[PATH_MAX], line[PATH_MAX + 64];
    const char *read = whole(folder, name, path);
    if (report < 0 || kind != WATCH || strncmp(read, below, below_length))
        return;
    int saved = errno;
    syscall(SYS_write, report, line, snprintf(line, sizeof line, "<read\t%s\n", read + below_length));
    errno = saved;
}

#define ACT(what, path, needs_room) do { int error_ = act(what, path, needs_room); if (error_) { errno = error_; return -1; } } while (0)
#define ACT_AT(what, folder, name, needs_room) do { char path_[PATH_MAX]; ACT(what, whole(folder, name, path_), needs_room); } while (0)
#define ACT_ON(what, descriptor, needs_room) do { char path_[PATH_MAX]; ACT(what, of_descriptor(descriptor, path_), needs_room); } while (0)

/* ---------------------------------------------------------------- opening */

static int opening(int folder, const char *name, int flags)
{
    if (!(flags & (O_TRUNC | O_EXCL | O_DIRECTORY)))
        reading(folder, name);
    if (!(flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)))
        return 0;
    char path[PATH_MAX];
    struct stat found;
    int is_new = (flags & O_CREAT) && fstatat(folder, name, &found, 0);
    return act("open", whole(folder, name, path), is_new);
}

#define MODE va_list list_; va_start(list_, flags); mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list_, mode_t) : 0; va_end(list_)
#define OPENING(folder, name) do { int error_ = opening(folder, name, flags); if (error_) { errno = error_; return -1; } } while (0)

int open(const char *name, int flags, ...) { MODE; OPENING(AT_FDCWD, name); return REAL(open)(name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE; OPENING(AT_FDCWD, name); return REAL(open64)(name, flags, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE; OPENING(folder, name); return REAL(openat)(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE; OPENING(folder, name); return REAL(openat64)(folder, name, flags, mode); }
int creat(const char *name, mode_t mode) { return open(name, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int creat64(const char *name, mode_t mode) { return open(name, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int __open_2(const char *name, int flags) { return open(name, flags); }
int __open64_2(const char *name, int flags) { return open(name, flags); }

static int fopening(const char *name, const char *mode)
{
    int flags = strpbrk(mode, "wa+") ? O_WRONLY | (strpbrk(mode, "wa") ? O_CREAT : 0) | (strchr(mode, 'w') ? O_TRUNC : 0) : O_RDONLY;
    int error = opening(AT_FDCWD, name, flags);
    return error ? (errno = error, -1) : 0;
}

FILE *fopen(const char *name, const char *mode) { return fopening(name, mode) ? NULL : REAL(fopen)(name, mode); }
FILE *fopen64(const char *name, const char *mode) { return fopening(name, mode) ? NULL : REAL(fopen64)(name, mode); }

/* ---------------------------------------------------------------- writing */

/* A disk fills up in the middle of a write: half of it is still written. What is written afterwards finds no room. */
#define HALF(descriptor, size, half) do { char path_[PATH_MAX]; int was_full_ = is_full; int error_ = act("write", of_descriptor(descriptor, path_), 1); \
    if (error_ == ENOSPC && !was_full_ && (size) > 1) { half; } if (error_) { errno = error_; return -1; } } while (0)

ssize_t write(int d, const void *data, size_t size) { HALF(d, size, return REAL(write)(d, data, size / 2)); return REAL(write)(d, data, size); }
ssize_t pwrite(int d, const void *data, size_t size, off_t at) { HALF(d, size, return REAL(pwrite)(d, data, size / 2, at)); return REAL(pwrite)(d, data, size, at); }
ssize_t pwrite64(int d, const void *data, size_t size, off64_t at) { HALF(d, size, return REAL(pwrite64)(d, data, size / 2, at)); return REAL(pwrite64)(d, data, size, at); }
ssize_t writev(int d, const struct iovec *parts, int n) { ACT_ON("write", d, 1); return REAL(writev)(d, parts, n); }
ssize_t pwritev(int d, const struct iovec *parts, int n, off_t at) { ACT_ON("write", d, 1); return REAL(pwritev)(d, parts, n, at); }
ssize_t pwritev64(int d, const struct iovec *parts, int n, off64_t at) { ACT_ON("write", d, 1); return REAL(pwritev64)(d, parts, n, at); }
ssize_t sendfile(int to, int from, off_t *at, size_t size) { ACT_ON("write", to, 1); return REAL(sendfile)(to, from, at, size); }
ssize_t sendfile64(int to, int from, off64_t *at, size_t size) { ACT_ON("write", to, 1); return REAL(sendfile64)(to, from, at, size); }
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t size, unsigned flags)
{
    ACT_ON("write", to, 1);
    return REAL(copy_file_range)(from, from_at, to, to_at, size, flags);
}

int ftruncate(int d, off_t size) { ACT_ON("truncate", d, 0); return REAL(ftruncate)(d, size); }
int ftruncate64(int d, off64_t size) { ACT_ON("truncate", d, 0); return REAL(ftruncate64)(d, size); }
int truncate(const char *name, off_t size) { ACT_AT("truncate", AT_FDCWD, name, 0); return REAL(truncate)(name, size); }
int truncate64(const char *name, off64_t size) { ACT_AT("truncate", AT_FDCWD, name, 0); return REAL(truncate64)(name, size); }
int fallocate(int d, int how, off_t at, off_t size) { ACT_ON("allocate", d, 1); return REAL(fallocate)(d, how, at, size); }
int fallocate64(int d, int how, off64_t at, off64_t size) { ACT_ON("allocate", d, 1); return REAL(fallocate64)(d, how, at, size); }
int fsync(int d) { ACT_ON("sync", d, 0); return REAL(fsync)(d); }
int fdatasync(int d) { ACT_ON("sync", d, 0); return REAL(fdatasync)(d); }

/* ---------------------------------------------------------------- names */

int rename(const char *old, const char *new) { reading(AT_FDCWD, old); ACT_AT("rename", AT_FDCWD, new, 1); return REAL(rename)(old, new); }
int renameat(int o, const char *old, int n, const char *new) { reading(o, old); ACT_AT("rename", n, new, 1); return REAL(renameat)(o, old, n, new); }
int renameat2(int o, const char *old, int n, const char *new, unsigned flags) { reading(o, old); ACT_AT("rename", n, new, 1); return REAL(renameat2)(o, old, n, new, flags); }
int link(const char *old, const char *new) { reading(AT_FDCWD, old); ACT_AT("link", AT_FDCWD, new, 1); return REAL(link)(old, new); }
int linkat(int o, const char *old, int n, const char *new, int flags) { reading(o, old); ACT_AT("link", n, new, 1); return REAL(linkat)(o, old, n, new, flags); }
int symlink(const char *old, const char *new) { ACT_AT("link", AT_FDCWD, new, 1); return REAL(symlink)(old, new); }
int symlinkat(const char *old, int n, const char *new) { ACT_AT("link", n, new, 1); return REAL(symlinkat)(old, n, new); }
int unlink(const char *name) { ACT_AT("unlink", AT_FDCWD, name, 0); return REAL(unlink)(name); }
int unlinkat(int folder, const char *name, int flags) { ACT_AT("unlink", folder, name, 0); return REAL(unlinkat)(folder, name, flags); }
int remove(const char *name) { ACT_AT("unlink", AT_FDCWD, name, 0); return REAL(remove)(name); }
int rmdir(const char *name) { ACT_AT("unlink", AT_FDCWD, name, 0); return REAL(rmdir)(name); }
int mkdir(const char *name, mode_t mode) { ACT_AT("mkdir", AT_FDCWD, name, 1); return REAL(mkdir)(name, mode); }
int mkdirat(int folder, const char *name, mode_t mode) { ACT_AT("mkdir", folder, name, 1); return REAL(mkdirat)(folder, name, mode); }

/* ---------------------------------------------------------------- the clock, and chance */

int clock_gettime(clockid_t clock, struct timespec *told)
{
    if (now && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        return told->tv_sec = now, told->tv_nsec = 0, 0;
    return REAL(clock_gettime)(clock, told);
}

time_t time(time_t *told)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    return told ? *told = at.tv_sec : at.tv_sec;
}

int gettimeofday(struct timeval *restrict told, void *restrict zone)
{
    if (!now)
        return REAL(gettimeofday)(told, zone);
    return told->tv_sec = now, told->tv_usec = 0, 0;
}

long syscall(long number, ...)
{
    va_list list;
    long of[6];
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        of[i] = va_arg(list, long);
    va_end(list);
    if (!now || number != SYS_getrandom)
        return REAL(syscall)(number, of[0], of[1], of[2], of[3], of[4], of[5]);
    for (long i = 0; i < of[1]; i++)
        chance = chance * 6364136223846793005UL + 1442695040888963407UL, ((unsigned char *)of[0])[i] = chance >> 56;
    return of[1];
}
