import type { NetfilterRuleset } from '@portolan/netfilter'
import { type HostFacts, protocolName } from '@portolan/netfilter'
import type { Follower } from '@portolan/netfilter/analysis'
import type { DesiredState } from '../../contract/index.ts'
import { parseBridgeAlias } from '../../contract/index.ts'
import type { Conflict, Remedy } from '../conflict.ts'
import { culpritKey } from '../search/blame/blame.ts'
import { rewritingStep } from '../search/blame/rewriting-step.ts'
import type { Finding } from '../search/finding/finding.ts'
import { followPoint } from '../search/follow/explore.ts'
import { addressText } from '../search/rows/address-text.ts'
import { addressValue } from '../search/rows/subnets.ts'
import type { Drafted } from './draft.ts'
import { findOpened, type Opened, stopperOf } from './find-opened.ts'
import { foreignTranslations } from './foreign-translations.ts'
import { withInsertions } from './insertion.ts'
import type { Judged, Suspects } from './judged.ts'
import { matchedValues } from './matched-values.ts'
import { openPackets } from './open-packets.ts'
import { ownPorts, type PortsBeside } from './own-ports.ts'
import { ownersTerms } from './owners-terms.ts'
import { suspectsOf } from './suspects.ts'

/**
 * The most kinds of packets that are followed for all remedies of a search. Checking the remedies of two hundred rules
 * that each drop one mapping takes seconds.
 */
const MOST_KINDS = 4_096

/** The host that remedies are checked on. */
export interface RemedyScene extends PortsBeside {
  readonly desired: DesiredState
  /** The facts as they are after the project is applied. */
  readonly facts: HostFacts
  /** The host with its rules as they are after the project is applied. */
  readonly follower: Follower
  /** The interfaces that the facts name. The follower also adds the incoming interfaces of packets. */
  readonly links: ReadonlySet<string>
  readonly rulesets: readonly NetfilterRuleset[]
}

/**
 * Keeps the remedies that hold. A remedy that does not help, or that lets through a packet which is refused now and not
 * promised by the contract, is replaced by words.
 */
export const holdRemedies = (
  conflicts: readonly Conflict[],
  drafts: ReadonlyMap<Conflict, Drafted>,
  scene: RemedyScene,
): readonly Conflict[] => {
  if (drafts.size === 0) return conflicts
  // A rule in front of one culprit also passes by the culprits behind it, which have remedies of their own.
  const mended = mendedBy(drafts.values())
  const judge = judgeIn(scene, ({ mapping, network }) => mended.get(mapping ?? network) ?? [])
  const translated = foreignTranslations(scene.rulesets)
  const values = matchedValues(scene.rulesets)
  const verdicts = new Map<string, string | null>()
  return conflicts.map((conflict): Conflict => {
    const drafted = drafts.get(conflict)
    if (drafted === undefined) return conflict
    const { draft } = drafted
    if (draft.insertions.length === 0) return { ...conflict, remedy: draft.remedy }
    const { mapping } = drafted.finding
    // A foreign DNAT may lead to one container but not to another.
    const isAlone =
      mapping === null || mapping.targets.some(({ address }) => translated.leadTo(addressValue(address)))
    const own = `${isAlone ? keyOf(drafted) : `${alikeKey(drafted)}\n${values(mapping)}`}`
    const known = verdicts.has(own) ? own : null
    const objection = known === null ? judge(drafted) : (verdicts.get(known) ?? null)
    verdicts.set(own, objection)
    return { ...conflict, remedy: objection === null ? draft.remedy : refused(objection, drafted.finding) }
  })
}

/**
 * The findings that remedies mend, by mapping and network. A remedy that lets a network out may also let packets in for
 * its mappings, such as a zone of firewalld for its bridge. So a network includes the culprits of its mappings, each
 * once: there may be a thousand mappings behind one.
 */
const mendedBy = (drafts: Iterable<Drafted>): ReadonlyMap<object, readonly Finding[]> => {
  const mended = new Map<object, Finding[]>()
  const culprits = new Map<object, Set<object | string>>()
  const add = (whose: object, finding: Finding): void => {
    const own = mended.get(whose)
    if (own === undefined) mended.set(whose, [finding])
    else own.push(finding)
  }
  for (const { finding, draft } of drafts) {
    if (draft.insertions.length === 0) continue
    const { mapping, network, step, mendedTogether } = finding
    if (mapping !== null) add(mapping, finding)
    const seen = culprits.get(network) ?? new Set()
    culprits.set(network, seen)
    const key = culpritKey(step)
    if (mapping === null || mendedTogether.length > 0 || !seen.has(key)) add(network, finding)
    seen.add(key)
  }
  return mended
}

const entrancesOf = ({ rows }: Finding): string =>
  rows.map(({ in: from, source }) => `${source} ${from}`).join(' ')

const keyOf = ({ finding, draft }: Drafted): string =>
  `${draft.remedy.commands.join('\n')}\n${entrancesOf(finding)}`

/**
 * A key that findings of different mappings share if they need only one verdict: no foreign rule tells the mappings
 * apart, and the managed rules treat them alike.
 */
