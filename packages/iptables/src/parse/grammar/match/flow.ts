import {
  added,
  atLeastOne,
  atMostOne,
  byDefault,
  countOf,
  exactlyOne,
  flag,
  type Grammar,
  grammar,
  inTurn,
  type Settle,
  takes,
} from '../grammar.ts'
import { addressOrPrefix } from '../value/address.ts'
import { choice, listOf, seriesOf } from '../value/choice.ts'
import { hex, masked, span, u16, u32, u64, whole } from '../value/number.ts'
import { portSpan } from '../value/port.ts'
import { protocolNumberOf } from '../value/protocol.ts'
import { shaped, text } from '../value/text.ts'

const states = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED']
const statuses = listOf(['NONE', 'EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'])

/** `NONE` is the absence of all bits, so beside another status it is dropped. */
const status = (value: string): string | null => statuses(value, 'ip')?.replace(/^NONE,/, '') ?? null

const protocol = (value: string): string | null => protocolNumberOf(value)?.toString() ?? null

const negatable = { not: true } as const

/**
 * Reads a range of connbytes. `100` alone has no upper end, and an upper end at the maximum is left out. `100:100`
 * keeps both ends (libxt_connbytes).
 */
const volume = (value: string): string | null => {
  const most = (1n << 64n) - 1n
  if (value !== ':' && !value.includes(':')) return u64(value, 'ip')
  const read = span(most)(value, 'ip')
  if (read === null) return null
  const [first = '', last] = read.split(':')
  if (last === undefined) return `${first}:${first}`
  return last === `${most}` ? first : read
}

const connlimitMask = (value: string, family: 'ip' | 'ip6'): string | null =>
  whole(family === 'ip' ? 32 : 128)(value, family)

/** Replaces a negated limit by its opposite: not above becomes up to, and the reverse. */
const turnLimit: Settle = (options) =>
  options.map((option) =>
    option.negated
      ? added(option.name === 'connlimit-upto' ? 'connlimit-above' : 'connlimit-upto', ...option.values)
      : option,
  )

const nodeMask = (node: number): string => `0x${((1 << (node - 1)) >>> 0).toString(16).padStart(8, '0')}`

const direction = /^(?:src|dst)$/

/** Modules that test the packet's flow, and sets. */
export const flowMatches: Readonly<Record<string, Grammar>> = {
  conntrack: grammar(
    [
      takes('ctstate', listOf([...states, 'SNAT', 'DNAT']), negatable),
      takes('ctproto', protocol, negatable),
      takes('ctorigsrc', addressOrPrefix, negatable),
      takes('ctorigdst', addressOrPrefix, negatable),
      takes('ctreplsrc', addressOrPrefix, negatable),
      takes('ctrepldst', addressOrPrefix, negatable),
      takes('ctorigsrcport', portSpan, negatable),
      takes('ctorigdstport', portSpan, negatable),
      takes('ctreplsrcport', portSpan, negatable),
      takes('ctrepldstport', portSpan, negatable),
      takes('ctstatus', status, negatable),
      takes('ctexpire', span(0xffffffff), negatable),
      takes('ctdir', choice('ORIGINAL', 'REPLY')),
    ],
    { settle: atLeastOne },
  ),
  state: grammar([takes('state', listOf(states), { not: true, required: true })]),
  mark: grammar([takes('mark', masked, { not: true, required: true })]),
  connmark: grammar([takes('mark', masked, { not: true, required: true })]),
  connbytes: grammar([
    takes('connbytes', volume, { not: true, required: true }),
    takes('connbytes-mode', choice('packets', 'bytes', 'avgpkt'), { required: true }),
    takes('connbytes-dir', choice('original', 'reply', 'both'), { required: true }),
  ]),
  connlabel: grammar([takes('label', text(), { not: true, required: true, quoting: 'always' }), flag('set')]),
  connlimit: grammar(
    [
      takes('connlimit-upto', u32, negatable),
      takes('connlimit-above', u32, negatable),
      takes('connlimit-mask', connlimitMask),
      flag('connlimit-saddr'),
      flag('connlimit-daddr'),
    ],
    {
      settle: inTurn(
        exactlyOne('connlimit-upto', 'connlimit-above'),
        atMostOne('connlimit-saddr', 'connlimit-daddr'),
        byDefault('connlimit-mask', { ip: '32', ip6: '128' }),
        turnLimit,
        (options) =>
          countOf(options, 'connlimit-saddr', 'connlimit-daddr') > 0
            ? options
            : [...options, added('connlimit-saddr')],
      ),
    },
  ),
  helper: grammar([takes('helper', text(29, 0), { not: true, required: true, quoting: 'if-needed' })]),
  cluster: grammar(
    [
      takes('cluster-local-nodemask', hex(0xffffffff, 8), { not: true }),
      takes('cluster-local-node', whole(32, 1), { not: true }),
      takes('cluster-total-nodes', whole(32, 1), { required: true }),
      takes('cluster-hash-seed', hex(0xffffffff, 8), { required: true }),
    ],
    {
      settle: inTurn(exactlyOne('cluster-local-nodemask', 'cluster-local-node'), (options) =>
        options.map((option) =>
          option.name === 'cluster-local-node'
            ? {
                ...option,
                name: 'cluster-local-nodemask',
                values: [nodeMask(Number(option.values[0]))],
              }
            : option,
        ),
      ),
    },
  ),
  nfacct: grammar([takes('nfacct-name', shaped(/^[^\s"'\\]{1,31}$/), { required: true })]),
  ipvs: grammar(
    [
      flag('ipvs', negatable),
      takes('vproto', protocol, negatable),
      takes('vaddr', addressOrPrefix, negatable),
      takes('vport', u16, negatable),
      takes('vdir', choice('ORIGINAL', 'REPLY')),
      takes('vmethod', choice('GATE', 'IPIP', 'MASQ'), negatable),
      takes('vportctl', u16, negatable),
    ],
    { settle: atLeastOne },
  ),
  set: grammar(
    [
      takes('match-set', [shaped(/^[^\s"'\\]{1,31}$/), seriesOf(shaped(direction), 6)], {
        aka: ['set'],
        not: true,
        required: true,
      }),
      flag('return-nomatch'),
      flag('update-counters', negatable),
      flag('update-subcounters', negatable),
      ...['packets', 'bytes'].flatMap((counted) => [
        takes(`${counted}-eq`, u64, negatable),
        takes(`${counted}-lt`, u64),
        takes(`${counted}-gt`, u64),
      ]),
    ],
    {
      settle: inTurn(
        atMostOne('packets-eq', 'packets-lt', 'packets-gt'),
        atMostOne('bytes-eq', 'bytes-lt', 'bytes-gt'),
      ),
    },
  ),
}
