import {
  atLeastOne,
  atMostOne,
  exactlyOne,
  flag,
  type Grammar,
  grammar,
  inTurn,
  type Reader,
  type Settle,
  takes,
} from '../grammar.ts'
import { addressRange } from '../value/address.ts'
import { listOf, translated } from '../value/choice.ts'
import { masked, readWhole, u32 } from '../value/number.ts'
import { hardwareAddress, interfaceName, shaped, text } from '../value/text.ts'

const negatable = { not: true } as const

const addressTypes = listOf([
  ...[
    'UNSPEC',
    'UNICAST',
    'LOCAL',
    'BROADCAST',
    'ANYCAST',
    'MULTICAST',
    'BLACKHOLE',
    'UNREACHABLE',
    'PROHIBIT',
  ],
  ...['THROW', 'NAT', 'XRESOLVE'],
])

const packetTypes: Readonly<Record<string, string>> = {
  host: 'unicast',
  unicast: 'unicast',
  bcast: 'broadcast',
  broadcast: 'broadcast',
  mcast: 'multicast',
  multicast: 'multicast',
}

/** Reads a user or group id: `5`, `5-10`. Of all names only `root` has the same id on every host. */
const identity: Reader = (value) => {
  if (value === 'root') return '0'
  const parts = value.split('-').map((part) => readWhole(part, 0xffffffff))
  const [first = null, last = first, ...more] = parts
  if (first === null || last === null || more.length > 0 || last < first) return null
  return first === last ? `${first}` : `${first}-${last}`
}

/** Requires an address type, and allows at most one interface limit. */
const settleAddressType: Settle = inTurn(atMostOne('limit-iface-in', 'limit-iface-out'), (options) =>
  options.some(({ name }) => name.endsWith('-type')) ? options : null,
)

/** Modules that test the host: its addresses, interfaces, sockets and processes. */
export const hostMatches: Readonly<Record<string, Grammar>> = {
  addrtype: grammar(
    [
      takes('src-type', addressTypes, negatable),
      takes('dst-type', addressTypes, negatable),
      flag('limit-iface-in'),
      flag('limit-iface-out'),
    ],
    { settle: settleAddressType },
  ),
  iprange: grammar(
    [takes('src-range', addressRange, negatable), takes('dst-range', addressRange, negatable)],
    {
      settle: atLeastOne,
    },
  ),
  mac: grammar([takes('mac-source', hardwareAddress, { not: true, required: true })]),
  pkttype: grammar([takes('pkt-type', translated(packetTypes), { not: true, required: true })]),
  physdev: grammar(
    [
      flag('physdev-is-in', negatable),
      takes('physdev-in', interfaceName, negatable),
      flag('physdev-is-out', negatable),
      takes('physdev-out', interfaceName, negatable),
      flag('physdev-is-bridged', negatable),
    ],
    { settle: atLeastOne },
  ),
  owner: grammar(
    [
      flag('socket-exists', negatable),
      takes('uid-owner', identity, negatable),
      takes('gid-owner', identity, negatable),
      flag('suppl-groups'),
    ],
    { settle: atLeastOne },
  ),
  cgroup: grammar(
    [takes('cgroup', u32, negatable), takes('path', text(511), { not: true, quoting: 'always' })],
    { settle: exactlyOne('cgroup', 'path') },
  ),
  cpu: grammar([takes('cpu', u32, { not: true, required: true })]),
  devgroup: grammar([takes('src-group', masked, negatable), takes('dst-group', masked, negatable)], {
    settle: atLeastOne,
  }),
  realm: grammar([takes('realm', masked, { not: true, required: true })]),
  rpfilter: grammar([flag('loose'), flag('validmark'), flag('accept-local'), flag('invert')]),
  socket: grammar([flag('transparent'), flag('nowildcard'), flag('restore-skmark')]),
  comment: grammar([takes('comment', text(255, 0), { required: true, quoting: 'if-needed' })]),
  // A cBPF program, given as numbers or pinned in /sys/fs/bpf.
  bpf: grammar(
    [
      takes('bytecode', shaped(/^\d+(?:,\d+ \d+ \d+ \d+)+,? ?$/), { quoting: 'always' }),
      takes('object-pinned', text(511)),
    ],
    { settle: exactlyOne('bytecode', 'object-pinned') },
  ),
}
