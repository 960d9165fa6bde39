#!/usr/bin/env python3
"""Write the C source that holds the given files as strings: embed.py OUTPUT FILE..."""

import os
import sys


def quoted(line):
    text = line.replace('\\', '\\\\').replace('"', '\\"').replace('\n', '\\n')
    return '        "%s"' % text


def row(path):
    with open(path, encoding='utf-8') as file:
        lines = file.readlines()
    name = os.path.basename(path).removesuffix('.conf')
    size = sum(len(line.encode()) for line in lines)
    return '    {"%s",\n%s,\n        %d},\n' % (name, '\n'.join(map(quoted, lines)), size)


def main(output, *paths):
    with open(output, 'w', encoding='utf-8') as file:
        file.write('#include "conf/builtin.h"\n\nconst struct rl_builtin rl_builtins[] = {\n')
        file.writelines(row(path) for path in sorted(paths))
        file.write('};\nconst size_t rl_builtins_n = sizeof(rl_builtins) / sizeof(rl_builtins[0]);\n')


if __name__ == '__main__':
    main(*sys.argv[1:])
