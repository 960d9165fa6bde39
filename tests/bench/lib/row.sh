# shellcheck shell=bash
# What a measurement brings out: rows and conditions, as JSON.

# row KEY=VALUE ...: one row. Values that look like JSON numbers are numbers. Keys that tables know: daemon, setting,
# remark (why something is missing), table (which of the header's tables; the first one unless given).
row() {
    json_object "$@" >>"$OUT/rows"
    say "row: $*"
}

# condition KEY=VALUE ...: what holds for the whole measurement.
condition() { json_object "$@" >>"$OUT/conditions"; }

json_object() {
    jq -nc '$ARGS.positional | map(capture("^(?<key>[^=]+)=(?<value>.*)$"; "s"))
        | map(.value |= (if test("^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$") then tonumber else . end)) | from_entries' --args "$@"
}

# Kernel, and versions of what is measured.
describe_guest() {
    local package versions=()
    for package in systemd-oomd earlyoom nohang oomd; do
        versions+=("$package=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || echo none)")
    done
    versions+=("reliefd=$("$PROGRAMS/reliefd" --version 2>/dev/null | sed -n '1s/.* //p')")
    jq -nc --arg kernel "$(uname -r)" '{$kernel, versions: ($ARGS.positional | map(split("=") | {key: .[0], value: .[1]}) | from_entries)}' \
        --args "${versions[@]}" >"$OUT/about"
}
