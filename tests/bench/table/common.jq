# What tables share. Rows are objects; a table's cells are its columns' values.

def join_versions: to_entries | map("\(.key) \(.value)") | join(", ");

# One line: when, on what, with which versions.
def about:
  "Measured \(.date), Linux \(.kernel // "?"), \(.versions // {} | join_versions)."
  + (.conditions | del(.quick) | to_entries | map(" \(.key | gsub("_"; " ")): \(.value)") | join(";") | if . != "" then . + "." else . end)
  + (if .conditions.quick then " Quick run: short windows." else "" end)
  + "\n";

# At most three significant digits behind a point, and thousands apart.
def thousands: tostring | explode | reverse | [_nwise(3)] | map(reverse | implode) | reverse | join(",");
def number:
  if . == null then "" elif type != "number" then tostring
  elif . < 0 then "-" + (-. | number)
  elif . == floor then (. | thousands)
  elif . >= 100 then (round | thousands)
  elif . >= 10 then (. * 10 | round / 10 | tostring)
  else (. * 1000 | round / 1000 | tostring) end;

# ratio($base): how many times $base, as in "(x12)".
def ratio($base):
  if type != "number" or ($base | type) != "number" then ""
  elif $base == 0 then (if . == 0 then " (x1)" else " (x inf)" end)
  else (. / $base | if . >= 10 then round elif . >= 0.1 then (. * 10 | round / 10) else (. * 1000 | round / 1000) end)
    | " (x\(.))" end;

# markdown($headings; $rows): arrays of text; as a table whose columns are aligned in plain text, too.
def markdown($headings; $rows):
  ([$headings] + $rows) as $all
  | [range($headings | length) as $i | $all | map(.[$i] | length) | max] as $widths
  | def line($cells): "| " + ([range($cells | length) as $i | $cells[$i] + (" " * ($widths[$i] - ($cells[$i] | length)) // "")] | join(" | ")) + " |";
    line($headings), "|" + ($widths | map("-" * (. + 2)) | join("|")) + "|", ($rows[] | line(.)), "";

# table($columns; $same; $ratios; $rows): $columns are "KEY" or "KEY=Heading_with_underscores". The cells of $ratios
# are followed by how many times reliefd's value they are, where reliefd has a row with the same values of $same.
def table($columns; $same; $ratios; $rows):
  ($columns | map(split("=") | {key: .[0], heading: ((.[1] // .[0]) | gsub("_"; " "))})
    + (if any($rows[]; has("remark")) then [{key: "remark", heading: "remark"}] else [] end)) as $cols
  | ($rows | map(select(.daemon == "reliefd"))) as $ours
  | [$rows[] | . as $row
      | first($ours[] | . as $our | select(all($same[]; $our[.] == $row[.]))) // {} | . as $our
      | [$cols[] | .key as $key
          | ($row[$key] | number)
            + (if $row.daemon != "reliefd" and any($ratios[]; . == $key) then ($row[$key] | ratio($our[$key])) else "" end)]]
  | markdown($cols | map(.heading); .);

# by_header($lines): the tables that the measurement's header declares (README.md, "Adding one").
def by_header($lines):
  . as $all
  | reduce ($lines | split("\n")[] | select(. != "") | capture("^(?<what>[A-Za-z]+) (?<text>.*)$")) as $line ([];
      if $line.what == "Table" then . + [{id: ($line.text | split(" ")[0]), title: ($line.text | sub("^[^ ]+ *"; "")),
          columns: [], same: [], ratios: [], notes: []}]
      else ($line.text | split(" ") | map(select(. != ""))) as $words
        | if $line.what == "Note" then .[-1].notes += [$line.text]
          else .[-1][$line.what | ascii_downcase] += $words end
      end)
  | .[0].id as $first
  | .[] as $t
  | [$all.rows[] | select((.table // $first) == $t.id)] as $rows
  | select($rows | length > 0)
  | (if $t.title != "" then "\($t.title):\n" else empty end),
    table($t.columns; $t.same; $t.ratios; $rows),
    ($t.notes[] | . + "\n");
