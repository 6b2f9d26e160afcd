import { isEmptySet, uniteRanges } from '@portolan/netfilter/analysis'
import { type DesiredMapping, type DesiredState, reach } from '../../../contract/index.ts'
import { pick } from '../region/region.ts'
import { addressText } from './address-text.ts'
import type { Row } from './row.ts'
import { firstOf, partsOf } from './served-rows.ts'

/**
 * The closed rows of a mapping, without the addresses that another mapping of the same port serves or closes itself.
 */
export const unservedRows = (desired: DesiredState, rows: readonly Row[]): readonly Row[] => {
  // The mapping that an address belongs to does not depend on the sources it accepts.
  const open = desired.mappings.map((mapping): DesiredMapping => ({ ...mapping, allowFrom: null }))
  const openState: DesiredState = { ...desired, mappings: open }
  return rows.flatMap((row) => {
    const { mapping, expected, region, family } = row
    if (mapping === null || expected.kind !== 'closed') return [row]
    const { because } = expected
    if (because === 'loopback' || because === 'forged') return [row]
    if (mapping.kind === 'direct') return desired.mappings.some((one) => opensSame(one, mapping)) ? [] : [row]
    const own = open[desired.mappings.indexOf(mapping)]
    const source = addressText(family, pick(region).saddr)
    const kept = partsOf(openState, row, mapping).filter((part) => {
      const address = addressText(family, firstOf(part))
      const promised = reach(
        openState,
        {
          family,
          protocol: mapping.protocol,
          from: { kind: 'machine', address: source, interface: row.in ?? '' },
          to: { address, port: mapping.hostPort },
        },
        { addresses: [address] },
      )
      const holder = promised.kind === 'delivered' ? promised.mapping : null
      return because === 'allow-from' ? holder === own : holder === null
    })
    const daddr = uniteRanges(kept)
    return isEmptySet(daddr) ? [] : [{ ...row, region: { ...region, daddr } }]
  })
}

/** Whether another mapping opens the same port of the same container, perhaps to other sources. */
const opensSame = (one: DesiredMapping, { kind, protocol, targets, ...rest }: DesiredMapping): boolean =>
  one.label !== rest.label &&
  one.kind === kind &&
  one.protocol === protocol &&
  one.targets.some(({ address, port }) =>
    targets.some((target) => target.address === address && target.port === port),
  )
