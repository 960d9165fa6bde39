# shellcheck shell=bash
# Units of systemd (full guest), as other projects' tests have them. Scenarios that make any end with units_remove.

readonly UNIT_DIRECTORY=/run/systemd/system
UNITS_MADE=()

# slice_make NAME.slice [PROPERTY=VALUE ...]: a unit file, loaded and started.
slice_make() {
    printf '%s\n' '[Slice]' "${@:2}" >"$UNIT_DIRECTORY/$1"
    UNITS_MADE+=("$1")
    systemctl daemon-reload
    systemctl start "$1"
}

# unit_start NAME.service [-p PROPERTY=VALUE ...] PROGRAM ...: in the background, as nobody.
unit_start() {
    UNITS_MADE+=("$1")
    systemd-run --quiet --unit="$1" --uid=nobody "${@:2}"
}

# unit_show NAME PROPERTY; unit_is NAME STATE: its ActiveState.
unit_show() { systemctl show --value -P "$2" "$1"; }
unit_is() { [[ $(unit_show "$1" ActiveState) == "$2" ]]; }

units_remove() {
    systemctl stop "${UNITS_MADE[@]}" 2>/dev/null || :
    systemctl reset-failed "${UNITS_MADE[@]}" 2>/dev/null || :
    rm -f "${UNITS_MADE[@]/#/$UNIT_DIRECTORY/}"
    systemctl daemon-reload
}

# policy_like_oomd NAME CONDITION ... [-- LINE_OF_RELIEF ...]: what "reliefctl import systemd-oomd" makes of a unit
# whose cgroups are to be killed under these conditions. The built-in policies are switched off.
policy_like_oomd() {
    local name=$1 conditions=()
    shift
    while (($#)) && [[ $1 != -- ]]; do
        conditions+=("$1")
        [[ $1 != Pressure=* ]] || conditions+=(Origin=any)
        shift
    done
    mkdir -p "$WORK/policy"
    ln -sf /dev/null "$WORK/policy/default.conf"
    policy "$name" <<POLICY
[Trigger conditions]
$(printf '%s\n' "${conditions[@]}")
[Victim]
Kill=cgroup
Within=subject
[Relief]
$(printf '%s\n' "${@:2}")
Step=kill
Cooldown=15s
POLICY
}
