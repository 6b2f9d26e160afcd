import type { ClusterNeighbours } from '@portolan/core'
import type { Wording } from '@portolan/netfilter'
import type { HostRules } from '../host-rules/host-rules.ts'
import { formerAddressNotes } from '../plan/endpoints/former-addresses.ts'
import type { PlanChange } from '../plan/plan.ts'
import { endpointLines, parentedLines } from './attached-lines.ts'
import { behindText } from './behind-cluster.ts'
import { conflictsNow, type EndpointOnNetwork } from './conflicts-now.ts'
import type { CountedConnections } from './counted-connections.ts'
import { allRuleChanges, isRead } from './find-drift.ts'
import { type LostBlocks, noLostBlocks } from './lost-blocks.ts'
import { commentsIn, keyOf, type MappingLine, mappingLines } from './mapping-lines.ts'
import { networkLines } from './network-lines.ts'
import type { ProjectCommand } from './project-command.ts'
import type { Reading } from './reading.ts'
import type { ConflictCount, HostStatus, ProjectConflict, StatusChange } from './status.ts'

const order = ['error', 'warning', 'info'] as const

/**
 * Joins what was read of a host into its status.
 * @param project - the status of this project alone; null: of all projects
 * @param surrounding - every rule of the host; null: do not look for conflicts. `about`: see `SearchedHost`
 * @param lost - the lost blocks of a host that is in a cluster
 * @param neighbours - the other hosts of the cluster; null: none are known
 */
export const joinStatus = async (
  reading: Reading,
  project: string | null,
  surrounding: {
    readonly rules: HostRules | null
    readonly unread: readonly string[]
    readonly about?: EndpointOnNetwork
  } | null,
  count: (lines: readonly MappingLine[]) => Promise<CountedConnections>,
  lost: LostBlocks = noLostBlocks,
  neighbours: ClusterNeighbours | null = null,
  wording?: Wording,
  written?: ProjectCommand,
): Promise<HostStatus> => {
  const { facts, rules, networks, inForce, wishes, drift, backendOf } = reading
  const isShown = (one: { readonly project: string | null }): boolean =>
    project === null || one.project === null || one.project === project
  const lines = mappingLines({ ...reading, isRead: (backend) => isRead(rules, backend) }).filter(isShown)
  const ofNetworks = networkLines(facts, networks, wishes, backendOf, drift).filter(isShown)
  const projects = [
    ...new Set([...lines, ...ofNetworks, ...wishes.filter(isShown)].map((one) => one.project)),
  ].sort()
  const { counts, accounting, unread: uncounted } = await count(lines)
  const changes: readonly PlanChange[] = allRuleChanges(drift)
  const searched =
    surrounding === null || surrounding.rules === null
      ? { conflicts: null, unread: surrounding?.unread ?? [], behind: [] }
      : conflictsNow(
          {
            ...{ facts, surrounding: surrounding.rules, changes, networks, wishes, neighbours },
            hostChanges: drift.host,
            published: inForce.map(({ port }) => port),
            ...(surrounding.about === undefined ? {} : { about: surrounding.about }),
            ...{ wording, written },
          },
          projects,
        )
  const ofLost = lost.find(networks).filter(isShown)
  const found = {
    ...searched,
    conflicts: searched.conflicts === null ? null : [...ofLost, ...searched.conflicts],
  }
  // A network in a lost block has to be moved first. The move brings routes and rules up to date as well.
  const behind = searched.behind.filter((one) => !ofLost.some(({ project: of }) => of === one.project))
  const byMapping = tally(found.conflicts, (conflict) =>
    conflict.mapping === null
      ? null
      : keyOf(conflict.project, { ...conflict.published, kind: conflict.published.mode }),
  )
  const byNetwork = tally(found.conflicts, (conflict) =>
    conflict.network === null ? null : `${conflict.project} ${conflict.network}`,
  )
  const notes = [
    ...lost.notes(networks.filter(isShown)),
    ...behind.map((one) => behindText(one, written ?? ((command) => command))),
    ...formerAddressNotes(facts, reading.leases, isShown, written),
  ]
  return {
    ...(notes.length === 0 ? {} : { notes }),
    networks: ofNetworks.map((line) => ({ ...line, conflicts: byNetwork(`${line.project} ${line.name}`) })),
    mappings: lines.map((line) => ({
      ...line,
      ...(counts.get(line) ?? { connections: null, packets: null, bytes: null }),
      conflicts: byMapping(keyOf(line.project, { ...line, kind: line.mode })),
    })),
    parented: parentedLines(facts, reading.leases).filter(isShown),
    endpoints: endpointLines(facts, reading.leases).filter(isShown),
    drift: driftChanges(reading).filter(isShown),
    lost: drift.lost,
    conflicts: found.conflicts,
    accounting,
    unread: [
      ...new Set([
        ...reading.unread,
        ...uncounted,
        ...(surrounding?.unread ?? []),
        ...found.unread,
        ...lost.unread,
      ]),
    ],
  }
}

const driftChanges = ({ drift }: Reading): readonly StatusChange[] => [
  ...allRuleChanges(drift).map((change): StatusChange => {
    const owners = new Set(commentsIn(change).map((text) => text.slice(0, Math.max(text.indexOf('/'), 0))))
    const [only = ''] = owners
    return wordsOf(owners.size === 1 && only !== '' ? only : null, change)
  }),
  ...drift.host.map((change) => wordsOf(change.project, change)),
]

const wordsOf = (
  project: string | null,
  { part, action, object, description }: Omit<StatusChange, 'project' | 'part'> & { readonly part: string },
): StatusChange => ({ project, part: part as StatusChange['part'], action, object, description })

const tally = (
  conflicts: readonly ProjectConflict[] | null,
  keyOfConflict: (conflict: ProjectConflict) => string | null,
): ((key: string) => ConflictCount | null) => {
  if (conflicts === null) return () => null
  const byKey = new Map<string, ProjectConflict[]>()
  for (const conflict of conflicts) {
    const key = keyOfConflict(conflict)
    if (key !== null) byKey.set(key, [...(byKey.get(key) ?? []), conflict])
  }
  return (key) => {
    const own = byKey.get(key) ?? []
    const worst = order.find((severity) => own.some((conflict) => conflict.severity === severity)) ?? null
    return { count: own.length, worst }
  }
}
