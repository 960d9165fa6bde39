# shellcheck shell=bash disable=SC2034 # used by tests/vm/host/image.sh
# What the measurements' guest has beyond the ordinary full one. Its image is made anew when this file changes.
IMAGE_NAME=bench-guest
MORE_RECIPE=$BENCH/host/peers.sh
MORE_PACKAGES=(systemd-oomd earlyoom nohang oomd)
# Nobody runs whom a measurement has not started.
MORE_MASKED_UNITS=(
    systemd-oomd.service systemd-oomd.socket earlyoom.service nohang.service nohang-desktop.service oomd.service
)
