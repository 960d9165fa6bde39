/* Parts of relief by hand that others, and tests, use as well. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* The ladder in one sentence. */
void rl_show_steps(const json_t *steps);

/* Ask on stderr, and read a line. Return: whether it is y or yes. */
bool rl_confirmed(FILE *from, const char *question);

/* Whom an outlook has shown, in the form in which Relieve expects it; "" for nobody. */
void rl_expected_text(const json_t *outlook, char *buf, size_t size);

/* The exit code that the outcome of a record stands for: 0 for relieved, eased and dry-run. */
int rl_relief_exit(const json_t *record);
