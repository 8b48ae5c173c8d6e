/* The SMTP server of the tests as a program: smtp-server MAILS [COMMANDS [ANSWER-TO-MAIL-FROM]] */
#include "smtp.h"

#include <stdio.h>

int main(int count, char **words)
{
	struct smtp_wishes wishes = { 0 };
	int port;
	int listener = smtp_listen(&port);

	if (count < 2)
		return 2;
	wishes.mails = words[1];
	if (count > 2)
		wishes.commands = words[2];
	if (count > 3)
		wishes.refuse_mail = words[3];
	printf("listening on %d\n", port);
	(void)fflush(stdout);
	smtp_serve(listener, &wishes);
	return 0;
}
