#include "page.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct faults_page *faults_page(void)
{
	static struct faults_page *page;
	const char *path = getenv(FAULTS_PAGE);
	int fd;

	if (page || !path)
		return page;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	page = mmap(NULL, FAULTS_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (page == MAP_FAILED)
		page = NULL;
	return page;
}
