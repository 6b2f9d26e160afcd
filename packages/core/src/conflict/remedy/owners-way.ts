import type { TraceStep } from '../../evaluate/trace.ts'
import type { Expression, NetfilterRule, NetfilterTable } from '../../netfilter/index.ts'
import type { Remedy } from '../conflict.ts'
import { iptablesWords } from './iptables-command.ts'
import type { Passage, Passages } from './passage.ts'
import { shellLine } from './shell-word.ts'

/** A program's own way of letting packets pass, that it documents and keeps to. */
type Words = readonly string[]

/**
 * The way that the owner of a chain has for its users to let packets pass, with the way back.
 *
 * @param wanted - the packets to let pass: there, back, or both
 * @returns null where it has none
 */
export const ownersWay = (
  owner: string | null,
  { table, hook, reply, rule }: TraceStep,
  passages: Passages,
  wanted: readonly Passage[],
  bridge: string,
): Remedy | null => {
  if (table === null || hook !== 'forward') return null
  if (table.tool !== 'nft' && hasChain(table, 'DOCKER-USER')) {
    const place = { variant: table.tool, table: table.name, chain: 'DOCKER-USER' }
    return hooked(
      'DOCKER-USER',
      'Accept them in DOCKER-USER, the chain that Docker leaves to the administrator and asks first.',
      wanted.map((passage) => iptablesWords({ ...place, before: 1 }, passage)),
      wanted.map((passage) => iptablesWords({ ...place, before: 'delete' }, passage)),
    )
  }
  if (owner === 'ufw')
    return hooked(
      'ufw',
      'Let ufw route them: it accepts what belongs to a flow under way by itself.',
      [['ufw', 'route', 'prepend', 'allow', ...ufwWords(passages.there)]],
      [['ufw', 'route', 'delete', 'allow', ...ufwWords(passages.there)]],
    )
  // What is refused for its address, whatever its zone, is not for a zone to allow.
  if (owner === 'firewalld')
    return asksAddress(rule)
      ? {
          text: 'Nothing, if that is meant: firewalld refuses these addresses whatever the zone. Otherwise change its settings (firewalld.conf(5)).',
          commands: [],
        }
      : firewalldsWay(bridge, passages, reply)
  return null
}

const hooked = (name: string, text: string, commands: readonly Words[], undo: readonly Words[]): Remedy => ({
  text,
  commands: commands.map(shellLine),
  hook: { name, commands, undo },
})

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
const firewalldsWay = (bridge: string, { there }: Passages, isReply: boolean): Remedy => {
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
  )
}
