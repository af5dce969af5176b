#include "ticket_habits.h"

/* SHA-256: any bytes of it will do. */
static unsigned char *place_of(struct ticket_habits *habits, const unsigned char *fingerprint)
{
    unsigned place = (unsigned)fingerprint[0] << 8 | fingerprint[1];
    return &habits->vain[place % TICKET_HABITS_PLACES];
}

bool ticket_habits_full(struct ticket_habits *habits, const unsigned char fingerprint[TRUST_FINGERPRINT_SIZE])
{
    unsigned char *vain = place_of(habits, fingerprint);
    unsigned before = (*vain)++;
    if (*vain == TICKET_HABITS_VAIN + TICKET_HABITS_EVERY)
        *vain = TICKET_HABITS_VAIN;
    return before < TICKET_HABITS_VAIN || *vain == TICKET_HABITS_VAIN;
}

void ticket_habits_resumed(struct ticket_habits *habits,
                           const unsigned char fingerprint[TRUST_FINGERPRINT_SIZE])
{
    *place_of(habits, fingerprint) = 0;
}
