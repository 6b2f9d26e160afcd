import type { Family } from '../../address/index.ts'
import { isEmptySet, type RangeSet, subtractRanges } from '../../address/range-set.ts'
import type { DesiredNetwork } from '../../desired/index.ts'
import { protocolNumber } from '../../netfilter/index.ts'
import { clientPorts } from './mapping-rows.ts'
import type { Row } from './row.ts'
import type { Surroundings } from './surroundings.ts'

const anyPort: RangeSet = { starts: [1], ends: [65535] }

/** The rows of the contract that are a network's own: out, in between, and from the host. */
export const networkRows = (
  network: DesiredNetwork,
  family: Family,
  around: Surroundings,
): readonly Row[] => {
  const [subnet, sets] = [network[family], around.subnets.get(network)]
  if (subnet === null || sets === undefined) return []
  const { gateway, members } = sets
  const { bridge } = network
  const rows: Row[] = []
  for (const protocol of [protocolNumber.tcp, protocolNumber.udp]) {
    const base = {
      family,
      protocol,
      mapping: null,
      network,
      isUplink: false,
      prefers: null,
      choosesSource: false,
    } as const
    const region = (saddr: RangeSet, daddr: RangeSet): Row['region'] => ({
      saddr,
      daddr,
      sport: clientPorts,
      dport: anyPort,
    })
    const through = (seenAs: 'own' | 'gateway') => ({ kind: 'through', bridge, seenAs }) as const
    if (gateway !== null && !network.internal) {
      const seenAs = subnet.masquerade ? 'host' : 'own'
      const expected = { kind: 'outside', seenAs } as const
      rows.push({
        ...base,
        source: 'itself',
        way: 'egress',
        in: bridge,
        region: region(members, around.outside),
        expected,
      })
    }
    if (gateway !== null)
      rows.push({
        ...base,
        source: 'host',
        way: 'direct',
        in: null,
        choosesSource: true,
        region: region(gateway, members),
        expected: through('gateway'),
      })
    // Without a gateway the bridge has no address that would tell who its neighbours are.
    if (network.icc && gateway !== null)
      rows.push({
        ...base,
        source: 'sibling',
        way: 'direct',
        in: bridge,
        region: region(...halves(members)),
        expected: through('own'),
      })
    if (subnet.mode === 'nat-unprotected' && !network.internal)
      for (const { name, isUplink, sources } of around.entries)
        rows.push({
          ...base,
          source: 'machine',
          way: 'direct',
          in: name,
          isUplink,
          region: region(sources, members),
          expected: through('own'),
        })
  }
  return rows.filter(({ region }) => !isEmptySet(region.saddr) && !isEmptySet(region.daddr))
}

/** Who asks and who answers are two: one half of the members each. */
const halves = (members: RangeSet): readonly [RangeSet, RangeSet] => {
  const [start, end] = [members.starts[0], members.ends.at(-1)]
  if (start === undefined || end === undefined) return [members, members]
  const middle =
    typeof start === 'number' ? Math.floor((start + Number(end)) / 2) : (start + BigInt(end)) / 2n
  const upper = { starts: [typeof middle === 'number' ? middle + 1 : middle + 1n], ends: [end] }
  const others = subtractRanges(members, upper)
  return isEmptySet(others) ? [members, members] : [others, subtractRanges(members, others)]
}
