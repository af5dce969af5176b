#include "passphrase.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

static int take_line(FILE *in, char out[PASSPHRASE_SIZE])
{
    if (fgets(out, PASSPHRASE_SIZE, in) == NULL)
        return -1;
    out[strcspn(out, "\r\n")] = '\0';
    return 0;
}

int passphrase_read(const char *path, char out[PASSPHRASE_SIZE], struct err *err)
{
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return err_set_errno(err, path, errno, "cannot read the passphrase");
    int result = take_line(in, out);
    fclose(in);
    return result == 0 ? 0 : err_set_at(err, path, 0, "no passphrase in it");
}

int passphrase_ask(const char *what, char out[PASSPHRASE_SIZE], struct err *err)
{
    struct termios before, silent;
    FILE *terminal = fopen("/dev/tty", "r+e");
    if (terminal == NULL || tcgetattr(fileno(terminal), &before) != 0) {
        if (terminal != NULL)
            fclose(terminal);
        return err_set_at(err, what, 0, "needs a passphrase; give --passphrase-file");
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(terminal, "passphrase of %s: ", what);
    fflush(terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &silent);
    int result = take_line(terminal, out);
    tcsetattr(fileno(terminal), TCSAFLUSH, &before);
    fputs("\n", terminal);
    fclose(terminal);
    return result == 0 ? 0 : err_set_at(err, what, 0, "no passphrase was typed");
}
