# bash completion for reliefctl(1) and reliefd(8)
#
# What may stand where is told by reliefctl --complete, from its own tables. Names of cgroups are
# chosen by strangers: they never pass through eval or "compgen -W", which would run a $(command) in
# them, and are quoted when they are offered.

_reliefctl() {
    local -a words lines
    local line word cur typed=${COMP_LINE:0:COMP_POINT} ahead=

    # bash cuts at : and =, reliefctl does not; read takes the backslashes away.
    # shellcheck disable=SC2162
    read -a words <<<"$typed"
    [[ $typed == *[^\\][[:space:]] ]] && words+=('')
    cur=${words[-1]}
    [[ $cur == *[:=]* ]] && ahead=${cur%"${cur##*[:=]}"}

    COMPREPLY=()
    mapfile -t lines < <(reliefctl --complete "${1##*/}" "${words[@]:1}" 2>/dev/null)
    for line in "${lines[@]}"; do
        case $line in
            $'\tfiles') _reliefctl_paths -f ;;
            $'\tfolders') _reliefctl_paths -d ;;
            *)
                word=${line%%$'\t'*}
                COMPREPLY+=("$(printf '%q' "${word#"$ahead"}")")
                ;;
        esac
    done
    # What stands behind the colon comes without a blank.
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *: ]] && { compopt -o nospace 2>/dev/null || :; }
    return 0
}

_reliefctl_paths() { # -f | -d : names of files or folders, quoted as bash does it
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen "$1" -- "${cur#"$ahead"}")
    compopt -o filenames 2>/dev/null || :
}

complete -F _reliefctl reliefctl reliefd
