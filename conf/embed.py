"""Write the C source that holds the given files as strings: embed.py OUTPUT FILE..."""

import os
import sys


def row(path):
    with open(path, 'rb') as file:
        data = file.read()
    name = os.path.basename(path).removesuffix('.conf')
    numbers = ', '.join(str(byte - 256 if byte > 127 else byte) for byte in data + b'\0')
    return '    {"%s", (const char[]){%s}, %d},\n' % (name, numbers, len(data))


def main(output, *paths):
    with open(output, 'w', encoding='utf-8') as file:
        file.write('#include "conf/builtin.h"\n\nconst struct rl_builtin rl_builtins[] = {\n')
        file.writelines(row(path) for path in sorted(paths))
        file.write('};\nconst size_t rl_builtins_n = sizeof(rl_builtins) / sizeof(rl_builtins[0]);\n')


if __name__ == '__main__':
    main(*sys.argv[1:])
