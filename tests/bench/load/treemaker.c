/* Makes cgroups shaped like a node of Kubernetes: slices of 20 pods of 4 containers each, under names of the usual
 * length and with the controllers memory, cpu and pids. A shell would need minutes for ten thousand in an emulated guest.
 *
 *   treemaker DIRECTORY N
 *
 * N new cgroups below DIRECTORY, which has the controllers enabled already. Prints the containers' paths. */

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "load.h"

#define PODS_OF_SLICE 20
#define CONTAINERS_OF_POD 4

static unsigned long left;

static void enable_controllers(const char *directory) {
        static const char controllers[] = "+memory +cpu +pids";
        char path[4096];
        int fd;

        snprintf(path, sizeof(path), "%s/cgroup.subtree_control", directory);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, controllers, sizeof(controllers) - 1) < 0)
                err(1, "%s", path);
        close(fd);
}

__attribute__((format(printf, 2, 3))) static void make(char path[4096], const char *format, ...) {
        va_list values;

        va_start(values, format);
        vsnprintf(path, 4096, format, values);
        va_end(values);
        if (mkdir(path, 0755) < 0)
                err(1, "%s", path);
        left--;
}

static void make_pod(const char *parent, unsigned slice, unsigned number) {
        char pod[4096], container[4096];

        make(pod, "%s/kubepods-burstable-pod%08x_%04x_4000_8000_000000000000.slice", parent, slice, number);
        enable_controllers(pod);
        for (unsigned i = 0; i < CONTAINERS_OF_POD && left > 0; i++) {
                make(container, "%s/cri-containerd-%016x%016x%032x.scope", pod, slice, number, i);
                puts(container);
        }
}

int main(int argc, char **argv) {
        char slice[4096];

        if (argc != 3)
                errx(2, "usage: treemaker DIRECTORY N");
        left = parse_number("N", argv[2], 1);
        for (unsigned i = 0; left > 0; i++) {
                make(slice, "%s/kubepods-%u.slice", argv[1], i);
                enable_controllers(slice);
                for (unsigned pod = 0; pod < PODS_OF_SLICE && left > 0; pod++)
                        make_pod(slice, i, pod);
        }
        return 0;
}
