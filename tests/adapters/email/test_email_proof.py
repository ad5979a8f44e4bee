"""Who is believed: only what the firm's own server says first, about the very domain of From."""

import pytest

from adapters.email import headers, proof

FROM = "From: Zhang <zhang@a.cn>"
OURS = "mx.b.cn"


def proven(*lines, ours=OURS, by=FROM):
    return proof.proven(headers.read("\r\n".join([*lines, by]).encode()), ours)


@pytest.mark.parametrize(
    "told",
    [
        "mx.b.cn; dmarc=pass header.from=a.cn",
        "mx.b.cn 1; dmarc=pass (p=reject dis=none) header.from=a.cn",
        (
            "MX.b.cn;\r\n dkim=pass header.i=@a.cn header.s=s1 header.b=abc;\r\n"
            " spf=pass (b.cn: domain of zhang@a.cn designates 1.2.3.4 as permitted sender)"
            " smtp.mailfrom=zhang@a.cn;\r\n dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=a.cn"
        ),
        "mx.b.cn; dkim=pass (2048-bit key; unprotected) header.d=A.cn header.i=@a.cn",
        "mx.b.cn; dkim=pass header.i=@a.cn",
        "mx.b.cn; spf=pass smtp.mailfrom=bounce@a.cn",
        "mx.b.cn; spf=fail smtp.mailfrom=x@y.cn; dkim=pass header.d=a.cn",
        "mx.b.cn; spf=pass smtp.mailfrom=a.cn",
    ],
)
def test_what_proves(told):
    assert proven(f"Authentication-Results: {told}")


@pytest.mark.parametrize(
    "told",
    [
        "mx.b.cn; none",
        "mx.b.cn",
        "",
        "mx.evil.cn; dmarc=pass header.from=a.cn",
        "xmx.b.cn; dmarc=pass header.from=a.cn",
        "mx.b.cn 2; dmarc=pass header.from=a.cn",
        "spf=pass smtp.mailfrom=a.cn; dmarc=pass header.from=a.cn",
        "mx.b.cn; dmarc=fail header.from=a.cn",
        "mx.b.cn; dmarc=pass",
        "mx.b.cn; dmarc=passable header.from=a.cn",
        "mx.b.cn; dmarc=pass header.from=evil.cn",
        "mx.b.cn; dmarc=fail header.from=a.cn; spf=pass smtp.mailfrom=a.cn",
        "mx.b.cn; dmarc=fail header.from=a.cn; dmarc=pass header.from=a.cn",
        "mx.b.cn; dmarc=pass header.from=a.cn; dmarc=fail header.from=a.cn",
        'mx.b.cn; spf=pass smtp.mailfrom="x"a.cn',
        "mx.b.cn; dkim=pass header.d=evil.cn",
        "mx.b.cn; dkim=pass header.d=a.cn.evil.cn",
        "mx.b.cn; dkim=pass header.d=evila.cn",
        "mx.b.cn; spf=pass smtp.mailfrom=x@evil.cn",
        "mx.b.cn; spf=pass smtp.helo=a.cn",
        "mx.b.cn; spf=softfail smtp.mailfrom=a.cn",
        # The sender's own words, where a server quotes them.
        'mx.b.cn; spf=pass smtp.mailfrom="x; dmarc=pass header.from=a.cn "@evil.cn',
        "mx.b.cn; spf=fail (dmarc=pass header.from=a.cn; dmarc=pass header.from=a.cn)",
        'mx.b.cn; spf=pass (of "x) ; dmarc=pass header.from=a.cn (y"@evil.cn) smtp.mailfrom=evil.cn',
        'mx.b.cn; spf=pass (of "x\\") ; dmarc=pass header.from=a.cn (y) smtp.mailfrom=evil.cn',
        "mx.b.cn; spf=pass (of x)) ; dmarc=pass header.from=a.cn",
    ],
)
def test_what_does_not(told):
    assert not proven(f"Authentication-Results: {told}")


def test_only_the_topmost_counts():
    ours = "Authentication-Results: mx.b.cn; dmarc=pass header.from=a.cn"
    assert proven(ours, "Authentication-Results: mx.evil.cn; dmarc=fail header.from=a.cn")
    assert not proven("Authentication-Results: mx.evil.cn; dmarc=pass header.from=a.cn", ours)


def test_without_a_name_of_ours_nobody_is_proven():
    assert not proven("Authentication-Results: ; dmarc=pass header.from=a.cn", ours="")


@pytest.mark.parametrize(
    "by",
    [
        "From: a@a.cn, x@evil.cn",
        "From: a@a.cn\r\nFrom: x@evil.cn",
        "From: nobody",
        'From: "a@evil.cn"@a.cn',
        "To: a@a.cn",
    ],
)
def test_whose_author_is_unclear_is_not_proven(by):
    assert not proven("Authentication-Results: mx.b.cn; dmarc=pass header.from=a.cn", by=by)
