import type { Family } from '../../address/index.ts'
import type { DesiredState } from '../../desired/index.ts'
import { prepareFollower } from '../../evaluate/follow.ts'
import { type HostFacts, parseBridgeAlias } from '../../facts/index.ts'
import type { NetfilterRuleset } from '../../netfilter/index.ts'
import type { Conflict, Remedy } from '../conflict.ts'
import { followPoint } from '../search/explore.ts'
import { addressText, type Finding, protocolName } from '../search/finding.ts'
import type { Surroundings } from '../search/surroundings.ts'
import type { Draft, Drafted } from './draft.ts'
import { findOpened, type Judged, type Opened, type Suspects, stopperOf } from './find-opened.ts'
import { foreignTranslations } from './foreign-translations.ts'
import { withInsertions } from './insertion.ts'
import { openPackets } from './open-packets.ts'
import { suspectsOf } from './suspects.ts'

/** The host that remedies are checked on. */
export interface RemedyScene {
  readonly desired: DesiredState
  /** As they will be once the project is applied. */
  readonly facts: HostFacts
  readonly rulesets: readonly NetfilterRuleset[]
  readonly around: Readonly<Record<Family, Surroundings>>
}

/**
 * Conflicts with the remedies that hold: one that would let through a packet that is refused now and is not of the
 * contract, or that would not help, is replaced by words.
 */
export const holdRemedies = (
  conflicts: readonly Conflict[],
  drafts: ReadonlyMap<Conflict, Drafted>,
  scene: RemedyScene,
): readonly Conflict[] => {
  const insertions = new Map<string, Draft['insertions']>()
  for (const { draft } of drafts.values())
    if (draft.insertions.length > 0) insertions.set(keyOf(draft), draft.insertions)
  const judge = insertions.size === 0 ? null : createJudge(scene, [...insertions.values()].flat(), drafts)
  const verdicts = new Map<string, string | null>()
  return conflicts.map((conflict): Conflict => {
    const drafted = drafts.get(conflict)
    if (drafted === undefined) return conflict
    const { draft } = drafted
    if (judge === null || draft.insertions.length === 0) return { ...conflict, remedy: draft.remedy }
    const key = `${keyOf(draft)} ${drafted.finding.rows.map(({ in: from }) => from).join(' ')}`
    const known = verdicts.get(key)
    const objection = known === undefined ? judge(drafted) : known
    verdicts.set(key, objection)
    return { ...conflict, remedy: objection === null ? draft.remedy : refused(objection) }
  })
}

const keyOf = ({ remedy }: Draft): string => remedy.commands.join('\n')

const refused = (objection: string): Remedy => ({
  text: `Change or delete that rule yourself. Portolan offers none in front of it: ${objection}`,
  commands: [],
})

const createJudge = (
  scene: RemedyScene,
  insertions: Draft['insertions'],
  drafts: ReadonlyMap<Conflict, Drafted>,
): ((drafted: Drafted) => string | null) => {
  const { desired, facts, rulesets, around } = scene
  const planned = withInsertions(rulesets, insertions)
  const follower = prepareFollower(facts, planned)
  const bridges = new Set([
    ...desired.networks.map(({ bridge }) => bridge),
    ...(facts.interfaces ?? []).flatMap(({ name, alias }) =>
      name !== undefined && parseBridgeAlias(alias) !== null ? [name] : [],
    ),
  ])
  const judged: Judged = {
    follower,
    inserted: new Set(insertions.map(({ rule }) => rule)),
    passedBy: new Set([
      ...insertions.map(({ rule }) => rule),
      ...[...drafts.values()].flatMap(({ finding, draft }) =>
        draft.insertions.length > 0 ? culpritIn(planned, finding) : [],
      ),
    ]),
    open: openPackets(desired, around, bridges),
  }
  const links = [...follower.host.links.values()]
    .filter(
      ({ name, up, master }) => up && name !== 'lo' && (master === null || !follower.host.links.has(master)),
    )
    .map(({ name }) => name)
  const translated = foreignTranslations(rulesets)
  return (drafted) => {
    const { finding } = drafted
    const [row] = finding.rows
    if (row === undefined) return null
    const now = followPoint(follower, row, finding.point)
    if (now.kind === 'failed' && stopperOf(now.conclusion.end.world.trace) === stopperOf(finding.step))
      return 'the packets would not come to it.'
    for (const suspects of suspectsOf(drafted, { desired, around, links, translated })) {
      const opened = findOpened(judged, suspects)
      if (opened !== null) return tell(opened, suspects)
    }
    return null
  }
}

/** The rule of a culprit; of a policy the chain, which is another one with the rules of remedies in it. */
const culpritIn = (rulesets: readonly NetfilterRuleset[], { step }: Finding): readonly object[] => {
  if (step === null) return []
  if (step.rule !== null) return [step.rule]
  return rulesets
    .flatMap(({ tables }) => tables)
    .filter(
      ({ tool, family, name }) =>
        tool === step.table?.tool && family === step.table.family && name === step.table.name,
    )
    .flatMap(({ chains }) => chains.filter(({ name }) => name === step.chain?.name))
}

const tell = (opened: Opened, { family, protocol, in: from }: Suspects): string => {
  if (opened.kind === 'too-many')
    return 'the rules of this host tell more packets apart than can be checked one by one.'
  const { saddr, daddr, dport } = opened.point
  const [source, address] = [addressText(family, saddr), addressText(family, daddr)]
  const place = family === 'ip6' ? `[${address}]:${dport}` : `${address}:${dport}`
  return `it would also let through what is refused now, such as a packet from ${from === null ? 'this host' : `${source} by ${from}`} to ${place}/${protocolName(protocol)}.`
}
