# shellcheck shell=bash
# The commands that README.md tells those who install reliefd to type.

# readme_commands WAY N: those of the Nth block of indented lines after the paragraph that begins with **WAY**, with
# their continued lines joined; fails where there are none.
readme_commands() {
    awk -v way="**$1**" -v wanted="$2" '
        /^(\*\*|#)/ { here = index($0, way) == 1; n = 0; inside = 0 }
        here && /^    / { if (!inside) n++; inside = 1; if (n == wanted) print substr($0, 5); next }
        /[^ ]/ { inside = 0 }' "$SOURCE/README.md" |
        sed -e ':more' -e '/\\$/{N;s/\\\n *//;b more' -e '}' -e 's/  *# .*//' | grep .
}
