#!/bin/bash
# Whoever watches a leaking program's score sees it grow, ours and the kernel's, and in the end learns who killed it.
# Timeout: 150

# Usage= is looked at every 1 to 30 s: the leak stops above 85 %, below the limit, and waits.
cgroup_make app memory.max=160M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger fills]
Usage=85%
[Relief]
Step=kill
END
reliefd_start
run_in app leaker --rate 10 --limit 145 --hold
leaker=$RUN_PID
wait_ready "$leaker"
watch() { reliefctl --state-dir "$WORK/state" scores "$leaker" --watch --interval 0.7 "$@"; }
watch >"$OUT/watched" &
plain=$!
watch --json >"$OUT/watched.json" &
json=$!

expect_dead "$leaker" within 80
expect "the incident has ended" wait_until 10 incident_ended
for watcher in "$plain" "$json"; do
    expect "the watcher ends by itself" wait_until 20 is_dead "$watcher"
    expect "and with success" wait "$watcher"
done
id=$(incident .id)
expect_equal "victim" "$leaker" "$(incident .victim.pid)"

# One who is dying has no score any more, for as long as that takes.
looks() { jq -s "map(select(.gone or .reason == \"dying\" | not)) | $1" "$OUT/watched.json"; }
expect_at_least "looks" 5 "$(looks length)"
expect_equal "looks at other than the leaker" 0 "$(looks "map(select(.pid != $leaker)) | length")"
expect_equal "memory and whose limit" "$((160 << 20)) $TREE/app" \
    "$(looks 'map("\(.available_bytes) \(.limited_by)") | unique | join(", ")' | tr -d '"')"
for key in score kernel_oom_score; do
    expect_equal "$key falls by more than 5" 0 \
        "$(looks "[range(1; length) as \$i | select(.[\$i].$key < .[\$i - 1].$key - 5)] | length")"
done
expect_at_least "score: growth" 300 "$(looks '.[-1].score - .[0].score')"
expect_at_least "kernel's score: growth" 10 "$(looks '.[-1].kernel_oom_score - .[0].kernel_oom_score')"
expect_equal "the end, the incident" "true $id" \
    "$(jq -rs '.[-1] | "\(.gone) \(.incident.id)"' "$OUT/watched.json")"
expect_at_least "lines of the table" 5 "$(grep -c '^[0-9-]*T[0-9:.]*Z ' "$OUT/watched")"
expect_at_least "the end in words" 1 "$(tr '\n' ' ' <"$OUT/watched" |
    grep -cF "leaker[$leaker] is gone: it was the victim of incident $id by the policy app.")"
