# Figures over several runs. Whatever is no number (a run in which it never came) does not count.

def sorted: map(numbers) | sort;
def median: sorted | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor]
  else (.[length / 2] + .[length / 2 - 1]) / 2 end;
# The smallest that 95 % of all are not above.
def p95: sorted | if length == 0 then null else .[(length * 0.95 | ceil) - 1] end;
# NAME is the median; NAME_p95, NAME_min, NAME_max.
def spread($name; $values):
  {($name): ($values | median), "\($name)_p95": ($values | p95),
   "\($name)_min": ($values | sorted | first), "\($name)_max": ($values | sorted | last)};

# Was it this row's own daemon? (The sender is COMMAND-PID.) Whoever else signals spoils the measurement.
def own_kill: (.sender // "null") as $sender | .daemon as $daemon | $sender | startswith($daemon + "-");
def foreign_kill: (.sender // "null") as $sender | $sender != "null" and $sender != "kernel" and (own_kill | not);
def foreigners: map(select(foreign_kill)) | if length > 0 then "\(length) signalled by \(.[0].sender)" else null end;
