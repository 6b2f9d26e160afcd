import type { Protocol } from '@portolan/netfilter'
import { protocolName } from '@portolan/netfilter'
import { allOrNone, shellCommand } from '@portolan/netfilter/advice'
import type { Remedy } from '../conflict.ts'
import type { Wanted } from './draft.ts'
import { isHookCommand } from './hook-command.ts'
import type { HookNeed } from './hook-need.ts'

type Words = readonly string[]

/**
 * A remedy by a documented hook.
 *
 * @returns null where a command of it cannot be written
 */
export const hooked = (
  {
    name,
    text,
    commands,
    undo,
  }: {
    readonly name: string
    readonly text: string
    readonly commands: readonly (Words | null)[]
    readonly undo: readonly (Words | null)[]
  },
  need: HookNeed,
): Remedy | null => {
  const [there, back] = [commands, undo].map((all) => all.filter((words) => words !== null))
  if (there?.length !== commands.length || back?.length !== undo.length) return null
  // The state file takes no other, so what could not be read from it again is not asked for.
  if (![...there, ...back].every((words) => isHookCommand(name, words))) return null
  const lines = allOrNone(there.map(shellCommand))
  return lines.length === 0
    ? null
    : { text, commands: lines, hook: { name, commands: there, undo: back, need } }
}

/**
 * What such packets are for: a target of a mapping, or what leaves a subnet. On an external network it is for what the
 * project has there, container by container: as long as it has any.
 */
export const needOf = ({ passages: { there }, of, bridge, subnet }: Wanted): HookNeed => {
  const [{ source, destination, protocol, destinationPort }] = there
  return of === 'network'
    ? { of, bridge, address: source === subnet ? source : null, protocol: null, port: null }
    : { of, bridge, address: destination, protocol: protocolOf(protocol), port: destinationPort }
}

const protocolOf = (number: number | null): Protocol | null =>
  protocols.find((name) => number !== null && protocolName(number) === name) ?? null

const protocols: readonly Protocol[] = ['tcp', 'udp', 'sctp']
