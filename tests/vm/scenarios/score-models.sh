#!/bin/bash
# Every model rates the processes of a live system, and those of old kernels forgive whoever has burnt CPU time.
# Timeout: 150

cgroup_make app memory.max=200M
run_in app burner --mb 40 --threads 2 --seconds 35
burner=$RUN_PID
run_in --adj 300 app holder --mb 20
holder=$RUN_PID
for pid in "$burner" "$holder"; do wait_ready "$pid"; done

# score MODEL PID: within app.
score() { reliefctl scores --cgroup "$TREE/app" --model "$1" --json | jq "first(.processes[] | select(.pid == $2)).score"; }
fresh=$(score linux-2.6 "$burner")
expect_at_least "linux-2.6, fresh" $((40 * 256)) "$fresh"

mapfile -t models < <(reliefctl scores --model help | sed -n 's/^ *\(percent-times-ten\|private\|total-vm\|v[0-9]*\)\b.*/\1/p')
expect_equal "models" 17 "${#models[@]}"
for model in "${models[@]}"; do
    reliefctl scores --system --model "$model" --json >"$WORK/scores"
    expect_equal "$model: its name, rated of the two, rated of init and kthreadd" "$model 2 0" "$(jq -r "[.model,
        ([.processes[] | select((.pid == $burner or .pid == $holder) and .score > 0)] | length),
        ([.processes[] | select(.pid <= 2 and (.eligible or .score))] | length)] | join(\" \")" "$WORK/scores")"
done

expect "35 s of CPU time are burnt" wait_until 60 grep -q burnt "$OUT/load-$burner.log"
burnt=$(score linux-2.6 "$burner")
expect_between "linux-2.6, after 35 s of CPU time" $((fresh * 4 / 10)) $((fresh * 6 / 10)) "$burnt"
