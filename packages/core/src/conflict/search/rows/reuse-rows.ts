import { singleValue } from '@portolan/netfilter/analysis'
import type { DesiredMapping } from '../../../contract/index.ts'
import type { Expectation, Row } from './row.ts'

/** Makes the rows of a mapping. */
export type RowsOf = (mapping: DesiredMapping) => readonly Row[]

/**
 * Makes the rows of a mapping from those of the mapping before, if the two differ only in their ports. Ten thousand
 * ports of one container are ten thousand such mappings.
 */
export const reuseRows = (make: RowsOf): RowsOf => {
  let before: { readonly mapping: DesiredMapping; readonly rows: readonly Row[] } | null = null
  return (mapping) => {
    const rows =
      before !== null && differInPorts(before.mapping, mapping)
        ? withPortsOf(mapping, before.rows)
        : make(mapping)
    before = { mapping, rows }
    return rows
  }
}

/** Whether two mappings to one target differ only in ports and names. */
export const differInPorts = (a: DesiredMapping, b: DesiredMapping): boolean =>
  a.family === b.family &&
  a.protocol === b.protocol &&
  a.kind === b.kind &&
  a.hostAddress === b.hostAddress &&
  a.interface === b.interface &&
  a.allowFrom === b.allowFrom &&
  a.targets.length === 1 &&
  b.targets.length === 1 &&
  a.targets[0].network === b.targets[0].network &&
  a.targets[0].address === b.targets[0].address

const withPortsOf = (mapping: DesiredMapping, rows: readonly Row[]): readonly Row[] => {
  const dport = singleValue(mapping.hostPort)
  const expected = expectationsAt(mapping.targets[0].port)
  // The fields are listed one by one: spread objects take many times the memory.
  return rows.map((row) => ({
    source: row.source,
    way: row.way,
    family: row.family,
    protocol: row.protocol,
    mapping,
    network: row.network,
    in: row.in,
    isUplink: row.isUplink,
    region: { saddr: row.region.saddr, daddr: row.region.daddr, sport: row.region.sport, dport },
    isFromEngine: row.isFromEngine === true,
    prefers: row.prefers,
    choosesSource: row.choosesSource,
    expected: expected(row.expected),
  }))
}

/** The same promises for another port of the same container. Rows of one mapping share them. */
const expectationsAt = (port: number): ((expected: Expectation) => Expectation) => {
  const made = new Map<Expectation, Expectation>()
  return (expected) => {
    if (expected.kind !== 'delivered' || expected.to.every((place) => place.port === port)) return expected
    const known = made.get(expected)
    if (known !== undefined) return known
    const own: Expectation = { ...expected, to: expected.to.map((place) => ({ ...place, port })) }
    made.set(expected, own)
    return own
  }
}
