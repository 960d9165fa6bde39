/* @system: what keeps a machine reachable and its containers in order, and is no victim in the
 * shipped policies.
 *
 * An item names a place in the cgroup tree where only root puts processes, or a program run by
 * root there; never a name alone, which any process can give itself. So neither a user (whose own
 * part of the tree is below user@UID.service) nor a container (whose part is below its scope) can
 * pass for one of these. PID 1 and kernel threads need no row: they are never victims.
 *
 * The trailing ** of a service takes in cgroups that it makes for itself. */
#include "conf/pattern.h"

#define SESSION "cgroup:user.slice/user-*.slice/session-*.scope"

static const char *const system_items[] = {
    /* init, and the managers of users: with one of those its whole session goes */
    "cgroup:init.scope",
    "exe:*/systemd&cgroup:user.slice/user-*.slice/user@*.service/init.scope",

    /* the message bus, logind, journald, resolved */
    "cgroup:system.slice/dbus*.service",
    "cgroup:system.slice/systemd-logind.service",
    "cgroup:system.slice/systemd-journald.service",
    "cgroup:system.slice/system-systemd\\\\x2djournald.slice/**",
    "cgroup:system.slice/systemd-resolved.service",

    /* sshd; where it is started for each connection; its processes in a session. Debian's unit is
     * ssh.service. Since OpenSSH 9.8 sessions are served by sshd-session. */
    "cgroup:system.slice/ssh.service",
    "cgroup:system.slice/sshd.service",
    "cgroup:system.slice/system-ssh.slice/**",
    "cgroup:system.slice/system-sshd.slice/**",
    "exe:*/sshd&" SESSION,
    "exe:*/sshd-session&" SESSION,
    "exe:*/sshd-auth&" SESSION,

    /* the login shell and what let it in. A shell that a session runs as a script is taken for
     * one too: nothing tells them apart but their parent. */
    "exe:*/bin/login&" SESSION,
    "exe:*/bin/bash&" SESSION,
    "exe:*/bin/dash&" SESSION,
    "exe:*/bin/fish&" SESSION,
    "exe:*/bin/ksh*&" SESSION,
    "exe:*/bin/zsh*&" SESSION,
    "cgroup:system.slice/system-getty.slice/**",
    "cgroup:system.slice/system-serial\\\\x2dgetty.slice/**",

    /* machines without systemd: daemons in the root cgroup or in one of their own below it */
    "exe:*/sshd&uid:0&cgroup:/",
    "exe:*/sshd&uid:0&cgroup:*",
    "exe:*/sshd-session&uid:0&cgroup:/",
    "exe:*/sshd-session&uid:0&cgroup:*",
    "exe:*/dbus-daemon&cgroup:/",
    "exe:*/dbus-daemon&cgroup:*",

    /* container runtimes, with the shims that live beside them, and the kubelet */
    "cgroup:system.slice/containerd.service**",
    "cgroup:system.slice/docker.service**",
    "cgroup:system.slice/crio.service**",
    "cgroup:system.slice/cri-docker.service**",
    "cgroup:system.slice/podman.service**",
    "cgroup:system.slice/kubelet.service**",
    "cgroup:system.slice/k3s*.service**",
    "cgroup:system.slice/rke2-*.service**",
    "cgroup:runtime.slice/**",
    "cgroup:podruntime.slice/**",
    "exe:*/containerd&uid:0&cgroup:/",
    "exe:*/containerd&uid:0&cgroup:*",
    "exe:*/containerd-shim*&uid:0&cgroup:/",
    "exe:*/containerd-shim*&uid:0&cgroup:*",
    "exe:*/dockerd&uid:0&cgroup:*",
    "exe:*/kubelet&uid:0&cgroup:*",

    /* monitors of containers, which stand in scopes of their own */
    "cgroup:**/crio-conmon-*.scope",
    "cgroup:**/libpod-conmon-*.scope",
    "cgroup:**/crio-conmon-*",

    /* pod sandboxes: their only process holds the pod's namespaces */
    "exe:/pause&cgroup:**/*kubepods*/**",
    "exe:/usr/bin/pause&cgroup:**/*kubepods*/**",
    "exe:/usr/local/bin/pause&cgroup:**/*kubepods*/**",
};

const struct rl_named_list rl_named_lists[] = {
    {"@system",
        "init, the message bus, logind, journald, resolved, sshd and login shells, container "
        "runtimes, shims, sandboxes, kubelet",
        system_items, sizeof(system_items) / sizeof(system_items[0])},
};
const size_t rl_named_lists_n = sizeof(rl_named_lists) / sizeof(rl_named_lists[0]);
