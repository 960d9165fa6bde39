/* Completion of command lines, for any shell: the shells' scripts hand over the words and show what
 * comes back. So there is one completion, made from the tables of commands, options and words, and
 * it looks where --root, --cgroup-root and --state-dir of the line itself say. */
#pragma once

/**
 * rl_complete() - print what may stand in place of the last word
 * @words: NULL-terminated: the program ("reliefctl" or "reliefd"), what stands behind it, and last
 *         the word that is being typed, "" where none is begun
 *
 * One line each: the word, a tab, what it means. A line that begins with a tab asks the shell for
 * names of files ("\tfiles") or folders ("\tfolders"). Options stand only where a minus was typed.
 */
void rl_complete(char **words);
