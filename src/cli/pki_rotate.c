/* postern pki rotate. */
#include <stdio.h>
#include <string.h>

#include "pki_order.h"
#include "postern/base/clock.h"
#include "postern/pki/rotate.h"

static const struct step {
    const char *name;
    int (*run)(const struct pki_rotate_options *options, struct err *err);
} steps[] = {
    {"prepare", pki_rotate_prepare},
    {"use", pki_rotate_use},
    {"retire", pki_rotate_retire},
};

static void print_next(const struct pki_rotation *rotation)
{
    char when[CLOCK_TEXT_SIZE];
    const char *what = rotation->root ? "root" : "intermediate";
    switch (rotation->state) {
    case PKI_ROTATION_NONE:
        printf("%-13s no rotation goes on\n", "next:");
        break;
    case PKI_ROTATION_PREPARED:
        printf("%-13s have every gateway%s read %s, then: rotate %s --step use\n",
               "next:", rotation->root ? ", and every client of your servers," : "", rotation->ca_bundle,
               what);
        break;
    case PKI_ROTATION_IN_USE:
        printf("%-13s %zu valid certificate%s", "old one's:", rotation->left, rotation->left == 1 ? "" : "s");
        if (rotation->left > 0)
            printf(", the last until %s", clock_format(rotation->last_ends_s, when));
        printf("\n%-13s %srotate %s --step retire\n", "next:", rotation->left > 0 ? "renew them, then: " : "",
               what);
    }
}

static int print(const struct pki_order *order, struct err *err)
{
    struct pki_rotation rotation;
    if (pki_rotation_load(order->directory, NULL, &rotation, err) < 0)
        return STATUS_FAILED;
    printf("%-13s %s\n", "issues:", rotation.current ? rotation.current : "?");
    if (rotation.other)
        printf("%-13s %s\n",
               rotation.state == PKI_ROTATION_PREPARED ? "comes next:" : "old:", rotation.other);
    print_next(&rotation);
    pki_rotation_clear(&rotation);
    return STATUS_DONE;
}

static int misuse(const char *what)
{
    fprintf(stderr, "postern pki rotate: %s; see \"postern pki rotate --help\"\n", what);
    return STATUS_USAGE;
}

static const struct step *find_step(const char *name)
{
    for (size_t i = 0; i < LENGTH_OF(steps); i++)
        if (strcmp(steps[i].name, name) == 0)
            return &steps[i];
    return NULL;
}

int pki_rotate_run(const struct pki_order *order, struct err *err)
{
    struct pki_rotate_options options = {
        .directory = order->directory,
        .root = order->name && strcmp(order->name, "root") == 0,
        .key = order->key,
        .ca_passphrase = order->ca_passphrase,
        .root_key = order->root_key,
        .root_passphrase = order->root_passphrase,
        .force = (order->given & OPTION_FORCE) != 0,
        .reason = order->reason,
    };
    if (!order->name && !order->step)
        return print(order, err);
    if (!order->name || (!options.root && strcmp(order->name, "intermediate") != 0))
        return misuse("say which, intermediate or root");
    const struct step *step = order->step ? find_step(order->step) : NULL;
    if (!step)
        return misuse("--step is one of prepare, use, retire");
    return step->run(&options, err) < 0 ? STATUS_FAILED : print(order, err);
}