const alikeKey = ({ finding }: Drafted): string => {
  const { mapping, network, step, rows } = finding
  const place = [step?.table?.tool, step?.table?.family, step?.table?.name, step?.chain?.name]
  return [
    ...[finding.kind, network.name, mapping?.family, mapping?.protocol, mapping?.kind, mapping?.hostAddress],
    ...[mapping?.interface, mapping?.allowFrom?.join(), mapping?.targets.length, rows.length],
    ...[...place, step?.rule?.source.position, step?.hook, step?.reply, finding.others, entrancesOf(finding)],
  ].join(' ')
}

const refused = (objection: string, { step }: Finding): Remedy => {
  const terms = step === null ? null : ownersTerms(step)
  const text =
    terms === null
      ? 'Change or delete that rule yourself. Portolan offers no rule in front of it:'
      : `${terms} Portolan offers no command for it:`
  return { text: `${text} ${objection}`, commands: [] }
}

/** Returns the objection to a remedy; null: none. */
const judgeIn = (
  { desired, facts, follower: current, links: named, rulesets, around, taken, others }: RemedyScene,
  culpritsOf: (finding: Finding) => readonly Finding[],
): ((drafted: Drafted) => string | null) => {
  const bridges = new Set([
    ...desired.networks.map(({ bridge }) => bridge),
    ...(facts.interfaces ?? []).flatMap(({ name, alias }) =>
      name !== undefined && parseBridgeAlias(alias) !== null ? [name] : [],
    ),
  ])
  const open = openPackets(desired, around, bridges)
  const portsAlike = ownPorts(desired, { around, taken, others })
  const translated = foreignTranslations(rulesets)
  let kinds = 0
  const mayFollow = (): boolean => {
    kinds += 1
    return kinds <= MOST_KINDS
  }
  return (drafted) => {
    const { finding, draft } = drafted
    const [row] = finding.rows
    if (row === undefined) return null
    if (kinds > MOST_KINDS) return unchecked
    const planned = withInsertions(rulesets, draft.insertions)
    const follower = current.withRules(planned)
    const inserted = draft.insertions.map(({ rule }) => rule)
    const judged: Judged = {
      follower,
      inserted: new Set(inserted),
      passedBy: new Set([...inserted, ...culpritsOf(finding).flatMap((one) => culpritsIn(planned, one))]),
      open,
      ownPorts: portsAlike,
      mayFollow,
    }
    const now = followPoint(follower, row, finding.point)
    const last = now.kind === 'failed' ? now.conclusion.end.world.trace : null
    if (last !== null && stopperOf(last) === stopperOf(finding.step))
      return 'the packets would not come to it.'
    const { step } = finding
    if (step !== null && step.rule !== null && rewritingStep(last)?.rule === step.rule)
      return 'the rule would still take other packets of the same connections, such as their replies.'
    const links = entrancesBeside(row.in, follower, named)
    for (const suspects of suspectsOf(drafted, { desired, around, links, translated })) {
      const opened = findOpened(judged, suspects)
      if (opened !== null) return tell(opened, suspects)
    }
    return null
  }
}

/**
 * The interfaces that packets come in by: those of the facts and that of the packet itself, without ports of bridges.
 */
const entrancesBeside = (
  own: string | null,
  { host: { links } }: Follower,
  named: ReadonlySet<string>,
): readonly string[] => {
  const ownMaster = own === null ? null : links.get(own)?.master
  const isThere = (name: string): boolean => named.has(name) || name === own || name === ownMaster
  return [...links.values()].flatMap(({ name, up, master }) =>
    up && name !== 'lo' && isThere(name) && (master === null || !isThere(master)) ? [name] : [],
  )
}

/**
 * The rules that are reported together. For a policy, the chain: with the rules of remedies in it, the chain is another
 * object.
 */
const culpritsIn = (
  rulesets: readonly NetfilterRuleset[],
  { step, mendedTogether }: Finding,
): readonly object[] => {
  if (step === null) return []
  if (step.rule !== null) return [step.rule, ...mendedTogether]
  return rulesets
    .flatMap(({ tables }) => tables)
    .filter(
      ({ tool, family, name }) =>
        tool === step.table?.tool && family === step.table.family && name === step.table.name,
    )
    .flatMap(({ chains }) => chains.filter(({ name }) => name === step.chain?.name))
}

const unchecked = 'this host has too many such rules to check a remedy for each.'

const tell = (opened: Opened, { family, protocol, in: from }: Suspects): string => {
  if (opened.kind === 'too-many')
    return 'the rules of this host tell more packets apart than can be checked one by one.'
  if (opened.kind === 'unchecked') return unchecked
  if (opened.kind === 'computed')
    return 'a rule of this host computes with the bits of an address or port, so that no check holds for every packet.'
  const { saddr, daddr, dport } = opened.point
  const [source, address] = [addressText(family, saddr), addressText(family, daddr)]
  const place = family === 'ip6' ? `[${address}]:${dport}` : `${address}:${dport}`
  return `it would also let through what is refused now, such as a packet from ${from === null ? 'this host' : `${source} by ${from}`} to ${place}/${protocolName(protocol)}.`
}
