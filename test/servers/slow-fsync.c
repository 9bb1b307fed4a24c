// A disk whose fdatasync takes as many milliseconds as the file SLOW_FSYNC_FILE says at that moment. With SLOW_FSYNC_HOLDS it takes no write meanwhile, as a journal
// that commits does; without it the writes wait in the server's own buffer. Only regular files are held up.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile int syncing;

static void pause_for(long milliseconds) {
	struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
	nanosleep(&time, NULL);
}

int fdatasync(int file) {
	long milliseconds = 0;
	FILE *told = fopen(getenv("SLOW_FSYNC_FILE"), "r");
	if (told) {
		if (fscanf(told, "%ld", &milliseconds) != 1) milliseconds = 0;
		fclose(told);
	}
	syncing = 1;
	pause_for(milliseconds);
	int result = syscall(SYS_fdatasync, file);
	syncing = 0;
	return result;
}

int fsync(int file) { return fdatasync(file); }

ssize_t write(int file, const void *bytes, size_t count) {
	// What has a position is a file; fstat is a symbol that older libraries lack.
	if (syncing && getenv("SLOW_FSYNC_HOLDS") && lseek(file, 0, SEEK_CUR) >= 0)
		while (syncing) pause_for(5);
	return syscall(SYS_write, file, bytes, count);
}
