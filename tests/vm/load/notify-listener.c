/* Stands in for the service manager: prints every message that comes in on a notification socket, a line each.
 *
 *   notify-listener SOCKET */

#include <err.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        char message[4096];
        int listener;

        if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path))
                errx(2, "usage: notify-listener SOCKET (of at most %zu characters)", sizeof(address.sun_path) - 1);
        strcpy(address.sun_path, argv[1]);
        listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (listener < 0 || bind(listener, (struct sockaddr *) &address, sizeof(address)) < 0)
                err(1, "%s", argv[1]);
        for (;;) {
                ssize_t length = recv(listener, message, sizeof(message) - 1, 0);

                if (length < 0)
                        err(1, "recv");
                message[length] = '\0';
                puts(message);
                fflush(stdout);
        }
}
