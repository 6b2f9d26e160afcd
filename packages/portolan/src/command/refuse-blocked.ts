import type { Conflict, Intent } from '@portolan/core'
import { InvalidRequestError, placeText } from '@portolan/netfilter'
import { conflictPlace as placeOf } from '../plan/conflict-place.ts'
import { plan } from '../plan/plan-intent.ts'
import { printConflicts } from '../plan/print/print-conflicts.ts'
import { systemClock } from '../watch/clock.ts'
import type { HostEvent } from '../watch/host-event.ts'
import type { CommandContext } from './command.ts'
import { jsonText } from './json-text.ts'
import { lookOf } from './look-of.ts'
import type { Options } from './option-table.ts'
import { planOptions } from './sources.ts'

/**
 * What was never applied is applied by a watch as `apply` would: not in spite of conflicts. They are printed.
 * @throws InvalidRequestError
 */
export const refuseBlocked = async (context: CommandContext, intent: Intent): Promise<void> => {
  const { options, terminal } = context
  const planned = await plan(intent, await planOptions(options))
  const isThere = planned.leases !== null && planned.leases.kept.length > 0
  const blocks = planned.conflicts.filter(({ severity }) => severity === 'error')
  if (isThere || blocks.length === 0 || options.check === true) return
  const { project } = planned
  if (options.json === true) {
    const at = systemClock.date().toISOString()
    for (const conflict of blocks) {
      const event: HostEvent = { at, project, kind: 'conflict', conflict }
      terminal.print(jsonText(event, null, 0))
    }
  } else terminal.print(printConflicts(blocks, lookOf(context)).join('\n'))
  throw new InvalidRequestError(
    `project ${project} was not applied yet, and ${blocks.length === 1 ? 'a conflict stands' : `${blocks.length} conflicts stand`} in its way (${named(blocks, intent)}). Nothing was changed. Do what it says there${blocks.length === 1 ? '' : ' of each'}, or ${wayOut(options)}. Then start the watch again.`,
  )
}

/** The kinds, each with where the network or the port that it is of is named. */
const named = (conflicts: readonly Conflict[], intent: Intent): string => {
  const texts = conflicts.map((conflict) => {
    const place = placeOf(conflict, intent)
    return place === null ? conflict.kind : `${conflict.kind}, ${placeText(place)}`
  })
  const [first = '', ...more] = [...new Set(texts)]
  return more.length === 0 ? first : `${first}; ${more.length} more`
}

const wayOut = ({ intent }: Options): string =>
  intent === undefined
    ? 'change the file: `portolan plan` shows all of it'
    : `change the text under the key \`${intent.replace(/^etcd:\/\//, '')}\`: \`etcdctl put ${intent.replace(/^etcd:\/\//, '')} < compose.yaml\``
