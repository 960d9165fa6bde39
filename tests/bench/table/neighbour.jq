# The runs of each daemon and setting in one row, with its false kills.
include "common";
include "spread";

def columns: ["setting", "daemon", "false_kills", "kills=hog_killed", "killed=hog_start_to_signal:_median",
  "baseline=p99_before:_median", "worst=worst_p99:_median", "recovered=hog_start_to_p99_back:_median",
  "recovered_p95=p95", "back=signal_to_p99_back:_median", "back_p95=p95", "suffered=first_to_last_bad_second:_median", "suffered_p95=p95", "lost=lost_requests:_median",
  "lost_p95=p95"];

# Where p99 did not come back, that is later than any time that was measured.
def recovered: if (.recovered | type) == "number" then .recovered else infinite end;
def back: if (.back | type) == "number" then .back else infinite end;
def finite: if . == null or isinfinite then "not back" else . end;

def summary($benign):
  map(select(own_kill)) as $killed
  | {setting: .[0].setting, daemon: .[0].daemon,
     false_kills: (if $benign == [] then null else "\($benign | map(select(own_kill)) | length) of \($benign | length)" end),
     kills: "\($killed | length) of \(length)", killed: ($killed | map(.killed_after) | median),
     baseline: (map(.baseline) | median), worst: (map(.worst) | median),
     recovered: (map(recovered) | median | finite), recovered_p95: (map(recovered) | p95 | finite),
     back: ($killed | map(back) | median | finite), back_p95: ($killed | map(back) | p95 | finite),
     suffered: (map(recovered - (.first | if type == "number" then . else 0 end)) | median | finite),
     suffered_p95: (map(recovered - (.first | if type == "number" then . else 0 end)) | p95 | finite),
     lost: (map(.lost) | median), lost_p95: (map(.lost) | p95)}
    + (if foreigners then {remark: foreigners}
       elif any(.[]; .remark) then {remark: ([.[].remark | strings] | "\(.[0]) (\(length) times)")} else {} end);

.rows as $rows
| [$rows[] | select(.table == "suffer")]
| "Milliseconds; nobody: no daemon and no hog, that is noise alone; kernel: no daemon.\n",
  table(columns; ["setting"]; ["recovered", "suffered", "lost"];
    [group_by([.setting, .daemon])[] | . as $runs
      | [$rows[] | select(.table == "benign" and .setting == $runs[0].setting and .daemon == $runs[0].daemon and (.remark | not))] as $benign
      | summary($benign)]),
  "Signal to p99 back: only of runs in which the daemon killed, up to the end of the last bad second, so up to a second of it is the window's own. "
  + "p99 is back when it has been below 1.2 times the largest of any second before the hog, or below 1 ms, for 5 s, with the hog gone. "
  + "lost requests: those that were not answered until then. false kills: of loads that end by themselves "
  + "(nine tenths of the memory for 3 s, a reader of files at its limit, 95 % for 1 s).\n"
