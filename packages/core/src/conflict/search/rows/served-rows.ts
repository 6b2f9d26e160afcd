import {
  intersectRanges,
  isEmptySet,
  type RangeSet,
  singleValue,
  subtractRanges,
  uniteRanges,
  valueSet,
} from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredState, FlowSource } from '../../../contract/index.ts'
import { reach } from '../../../contract/index.ts'
import { mappingsOfPort } from '../../../contract/mappings-by-port.ts'
import { pick } from '../region/region.ts'
import { addressText } from './address-text.ts'
import type { Row } from './row.ts'
import { addressValue } from './subnets.ts'

/** A key for mappings that compete for ports: two mappings with the same key and port share that port. */
export const portKind = ({ family, protocol, kind }: DesiredMapping): string =>
  `${kind} ${family} ${protocol}`

/**
 * The rows of a mapping without the addresses at which another mapping on the same port serves. A mapping for a host
 * address comes before the wildcard, and a mapping for an interface before one for any.
 */
export const servedRows = (desired: DesiredState, rows: readonly Row[]): readonly Row[] =>
  rows.flatMap((row) => {
    const { mapping, region } = row
    if (mapping === null || row.way !== 'published') return [row]
    const served = partsOf(desired, row, mapping).filter((part) =>
      serves(desired, row, mapping, firstOf(part)),
    )
    const daddr = uniteRanges(served)
    return isEmptySet(daddr) ? [] : [{ ...row, region: { ...region, daddr } }]
  })

/**
 * The addresses of a row, cut at those that some mapping of the port is bound to. One address then stands for its part:
 * a local route may make millions of addresses the host's.
 */
export const partsOf = (
  { mappings }: DesiredState,
  { region: { daddr } }: Row,
  { family, protocol, hostPort }: DesiredMapping,
): readonly RangeSet[] => {
  const bound = valueSet(
    mappingsOfPort(mappings, 'nat', family, protocol, hostPort).flatMap(({ hostAddress }) =>
      hostAddress === null ? [] : [addressValue(hostAddress)],
    ),
  )
  const apart = valuesOf(intersectRanges(daddr, bound)).map(singleValue)
  return [subtractRanges(daddr, bound), ...apart].filter((part) => !isEmptySet(part))
}

export const firstOf = ({ starts: [first = 0] }: RangeSet): number | bigint => first

/** The values of a small set, as a list. */
const valuesOf = ({ starts, ends }: RangeSet): readonly (number | bigint)[] =>
  starts.flatMap((first, at) => {
    const count = Number(BigInt(ends[at] ?? first) - BigInt(first)) + 1
    return Array.from({ length: count }, (_, step) =>
      typeof first === 'number' ? first + step : first + BigInt(step),
    )
  })

const serves = (
  desired: DesiredState,
  row: Row,
  mapping: DesiredMapping,
  daddr: number | bigint,
): boolean => {
  const { family } = row
  const promised = reach(
    desired,
    {
      family,
      protocol: mapping.protocol,
      from: senderOf(desired, row),
      to: { address: addressText(family, daddr), port: mapping.hostPort },
    },
    { addresses: [addressText(family, daddr)] },
  )
  return promised.kind === 'delivered' && promised.mapping === mapping
}

const senderOf = ({ networks }: DesiredState, row: Row): FlowSource => {
  const address = addressText(row.family, pick(row.region).saddr)
  if (row.in === null) return { kind: 'host', address: null }
  if (row.source === 'machine') return { kind: 'machine', address, interface: row.in }
  const network = networks.find(({ bridge }) => bridge === row.in)?.name ?? ''
  return { kind: 'container', network, address }
}
