"""Makes spice_proto.json of spice.proto, with spice-common's own parser.

python3 tests/data/spice_proto.py SPICE/subprojects/spice-common > tests/data/spice_proto.json
Needs python3-pyparsing and python3-six. A field is [name, type]; type is a name with its bytes
("uint32:4"), "*T" a pointer, "T[n]" an array; a switch is ["?", field of each case …].
"""
import json
import sys

sys.path.insert(0, sys.argv[1])
from python_modules import ptypes, spice_parser  # noqa: E402

ptypes.default_pack = 1
protocol = spice_parser.parse(sys.argv[1] + "/spice.proto")
structs, enums = {}, {}


def kind(t):
    if isinstance(t, ptypes.TypeAlias):
        return kind(t.the_type)
    if isinstance(t, ptypes.PointerType):
        return "*" + kind(t.target_type)
    if isinstance(t, ptypes.ArrayType):
        return kind(t.element_type) + "[" + (t.size if isinstance(t.size, str) else str(t.size)) + "]"
    if isinstance(t, (ptypes.EnumType, ptypes.FlagsType)):
        bits = isinstance(t, ptypes.FlagsType)
        enums[t.name] = {"flags": bits, "bytes": t.bits // 8, "names": {n: v for v, n in t.names.items()}}
        return "%s:%d" % (t.name, t.bits // 8)
    if isinstance(t, ptypes.StructType):
        if t.name not in structs:
            structs[t.name] = None
            structs[t.name] = members(t)
        return t.name
    if t.name == "fd":
        return "fd:0"
    return "%s:%d" % (t.name, t.bits // 8)


def members(t):
    out = []
    for m in t.members:
        if isinstance(m, ptypes.Switch):
            out.append(["?"] + [[c.member.name, kind(c.member.member_type)] for c in m.cases])
        else:
            out.append([m.name, kind(m.member_type)])
    return out


def messages(side):
    return {m.name: [m.value, members(m.message_type)] for m in side}


channels = {}
for c in protocol.channels:
    t = c.channel_type
    channels[c.name] = {
        "id": c.value,
        "server": messages(t.server_messages),
        "client": messages(t.client_messages),
    }
json.dump({"channels": channels, "structs": structs, "enums": enums}, sys.stdout, indent=1, sort_keys=True)
print()
