#include "mls_report.h"

#include <stdio.h>

static bool as_json;
static uint32_t missed;

void mls_report_start(bool is_json)
{
    as_json = is_json;
    if (as_json) return;
    printf("%-28s %7s %12s %12s %7s %7s %12s\n", "operation", "n", "us", "floor us", "ratio",
           "target", "bytes");
}

/* Of a peer: how many times as long it takes. Else to the floor, of time or of bytes. */
static double ratio_of(const mls_row *row)
{
    if (row->peer != NULL) return row->us > 0 ? row->peer_us / row->us : 0;
    if (row->floor_us > 0) return row->us / row->floor_us;
    return row->bytes_floor > 0 ? row->bytes / row->bytes_floor : 0;
}

static void print_json(const mls_row *row, double ratio)
{
    printf("{\"bench\":\"mls\",\"op\":\"%s\",\"n\":%llu", row->op, (unsigned long long)row->n);
    if (row->us > 0) printf(",\"us\":%.3f", row->us);
    if (row->floor_us > 0) printf(",\"floor_us\":%.3f", row->floor_us);
    if (row->peer != NULL) printf(",\"peer\":\"%s\",\"peer_us\":%.3f", row->peer, row->peer_us);
    if (ratio > 0) printf(",\"ratio\":%.3f", ratio);
    if (row->bytes > 0) printf(",\"bytes\":%.0f", row->bytes);
    if (row->bytes_floor > 0) printf(",\"bytes_floor\":%.0f", row->bytes_floor);
    if (row->target > 0) printf(",\"target\":%.2f", row->target);
    printf("}\n");
}

static void print_number(double number, int width, int decimals)
{
    if (number > 0)
        printf(" %*.*f", width, decimals, number);
    else
        printf(" %*s", width, "");
}

static void print_line(const mls_row *row, double ratio, bool is_missed)
{
    printf("%-28s %7llu", row->op, (unsigned long long)row->n);
    print_number(row->us, 12, 2);
    print_number(row->peer != NULL ? row->peer_us : row->floor_us, 12, 2);
    print_number(ratio, 7, 2);
    print_number(row->target, 7, 2);
    print_number(row->bytes, 12, 0);
    if (row->peer != NULL) printf("  next to %s", row->peer);
    if (is_missed) printf("  MISSED");
    printf("\n");
}

void mls_report(const mls_row *row)
{
    const double ratio = ratio_of(row);
    const bool is_missed =
        row->target > 0 && (row->peer != NULL ? ratio < row->target : ratio > row->target);
    if (is_missed) missed++;
    if (as_json)
        print_json(row, ratio);
    else
        print_line(row, ratio, is_missed);
    fflush(stdout);
}

uint32_t mls_report_missed(void)
{
    return missed;
}
