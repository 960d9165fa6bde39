/* Long output on a terminal goes through a pager, as journalctl's does.
 *
 * The pager is $PAGER, else less, else more. less is started with FRSX, unless $LESS says
 * otherwise: it ends at once where all fits on the screen. It is told to run no other programs
 * (LESSSECURE), since reliefctl often runs as root. */
#pragma once

#include "daemon/ctl/ctl.h"

/**
 * rl_pager_open() - send what is printed from now on to a pager
 *
 * Call it when all is known that is to be printed: nobody can answer a question any more. Does
 * nothing where stdout is no terminal, with --no-pager, with TERM=dumb, with an empty $PAGER or
 * "cat", and when called again. Colours and widths stay those of the terminal.
 */
void rl_pager_open(const struct rl_args *args);

/**
 * rl_pager_close() - wait until the reader has seen enough
 *
 * Return: whether there was a pager. It may have been left early; that is no error.
 */
bool rl_pager_close(void);
