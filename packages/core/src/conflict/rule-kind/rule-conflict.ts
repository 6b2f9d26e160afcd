import { commandWording, guardForwardingPart, type Wording } from '@portolan/netfilter'
import { allOrNone, shellCommand } from '@portolan/netfilter/advice'
import type { KernelCause, TraceStep } from '@portolan/netfilter/analysis'
import {
  aboutMapping,
  aboutNetwork,
  type Culprit,
  type MappingConflict,
  type NetworkConflict,
  type Remedy,
} from '../conflict.ts'
import { ownersTerms } from '../remedy/owners-terms.ts'
import { culpritOf, type Finding, traceOf, witnessOf } from '../search/finding/finding.ts'

/** The project that findings belong to. */
export interface OwnProject {
  readonly project: string
  /** The tool that holds the project's rules; null: it has none. */
  readonly ownTool: () => string | null
}

/** The words of a kind of conflict for one finding. */
export interface Words {
  readonly message: string
  /** The remedy if no rule can let the packets pass; `find-rule-conflicts.ts` looks for such a rule. */
  readonly otherwise: string
  /** A further remedy if a program makes the rule from its settings. */
  readonly besides?: string
  /** A remedy that replaces letting the packets through. */
  readonly remedy?: Remedy
}

/** Makes a conflict from a finding, in the words of its kind. */
export const ruleConflict = (
  finding: Finding,
  { message, otherwise, besides, remedy }: Words,
  own: OwnProject,
  wording: Wording = commandWording,
): MappingConflict | NetworkConflict => {
  const { kind, severity, certainty, mapping, network, others, step, isOfUsual, point } = finding
  const culprit = culpritOf(step)
  const more =
    others === 0
      ? ''
      : ` ${finding.mayBeMore === true ? 'At least ' : ''}${others} more ${others === 1 ? 'rule does' : 'rules do'} the same to other packets.`
  const whose =
    (mapping !== null && severity !== 'info') || isOfUsual || kind === 'Bypassed'
      ? ''
      : ` This concerns only programs that bind a source port of their own, such as port ${point.sport}.`
  return {
    kind,
    severity,
    certainty,
    ...(mapping === null ? aboutNetwork(network.name) : aboutMapping(own.project, mapping)),
    message: `${message}${whose}${more}`,
    witness: witnessOf(finding),
    culprit,
    remedy: remedy ??
      managedWay(culprit, own, wording) ?? {
        text: isRule(culprit) ? inOwnersTerms(step, otherwise, besides) : changeCause(step?.cause ?? null),
        commands: [],
      },
    trace: traceOf(finding),
  }
}

const inOwnersTerms = (step: TraceStep | null, otherwise: string, besides: string | undefined): string => {
  const terms = step === null ? null : ownersTerms(step)
  if (terms === null) return otherwise
  return besides === undefined ? terms : `${besides} ${terms}`
}

const isRule = (culprit: Culprit | null): boolean => culprit !== null && culprit.table !== null

/** The remedy if the kernel acts by a route or a setting, which it mostly names. */
const changeCause = (cause: KernelCause | null): string => {
  switch (cause?.kind) {
    case 'routing-rule':
      return 'Change or delete the routing rule that is named (ip-rule(8)).'
    case 'route':
    case 'sysctl':
      return 'Change the route or the setting that is named.'
    default:
      return 'The trace lists the rules, routes and settings that the packets met. Change the one that leads them there.'
  }
}

/** The remedy for a managed rule: change the intent of its project. */
const managedWay = (
  culprit: Culprit | null,
  { ownTool }: Pick<OwnProject, 'ownTool'>,
  wording: Wording,
): Remedy | null => {
  if (culprit?.owner !== 'portolan') return null
  const { managed } = culprit
  if (managed?.name === guardForwardingPart)
    return guardWay(managed.project, culprit.tool, ownTool(), wording)
  return {
    text:
      managed === undefined
        ? 'This rule is managed by Portolan for all projects. Change the intent that it contradicts.'
        : `Change ${managed.name} in the Compose file of project ${managed.project}, or remove that project from this host.`,
    commands: [],
  }
}

/**
 * The remedy for a forwarding guard. The guard is an option and stands in no Compose file. It lets packets pass to the
 * bridges that its own backend has rules for.
 */
const guardWay = (project: string, theirs: string, own: string | null, { apply }: Wording): Remedy => {
  if (theirs === own)
    return {
      text: `Apply project ${project} without its option guard-forwarding, or give this network a bridge of Portolan's.`,
      commands: [],
    }
  const backend = theirs === 'nft' ? 'nftables' : theirs
  return {
    text: `Use the backend of project ${project}, ${backend}, for this project: that guard lets packets pass only to networks of its own backend. Or apply project ${project} without its option guard-forwarding.`,
    commands: apply === null ? [] : allOrNone([shellCommand(['portolan', 'apply', '--backend', backend])]),
  }
}

/** The remedy for a route that leads packets away from a bridge. */
export const anotherRoute: Remedy = {
  text: 'Change that route, or give the network another subnet.',
  commands: [],
}

/** The remedy for a rule that drops packets of a mapping, if no documented way lets them pass. */
export const changeRule = 'Change or delete that rule. An accept in another table does not override a drop.'

/** The remedy for a rule that drops packets of a network, if no documented way lets them pass. */
export const exemptNetwork =
  'Exempt this network from that rule. An accept in another table does not override a drop.'
