import fc from 'fast-check'
import type { Place } from './iptables-match.ts'
import { rareMangling, rareTracking, rareTranslation } from './iptables-rare.ts'
import type { Family } from './scene.ts'
import { mark, markMask, one, port, target } from './vocabulary.ts'

const bracketed = (family: Family, text: string): string => (family === 'ip6' ? `[${text}]` : text)

const translation = ({ family, chain }: Place, transport: boolean): fc.Arbitrary<string> => {
  if (chain === 'PREROUTING' || chain === 'OUTPUT') {
    const plain = target(family).map((to) => `-j DNAT --to-destination ${to}`)
    const netmap = fc.constant(`-j NETMAP --to ${family === 'ip' ? '172.30.1.8/29' : 'fd00:30:1::10/127'}`)
    const balanced = fc.constant(
      `-j DNAT --to-destination ${family === 'ip' ? '172.30.1.10-172.30.1.11' : 'fd00:30:1::10-fd00:30:1::11'}`,
    )
    const rare = fc.oneof(netmap, balanced)
    if (!transport) return fc.oneof({ weight: 4, arbitrary: plain }, fc.constant('-j REDIRECT'), rare)
    return fc.oneof(
      { weight: 2, arbitrary: plain },
      rare,
      fc.tuple(target(family)).map(([to]) => `-j DNAT --to-destination ${bracketed(family, to)}:8080-8081`),
      fc
        .tuple(target(family), port)
        .map(([to, at]) => `-j DNAT --to-destination ${bracketed(family, to)}:${at}`),
      port.map((at) => `-j REDIRECT --to-ports ${at}`),
    )
  }
  const own =
    family === 'ip'
      ? one('192.0.2.2', '198.51.100.2', '172.30.1.1')
      : one('2001:db8:1::2', '2001:db8:2::2', 'fd00:30:1::1')
  const snat = own.map((to) =>
    transport ? `-j SNAT --to-source ${bracketed(family, to)}:5000-5999` : `-j SNAT --to-source ${to}`,
  )
  if (chain === 'INPUT') return snat
  return fc.oneof(
    snat,
    one('-j MASQUERADE'),
    one(transport ? '-j MASQUERADE --to-ports 6000-6999' : '-j MASQUERADE'),
  )
}

const markings: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(mark, markMask).map(([value, mask]) => `-j MARK --set-xmark ${value}/${(mask | value) >>> 0}`),
  fc.tuple(mark).map(([value]) => `-j CONNMARK --set-xmark ${value}/0xffffffff`),
  one(
    '-j CONNMARK --save-mark',
    '-j CONNMARK --restore-mark',
    '-j CONNMARK --save-mark --nfmask 0xf --ctmask 0xf',
    '-j MARK --or-mark 0x8',
    '-j MARK --and-mark 0x7',
    '-j MARK --xor-mark 0x9',
  ),
)

/**
 * The target of a rule.
 *
 * @param onward - the chains to which it may jump
 * @param transport - true: the rule matches on a protocol with ports
 */
export const iptablesTarget = (
  place: Place,
  onward: readonly string[],
  transport: boolean,
): fc.Arbitrary<string> => {
  const { table, family } = place
  const leads = onward.flatMap((chain) => [`-j ${chain}`, `-j ${chain}`, `-g ${chain}`])
  return fc.oneof(
    {
      weight: 3,
      arbitrary: one('-j ACCEPT', '-j RETURN', ...(table === 'nat' ? [] : ['-j DROP', '-j DROP'])),
    },
    { weight: leads.length === 0 ? 0 : 4, arbitrary: one('-j RETURN', ...leads) },
    { weight: table === 'nat' ? 6 : 0, arbitrary: translation(place, transport) },
    { weight: table === 'nat' ? 2 : 0, arbitrary: rareTranslation(place, transport) },
    {
      weight: table === 'mangle' || table === 'raw' ? 4 : 0,
      arbitrary: table === 'mangle' ? markings : one('-j CT --notrack', '-j CT --notrack', '-j CT --zone 7'),
    },
    {
      weight: table === 'mangle' || table === 'raw' ? 1 : 0,
      arbitrary: table === 'mangle' ? rareMangling(place) : rareTracking,
    },
    {
      weight: table === 'filter' ? 1 : 0,
      // A rejection after the handshake looks to the sender like a refused SYN, so established flows are never
      // rejected.
      arbitrary: fc.constant(
        `-m conntrack ! --ctstate ESTABLISHED -j REJECT --reject-with ${family === 'ip' ? 'icmp' : 'icmp6'}-port-unreachable`,
      ),
    },
  )
}
