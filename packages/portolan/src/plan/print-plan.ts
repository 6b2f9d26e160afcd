import type { Conflict, DesiredNetwork, IntentNote, Lease, SubnetPlan } from '@portolan/core'
import { type Packet, placeText, visibleLine } from '@portolan/netfilter'
import type { Plan } from './plan.ts'
import { printChanges } from './print-changes.ts'
import { printIncomplete } from './print-incomplete.ts'
import { plainStyle, type Style } from './style.ts'
import { alignColumns } from './text-table.ts'

/**
 * A plan as a text for people: what is wrong first, then what was chosen and why, then what would be done.
 * @internal
 */
export const printPlan = (plan: Omit<Plan, 'toString' | 'toJSON'>, style: Style = plainStyle): string => {
  const sections = [
    [style.bold(visibleLine(`Plan for project ${plan.project} with ${plan.backend}`))],
    section(style, 'Conflicts', printConflicts(plan.conflicts, style)),
    section(style, 'Not searched for conflicts', printIncomplete(plan.incomplete)),
    section(style, 'Subnets', printSubnets(plan.subnets, plan.desired.networks, style)),
    section(style, 'Addresses', printAddresses(plan)),
    section(style, 'Ports', printPorts(plan)),
    section(style, 'Changes, in this order', printChanges(plan.changes, style)),
    section(style, 'Leases', printLeases(plan)),
    section(style, 'Notes', plan.notes.map(printNote)),
    [printSummary(plan)],
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

const section = (style: Style, title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [style.bold(title), ...lines]

/** A thousand ports that one rule drops should not hide the rest of the plan. */
const longestConflictList = 40

/**
 * Conflicts, most severe first, as they come; of very many only the first.
 * @internal
 */
export const printConflicts = (
  conflicts: readonly Conflict[],
  style: Style = plainStyle,
): readonly string[] => {
  const hidden = conflicts.length - longestConflictList
  return [
    ...conflicts.slice(0, longestConflictList).flatMap((conflict) => printConflict(conflict, style)),
    ...(hidden > 0 ? [`  and ${hidden} more (--json lists them all)`] : []),
  ]
}

/** A packet as people write it: `tcp from 198.51.100.7:40000 by eth0 to 192.0.2.2:8080`. */
const printWitness = ({
  protocol,
  source,
  sourcePort,
  destination,
  destinationPort,
  ...rest
}: Packet): string => {
  const place = (address: string, port: number | null | undefined): string =>
    port === null || port === undefined
      ? address
      : `${address.includes(':') ? `[${address}]` : address}:${port}`
  const from = source === null || source === undefined ? 'this host' : place(source, sourcePort)
  const by = rest.in === null || rest.in === undefined ? '' : ` by ${rest.in}`
  return `${protocol} from ${from}${by} to ${place(destination, destinationPort)}`
}

/** @internal */
export const printConflict = (conflict: Conflict, style: Style = plainStyle): readonly string[] => {
  const paint =
    conflict.severity === 'error' ? style.red : conflict.severity === 'warning' ? style.yellow : style.dim
  const certainty = conflict.certainty === 'possible' ? ' (possible)' : ''
  return [
    `  ${paint(conflict.severity)}${certainty} ${conflict.kind}: ${visibleLine(conflict.message)}`,
    ...(conflict.witness === null
      ? []
      : [style.dim(`      For example: ${visibleLine(printWitness(conflict.witness))}`)]),
    `      What to do: ${visibleLine(conflict.remedy.text)}`,
    ...conflict.remedy.commands.map((command) => `        ${visibleLine(command)}`),
  ]
}

const printSubnets = (
  subnets: readonly SubnetPlan[],
  networks: readonly DesiredNetwork[],
  style: Style,
): readonly string[] => {
  const rows = subnets.map(({ network, family, subnet, gateway, pool, origin }) => [
    network,
    subnet,
    networks.some((one) => one.name === network && one[family]?.mode === 'isolated')
      ? 'no gateway'
      : `gateway ${gateway}`,
    origin === 'held'
      ? 'kept: the network has it already'
      : origin === 'fixed'
        ? 'as asked for'
        : `first free of pool ${pool}`,
  ])
  const lines = alignColumns(rows)
  return subnets.flatMap(({ rejected }, index) => [
    `  ${lines[index]}`,
    ...rejected.map(({ candidate, candidates, detail }) => {
      const more = candidates > 1 ? ` and ${candidates - 1} more after it` : ''
      return style.dim(`      ${visibleLine(`passed over ${candidate}${more}: ${detail}`)}`)
    }),
  ])
}

const printAddresses = ({ addresses }: Pick<Plan, 'addresses'>): readonly string[] =>
  alignColumns(
    addresses.map(({ service, replica, network, address, mac }) => [
      replica === 1 ? service : `${service}-${replica}`,
      network,
      address,
      mac,
    ]),
  ).map((line) => `  ${line}`)

const printPorts = ({ desired }: Pick<Plan, 'desired'>): readonly string[] => {
  const shown = desired.mappings.slice(0, longestPortList)
  const hidden = desired.mappings.length - shown.length
  const lines = alignColumns(
    shown.map(({ label, targets, allowFrom }) => [
      label,
      targets
        .map(({ address, port }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`))
        .join(', '),
      allowFrom === null
        ? ''
        : allowFrom.length === 0
          ? 'from no other machine'
          : `from ${allowFrom.join(', ')} only`,
    ]),
  ).map((line) => `  ${line}`)
  return hidden === 0 ? lines : [...lines, `  and ${hidden} more (--json lists them all)`]
}

/** A range of a thousand ports should not hide the rest of the plan. */
const longestPortList = 60

const printLeases = ({ leases }: Pick<Plan, 'leases'>): readonly string[] => {
  const taken = leases?.changes.filter(({ after }) => isHeld(after)).length ?? 0
  const released = leases?.changes.filter(({ before, after }) => isHeld(before) && !isHeld(after)).length ?? 0
  if (taken + released === 0) return []
  return [`  ${taken} to take, ${released} to give up`]
}

const isHeld = (lease: Lease | null): boolean =>
  lease !== null && !(lease.kind === 'address' && lease.released !== null)

const printNote = ({ text, place }: IntentNote): string =>
  `  ${visibleLine(`${place === null ? '' : `${placeText(place)}: `}${text}`)}`

/** @internal */
export const printSummary = ({ summary, conflicts }: Pick<Plan, 'summary' | 'conflicts'>): string => {
  const errors = conflicts.filter(({ severity }) => severity === 'error').length
  const { add, change, remove } = summary
  const isDone = add + change + remove === 0
  const changes = isDone ? 'Nothing to do.' : `${add} to add, ${change} to change, ${remove} to remove.`
  if (errors === 0) return changes
  const many = errors === 1 ? '1 conflict' : `${errors} conflicts`
  return isDone ? `${changes} ${many} to mend.` : `${changes} Blocked by ${many}.`
}
