# shellcheck shell=bash
# Tables out of the JSON: as text, and in README.md.

# print_tables DIRECTORY NAME ...: of those that have a NAME.json there.
print_tables() {
    local directory=$1 name
    shift
    for name in "$@"; do
        [[ -f $directory/$name.json ]] || continue
        echo
        print_table "$directory/$name.json" "$name"
    done
}

# print_table FILE NAME: by tests/bench/table/NAME.jq, or by the "# Table" lines of the measurement's header.
print_table() {
    local own=$BENCH/table/$2.jq tables
    echo "### $2"
    echo
    scenario_title "$2"
    echo
    jq -r -L "$BENCH/table" 'include "common"; about' "$1"
    if [[ -f $own ]]; then
        jq -r -L "$BENCH/table" -f "$own" "$1"
        return
    fi
    tables=$(sed -n -e '/^#/!q' -e 's/^# \(Table\|Columns\|Ratios\|Same\|Note\): */\1 /p' "$BENCH/measure/$2.sh")
    jq -r -L "$BENCH/table" --arg tables "$tables" 'include "common"; by_header($tables)' "$1"
}

readonly README_BEGIN='<!-- tables: begin (written by tests/bench/run --readme) -->' README_END='<!-- tables: end -->'

# write_readme DIRECTORY NAME ...: the tables, between the two marks of README.md.
write_readme() {
    local file=$BENCH/README.md new
    (($(grep -cxF -e "$README_BEGIN" -e "$README_END" "$file") == 2)) ||
        die "$file has not the two lines between which the tables go: $README_BEGIN $README_END"
    new=$(mktemp "$file.XXXXXX")
    {
        sed "\,^$README_BEGIN\$,q" "$file"
        print_tables "$@"
        echo
        sed -n "/^$README_END\$/,\$p" "$file"
    } >"$new"
    chmod 644 "$new"
    mv "$new" "$file"
}
