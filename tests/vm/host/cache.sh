# shellcheck shell=bash
# Everything that is downloaded or made once and kept: entries are directories under $CACHE, each named after
# a hash of its recipe, so that a changed recipe makes a new entry and drops the old one.

readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# cache_entry NAME "RECIPE FILES" MAKER [ARGUMENT ...]: sets REPLY to the directory of entry NAME.
# An absent one is made by MAKER [ARGUMENT ...] DIRECTORY; a half made one never gets the final name.
cache_entry() {
    local name=$1 recipe_files=$2 entry making failed started=$SECONDS
    shift 2
    # shellcheck disable=SC2086 # a list of files
    entry=$CACHE/$name-$( (cat $recipe_files && echo "$*") | sha256sum | cut -c1-12)
    REPLY=$entry
    [[ ! -d $entry ]] || return 0
    note "making $name"
    making=$(mktemp -d "$CACHE/.making.XXXXXX")
    set +e # a subshell on its own, so that every failing command in it ends it
    (set -e && "$@" "$making") >"$CACHE/$name.log" 2>&1
    failed=$?
    set -e
    if ((failed)); then
        rm -rf "$making"
        tail -n 20 "$CACHE/$name.log" >&2
        die "could not make $name: the lines above are the end of $CACHE/$name.log"
    fi
    rm -rf "$CACHE/$name"-*
    chmod 755 "$making"
    mv "$making" "$entry"
    note "made $name in $((SECONDS - started)) s"
}

host_codename() { (. /etc/os-release && echo "${VERSION_CODENAME:?}"); }

# apt_source_lines CODENAME: sources of that Debian release, from the mirror that this machine's own apt uses.
apt_source_lines() {
    local codename=$1 own suffix repository
    own=$(host_codename)
    for suffix in "" -security; do
        # shellcheck disable=SC2016 # apt's own variables
        repository=$(apt-get indextargets --no-release-info --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' \
            'Created-By: Packages' | awk -v suite="$own$suffix" '$1 == suite && $2 == "main" { print $3; exit }')
        if [[ -z $repository ]]; then
            [[ $suffix ]] && continue
            echo "this machine's apt sources have no component main of Debian $own"
            return 1
        fi
        echo "deb [signed-by=$KEYRING] $repository $codename$suffix main"
    done
}

# private_apt STATE_DIRECTORY TOOL ARGUMENT ...: apt with sources, lists and locks of its own.
private_apt() {
    local state=$1 tool=$2
    shift 2
    "$tool" -q -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" \
        -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=- -o Acquire::Languages=none \
        -o Acquire::Retries=3 -o APT::Sandbox::User=root "$@"
}

# download_first_dependency CODENAME METAPACKAGE DIRECTORY: the package that stands first in its dependencies.
download_first_dependency() {
    local codename=$1 package=$2 directory=$3 state=$3/apt name
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    : >"$state/status"
    apt_source_lines "$codename" >"$state/sources.list"
    private_apt "$state" apt-get update
    name=$(private_apt "$state" apt-cache depends "$package" | awk '$1 == "Depends:" { print $2; exit }')
    echo "$package of $codename is $name"
    (cd "$directory" && private_apt "$state" apt-get download "$name")
    rm -rf "$state"
}
