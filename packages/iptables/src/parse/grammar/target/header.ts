import { argumentOf, type ExtensionOption } from '../../../model/option/extension.ts'
import {
  added,
  atLeastOne,
  exactlyOne,
  flag,
  type Grammar,
  grammar,
  inTurn,
  type Settle,
  takes,
} from '../grammar.ts'
import { typeOfService } from '../match/header.ts'
import { either, listOf, seriesOf, translated } from '../value/choice.ts'
import { dscpClass } from '../value/dscp-class.ts'
import { hex, readWhole, u8, u16, whole } from '../value/number.ts'
import { shaped } from '../value/text.ts'

const byteText = (value: number): string => `0x${(value & 255).toString(16).padStart(2, '0')}`

/**
 * Replaces every way to set the TOS field by the kernel's one: `(tos & ~second) ^ first` (net/netfilter/xt_DSCP.c
 * `tos_tg`).
 */
const asSetTos = (option: ExtensionOption): ExtensionOption => {
  const value = Number(option.values[0])
  switch (option.name) {
    case 'and-tos':
      return added('set-tos', `0x00/${byteText(~value)}`)
    case 'or-tos':
      return added('set-tos', `${byteText(value)}/${byteText(value)}`)
    case 'xor-tos':
      return added('set-tos', `${byteText(value)}/0x00`)
    default:
      return option
  }
}

const spellOutTos: Settle = (options) => options.map(asSetTos)

const hopLimit = (name: 'ttl' | 'hl'): Grammar =>
  grammar(
    [takes(`${name}-set`, u8), takes(`${name}-inc`, whole(255, 1)), takes(`${name}-dec`, whole(255, 1))],
    {
      settle: exactlyOne(`${name}-set`, `${name}-inc`, `${name}-dec`),
    },
  )

const tcpOptions: Readonly<Record<string, string>> = {
  wscale: '3',
  mss: '2',
  'sack-permitted': '4',
  sack: '5',
  timestamp: '8',
  md5: '19',
}

/** Reads a list of TCP options, sorted by number, without repetition. */
const stripped = (text: string): string | null => {
  const read = seriesOf(either(whole(255, 2), translated(tcpOptions)))(text, 'ip')
  if (read === null) return null
  const options = read.split(',').map(Number)
  return new Set(options).size < options.length ? null : options.toSorted((a, b) => a - b).join(',')
}

/** Reads a class such as `1:10`. Both parts are hex, printed with four digits. */
const trafficClass = (text: string): string | null => {
  const [, major, minor] = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(text) ?? []
  if (major === undefined || minor === undefined) return null
  return `${major.padStart(4, '0')}:${minor.padStart(4, '0')}`.toLowerCase()
}

const tuple = listOf(['src', 'dst', 'sport', 'dport', 'spi', 'proto', 'ct'])

/** Replaces `--hmark-tuple src,sport` by the masks that take all bits of each field. */
const settleHash: Settle = (options, family) => {
  const width = family === 'ip' ? '32' : '128'
  const full: Readonly<Record<string, ExtensionOption>> = {
    src: added('hmark-src-prefix', width),
    dst: added('hmark-dst-prefix', width),
    sport: added('hmark-sport-mask', '0xffff'),
    dport: added('hmark-dport-mask', '0xffff'),
    spi: added('hmark-spi-mask', '0xffffffff'),
    proto: added('hmark-proto-mask', '0xffff'),
    ct: added('hmark-tuple', 'ct'),
  }
  const words = argumentOf(options, 'hmark-tuple')?.split(',') ?? []
  const given = options.filter(({ name }) => name !== 'hmark-tuple')
  const all = [...given, ...words.flatMap((word) => full[word] ?? [])]
  const names = all.map(({ name }) => name)
  const mixed =
    names.some((name) => name.startsWith('hmark-spi')) && names.some((name) => /^hmark-[sd]port/.test(name))
  return mixed || new Set(names).size < names.length ? null : all
}

const prefixLength = (text: string, family: 'ip' | 'ip6'): string | null =>
  readWhole(text, family === 'ip' ? 32 : 128)?.toString() ?? null

/** Targets that change a packet and continue. */
export const headerTargets: Readonly<Record<string, Grammar>> = {
  TOS: grammar(
    [
      takes('set-tos', typeOfService),
      takes('and-tos', hex(255, 2)),
      takes('or-tos', hex(255, 2)),
      takes('xor-tos', hex(255, 2)),
    ],
    { settle: inTurn(exactlyOne('set-tos', 'and-tos', 'or-tos', 'xor-tos'), spellOutTos) },
  ),
  DSCP: grammar([takes('set-dscp', hex(63, 2)), takes('set-dscp-class', dscpClass)], {
    settle: inTurn(exactlyOne('set-dscp', 'set-dscp-class'), (options) =>
      options.map((option) => ({ ...option, name: 'set-dscp' })),
    ),
  }),
  TCPMSS: grammar([takes('set-mss', u16), flag('clamp-mss-to-pmtu')], {
    settle: exactlyOne('set-mss', 'clamp-mss-to-pmtu'),
    protocols: ['tcp'],
  }),
  TCPOPTSTRIP: grammar([takes('strip-options', stripped)], { protocols: ['tcp'] }),
  CHECKSUM: grammar([flag('checksum-fill', { required: true })]),
  CLASSIFY: grammar([takes('set-class', trafficClass, { required: true })]),
  HMARK: grammar(
    [
      takes('hmark-src-prefix', prefixLength),
      takes('hmark-dst-prefix', prefixLength),
      takes('hmark-sport-mask', hex(65535, 4)),
      takes('hmark-dport-mask', hex(65535, 4)),
      takes('hmark-sport', hex(65535, 4)),
      takes('hmark-dport', hex(65535, 4)),
      takes('hmark-spi-mask', hex(0xffffffff, 8)),
      takes('hmark-spi', hex(0xffffffff, 8)),
      takes('hmark-proto-mask', hex(65535, 2)),
      takes('hmark-rnd', hex(0xffffffff, 8)),
      takes('hmark-mod', whole(0xffffffff, 1), { required: true }),
      takes('hmark-offset', whole(0xffffffff), { silent: '0' }),
      takes('hmark-tuple', tuple),
    ],
    { settle: settleHash },
  ),
  CONNSECMARK: grammar([flag('save'), flag('restore')], { settle: exactlyOne('save', 'restore') }),
  SECMARK: grammar([takes('selctx', shaped(/^[^\s"'\\]{1,255}$/), { required: true })]),
}

/** Targets of IPv4 only. */
export const headerTargets4: Readonly<Record<string, Grammar>> = {
  TTL: hopLimit('ttl'),
  ECN: grammar(
    [
      flag('ecn-tcp-remove'),
      takes('ecn-tcp-ece', whole(1)),
      takes('ecn-tcp-cwr', whole(1)),
      takes('ecn-ip-ect', whole(3)),
    ],
    {
      settle: atLeastOne,
      protocols: (options) => (options.some(({ name }) => name.startsWith('ecn-tcp')) ? ['tcp'] : null),
    },
  ),
}

/** Targets of IPv6 only. */
export const headerTargets6: Readonly<Record<string, Grammar>> = { HL: hopLimit('hl') }
