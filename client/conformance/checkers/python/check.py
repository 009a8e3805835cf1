"""Answers the vectors of a file; see ../../README.md for the rules."""

import json
import sys
import unicodedata
from datetime import datetime

import jwt

CLOCK_TOLERANCE = 600


def verified(given):
    """The claims, whatever the time. Raises jwt.PyJWTError for what is no lease."""
    keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(given["keys"]).keys}
    header = jwt.get_unverified_header(given["lease"])
    if header.get("typ") != "lease+jwt" or header.get("kid") not in keys:
        raise jwt.InvalidTokenError("another kind of token, or a key that is not known")
    claims = jwt.decode(
        given["lease"],
        keys[header["kid"]].key,
        algorithms=["EdDSA"],
        issuer=given["issuer"],
        audience="license-system:client",
        options={"require": ["iat", "exp"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    if claims["license"]["status"] != "valid":
        raise jwt.InvalidTokenError("no lease is given for what is not valid")
    return claims


def code_of(given, claims):
    license = claims["license"]
    same = [unicodedata.normalize("NFC", id) for id in (given["client_id"], license["client_id"])]
    if same[0] != same[1]:
        return "CLIENT_MISMATCH"
    if license["product"] != given["product"]:
        return "PRODUCT_MISMATCH"
    if given["nonce"] is None:
        if given["now"] < max(given["mark"], claims["iat"]) - CLOCK_TOLERANCE:
            return "clock_set_back"
        if given["now"] >= claims["exp"]:
            return "lease_expired"
    elif claims.get("nonce") != given["nonce"]:
        return "lease_invalid"
    if not set(given["entitlements"]) <= set(license["entitlements"]):
        return "ENTITLEMENTS_MISSING"
    released, ends = given["released_at"], license["expires_at"]
    if released and ends and datetime.fromisoformat(released) >= datetime.fromisoformat(ends):
        return "release_not_covered"
    return license["code"]


def answer(given):
    try:
        claims = verified(given)
    except jwt.PyJWTError:
        return {"allowed": False, "code": "lease_invalid", "until": None}
    code = code_of(given, claims)
    allowed = code == claims["license"]["code"]
    return {"allowed": allowed, "code": code, "until": claims["exp"] if allowed else None}


with open(sys.argv[1], encoding="utf-8") as file:
    print(json.dumps([answer(vector["given"]) for vector in json.load(file)]))
