# The runs of each daemon and setting in one row.
include "common";
include "spread";

def no_kill:
  if any(.[]; .sender == "kernel") then "the kernel's OOM killer was first"
  elif .[0].delay == "null" then "no kill: has no rule for this"
  else "no kill" end;

def columns: ["setting", "daemon", "kills", "delay=own_delay", "condition=start_to_condition",
  "reaction=condition_to_signal:_median", "reaction_p95=p95", "reaction_min=min", "reaction_max=max",
  "dead=signal_to_dead:_median", "dead_p95=p95", "dead_min=min", "dead_max=max",
  "back=signal_to_memory_back:_median", "back_p95=p95", "back_min=min", "back_max=max", "signal=start_to_signal"];

def summary:
  map(select(own_kill)) as $killed
  | {setting: .[0].setting, daemon: .[0].daemon, kills: "\($killed | length) of \(length)",
     delay: (.[0].delay | numbers), condition: ($killed | map(.condition) | median),
     signal: ($killed | map(.signal) | median)}
    + spread("reaction"; $killed | map(.reaction)) + spread("dead"; $killed | map(.dead))
    + spread("back"; $killed | map(.back))
    + (if foreigners then {remark: foreigners}
       elif any(.[]; .remark) then {remark: ([.[].remark | strings] | first)}
       elif ($killed | length) < length then {remark: map(select(own_kill | not)) | no_kill}
       else {} end);

def show($load; $title):
  [.rows[] | select(.load == $load)]
  | if length == 0 then empty else
      "\($title):\n", table(columns; ["setting"]; ["reaction", "signal"]; [group_by([.setting, .daemon])[] | summary]) end;

show("stall"; "A cgroup that only stalls at its own limit, milliseconds"),
show("low"; "A machine that runs out of memory and swap, milliseconds"),
"condition to signal: from the instant at which the daemon's own condition was true, its own delay (own delay: how long "
+ "its line must have been passed) included in the condition; negative: before a look of the observer, every 20 ms, saw it "
+ "true. memory back: less than a tenth left in the cgroup.\n"
