#include "postern/trust/verdict.h"

#include <stdio.h>

#include "postern/base/clock.h"
#include "postern/base/text.h"
#include "revocation.h"
#include "trust_state.h"

static enum trust_reason decide(struct trust_verdict *out, enum trust_reason reason, unsigned depth)
{
    out->reason = reason;
    out->depth = depth;
    return reason;
}

/* Valid from notBefore on, and until the second before notAfter: as OpenSSL counts at the handshake, so that
 * no two of the four places differ. */
static enum trust_reason ask_dates(int64_t not_before, int64_t not_after, int64_t now_s,
                                   struct trust_verdict *out)
{
    if (now_s < not_before)
        return TRUST_NOT_YET_VALID;
    if (now_s >= not_after)
        return TRUST_EXPIRED;
    if (not_after < out->recheck_at)
        out->recheck_at = not_after;
    return TRUST_ADMITTED;
}

/* The trust anchor may have left the bundle since the path was built, or have run out. */
static enum trust_reason ask_anchor(const struct trust *trust, const struct trust_path *path, int64_t now_s,
                                    struct trust_verdict *out)
{
    for (size_t i = 0; i < trust->anchor_count; i++) {
        const struct trust_anchor *anchor = &trust->anchors[i];
        if (trust_id_equal(&anchor->id, &path->anchor))
            return ask_dates(anchor->not_before, anchor->not_after, now_s, out);
    }
    return TRUST_UNTRUSTED_CHAIN;
}

/* CONTRACT: extended key usage that is present must name clientAuth; its absence is a matter of policy. */
static enum trust_reason ask_purpose(const struct trust *trust, const struct trust_link *link, bool is_leaf)
{
    if (link->flags & TRUST_LINK_HAS_EKU)
        return link->flags & TRUST_LINK_CLIENT_AUTH ? TRUST_ADMITTED : TRUST_WRONG_PURPOSE;
    return is_leaf && trust->policy.require_eku ? TRUST_WRONG_PURPOSE : TRUST_ADMITTED;
}

static enum trust_reason ask_link(const struct trust *trust, const struct trust_link *link, bool is_leaf,
                                  int64_t now_s, struct trust_verdict *out)
{
    enum trust_reason reason = ask_dates(link->not_before, link->not_after, now_s, out);
    if (reason == TRUST_ADMITTED)
        reason = ask_purpose(trust, link, is_leaf);
    if (reason == TRUST_ADMITTED && trust->policy.check_revocation)
        reason = revocation_ask(trust, link, now_s, out);
    return reason;
}

enum trust_reason trust_verdict(const struct trust *trust, const struct trust_path *path, int64_t now_s,
                                struct trust_verdict *out)
{
    *out = (struct trust_verdict){.recheck_at = TRUST_NEVER};
    if (path->count == 0 || path->count > TRUST_PATH_MAX)
        return decide(out, TRUST_UNTRUSTED_CHAIN, 0);
    /* First, so that the operator's word is what the log shows. */
    if (trust->policy.deny && deny_find(trust->policy.deny, path, now_s, &out->denied))
        return decide(out, TRUST_DENIED, out->denied.depth);
    if (path->count - 1 > trust->policy.max_depth)
        return decide(out, TRUST_PATH_TOO_LONG, path->count - 1);
    if (!trust->policy.check_revocation)
        out->notes |= TRUST_NOTE_UNCHECKED;
    enum trust_reason reason = ask_anchor(trust, path, now_s, out);
    if (reason != TRUST_ADMITTED)
        return decide(out, reason, path->count);
    for (unsigned i = 0; i < path->count; i++) {
        reason = ask_link(trust, &path->links[i], i == 0, now_s, out);
        if (reason != TRUST_ADMITTED)
            return decide(out, reason, i);
    }
    /* The last CRL consulted says nothing about the whole. */
    out->crl = NULL;
    return decide(out, TRUST_ADMITTED, 0);
}

/* What a detail is made of. */
struct facts {
    const struct trust *trust;
    const struct trust_link *link; /* NULL: the anchor */
    char serial[2 * TRUST_SERIAL_MAX + 1];
    const char *issuer; /* RFC 2253 */
    const char *whose;
};

static void gather(const struct trust *trust, const struct trust_path *path, unsigned depth,
                   struct facts *out)
{
    *out = (struct facts){.trust = trust, .whose = depth == 0 ? "client certificate" : "CA certificate"};
    const struct trust_id *issuer_id = &path->anchor;
    if (depth < path->count) {
        out->link = &path->links[depth];
        issuer_id = &out->link->issuer;
        text_hex(out->serial, out->link->serial.bytes, out->link->serial.length, true);
    }
    const struct issuer *issuer = issuers_find(trust->issuers, issuer_id);
    out->issuer = issuer ? issuer->text : "a CA not met before";
}

