import type { Conflict, Intent } from '@portolan/core'
import { commandWording, InvalidRequestError } from '@portolan/netfilter'
import type { Plan } from '../plan/plan.ts'
import { plan } from '../plan/plan-intent.ts'
import type { PlanOptions } from '../plan/plan-options.ts'
import { printConflicts } from '../plan/print/print-conflicts.ts'
import { wordsOf } from '../plan/with-commands.ts'
import { readStatus } from '../status/read-status.ts'
import { systemClock } from '../watch/clock.ts'
import type { HostEvent } from '../watch/host-event.ts'
import type { CommandContext } from './command.ts'
import { placed } from './new-errors.ts'
import { jsonText } from './output/json-text.ts'
import { lookOf } from './output/look-of.ts'
import type { IntentSource } from './sources/intent-source.ts'
import { planOptions } from './sources/sources.ts'

/**
 * Refuses to start a watch of a project with conflicts. A watch applies what is not in force as `apply` would: not in
 * spite of conflicts, which are printed. Where the project is in force and has these conflicts already, the watch holds
 * it. A program that took a port while the host started must not keep the other ports from being served.
 *
 * @param worded - how printed texts name the project, and the answer of a cluster that this host has not joined
 * @returns has the project never been applied here?
 * @throws InvalidRequestError
 */
export const refuseBlocked = async (
  context: CommandContext,
  intent: Intent,
  source: Pick<IntentSource, 'wayOut' | 'lastBackend'>,
  worded: Pick<PlanOptions, 'ownCommand' | 'wording' | 'clusterSeen'>,
): Promise<boolean> => {
  const { options, terminal } = context
  const settings = {
    ...(await planOptions(options)),
    ...(await source.lastBackend(intent.project)),
    ...worded,
  }
  const first = await plan(intent, settings)
  const isNew = first.leases === null || first.leases.kept.length === 0
  // Nothing is up that could be moved, and no text is kept by which a move would find the network.
  const planned =
    isNew && first.conflicts.some(({ kind }) => kind === 'SubnetOverlap')
      ? await plan(intent, {
          ...settings,
          wording: { ...commandWording, ...wordsOf(settings).wording, move: null },
        })
      : first
  const errors = planned.conflicts.filter(({ severity }) => severity === 'error')
  if (errors.length === 0 || options.check === true) return isNew
  const blocks = isNew ? errors : await newConflicts(planned, errors, options.state)
  if (blocks.length === 0) return isNew
  const { project } = planned
  if (options.json === true) {
    const at = systemClock.date().toISOString()
    for (const conflict of blocks) {
      const event: HostEvent = { at, project, kind: 'conflict', conflict }
      terminal.print(jsonText(event, null, 0))
    }
  } else terminal.print(printConflicts(blocks, lookOf(context)).join('\n'))
  const isOne = blocks.length === 1
  throw new InvalidRequestError(
    `${isNew ? `project ${project} was not applied yet` : `project ${project} is not in force as its text now says`}, and ${isOne ? 'a conflict stands' : `${blocks.length} conflicts stand`} in its way (${named(blocks, intent)}). Nothing was changed. Follow ${isOne ? 'its remedy' : 'their remedies'}, or ${source.wayOut}. Then start the watch again.`,
  )
}

/**
 * The conflicts of mappings and networks that are not in force yet. After a boot no mapping is in force, and all of
 * them come back, so no conflict counts.
 */
const newConflicts = async (
  { project, backend, subnets }: Plan,
  errors: readonly Conflict[],
  stateDirectory: string | undefined,
): Promise<readonly Conflict[]> => {
  const status = await readStatus({
    ...{ project, backend, conflicts: false, connections: false },
    ...(stateDirectory === undefined ? {} : { stateDirectory }),
  })
  const { mappings, networks } = status
  if (mappings.length === 0) return []
  return errors.filter(({ published, network }) => {
    if (network !== null) {
      const there = networks.find(({ name }) => name === network)
      // The host knows no subnet of a network without a gateway.
      const isSame = ({ subnet }: Plan['subnets'][number]): boolean =>
        there?.subnets.length === 0 || there?.subnets.includes(subnet) === true
      return !subnets.filter((one) => one.network === network).every(isSame)
    }
    // The status of what is in force does not tell the open ports of containers (`direct`).
    if (published === null || published.mode === 'direct') return false
    return !mappings.some(
      ({ protocol, family, hostPort, hostAddress }) =>
        protocol === published.protocol &&
        family === published.family &&
        hostPort === published.hostPort &&
        hostAddress === published.hostAddress,
    )
  })
}

/** The kinds of conflicts, each with the place where its mapping or network is written. */
const named = (conflicts: readonly Conflict[], intent: Intent): string => {
  const [first = '', ...more] = [...new Set(conflicts.map((conflict) => placed(conflict, intent)))]
  return more.length === 0 ? first : `${first}; ${more.length} more`
}
