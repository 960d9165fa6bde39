# The runs of each killer and victim in one row.
include "common";
include "spread";

def is_own: .daemon as $daemon | (.sender // "null") | startswith(if $daemon == "cgroup.kill" then "bash-" else $daemon + "-" end);

def columns: ["daemon=by", "kills", "held=held_MB", "signals", "dead=signal_to_first_dead:_median",
  "empty=to_all_dead:_median", "back=to_memory_back:_median", "back_p95=p95", "back_min=min", "back_max=max"];

def summary:
  map(select(is_own)) as $killed
  | {victim: .[0].victim, daemon: .[0].daemon, kills: "\($killed | length) of \(length)",
     held: ($killed | map(.held) | median), signals: ($killed | map(.signals) | median),
     dead: ($killed | map(.dead) | median), empty: ($killed | map(.empty) | median)}
    + spread("back"; $killed | map(.back))
    + (if any(.[]; .remark) then {remark: ([.[].remark | strings] | first)}
       elif any($killed[]; .back | type != "number") then
         {remark: "not back in \($killed | map(select(.back | type != "number")) | length) of \($killed | length) runs"}
       else {} end);

def show($victim; $title):
  [.rows[] | select(.victim == $victim)]
  | if length == 0 then empty else
      "\($title):\n", table(columns; ["victim"]; ["empty", "back"]; [group_by(.daemon)[] | summary]) end;

show("one"; "One process, milliseconds"),
show("many"; "64 processes that share the same amount, milliseconds"),
"Times are from the first SIGKILL or SIGTERM. memory back: less than a tenth of what the cgroup held at the signal is left in "
+ "it. signals: of all kinds, to processes of the victim. cgroup.kill: a shell that looks on, and writes to that file.\n"
