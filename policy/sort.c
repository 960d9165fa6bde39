#include "sort.h"

/* The last one of the order belongs at the root. */
static void sift_down(void *things, size_t n, size_t i, rl_before_fn before, rl_swap_fn swap)
{
    for (;;) {
        size_t last = i;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++)
            if (before(things, last, child))
                last = child;
        if (last == i)
            return;
        swap(things, last, i);
        i = last;
    }
}

void rl_sort(void *things, size_t n, rl_before_fn before, rl_swap_fn swap)
{
    for (size_t i = n / 2; i-- > 0;)
        sift_down(things, n, i, before, swap);
    for (; n > 1; n--) {
        swap(things, 0, n - 1);
        sift_down(things, n - 1, 0, before, swap);
    }
}
