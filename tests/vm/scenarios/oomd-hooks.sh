#!/bin/bash
# As systemd-oomd's own test: with no hook, one and four before a kill, each is told of the victim once, and the unit dies.
# Kernels: 6.12
# Guest: full
# Slow: yes
# Swap: zram 64M
# Timeout: 400

# What counts is a hook that came to its end: where systemd is slow reliefd begins it, and systemd's own is stopped.
cat >"$WORK/hook" <<HOOK
#!/bin/bash
cat >"$WORK/part.\$\$"
mv "$WORK/part.\$\$" "$WORK/told-\$1.\$\$"
HOOK
chmod 755 "$WORK/hook"
slice_make workload.slice
for number in 0 1 4; do
    hooks=()
    for ((i = 1; i <= number; i++)); do hooks+=("Step=hook $WORK/hook $number-$i wait 3s"); done
    policy_like_oomd "testhook$number.service" "Pressure=full 20% over 10s" "For=2s" -- "${hooks[@]}"
done
reliefd_start
for number in 0 1 4; do
    unit=testhook$number.service
    require "$unit starts" unit_start "$unit" --slice=workload.slice -p MemoryHigh=3M "$PROGRAMS/thrasher" --size 50
    expect "it fails" wait_until 100 unit_is "$unit" failed
    expect "the incident has ended" wait_until 20 incident_ended
    expect_equal "victim" "/workload.slice/$unit" "$(incident .victim.cgroup)"
    expect_equal "steps" "$number hook, 1 kill" \
        "$(incident '[.steps[].step] | "\(map(select(. == "hook")) | length) hook, \(map(select(. == "kill")) | length) kill"')"
    for ((i = 1; i <= number; i++)); do
        told=("$WORK/told-$number-$i".*)
        expect_equal "times that hook $i was told" 1 "${#told[@]}"
        expect_equal "of what" "/workload.slice/$unit" "$(jq -r .victim.cgroup "${told[0]}")"
    done
done
expect_equal "all that was told" 5 "$(find "$WORK" -maxdepth 1 -name 'told-*' | wc -l)"
units_remove
