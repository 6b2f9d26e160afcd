import {
  atMostOne,
  exactlyOne,
  flag,
  type Grammar,
  grammar,
  type Reader,
  type Settle,
  takes,
} from '../grammar.ts'
import { address, addressOrPrefix } from '../value/address.ts'
import { either, listOf, seriesOf, translated } from '../value/choice.ts'
import { dscpClass } from '../value/dscp-class.ts'
import { icmpType } from '../value/icmp-type.ts'
import { hex, readNumber, readWhole, span, u8, u16, u32 } from '../value/number.ts'

const negatable = { not: true } as const
const every32 = '0:4294967295'

/** A range such as that of an SPI. The range of all values is not printed. */
const wide = { not: true, silent: every32 } as const
const span32 = span(0xffffffff)

const typesOfService: Readonly<Record<string, string>> = {
  'minimize-delay': '0x10/0x3f',
  'maximize-throughput': '0x08/0x3f',
  'maximize-reliability': '0x04/0x3f',
  'minimize-cost': '0x02/0x3f',
  'normal-service': '0x00/0x3f',
}

/** Reads `value/mask`, printed with two hex digits each. */
export const maskedByte: Reader = (text, family) => {
  const [left = '', right = '0xff', ...more] = text.split('/')
  const byte = hex(255, 2)
  const [value, mask] = [byte(left, family), byte(right, family)]
  return value === null || mask === null || more.length > 0 ? null : `${value}/${mask}`
}

export const typeOfService: Reader = either(maskedByte, translated(typesOfService))

/** Replaces `--dscp-class EF` by `--dscp 0x2e`. */
const spellOutClass: Settle = (options) =>
  options.length === 1 ? options.map((option) => ({ ...option, name: 'dscp' })) : null

/** Reads a list of up to 16 IPv6 options, each `type` or `type:length`. */
const optionList = seriesOf((text) => {
  const [type = '', length, ...more] = text.split(':')
  const parts = [type, ...(length === undefined ? [] : [length])].map((part) => readWhole(part, 255))
  return parts.includes(null) || more.length > 0 ? null : parts.join(':')
}, 16)

const headers = listOf(
  ['hop-by-hop', 'ipv6-opts', 'ipv6-route', 'ipv6-frag', 'ah', 'esp', 'ipv6-nonxt', 'protocol'],
  {
    hop: 'hop-by-hop',
    '0': 'hop-by-hop',
    dst: 'ipv6-opts',
    '60': 'ipv6-opts',
    route: 'ipv6-route',
    '43': 'ipv6-route',
    frag: 'ipv6-frag',
    '44': 'ipv6-frag',
    auth: 'ah',
    '51': 'ah',
    '50': 'esp',
    none: 'ipv6-nonxt',
    '59': 'ipv6-nonxt',
    prot: 'protocol',
    '255': 'protocol',
  },
)

const mobilityTypes = new Map(
  [
    ...['binding-refresh-request', 'home-test-init', 'careof-test-init', 'home-test', 'careof-test'],
    ...['binding-update', 'binding-acknowledgement', 'binding-error'],
  ].map((name, index) => [name, BigInt(index)] as const),
)
for (const [index, name] of ['brr', 'hoti', 'coti', 'hot', 'cot', 'bu', 'ba', 'be'].entries()) {
  mobilityTypes.set(name, BigInt(index))
}

const mobilityType = (text: string): bigint | null =>
  readNumber(text) ?? mobilityTypes.get(text.toLowerCase()) ?? null

/** A segment address, printed with its length even where that is 128 (libip6t_srh). */
const sid: Reader = (text, family) => {
  const read = addressOrPrefix(text, family)
  return read === null || read.includes('/') ? read : `${read}/128`
}

const hopLimit = (name: 'ttl' | 'hl'): Grammar =>
  grammar(
    [takes(`${name}-eq`, u8, { aka: [name], not: true }), takes(`${name}-lt`, u8), takes(`${name}-gt`, u8)],
    { settle: exactlyOne(`${name}-eq`, `${name}-lt`, `${name}-gt`) },
  )

/** Modules that test headers, in IPv4 and IPv6. */
export const headerMatches: Readonly<Record<string, Grammar>> = {
  esp: grammar([takes('espspi', span32, wide)], { protocols: ['esp'] }),
  ipcomp: grammar([takes('ipcompspi', span32, wide), flag('compres')], { protocols: ['ipcomp', '108'] }),
  length: grammar([takes('length', span(65535), { not: true, required: true })]),
  dscp: grammar([takes('dscp', hex(63, 2), negatable), takes('dscp-class', dscpClass, negatable)], {
    settle: spellOutClass,
  }),
  tos: grammar([takes('tos', typeOfService, { not: true, required: true })]),
}

/** Modules of IPv4 only. */
export const headerMatches4: Readonly<Record<string, Grammar>> = {
  ah: grammar([takes('ahspi', span32, wide)], { protocols: ['ah'] }),
  icmp: grammar([takes('icmp-type', icmpType('icmp'), { not: true, required: true })]),
  ttl: hopLimit('ttl'),
}

/** Modules of IPv6 only. */
export const headerMatches6: Readonly<Record<string, Grammar>> = {
  ah: grammar([takes('ahspi', span32, wide), takes('ahlen', u32, negatable), flag('ahres')]),
  icmp6: grammar([takes('icmpv6-type', icmpType('icmp6'), { not: true, required: true })]),
  hl: hopLimit('hl'),
  eui64: grammar([]),
  frag: grammar(
    [
      takes('fragid', span32, wide),
      takes('fraglen', u32, negatable),
      flag('fragres'),
      flag('fragfirst'),
      flag('fragmore'),
      flag('fraglast'),
    ],
    { settle: atMostOne('fragmore', 'fraglast') },
  ),
  dst: grammar([takes('dst-len', u32, negatable), takes('dst-opts', optionList)]),
  hbh: grammar([takes('hbh-len', u32, negatable), takes('hbh-opts', optionList)]),
  rt: grammar([
    takes('rt-type', u32, negatable),
    takes('rt-segsleft', span32, wide),
    takes('rt-len', u32, negatable),
    flag('rt-0-res'),
    takes('rt-0-addrs', seriesOf(address, 16)),
    flag('rt-0-not-strict'),
  ]),
  mh: grammar([takes('mh-type', span(255, mobilityType), { not: true, silent: '0:255' })], {
    protocols: ['mobility-header'],
  }),
  ipv6header: grammar([takes('header', headers, { not: true, required: true }), flag('soft')]),
  srh: grammar([
    takes('srh-next-hdr', u8, negatable),
    ...['hdr-len', 'segs-left', 'last-entry'].flatMap((what) =>
      ['eq', 'gt', 'lt'].map((how) => takes(`srh-${what}-${how}`, u8, negatable)),
    ),
    takes('srh-tag', u16, negatable),
    ...['psid', 'nsid', 'lsid'].map((which) => takes(`srh-${which}`, sid, negatable)),
  ]),
}
