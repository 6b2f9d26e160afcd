import { isEmptySet, rangeSet } from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredState, FlowSource } from '../../contract/index.ts'
import { reach } from '../../contract/index.ts'
import { addressText } from './address-text.ts'
import { pick } from './region.ts'
import type { Row } from './row.ts'

/** Mappings of one kind have a port each, or share one. */
export const portKind = ({ family, protocol, kind }: DesiredMapping): string =>
  `${kind} ${family} ${protocol}`

/**
 * The rows of a mapping without the addresses at which another mapping on the same port serves: one of a host address
 * before the wildcard, one of an interface before those of none.
 */
export const servedRows = (desired: DesiredState, rows: readonly Row[]): readonly Row[] =>
  rows.flatMap((row) => {
    const { mapping, region } = row
    if (mapping === null || row.way !== 'published') return [row]
    const served = valuesOf(region.daddr).filter((daddr) => serves(desired, row, mapping, daddr))
    const daddr = rangeSet(served.map((value) => ({ first: value, last: value })))
    return isEmptySet(daddr) ? [] : [{ ...row, region: { ...region, daddr } }]
  })

/** The values of a small set, one by one. */
export const valuesOf = ({ starts, ends }: Row['region']['daddr']): readonly (number | bigint)[] =>
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
