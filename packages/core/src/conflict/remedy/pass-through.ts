import type { TraceStep } from '../../evaluate/trace.ts'
import type { Expression, NetfilterRule, NetfilterTable } from '../../netfilter/index.ts'
import { ownerOf } from '../../owner/index.ts'
import { ownerName } from '../../owner/owner-name.ts'
import type { Remedy } from '../conflict.ts'
import type { Finding } from '../search/finding.ts'
import { iptablesCommand } from './iptables-command.ts'
import { nftCommand } from './nft-command.ts'
import { type Passage, type Passages, passagesOf } from './passage.ts'
import { shellWord } from './shell-word.ts'

/**
 * How to let the packets of a finding through the chain that stops or changes them: in the owner's own way where it
 * has one, else by a rule in front of the culprit. An accept elsewhere would not help: a drop anywhere is final.
 */
export const passThrough = (finding: Finding): Remedy | null => {
  const { step } = finding
  const passages = passagesOf(finding)
  if (step === null || step.table === null || step.chain === null || passages === null) return null
  const owner = ownerOf(step.table, step.chain, step.rule)
  return ownersWay(owner, step, passages, finding) ?? inFront(owner, step, passages)
}

const ownersWay = (
  owner: string | null,
  { table, hook, reply, rule }: TraceStep,
  passages: Passages,
  { network }: Finding,
): Remedy | null => {
  if (table === null || hook !== 'forward') return null
  if (table.tool !== 'nft' && hasChain(table, 'DOCKER-USER')) {
    const place = { variant: table.tool, table: table.name, chain: 'DOCKER-USER', before: 1 }
    return {
      text: 'Accept them in DOCKER-USER, the chain that Docker leaves to the administrator and asks first.',
      commands: bothWays(passages, reply).map((passage) => iptablesCommand(place, passage)),
    }
  }
  if (owner === 'ufw')
    return {
      text: 'Let ufw route them: it accepts what belongs to a flow under way by itself.',
      commands: [ufwCommand(passages.there)],
    }
  // What is refused for its address, whatever its zone, is not for a zone to allow.
  if (owner === 'firewalld' && !asksAddress(rule)) return firewalldsWay(network.bridge, passages, reply)
  return null
}

const asksAddress = (rule: NetfilterRule | null): boolean =>
  rule?.steps.some(
    (step) =>
      (step.kind === 'compare' && isAddress(step.expression)) ||
      (step.kind === 'lookup' && step.key.some(isAddress)),
  ) === true

const isAddress = (expression: Expression): boolean =>
  expression.kind === 'field' && (expression.field === 'saddr' || expression.field === 'daddr')

/**
 * A zone says what is let out of its interfaces; what is addressed to them needs a policy (firewalld.policies(5)).
 */
const firewalldsWay = (bridge: string, { there }: Passages, isReply: boolean): Remedy => {
  const permanent = (words: string): string => `firewall-cmd --permanent ${words}`
  const goesOut = there.in === bridge && there.out !== bridge
  return {
    text: goesOut
      ? `Put the bridge ${bridge} into a zone of firewalld that lets out what is in it.`
      : `Put the bridge ${bridge} into a zone of firewalld, with a policy that lets in what is addressed to it.`,
    commands: [
      permanent(`--zone=trusted --add-interface=${shellWord(bridge)}`),
      ...(goesOut || isReply
        ? []
        : [
            permanent('--new-policy=portolan'),
            permanent('--policy=portolan --add-ingress-zone=ANY'),
            permanent('--policy=portolan --add-egress-zone=trusted'),
            permanent('--policy=portolan --set-target=ACCEPT'),
          ]),
      'firewall-cmd --reload',
    ],
  }
}

const hasChain = ({ chains }: NetfilterTable, wanted: string): boolean =>
  chains.some(({ name }) => name === wanted)

/** ufw(8), `ufw route allow`. */
const ufwCommand = ({ in: from, out, protocol, source, destination, destinationPort }: Passage): string =>
  [
    'ufw route prepend allow',
    ...(from === null ? [] : ['in on', shellWord(from)]),
    ...(out === null ? [] : ['out on', shellWord(out)]),
    ...(protocol === 6 ? ['proto tcp'] : protocol === 17 ? ['proto udp'] : []),
    ...(source === null ? [] : ['from', shellWord(source)]),
    ...(destination === null || destination === 'local' ? ['to any'] : ['to', shellWord(destination)]),
    ...(destinationPort === null ? [] : ['port', String(destinationPort)]),
  ].join(' ')

/** What stops one way often stops the other too: a policy, a rule without a direction. */
const bothWays = ({ there, back }: Passages, isReply: boolean): readonly Passage[] =>
  isReply ? [back] : [there, back]

const inFront = (owner: string | null, step: TraceStep, passages: Passages): Remedy | null => {
  const { table, chain, rule, hook, reply } = step
  if (table === null || chain === null) return null
  const isOneWay = hook === 'prerouting' || hook === 'output' || chain.base?.type === 'nat'
  const isNotrack = rule?.steps.some(({ kind }) => kind === 'notrack') === true
  const wanted = isOneWay && !isNotrack && !reply ? [passages.there] : bothWays(passages, reply && !isNotrack)
  const before = rule?.source.position ?? null
  // What cannot be told from the rest would let everything pass.
  const isRaw = isBeforeTracking(table, hook)
  const passing = wanted.filter((passage) => isTelling(passage, isRaw))
  if (passing.length === 0) return null
  const text =
    rule === null
      ? `Accept them at the end of chain ${chain.name}, before its policy is asked.`
      : `Accept them in chain ${chain.name} in front of that rule.`
  const who =
    owner === null
      ? ''
      : ` ${capital(ownerName(owner))} may take it out when it reloads: keep it where you keep its settings.`
  return {
    text: `${text}${who}`,
    commands: passing.map((passage) =>
      table.tool === 'nft'
        ? nftCommand(
            {
              family: table.family,
              table: table.name,
              chain: chain.name,
              handle: rule?.source.handle ?? null,
              before,
              isTracked: !isRaw,
            },
            passage,
          )
        : iptablesCommand({ variant: table.tool, table: table.name, chain: chain.name, before }, passage),
    ),
  }
}

const isTelling = ({ in: from, out, source, destination, answers }: Passage, isRaw: boolean): boolean =>
  from !== null || out !== null || source !== null || destination !== null || (answers && !isRaw)

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`

/** NF_IP_PRI_CONNTRACK: chains below it see packets that have no state yet. */
const isBeforeTracking = ({ chains }: NetfilterTable, hook: string): boolean =>
  chains.some(
    ({ base }) => base !== null && base.hook === hook && base.priority < -200 && base.type === 'filter',
  )