static void tell_revoked(const struct facts *facts, struct trust_verdict *verdict)
{
    char number[CRL_NUMBER_TEXT_SIZE], time[CLOCK_TEXT_SIZE];
    const struct crl_record *crl = verdict->crl;
    snprintf(verdict->detail, sizeof(verdict->detail),
             "%s of serial %s, issued by %.150s, is revoked (%s), says CRL number %s of %s", facts->whose,
             facts->serial, facts->issuer, crl_entry_reason_text(verdict->revocation_reason),
             crl_record_number_text(crl, number), clock_format(crl->this_update, time));
}

static void tell_crl(const struct facts *facts, struct trust_verdict *verdict)
{
    char number[CRL_NUMBER_TEXT_SIZE], time[CLOCK_TEXT_SIZE];
    const struct crl_record *crl = verdict->crl;
    if (!crl) {
        snprintf(verdict->detail, sizeof(verdict->detail),
                 "there is no CRL of %.150s that covers %s of serial %s", facts->issuer, facts->whose,
                 facts->serial);
        return;
    }
    bool is_past = verdict->reason == TRUST_CRL_EXPIRED;
    snprintf(verdict->detail, sizeof(verdict->detail),
             "CRL number %s of %.150s %s %s; it is needed for %s of serial %s",
             crl_record_number_text(crl, number), facts->issuer,
             is_past ? "was to be replaced by" : "is only valid from",
             clock_format(is_past ? crl->next_update : crl->this_update, time), facts->whose, facts->serial);
}

static void tell_dates(const struct facts *facts, int64_t now_s, struct trust_verdict *verdict)
{
    char date[CLOCK_TEXT_SIZE], now[CLOCK_TEXT_SIZE];
    bool is_past = verdict->reason == TRUST_EXPIRED;
    if (!facts->link) {
        snprintf(verdict->detail, sizeof(verdict->detail), "the root CA %.150s is %s at %s", facts->issuer,
                 is_past ? "past its notAfter" : "before its notBefore", clock_format(now_s, now));
        return;
    }
    snprintf(verdict->detail, sizeof(verdict->detail),
             "%s of serial %s, issued by %.150s, is valid %s %s; it is now %s", facts->whose, facts->serial,
             facts->issuer, is_past ? "until" : "from",
             clock_format(is_past ? facts->link->not_after : facts->link->not_before, date),
             clock_format(now_s, now));
}

static void tell_denied(const struct facts *facts, struct trust_verdict *verdict)
{
    char until[CLOCK_TEXT_SIZE] = "it is taken off";
    const struct deny_match *match = &verdict->denied;
    struct deny_entry entry;
    if (match->until_s != DENY_FOR_EVER)
        clock_format(match->until_s, until);
    bool has_reason = deny_entry_parse(match->line, &entry, NULL) == 1 && entry.reason[0] != '\0';
    snprintf(verdict->detail, sizeof(verdict->detail),
             "%s of serial %s, issued by %.100s, is denied until %s by line %u of %.80s%s%.80s", facts->whose,
             facts->serial, facts->issuer, until, match->number, match->source, has_reason ? ": " : "",
             has_reason ? entry.reason : "");
}

static void tell_purpose(const struct facts *facts, struct trust_verdict *verdict)
{
    bool has_eku = facts->link->flags & TRUST_LINK_HAS_EKU;
    snprintf(verdict->detail, sizeof(verdict->detail), "%s of serial %s, issued by %.150s, %s", facts->whose,
             facts->serial, facts->issuer,
             has_eku ? "has an extended key usage without clientAuth"
                     : "has no extended key usage, which require_eku asks for");
}

void trust_verdict_tell(const struct trust *trust, const struct trust_path *path, int64_t now_s,
                        struct trust_verdict *verdict)
{
    struct facts facts;
    if (verdict->reason == TRUST_ADMITTED || verdict->detail[0])
        return;
    gather(trust, path, verdict->depth, &facts);
    switch (verdict->reason) {
    case TRUST_REVOKED:
        tell_revoked(&facts, verdict);
        break;
    case TRUST_CRL_MISSING:
    case TRUST_CRL_EXPIRED:
    case TRUST_CRL_NOT_YET_VALID:
        tell_crl(&facts, verdict);
        break;
    case TRUST_EXPIRED:
    case TRUST_NOT_YET_VALID:
        tell_dates(&facts, now_s, verdict);
        break;
    case TRUST_DENIED:
        tell_denied(&facts, verdict);
        break;
    case TRUST_WRONG_PURPOSE:
        tell_purpose(&facts, verdict);
        break;
    case TRUST_PATH_TOO_LONG:
        snprintf(verdict->detail, sizeof(verdict->detail),
                 "%u intermediate CAs on the path; max_depth allows %u", path->count - 1,
                 trust->policy.max_depth);
        break;
    default:
        snprintf(verdict->detail, sizeof(verdict->detail), "%s",
                 path->count == 0 ? "no path was built"
                                  : "the root CA of the path is not in the trust bundle");
        break;
    }
}
