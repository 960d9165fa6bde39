# fish completion for reliefctl(1) and reliefd(8). What may stand where is told by reliefctl
# --complete, from its own tables.

function __reliefctl_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct | string unescape)
    test (count $typed) -gt 0; or set typed ''
    for line in (reliefctl --complete (string replace -r '.*/' '' -- $words[1]) $words[2..-1] "$typed" 2>/dev/null)
        switch $line
            case \tfiles
                __fish_complete_path "$typed"
            case \tfolders
                __fish_complete_directories "$typed"
            case '*'
                echo $line
        end
    end
end

complete -c reliefctl -f -a '(__reliefctl_complete)'
complete -c reliefd -f -a '(__reliefctl_complete)'
