import type { TraceStep } from '../../evaluate/trace.ts'
import type { Protocol } from '../../intent/index.ts'
import type { Expression, NetfilterRule, NetfilterTable } from '../../netfilter/index.ts'
import type { Remedy } from '../conflict.ts'
import { protocolName } from '../search/finding.ts'
import { isHookCommand } from './hook-command.ts'
import type { HookNeed } from './hook-need.ts'
import { type IptablesPlace, iptablesWords } from './iptables-command.ts'
import { isFirewalldName, isUfwInterface } from './owner-names.ts'
import type { Passage, Passages } from './passage.ts'
import { allOrNone, shellCommand } from './shell-word.ts'

/** A program's own way of letting packets pass, that it documents and keeps to. */
type Words = readonly string[]

/** The packets that an owner is asked to let pass. */
interface Wanted {
  readonly passages: Passages
  /** There, back, or both. */
  readonly ways: readonly Passage[]
  readonly bridge: string
  readonly of: HookNeed['of']
}

/**
 * The way that the owner of a chain has for its users to let packets pass, with the way back.
 *
 * @returns null where it has none
 */
export const ownersWay = (
  owner: string | null,
  { table, hook, reply, rule }: TraceStep,
  wanted: Wanted,
): Remedy | null => {
  const { passages, ways } = wanted
  if (table === null || hook !== 'forward') return null
  if (table.tool !== 'nft' && hasChain(table, 'DOCKER-USER')) {
    const place = { variant: table.tool, table: table.name, chain: 'DOCKER-USER' }
    const commandsWith = (before: IptablesPlace['before']): readonly (Words | null)[] =>
      ways.map((passage) => iptablesWords({ ...place, before }, passage))
    return hooked(
      'DOCKER-USER',
      'Accept them in DOCKER-USER, the chain that Docker leaves to the administrator and asks first.',
      commandsWith(1),
      commandsWith('delete'),
      needOf(wanted),
    )
  }
  if (owner === 'ufw' && [passages.there.in, passages.there.out].every(isUfwInterface))
    return hooked(
      'ufw',
      'Let ufw route them: it accepts what belongs to a flow under way by itself.',
      [['ufw', 'route', 'prepend', 'allow', ...ufwWords(passages.there)]],
      [['ufw', 'route', 'delete', 'allow', ...ufwWords(passages.there)]],
      needOf(wanted),
    )
  // What is refused for its address, whatever its zone, is not for a zone to allow.
  if (owner === 'firewalld')
    return asksAddress(rule)
      ? {
          text: 'Nothing, if that is meant: firewalld refuses these addresses whatever the zone. Otherwise change its settings (firewalld.conf(5)).',
          commands: [],
        }
      : isFirewalldName(wanted.bridge)
        ? firewalldsWay(wanted, reply)
        : null
  return null
}

/** Null where a command of it cannot be written. */
const hooked = (
  name: string,
  text: string,
  commands: readonly (Words | null)[],
  undo: readonly (Words | null)[],
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

/** What such packets are for: a target of a mapping, or what leaves a subnet. */
const needOf = ({ passages: { there }, of, bridge }: Wanted): HookNeed =>
  of === 'network'
    ? { of, bridge, address: there.source, protocol: null, port: null }
    : {
        of,
        bridge,
        address: there.destination,
        protocol: protocolOf(there.protocol),
        port: there.destinationPort,
      }

const protocolOf = (number: number | null): Protocol | null =>
  protocols.find((name) => number !== null && protocolName(number) === name) ?? null

const protocols: readonly Protocol[] = ['tcp', 'udp', 'sctp']

const hasChain = ({ chains }: NetfilterTable, wanted: string): boolean =>
  chains.some(({ name }) => name === wanted)

/** ufw(8), `ufw route allow`. */
const ufwWords = ({ in: from, out, protocol, source, destination, destinationPort }: Passage): Words => [
  ...(from === null ? [] : ['in', 'on', from]),
  ...(out === null ? [] : ['out', 'on', out]),
  ...(protocol === 6 ? ['proto', 'tcp'] : protocol === 17 ? ['proto', 'udp'] : []),
  ...(source === null ? [] : ['from', source]),
  ...(destination === null || destination === 'local' ? ['to', 'any'] : ['to', destination]),
  ...(destinationPort === null ? [] : ['port', String(destinationPort)]),
]

const asksAddress = (rule: NetfilterRule | null): boolean =>
  rule?.steps.some(
    (step) =>
      (step.kind === 'compare' && isAddress(step.expression)) ||
      (step.kind === 'lookup' && step.key.some(isAddress)),
  ) === true

const isAddress = (expression: Expression): boolean =>
  expression.kind === 'field' && (expression.field === 'saddr' || expression.field === 'daddr')

/**
 * A zone of its own for the bridge: what is in it is let out, and what is addressed to it needs a policy beside
 * (firewalld.policies(5)). Both are named after the bridge.
 */
const firewalldsWay = ({ of, bridge, passages: { there } }: Wanted, isReply: boolean): Remedy | null => {
  const permanent = (...words: Words): Words => ['firewall-cmd', '--permanent', ...words]
  const goesOut = (there.in === bridge && there.out !== bridge) || isReply
  const reload = ['firewall-cmd', '--reload']
  // No name is both a zone's and a policy's; 18 characters is the most.
  const policyName = `to-${bridge}`
  const zone = [
    permanent(`--new-zone=${bridge}`),
    permanent(`--zone=${bridge}`, '--set-target=ACCEPT'),
    permanent(`--zone=${bridge}`, `--add-interface=${bridge}`),
  ]
  const policy = [
    permanent(`--new-policy=${policyName}`),
    permanent(`--policy=${policyName}`, '--add-ingress-zone=ANY'),
    permanent(`--policy=${policyName}`, `--add-egress-zone=${bridge}`),
    permanent(`--policy=${policyName}`, '--set-target=ACCEPT'),
  ]
  return hooked(
    'firewalld',
    goesOut
      ? `Give the bridge ${bridge} a zone of firewalld that lets out what is in it.`
      : `Give the bridge ${bridge} a zone of firewalld, with a policy that lets in what is addressed to it.`,
    [...zone, ...(goesOut ? [] : policy), reload],
    [
      ...(goesOut ? [] : [permanent(`--delete-policy=${policyName}`)]),
      permanent(`--delete-zone=${bridge}`),
      reload,
    ],
    { of, bridge, address: null, protocol: null, port: null },
  )
}
