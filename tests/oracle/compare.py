#!/usr/bin/env python3
"""Usage: tests/oracle/compare.py DIRECTORY-OF-TEST-PROGRAMS

Ask Postern and stock OpenSSL about the same clients and CRLs, and hold them to the same verdict. Where they differ by
intent the difference has a name below: one without a name fails, and so does a name that no case bears out."""

import collections
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

CASES_MIN = 2200

# What X509_V_ERR_* numbers our reasons stand for, where both refuse. Stock OpenSSL goes on after each error, and looks
# in another order than we do: ours has to be one of all that it found.
AGREE = {
    "revoked": {23},
    "expired": {10},
    "not_yet_valid": {9},
    "crl_expired": {12},
    "crl_not_yet_valid": {11},
    "crl_missing": {3, 44, 8},  # none; of another scope; of another CA with that name
    "wrong_purpose": {26},
    "path_too_long": {25},
    "untrusted_chain": {79, 32},
}
# Of the trust anchor itself: RFC 5280 §6.1 does not judge it.
ANCHOR_ERRORS = {3, 8, 12, 44, 54}

Difference = collections.namedtuple("Difference", "name kind pattern why")

# kind "load": our loader refuses a CRL, with a message like this, and stock admits the client by it.
# kind "refused": our verdict, in cases like these. kind "admitted": we admit where stock refuses, in cases like these.
DIFFERENCES = [
    Difference("no_next_update", "load", "no nextUpdate", "stock believes it for ever"),
    Difference("scope_unreadable", "load", "malformed issuing distribution point", "stock takes it for complete"),
    Difference("scope_relative", "load", "name relative to its issuer", "stock understands it, we say so"),
    Difference("key_id_unreadable", "load", "malformed authority key identifier", "stock takes it as if absent"),
    Difference("number_unreadable", "load", "malformed crlNumber", "stock never looks at it"),
    Difference("extension_twice", "load", "the same extension twice", "RFC 5280 §4.2; stock takes either"),
    Difference("extension_unreadable", "load", "malformed extension$", "DER that is BER; stock takes it"),
    Difference("reason_unreadable", "load", "malformed reason code", "stock ignores it"),
    Difference("reason_twice", "load", "two reason codes", "stock ignores them"),
    Difference("reason_removed", "load", "removeFromCRL", "only a delta CRL may take a certificate back"),
    Difference("entry_of_another", "load", "it is of another issuer", "an indirect CRL that does not say so"),
    Difference("serial_odd", "load", "serial number is negative, not minimal or over 20", "RFC 5280 §4.1.2.2"),
    Difference("date_unreadable", "load", "malformed revocation date", "stock never looks at it"),
    Difference("version_odd", "load", "an unknown version", "RFC 5280 §5.1.2.1; stock never looks at it"),
    Difference("tie", "load", "both have number", "stock takes the first in its store, revoked or not"),
    Difference("weak_digest", "load", "too weak or unknown", "stock holds only certificates to its security level"),
    Difference("profile_key_id", "load", "no authority key identifier; .* crl_profile = legacy", "strict profile"),
    Difference("profile_number", "load", "no crlNumber; .* crl_profile = legacy", "strict profile"),
    Difference("profile_version_1", "load", "version 1, .* crl_profile = legacy", "strict profile"),
    Difference("number_decides", "refused", "^(world-.* crl_expired|rule-pair-(number-beats|same)-date .* revoked)$",
               "of several CRLs the highest number counts, even if another is older in date or lasts longer"),
    Difference("number_decides_for", "admitted", "rule-pair-date-beaten-by-number", "the same, to the client's gain"),
    Difference("anchor_not_judged", "anchor", "", "RFC 5280 §6.1; stock wants a CRL for the trust anchor too"),
]


def run(program, data):
    return subprocess.run([program], input=data, stdout=subprocess.PIPE, check=True).stdout


def answers(text):
    """{case: the rest of its line}"""
    return dict(line.split(" ", 1) for line in text.decode().splitlines())


class Stock:
    """What stock OpenSSL found. refused: but for what concerns the trust anchor alone."""

    def __init__(self, text):
        anchor = int(re.search(r"anchor=(-?\d+)", text).group(1))
        found = [tuple(int(word) for word in pair.split("@")) for pair in re.findall(r"\d+@\d+", text)]
        judged = [error for error, depth in found if depth != anchor or error not in ANCHOR_ERRORS]
        self.errors, self.refused = set(judged), bool(judged)
        self.anchor_refused = bool(found) and not judged
        self.text = text


def difference(kind, text):
    for known in DIFFERENCES:
        if known.kind == kind and re.search(known.pattern, text):
            return known.name
    return None


def judge(case, ours, stock):
    """(the name of the difference or None, whether that is as it should be)"""
    verdict, _, rest = ours.partition(" ")
    if verdict == "admitted":
        if stock.refused:
            name = difference("admitted", case)
            return name, name is not None
        return ("anchor_not_judged" if stock.anchor_refused else None), True
    if stock.refused and (verdict == "unloadable" or AGREE.get(rest, set()) & stock.errors):
        return None, True
    name = difference("load", rest) if verdict == "unloadable" else difference("refused", f"{case} {ours}")
    return name, name is not None


def compare(ours, stock):
    """How often each difference occurs, and the cases that differ without a name."""
    counts, odd = collections.Counter(), []
    for case, text in ours.items():
        found = Stock(stock[case])
        name, is_fine = judge(case, text, found)
        counts[name] += 1
        if not is_fine:
            odd.append(f"{case}: ours {text}; stock {found.text}")
    return counts, odd


def main():
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__ if len(sys.argv) == 2 else f"{__doc__}\nOne argument is needed.")
    cases = run(os.path.join(sys.argv[1], "oracle_generate"), b"")
    with ThreadPoolExecutor(2) as pool:
        texts = pool.map(lambda name: run(os.path.join(sys.argv[1], name), cases), ("oracle_ours", "oracle_stock"))
        ours, stock = map(answers, texts)
    counts, odd = compare(ours, stock)
    unborne = [known.name for known in DIFFERENCES if counts[known.name] == 0]
    kinds = collections.Counter(text.split(" ")[0] for text in ours.values())
    print(f"{len(ours)} cases: {kinds['admitted']} admitted, {kinds['refused']} refused, {kinds['unloadable']} with CRLs "
          f"that are not loaded; {sum(text.endswith(' revoked') for text in ours.values())} revoked")
    print(f"{counts[None]} the same; differences by intent:")
    for known in DIFFERENCES:
        print(f"{counts[known.name]:6}  {known.name:22} {known.why}")
    for line in odd[:20]:
        print("DIFFERS:", line)
    for name in unborne:
        print("NEVER SEEN:", name)
    # Few of a kind would show little.
    is_worth_it = ours.keys() == stock.keys() and len(ours) >= CASES_MIN and kinds["admitted"] > 400 and \
        kinds["refused"] > 400 and kinds["unloadable"] > 400
    sys.exit(0 if is_worth_it and not odd and not unborne else 1)


main()
