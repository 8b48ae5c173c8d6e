#include "ctl.h"

#include <signal.h>

int main(int argc, char **argv)
{
	(void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like others */
	return ctl_main(argc, argv);
}
