#!/bin/bash
# Ten thousand cgroups that come and go leave nothing behind and hide nobody, nor do watches that run out.
# Kernels: 6.12
# Slow: yes
# Swap: zram 256M
# Boot: own
# Timeout: 900

known() { reliefctl status --json | jq .cgroups; }
standing() { find "$CGROUP_MOUNT" -type d | wc -l; }
is_in_step() { [[ $(known) == "$(standing)" ]]; }
open_files() { find "/proc/$RELIEFD_PID/fd" -type l | wc -l; }
has_files() { [[ $(open_files) == "$1" ]]; }
resident_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$RELIEFD_PID/status"; }
# Of the descriptor that has the most of them; another one watches the policies.
watches() { grep -c '^inotify' "/proc/$RELIEFD_PID/fdinfo/"* | sed 's/.*://' | sort -n | tail -n 1; }
is_watched() { grep -q "^inotify .* ino:$(printf %x "$(stat -c %i "$(cgroup_path "$1")")") " "/proc/$RELIEFD_PID/fdinfo/"*; }
storm() { cgroup-storm "$@" "$(cgroup_path .)"; }
said() { grep -c "$1" "$OUT/reliefd.log" || :; }

# leak_in CGROUP: a leak in a cgroup that was made a moment ago ends by its policy's hand.
leak_in() {
    cgroup_make "$1" memory.high=48M memory.max=96M
    run_in "$1" leaker --rate 40 --limit 300 --touch
    expect_dead "$RUN_PID" within 60
    expect "the incident in $1 has ended" wait_until 15 incident_ended
    expect_equal "offender" "$TREE/$1" "$(incident .offender)"
    expect_equal "victim" "$RUN_PID" "$(incident .victim.pid)"
}

cgroup_make app
policy app <<END
[Match]
Cgroup=$TREE/app/*
[Trigger stall]
Pressure=full 20% over 2s
[Relief]
Step=kill
Cooldown=5s
END
limit=$(</proc/sys/fs/inotify/max_user_watches)
echo 20000 >/proc/sys/fs/inotify/max_user_watches # so small a guest has 8192
reliefd_start
require "the tree is known" wait_until 30 is_in_step
files=$(open_files)
resident=$(resident_kb)
say "$(known) cgroups, $files files, $resident kB"

storm --make 10000 --alive 100
expect "all is gone for reliefd too" wait_until 120 is_in_step
expect "as many files as before" wait_until 10 has_files "$files"
storm --make 5000 --alive 3000 --leave 3000
begin=$(now_ms)
expect "what stands is known" wait_until 120 is_in_step
say "in step after $(($(now_ms) - begin)) ms, $(resident_kb) kB for $(known) cgroups"
expect_equal "watches" "$(standing)" "$(watches)"
find "$(cgroup_path .)" -depth -type d -path '*/storm-*' -delete
expect "all is gone at last" wait_until 120 is_in_step
expect "as many files as before" wait_until 10 has_files "$files"
expect_equal "watches" "$(standing)" "$(watches)"
expect_between "memory that has grown, kB, of 2400 that were needed" -10000 1024 $(($(resident_kb) - resident))

begin=$(now_ms)
cgroup_make app/young
expect "a cgroup made afterwards is known" wait_until 10 is_watched app/young
say "after $(($(now_ms) - begin)) ms" # 250 at most natively
leak_in app/late
expect_equal "kills by the kernel" 0 "$(events app oom_kill)"
reliefd_stop

# Too few watches: what is made in between is found when there is pressure.
storm --make 100 --leave 100
echo 40 >/proc/sys/fs/inotify/max_user_watches
: >"$OUT/reliefd.log"
reliefd_start
expect_equal "watches ran out, said" 1 "$(said 'watches ran out')"
leak_in app/unwatched
is_watched app/unwatched && fail "app/unwatched: expected no watch for it, found one"
leak_in app/unwatched-too
expect_equal "watches ran out, said" 1 "$(said 'watches ran out')"
expect_equal "watches suffice, said" 0 "$(said 'watches suffice again')"
echo "$limit" >/proc/sys/fs/inotify/max_user_watches
leak_in app/third
expect_equal "watches suffice, said" 1 "$(said 'watches suffice again')"
expect_equal "watches" "$(standing)" "$(watches)"
expect_equal "kills by the kernel" 0 "$(events app oom_kill)"
find "$(cgroup_path .)" -depth -type d -path '*/storm-*' -delete
expect "in step at the end" wait_until 30 is_in_step
