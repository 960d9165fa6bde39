#!/bin/bash
# Over the system bus anyone may read; root acts, and so does whom polkit's own daemon allows it, and no more than that.
# Guest: full
# Timeout: 240

readonly ACTIONS=/usr/share/polkit-1/actions/org.reliefd1.policy RULES=/etc/polkit-1/rules.d/50-reliefd.rules
readonly BUS_POLICY=/etc/dbus-1/system.d/org.reliefd1.conf
[[ -x /usr/lib/polkit-1/polkitd || -x /usr/libexec/polkitd ]] || skip "polkitd is not in this image"
# Ann is in a group that a rule names, Eve is allowed one thing, Ben nothing.
groupadd relievers
for user in ann ben eve; do useradd --no-create-home --user-group "$user"; done
usermod --append --groups relievers ann
reload_bus() { busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig; }
install -m 644 "$SOURCE/contrib/polkit/org.reliefd1.policy" "$ACTIONS"
install -m 644 "$SOURCE/contrib/dbus/org.reliefd1.conf" "$BUS_POLICY"
cat >"$RULES" <<END
polkit.addRule(function (action, subject) {
    if (action.id.indexOf("org.reliefd1.") == 0 && subject.isInGroup("relievers"))
        return polkit.Result.YES;
    if (action.id == "org.reliefd1.pause" && subject.user == "eve")
        return polkit.Result.YES;
    if (action.id == "org.reliefd1.reload" && subject.user == "eve")
        return polkit.Result.NO;
});
END
reload_bus

# call USER METHOD [ARGUMENT ...]: the answer goes to $WORK/answer, an error to $WORK/refusal.
as() { setpriv --reuid "$1" --regid "$1" --init-groups "${@:2}" >"$WORK/answer" 2>"$WORK/refusal"; }
call() {
    as "$1" dbus-send --system --print-reply=literal --dest=org.reliefd1 /org/reliefd1 "org.reliefd1.$2" "${@:3}"
}
# The same from a program that lets polkit ask for a password. (busctl hides what other refusals say.)
call_and_wait() { as "$1" busctl --allow-interactive-authorization=yes call org.reliefd1 /org/reliefd1 org.reliefd1 "$2"; }
is_refused() { # WHY COMMAND ...
    if "${@:2}"; then
        return 1
    fi
    grep -qE "(: |^)only root may (do this by hand|reload the policies).*$1" "$WORK/refusal" && return
    cat "$WORK/refusal"
    return 1
}
is_denied() { is_refused ', or who polkit allows it$' call "$@"; }
is_for_the_socket() { ! call "$@" && grep -q "own socket only" "$WORK/refusal"; }
reloads() { grep -c 'policies reloaded' "$OUT/reliefd.log" || true; }
pauses() { call ben Status && jq -r "[.pauses[] | $1] | join(\" \")" "$WORK/answer"; }
readonly PAUSE=(Pause string:app string: uint64:600000000) RESUME=(Resume string:app string:)
readonly RELIEVE=(Relieve "string:$TREE/app" string: string:)

cgroup_make app memory.max=128M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 50% over 10s
[Relief]
Step=kill
END
run_in app holder --mb 20
victim=$RUN_PID
wait_ready "$victim"
reliefd_start
require "it is on the bus" wait_until 20 call root Status

say "root"
expect "root reloads" call root Reload
expect "and it is done" wait_until 10 at_least 1 reloads
expect "nobody was asked" unit_is polkit.service inactive
expect "a trace is not to be had there" is_for_the_socket root Record string:trace-x

say "anyone"
for method in Status Policies "Explain string:$TREE/app" "Incidents uint32:5" Grades Metrics; do
    # shellcheck disable=SC2086 # words
    expect "reads: $method" call ben $method
done
expect "may not reload" is_denied ben Reload
expect "without a password" grep -q InteractiveAuthorizationRequired "$WORK/refusal"
expect "it is polkit's daemon that was asked" unit_is polkit.service active
expect "nor pause" is_denied ben "${PAUSE[@]}"
expect "nor resume" is_denied ben "${RESUME[@]}"
expect "nor relieve" is_denied ben "${RELIEVE[@]}" boolean:false
expect "nor look whom that would take" is_denied ben "${RELIEVE[@]}" boolean:true
expect "nor try" is_denied ben Try string:app "string:$TREE/app"
expect "a password that nobody can be asked for is none" is_refused ', or who polkit allows it$' call_and_wait ben Reload
expect_equal "reloads" 1 "$(reloads)"
expect_equal "pauses" "" "$(pauses .policy)"
expect_alive "$victim"

say "who is allowed one thing"
expect "pauses" call eve "${PAUSE[@]}"
expect_equal "by" "$(id -u eve)" "$(pauses .uid)"
expect "resumes" call eve "${RESUME[@]}"
expect "may not reload, whatever password is known" is_denied eve Reload
expect "which is said, too" grep -q AccessDenied "$WORK/refusal"
expect "nor relieve" is_denied eve "${RELIEVE[@]}" boolean:false
expect_alive "$victim"

say "who is in the group"
expect "reloads" call ann Reload
expect "and it is done" wait_until 10 at_least 2 reloads
expect "pauses" call ann "${PAUSE[@]}"
expect_equal "pauses" app "$(pauses .policy)"
expect "resumes" call ann "${RESUME[@]}"
expect_equal "pauses after it" "" "$(pauses .policy)"
expect "relieves" call ann "${RELIEVE[@]}" boolean:false
expect_dead "$victim" within 10
expect "the incident has ended" wait_until 20 incident_ended
expect_equal "by hand, by" "$(id -u ann)" "$(incident .by_hand.uid)"

say "the rule goes"
rm "$RULES"
expect "and with it what it allowed" wait_until 20 is_denied ann Reload

say "polkit goes"
systemctl --quiet mask --runtime --now polkit.service
expect "nobody may act, and is told why" is_refused ' \(no decision of polkit: .+\)$' call ann Reload
cp "$WORK/refusal" "$OUT/without-polkit"
expect "but root" call root Reload
expect "and anyone reads" call ben Status
systemctl --quiet unmask --runtime polkit.service

rm "$ACTIONS" "$BUS_POLICY"
reload_bus
for user in ann ben eve; do userdel "$user"; done
groupdel relievers
