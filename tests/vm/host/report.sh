# shellcheck shell=bash
# What is printed: one line for each scenario and kernel, the evidence of failed ones, and the closing count.

PASSED=0 FAILED=0 SKIPPED=0
readonly EVIDENCE_LINES=200 # of each file; --keep keeps all of it

# report_skip KERNEL NAME REASON
report_skip() {
    SKIPPED=$((SKIPPED + 1))
    echo "skip $1 $2 $3"
}

# has_failed DIRECTORY: says its status.
has_failed() {
    local verdict
    read -r verdict _ <"$1/status"
    [[ $verdict == not-ok ]]
}

# report_result KERNEL NAME DIRECTORY: of a scenario whose guest wrote DIRECTORY/status.
report_result() {
    local kernel=$1 name=$2 directory=$3 verdict seconds
    read -r verdict seconds <"$directory/status"
    case $verdict in
        ok)
            PASSED=$((PASSED + 1))
            echo "ok $kernel $name ${seconds}s"
            ;;
        skip) report_skip "$kernel" "$name" "$(cat "$directory/skip")" ;;
        *)
            FAILED=$((FAILED + 1))
            echo "not ok $kernel $name ${seconds}s"
            print_evidence "$directory"
            ;;
    esac
}

# report_guest_failure KERNEL NAME BOOT_DIRECTORY REASON: the guest did not live to say how the scenario ended.
report_guest_failure() {
    local kernel=$1 name=$2 directory=$3 reason=$4
    FAILED=$((FAILED + 1))
    echo "not ok $kernel $name: the guest $reason"
    [[ ! -d $directory/$name ]] || print_evidence "$directory/$name"
    print_file "guest console" "$directory/console.log"
    print_file "qemu" "$directory/qemu.log"
}

print_evidence() {
    local directory=$1 file
    print_file "what failed" "$directory/reason"
    print_file "scenario" "$directory/output.log"
    find "$directory" -type f ! -name 'status*' ! -name reason ! -name skip ! -name output.log | LC_ALL=C sort |
        while read -r file; do print_file "${file#"$directory/"}" "$file"; done
}

# print_file TITLE FILE: its end, indented, so that no line of it looks like a result.
print_file() {
    local title=$1 file=$2 lines
    [[ -s $file ]] || return 0
    lines=$(wc -l <"$file")
    if ((lines > EVIDENCE_LINES)); then
        title+=" (last $EVIDENCE_LINES of $lines lines)"
    fi
    echo "  --- $title"
    tail -n "$EVIDENCE_LINES" "$file" | tr -d '\r' | sed 's/^/  | /'
}

print_count() { echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"; }
