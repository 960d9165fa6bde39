#include "sort.h"

/* Down to a leaf along the children that come later, then up again to where it belongs: what stood
 * at the end of the heap mostly belongs there, and comparing may cost a system call. */
static void sift_down(void *things, size_t n, size_t root, rl_before_fn before, rl_swap_fn swap)
{
    size_t i = root;

    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && before(things, child, child + 1))
            child++;
        swap(things, i, child);
    }
    for (; i > root && before(things, (i - 1) / 2, i); i = (i - 1) / 2)
        swap(things, (i - 1) / 2, i);
}

/* The last one of the order belongs at the root. */
void rl_sort(void *things, size_t n, rl_before_fn before, rl_swap_fn swap)
{
    for (size_t i = n / 2; i-- > 0;)
        sift_down(things, n, i, before, swap);
    for (; n > 1; n--) {
        swap(things, 0, n - 1);
        sift_down(things, n - 1, 0, before, swap);
    }
}
