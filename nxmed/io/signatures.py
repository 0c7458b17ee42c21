"""签名 (OpenSSH signatures): made and checked by ssh-keygen, keys and validity in the workspace's allowed_signers.

The principal of a line is the person's key in nxmed.toml [people]; a comment `roles=submit,review` narrows what that
key may do. One key belongs to one person. Files that others may write to are not trusted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import shlex
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nxmed.errors import GateError, IntegrityError, MissingInput, NxmedError, UsageError
from nxmed.io.workspace import ROLES, SIGNERS_NAME, Workspace

NAMESPACE = "nxmed-payout"
_SECONDS = 300


@dataclass(frozen=True)
class AllowedKey:
    """一把登记的密钥 (principal = person; roles None: no narrowing; line: where it stands)."""

    person: str
    fingerprint: str
    roles: tuple[str, ...] | None
    line: int


def path_of(ws: Workspace) -> Path:
    """密钥登记文件."""
    return ws.path / SIGNERS_NAME


def sign(key: Path, statement: bytes) -> str:
    """用密钥签名 (a private key file, or the .pub of a key in ssh-agent). Gives the armored signature.

    ssh-keygen asks for the passphrase on the terminal. No such file: exit 6; it can't sign: exit 5.
    """
    if not key.is_file():
        raise MissingInput(f"没有这个密钥文件：{key}", "给出 OpenSSH 私钥，或 ssh-agent 中密钥的 .pub", text_en=f"no such key: {key}",
                           hint_en="give an OpenSSH private key, or the .pub of a key in ssh-agent")
    done = _run(["-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(key)], statement)
    if done.returncode or not done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        raise GateError(f"密钥不能签名：{key.name}", "核对口令、文件权限（0600），或 ssh-agent 是否已加载", text_en=f"this key can't sign: {key.name}",
                        hint_en="check the passphrase, its rights (0600), or whether ssh-agent holds it")
    return done.stdout.decode("ascii")


def read_signature(path: Path) -> str:
    """读签名文件 (made elsewhere with ssh-keygen -Y sign)."""
    if not path.is_file():
        raise MissingInput(f"没有这个签名文件：{path}", "用 ssh-keygen -Y sign -n nxmed-payout 生成", text_en=f"no such file: {path}",
                           hint_en="make it with ssh-keygen -Y sign -n nxmed-payout")
    try:
        return path.read_bytes()[:65536].decode("ascii")
    except UnicodeDecodeError:
        raise _broken("不是 OpenSSH 签名", "not an OpenSSH signature") from None


def fingerprint_of(signature: str) -> str:
    """签名所用密钥的指纹 (SHA256:…, as ssh-keygen -l prints it)."""
    try:
        body = re.fullmatch(r"\s*-----BEGIN SSH SIGNATURE-----\s+([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----\s*", signature)
        blob = base64.b64decode("".join(body[1].split()), validate=True) if body else b""
        size = int.from_bytes(blob[10:14], "big")
        if blob[:6] != b"SSHSIG" or int.from_bytes(blob[6:10], "big") != 1 or not 0 < size <= len(blob) - 14:
            raise ValueError
    except (ValueError, binascii.Error):
        raise _broken("不是 OpenSSH 签名", "not an OpenSSH signature") from None
    return _fingerprint(blob[14 : 14 + size])


def check(ws: Workspace, statement: bytes, signature: str, at: str) -> AllowedKey:
    """核对签名 at the moment `at` (2026-11-22T03:00:00Z): the registered key that made it.

    GateError (5): the key is not registered, belongs to two persons, is not valid at that moment, or the files may be
    written by others. IntegrityError (7): the signature is not over this text.
    """
    fingerprint = fingerprint_of(signature)
    known = [k for k in allowed(ws) if k.fingerprint == fingerprint]
    if not known:
        raise GateError(
            f"密钥没有登记：{fingerprint}", f"在 {SIGNERS_NAME} 中登记该人员的公钥，或换用已登记的密钥",
            text_en=f"this key is not registered: {fingerprint}", hint_en=f"Register the public key in {SIGNERS_NAME}, or use a registered key")
    person = known[0].person
    with tempfile.TemporaryDirectory(prefix="nxmed-") as folder:
        made = Path(folder, "signature")
        made.write_text(signature, "ascii")
        when = re.sub(r"[^0-9]", "", at) + "Z"
        common = ["-f", str(path_of(ws)), "-n", NAMESPACE, "-s", str(made)]
        if _run(["-q", "-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(made)], statement).returncode:
            raise _broken("签名不是对这份内容作的，或已损坏", "the signature is not over this content, or is damaged")
        if _run(["-q", "-Y", "verify", *common, "-I", person, "-O", f"verify-time={when}"], statement).returncode:
            raise GateError(
                f"{person} 的密钥此时无效（未到期、已过期或用途不符）", f"核对 {SIGNERS_NAME} 第 {known[0].line} 行的 valid-after、valid-before、namespaces",
                text_en=f"the key of {person} is not valid now (not yet, no longer, or for another purpose)",
                hint_en=f"See valid-after, valid-before and namespaces in line {known[0].line} of {SIGNERS_NAME}")
    return known[0]


def allowed(ws: Workspace) -> list[AllowedKey]:
    """登记的密钥 (GateError, exit 5, when the file is missing, not safe, or gives one key to two persons)."""
    path = path_of(ws)
    if not path.is_file():
        raise GateError(f"没有密钥登记文件：{path}", "每人一行：<人员> <公钥>；写法见 docs/payout-auditor.md", text_en=f"no {SIGNERS_NAME} file: {path}",
                        hint_en="one line per person: <person> <public key>; see docs/payout-auditor.md")
    for trusted in (path, ws.config_path, ws.path):
        require_private(trusted)
    found = []
    for number, text in enumerate(path.read_text("utf-8-sig").splitlines(), start=1):
        if text.strip() and not text.lstrip().startswith("#"):
            found += _parse(text.strip(), number)
    owners: dict[str, str] = {}
    for key in found:
        if owners.setdefault(key.fingerprint, key.person) != key.person:
            raise GateError(
                f"{SIGNERS_NAME} 把同一把密钥登记给了 {owners[key.fingerprint]} 和 {key.person}", "一把密钥只能属于一个人：改正登记",
                text_en=f"{SIGNERS_NAME} gives one key to {owners[key.fingerprint]} and to {key.person}",
                hint_en="A key belongs to one person: mend the file")
    return found


def roles_of(ws: Workspace, key: AllowedKey) -> tuple[str, ...]:
    """该密钥可办的岗位: those of the person in nxmed.toml [people], narrowed by the key's own roles= comment.

    A person who is not in nxmed.toml acts in the roles of the comment; without one: GateError (exit 5).
    """
    listed = {p.account: p.roles for p in ws.people}
    if key.person not in listed:
        if key.roles is not None:
            return key.roles
        raise GateError(
            f"{key.person} 不在 nxmed.toml 的 [people] 中", f"登记 [people.{key.person}] 及其岗位", text_en=f"{key.person} is not in nxmed.toml [people]",
            hint_en=f"add [people.{key.person}] with roles")
    mine = listed[key.person]
    return mine if key.roles is None else tuple(r for r in mine if r in key.roles)


def require_private(path: Path) -> None:
    """他人可写的文件不可信 (GateError, exit 5): group or others may write it, or another account owns it."""
    state = path.stat()
    if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or state.st_uid not in (0, os.getuid()):
        raise GateError(f"其他账号可以改写：{path}", f"收回权限：chmod go-w {shlex.quote(str(path))}，并核对所有者和内容",
                        text_en=f"others may write to {path}", hint_en=f"chmod go-w {shlex.quote(str(path))}, check its owner and content")


def _parse(text: str, number: int) -> list[AllowedKey]:
    found = re.match(r"(?P<who>\S+)\s+(?:(?P<options>\S*=.*?)\s+)?(?P<kind>(?:ssh|ecdsa|sk)-[A-Za-z0-9@.\-]+)\s+(?P<key>[A-Za-z0-9+/=]+)(?:\s+(?P<note>.*))?$", text)
    options = (found["options"] or "") if found else ""
    try:
        blob = base64.b64decode(found["key"], validate=True) if found else b""
    except binascii.Error:
        blob = b""
    people = found["who"].split(",") if found else []
    named = [p for p in people if re.fullmatch(r"[^*?!\"]+", p)]
    if not blob or "cert-authority" in text.split(" ssh-", maxsplit=1)[0] or named != people or "cert-authority" in options:
        raise UsageError(f"{SIGNERS_NAME} 第 {number} 行写法不对", '写成：<人员> namespaces="nxmed-payout" ssh-ed25519 AAAA…（不用通配符和 CA）',
                         text_en=f"{SIGNERS_NAME} line {number} is not well formed",
                         hint_en='write: <person> namespaces="nxmed-payout" ssh-ed25519 AAAA… (no wildcards, no CA)')
    note = re.search(r"\broles=(\S*)", found["note"] or "") if found else None
    roles = tuple(note[1].split(",")) if note else None
    if roles is not None and set(roles) - set(ROLES):
        raise UsageError(f"{SIGNERS_NAME} 第 {number} 行有不认识的岗位", "岗位：submit、review、approve",
                         text_en=f"{SIGNERS_NAME} line {number}: unknown role", hint_en="roles: submit, review, approve")
    return [AllowedKey(p, _fingerprint(blob), roles, number) for p in people]


def _fingerprint(blob: bytes) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _run(words: list[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["ssh-keygen", *words], input=given, capture_output=True, check=False, timeout=_SECONDS)
    except FileNotFoundError:
        raise NxmedError("找不到 ssh-keygen", "安装 OpenSSH 客户端（8.2 以上）", text_en="ssh-keygen is not installed",
                         hint_en="install the OpenSSH client, 8.2 or later") from None


def _broken(zh: str, en: str) -> IntegrityError:
    return IntegrityError(zh, "对 nxmed payout content BAT --for STEP 打印的内容重新签名", text_en=en,
                          hint_en="Sign anew what nxmed payout content BAT --for STEP prints")
