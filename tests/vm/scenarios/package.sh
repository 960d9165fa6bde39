#!/bin/bash
# The Debian package: installed it runs; upgraded it keeps an edited file; removed it stops; purged nothing is left.
# Guest: full
# Slow: yes
# Timeout: 240

shopt -s nullglob
debs=("$BUILD"/packages/reliefd_*.deb)
shopt -u nullglob
((${#debs[@]})) || skip "no package was built: tests/packaging/run deb"

install() { DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold -i "$1" >"$OUT/dpkg.log" 2>&1; }
show() { systemctl show --value -P "$1" reliefd.service; }
is_active() { [[ $(show ActiveState) == active ]]; }

require "it installs" install "${debs[0]}"
expect "it runs at once" wait_until 60 is_active
expect_equal "and at each boot" enabled "$(systemctl is-enabled reliefd.service)"
pid=$(show MainPID)
expect "reliefctl talks to it" /usr/bin/reliefctl status
expect "its settings are well" /usr/bin/reliefctl check /etc/reliefd/reliefd.conf
expect "nothing is wrong with its policies" /usr/bin/reliefctl check
expect "the journal has its explanations" grep -q . <(journalctl --dump-catalog | grep -i reliefd)

say "an upgrade, and its conffile was edited on both sides"
echo '# my own line' >>/etc/reliefd/reliefd.conf
mkdir "$SCRATCH/next"
require "unpacked" dpkg-deb -R "${debs[0]}" "$SCRATCH/next/files"
sed -i 's/^Version: .*/Version: 9.9-1/' "$SCRATCH/next/files/DEBIAN/control"
echo '# a line of the next version' >>"$SCRATCH/next/files/etc/reliefd/reliefd.conf"
require "packed" dpkg-deb --root-owner-group -b "$SCRATCH/next/files" "$SCRATCH/next/next.deb"
require "it upgrades" install "$SCRATCH/next/next.deb"
expect_equal "version" 9.9-1 "$(dpkg-query -W -f '${Version}' reliefd)"
expect_equal "the edited file" '# my own line' "$(tail -n 1 /etc/reliefd/reliefd.conf)"
expect_equal "the new one beside it" '# a line of the next version' "$(tail -n 1 /etc/reliefd/reliefd.conf.dpkg-dist)"
expect "it runs" wait_until 60 is_active
expect "as another process" test "$pid" != "$(show MainPID)"

say "removed"
require "it goes" dpkg -r reliefd
expect_equal "it runs no more" "" "$(pidof reliefd || true)"
expect "what people wrote stays" test -e /etc/reliefd/reliefd.conf
expect "the programs are gone" test ! -e /usr/sbin/reliefd
require "purged" dpkg -P reliefd
for path in /etc/reliefd /var/lib/reliefd /run/reliefd /usr/lib/reliefd /usr/share/doc/reliefd; do
    expect "no $path is left" test ! -e "$path"
done
expect_equal "the unit" not-found "$(systemctl show --value -P LoadState reliefd.service)"
