/* reliefd-exporter: what reliefd counts, over HTTP, for Prometheus.
 *
 * Each scrape asks the daemon over its private socket, as `reliefctl metrics` does. Where the
 * daemon is down the answer says so in reliefd_up: a target that is gone could be the network's
 * fault. It keeps nothing, needs no right but to reach the socket, and may be started by one of
 * systemd's. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <microhttpd.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/ctl/client.h"

#define DEFAULT_LISTEN "127.0.0.1:9763"
#define CONNECTIONS    32
#define TIMEOUT_S      10

static const char up[] = "# HELP reliefd_up 1 while reliefd answers.\n"
                         "# TYPE reliefd_up gauge\n"
                         "reliefd_up %d\n";

static const char front[] = "<!doctype html><title>reliefd</title>"
                            "<p>reliefd: <a href=\"/metrics\">metrics</a>\n";

/* ---- answers ---- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
    const char *text, enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)text, mode);
    enum MHD_Result r;

    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    r = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return r;
}

static enum MHD_Result plain(struct MHD_Connection *connection, unsigned status, const char *text)
{
    return answer(connection, status, "text/plain; charset=utf-8", text, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result metrics(struct MHD_Connection *connection, const struct rl_args *args)
{
    char *counted = NULL, *text;
    bool reached = rl_client_text(args, &counted, "Metrics") == RL_EXIT_OK;
    size_t size = sizeof(up) + (counted ? strlen(counted) : 0);
    int n;

    text = malloc(size);
    if (!text) {
        free(counted);
        return plain(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
    }
    n = snprintf(text, size, up, reached);
    snprintf(text + n, size - (size_t)n, "%s", counted ? counted : "");
    free(counted);
    return answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text,
        MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *upload, size_t *size,
    void **state)
{
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return plain(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (strcmp(url, "/metrics") == 0)
        return metrics(connection, userdata);
    if (strcmp(url, "/") == 0)
        return answer(
            connection, MHD_HTTP_OK, "text/html; charset=utf-8", front, MHD_RESPMEM_PERSISTENT);
    return plain(connection, MHD_HTTP_NOT_FOUND, "there is /metrics\n");
}

/* ---- where to listen ---- */

/* ADDRESS:PORT, [ADDRESS]:PORT or :PORT. Return: a listening socket, or -errno after saying why. */
static int listen_at(const char *where)
{
    char host[256];
    const char *colon = strrchr(where, ':');
    size_t len = colon ? (size_t)(colon - where) : 0;
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICHOST};
    struct addrinfo *found = NULL;
    int fd, one = 1, r;

    if (!colon || len >= sizeof(host)) {
        fprintf(stderr, "reliefd-exporter: --listen %s: expected ADDRESS:PORT\n", where);
        return -EINVAL;
    }
    memcpy(host, where, len);
    host[len] = '\0';
    if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
        memmove(host, host + 1, len - 2);
        host[len - 2] = '\0';
    }
    r = getaddrinfo(host[0] ? host : NULL, colon + 1, &hints, &found);
    if (r != 0) {
        fprintf(stderr, "reliefd-exporter: --listen %s: %s\n", where, gai_strerror(r));
        return -EINVAL;
    }
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
        bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0) {
        r = -errno;
        fprintf(stderr, "reliefd-exporter: cannot listen at %s: %s\n", where, strerror(-r));
        if (fd >= 0)
            close(fd);
        fd = r;
    }
    freeaddrinfo(found);
    return fd;
}

/* The socket of systemd where it passes one. */
static int get_socket(const char *where)
{
    int n = sd_listen_fds(1);

    if (n > 1) {
        fprintf(stderr, "reliefd-exporter: systemd passes %d sockets, expected one\n", n);
        return -EINVAL;
    }
    if (n == 1 && where) {
        fprintf(stderr, "reliefd-exporter: --listen and a socket of systemd exclude each other\n");
        return -EINVAL;
    }
    return n == 1 ? SD_LISTEN_FDS_START : listen_at(where ? where : DEFAULT_LISTEN);
}

/* ---- the program ---- */

static void help(void)
{
    puts("Usage: reliefd-exporter [OPTION ...]\n\n"
         "Serves what reliefd counts at /metrics, in Prometheus' text format.\n\n"
         "  --listen ADDRESS:PORT  where (" DEFAULT_LISTEN "); not with a socket of systemd\n"
         "  --runtime-dir DIR      where reliefd's socket is (/run/reliefd)\n"
         "  --help                 show this help\n"
         "  --version              show the version");
}

static int serve(int fd, const struct rl_args *args)
{
    struct MHD_Daemon *daemon;
    sigset_t set;
    int signal;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL); /* before the thread is made, which inherits it */
    daemon = MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
        on_request, (void *)args, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S, MHD_OPTION_END);
    if (!daemon) {
        fputs("reliefd-exporter: cannot serve HTTP\n", stderr);
        close(fd);
        return EXIT_FAILURE;
    }
    sd_notify(0, "READY=1");
    sigwait(&set, &signal);
    sd_notify(0, "STOPPING=1");
    MHD_stop_daemon(daemon);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"listen", required_argument, NULL, 'l'},
        {"runtime-dir", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {0},
    };
    struct rl_args args = {0};
    const char *where = NULL;
    int c, fd;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'l':
            where = optarg;
            break;
        case 'r':
            args.common[RL_OPT_RUNTIME_DIR] = optarg;
            break;
        case 'h':
            help();
            return EXIT_SUCCESS;
        case 'v':
            puts("reliefd-exporter " RL_VERSION);
            return EXIT_SUCCESS;
        default:
            fputs("Try 'reliefd-exporter --help'.\n", stderr);
            return RL_EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "reliefd-exporter: unexpected argument '%s'\n", argv[optind]);
        return RL_EXIT_USAGE;
    }
    fd = get_socket(where);
    return fd < 0 ? EXIT_FAILURE : serve(fd, &args);
}
