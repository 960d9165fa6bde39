#!/bin/bash
# What a dry run has recorded is replayed with other policies: who would have died earlier, who would have been spared, and a picture of both.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 180

cgroup_make app memory.high=100M memory.max=300M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
[Relief]
Step=kill
DryRun=yes
Cooldown=30s
END
# Two folders of policies, neither of which has ever been in force.
trial() {
    mkdir "$WORK/$1"
    touch "$WORK/$1/default.conf"
    { printf '[Match]\nCgroup=%s\n' "$TREE/app"; cat; } >"$WORK/$1/app.conf"
}
trial quick <<END
[Trigger soon]
Pressure=full 20% over 4s
[Relief]
Step=terminate wait 2s
Step=kill
Cooldown=1h
END
trial patient <<END
[Trigger late]
Pressure=full 25% over 10s
[Victim]
Protect=comm:leaker
[Relief]
Step=warn wait 1s
Step=kill
Cooldown=1h
END

reliefd_start
run_in app holder --mb 20
holder=$RUN_PID
wait_ready "$holder"
run_in app leaker --rate 20 --limit 200 --touch
leaker=$RUN_PID
sleep 40
kill "$leaker" "$holder"
sleep 5
reliefd_stop
cp "$WORK/trace" "$OUT/dry-run.trace"

both=(replay --policy "$WORK/quick" --against "$WORK/patient" "$WORK/trace")
reliefctl "${both[@]}" --json >"$OUT/both.json" || fail "replay: expected success, found exit status $?"
# who VICTIM: when it dies by the first and by the second, "yes" or "no" each.
who() {
    jq -r --arg who "$1" '.victims[] | select(.victim == $who)
        | "\(if .first_ms then "yes" else "no" end) \(if .second_ms then "yes" else "no" end)"' "$OUT/both.json"
}
expect_equal "who kills the leaker" "yes no" "$(who "$leaker leaker")"
expect_equal "who kills its neighbour" "no yes" "$(who "$holder holder")"
reliefctl "${both[@]}" --plot -o "$OUT/both.svg" >/dev/null || fail "a picture: expected success, found exit status $?"
expect "the first one's mark" grep -q ">1: [^<]*terminate leaker\[$leaker\]<" "$OUT/both.svg"
expect "the second one's mark" grep -q ">2: [^<]*kill holder\[$holder\]<" "$OUT/both.svg"
