# shellcheck shell=bash
# Scenario files: their names and the "# Key: value" lines of their header.

scenario_names() { find "$SCENARIOS" -name '*.sh' -printf '%f\n' | sed 's/\.sh$//' | LC_ALL=C sort; }

readonly USUAL_MEMORY=1G USUAL_NODES=1

# header NAME KEY DEFAULT: from the comment block that the file begins with.
header() {
    local value
    value=$(sed -n -e '/^#/!q' -e "s/^# $2: *//p" "$SCENARIOS/$1.sh")
    echo "${value:-$3}"
}

scenario_title() { sed -n '2s/^# *//p' "$SCENARIOS/$1.sh"; }

# check_header NAME: a misspelt value must not silently become a default.
check_header() {
    local name=$1 file=$SCENARIOS/$1.sh kernel
    [[ -f $file ]] || die "no scenario $name (tests/vm/run --list names all)"
    [[ $(scenario_title "$name") ]] || die "$file: line 2 must be a comment that says in one sentence what is tested"
    for kernel in $(header "$name" Kernels 6.12); do
        [[ " ${KERNELS[*]} " == *" $kernel "* ]] || die "$file: Kernels: $kernel is none of ${KERNELS[*]}"
    done
    check_value "$name" Timeout 60 '[1-9][0-9]*' "seconds"
    check_value "$name" Boot shared 'shared|own' "shared or own"
    check_value "$name" Swap none 'none|zram [1-9][0-9]*[KMG]' "none or zram SIZE, as in zram 256M"
    check_value "$name" Memory "$USUAL_MEMORY" '[1-9][0-9]*[MG]' "a size, as in 3G"
    check_value "$name" Nodes "$USUAL_NODES" '[1-8]' "1 to 8"
    check_value "$name" Guest small 'small|full' "small or full"
    check_value "$name" Slow no 'yes|no' "yes or no"
    check_value "$name" Image no 'yes|no' "yes or no"
}

# check_value NAME KEY DEFAULT PATTERN MEANING
check_value() {
    local value
    value=$(header "$1" "$2" "$3")
    [[ $value =~ ^($4)$ ]] || die "$SCENARIOS/$1.sh: $2: $value must be $5"
}

memory_of() { header "$1" Memory "$USUAL_MEMORY"; }
nodes_of() { header "$1" Nodes "$USUAL_NODES"; }

# A scenario with a machine of its own kind has the guest to itself, whatever it says.
shares_boot() {
    [[ $(header "$1" Boot shared) == shared && $(memory_of "$1") == "$USUAL_MEMORY" && $(nodes_of "$1") == "$USUAL_NODES" ]]
}

runs_on() { [[ " $(header "$1" Kernels 6.12) " == *" $2 "* ]]; }

list_scenarios() {
    local name
    for name in "$@"; do
        printf '%-28s %-9s %-5s %4s s  %s\n' "$name" "$(header "$name" Kernels 6.12)" "$(header "$name" Guest small)" \
            "$(header "$name" Timeout 60)" "$(scenario_title "$name")"
    done
}
