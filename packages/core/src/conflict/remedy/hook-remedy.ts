import type { Protocol } from '@portolan/netfilter'
import { protocolName } from '@portolan/netfilter'
import { allOrNone, shellCommand } from '@portolan/netfilter/advice'
import type { Remedy } from '../conflict.ts'
import type { Wanted } from './draft.ts'
import { isHookCommand } from './hook-command.ts'
import type { HookNeed } from './hook-need.ts'

type Words = readonly string[]

/**
 * Makes a remedy by a documented hook.
 *
 * @returns null when one of its commands cannot be written
 */
export const hookRemedy = (
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
  // The state file accepts no other commands, so a hook that could not be read back is not offered.
  if (![...there, ...back].every((words) => isHookCommand(name, words))) return null
  const lines = allOrNone(there.map(shellCommand))
  return lines.length === 0
    ? null
    : { text, commands: lines, hook: { name, commands: there, undo: back, need } }
}

/**
 * The need of a hook for such packets: a target of a mapping, or the packets that leave a subnet. On an external
 * network, each of the project's containers has its own rule, and the hook is needed while the project has any.
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
