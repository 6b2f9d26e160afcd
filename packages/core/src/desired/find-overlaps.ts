import { type Conflict, overlappingHostPort } from '../conflict/index.ts'
import type { DesiredMapping } from './desired-state.ts'
import type { PublishedPort } from './expand-mappings.ts'

/** A wildcard and a specific binding on one port: reported on the specific one. */
export const findOverlaps = (
  project: string,
  mappings: readonly DesiredMapping[],
  others: readonly PublishedPort[],
): readonly Conflict[] => {
  const everyone: readonly PublishedPort[] = [
    ...mappings.filter((mapping) => mapping.kind === 'nat').map((mapping) => ({ ...mapping, project })),
    ...others,
  ]
  const portKey = ({ family, protocol, hostPort }: PublishedPort): string =>
    `${family} ${protocol} ${hostPort}`
  const wildcards = new Map(
    everyone.filter(({ hostAddress }) => hostAddress === null).map((port) => [portKey(port), port]),
  )
  return everyone.flatMap((port) => {
    const wildcard = port.hostAddress === null ? undefined : wildcards.get(portKey(port))
    if (wildcard === undefined || (port.project !== project && wildcard.project !== project)) return []
    return [overlappingHostPort(port.label, wildcard)]
  })
}
