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

/* A session belongs to its user, who can name a program of his own sshd: only what stands where
 * root puts programs counts there. */
#define IN_SESSION(program) "exe:/usr/**/" program "&" SESSION, "exe:/bin/" program "&" SESSION

#define SHELL(program)                                                                             \
    "exe:/usr/**/" program "&leader&" SESSION, "exe:/bin/" program "&leader&" SESSION

/* The root cgroup, or one directly below it: machines without systemd. */
#define AT_ROOT(program) "exe:*/" program "&uid:0&cgroup:/", "exe:*/" program "&uid:0&cgroup:*"

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
    IN_SESSION("sshd"),
    IN_SESSION("sshd-session"),
    IN_SESSION("sshd-auth"),
    "exe:/sbin/sshd&" SESSION,

    /* what let somebody in, and the shells that terminals were opened for: leaders of sessions, as
     * the shells that run scripts in them are not, nor those of a fork bomb */
    IN_SESSION("login"),
    SHELL("bash"),
    SHELL("dash"),
    SHELL("fish"),
    SHELL("ksh*"),
    SHELL("zsh*"),
    "cgroup:system.slice/system-getty.slice/**",
    "cgroup:system.slice/system-serial\\\\x2dgetty.slice/**",

    /* machines without systemd: daemons in the root cgroup or in one of their own below it */
    AT_ROOT("sshd"),
    AT_ROOT("sshd-session"),
    AT_ROOT("elogind"),
    "exe:/usr/bin/dbus-daemon&cgroup:/",
    "exe:/usr/bin/dbus-daemon&cgroup:*",
    "exe:/bin/dbus-daemon&cgroup:/",
    "exe:/bin/dbus-daemon&cgroup:*",

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
    "cgroup:system.slice/k0s*.service**",
    "cgroup:system.slice/snap.docker.dockerd.service**",
    "cgroup:system.slice/snap.microk8s.daemon-*.service**",
    AT_ROOT("containerd"),
    AT_ROOT("containerd-shim*"),
    AT_ROOT("dockerd"),
    AT_ROOT("kubelet"),

    /* monitors of containers, which stand in scopes of their own: beside the container, never in
     * what it or a user can make for himself */
    "cgroup:machine.slice/libpod-conmon-*.scope",
    "cgroup:system.slice/crio-conmon-*.scope",
    "cgroup:kubepods.slice/kubepods-*.slice/crio-conmon-*",
    "cgroup:kubepods.slice/kubepods-*.slice/kubepods-*.slice/crio-conmon-*",
    "cgroup:kubepods/pod*/crio-conmon-*",
    "cgroup:kubepods/*/pod*/crio-conmon-*",

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
