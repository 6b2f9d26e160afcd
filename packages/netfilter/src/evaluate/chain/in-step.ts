import type {
  ActionStep,
  DispatchStep,
  MatchStep,
  NetfilterChain,
  NetfilterRule,
  Verdict,
} from '../../model/index.ts'
import { isZoneTarget } from '../../model/zone-target.ts'
import type { World } from '../packet/world.ts'
import { compileMatch, isMatch } from '../value/compile-match.ts'
import type { Compiler } from '../value/compiler.ts'
import { NO, YES } from '../value/truth.ts'
import type { Chains } from './chain-steps.ts'
import { isSameVerdict, verdictFor, verdictsOf } from './dispatch-verdicts.ts'
import type { PacketPair } from './packet-pair.ts'
import { DEEPEST, keepsAll, tellingPlaces } from './plain-rule.ts'
import { isAlike, keyReads, matchReads, readsOf, type Stage } from './rule-reads.ts'

/**
 * The place of a later packet of a flow, relative to an earlier packet that passed.
 * - `together`: where the earlier packet was at this place, or out of the base chain by accept.
 * - `accepted`: certainly out of the base chain by accept.
 * - `apart`: at this place, where the earlier packet may not have been.
 * - `unsafe`: possibly stopped or changed where the earlier packet was not.
 */
export type Standing = 'together' | 'accepted' | 'apart' | 'unsafe'

type Here = 'together' | 'apart'
type Holds = 'no' | 'maybe' | 'yes'

/** Whether a rule acts on each of the two packets, as far as that depends on what differs between them. */
interface Acts {
  readonly earlier: Holds
  readonly later: Holds
  /** Whether the rule also matches on what the packets share: then it acts on both, or on none. */
  readonly onlyIf: boolean
}

/**
 * The result of a rule: a standing; or both packets may have returned; or only the later packet returned, certainly or
 * perhaps.
 */
type Step = Standing | 'both return' | 'returned' | 'may return'

/** A table's chains, and a pair of packets to take through them. */
export interface InStep {
  readonly chains: Chains
  readonly compiler: Compiler
  readonly pair: PacketPair
  readonly stage: Stage
  readonly known: Map<string, Standing>
}

/**
 * Takes two packets through a chain at once, without their addresses and ports. Tells whether the later packet may fare
 * worse than an earlier one that passed; in doubt, it may.
 */
export const goInStep = (walk: InStep, chain: NetfilterChain, from: Here, depth = 0): Standing => {
  const key = `${from} ${chain.name}`
  const found = walk.known.get(key)
  if (found !== undefined) return found
  const standing = depth > DEEPEST ? 'unsafe' : passRules(walk, chain, from, depth)
  walk.known.set(key, standing)
  return standing
}

const passRules = (walk: InStep, chain: NetfilterChain, from: Here, depth: number): Standing => {
  const { base, rules } = chain
  const dropsRest = base?.policy === 'drop'
  const telling = tellingPlaces(chain)
  let here = from
  let mayHaveReturned = false
  let seen = 0
  for (let at = 0; at < rules.length; at += 1) {
    if (here === 'together') {
      while (seen < telling.length && (telling[seen] ?? 0) < at) seen += 1
      at = telling[seen] ?? rules.length
    }
    const rule = rules[at]
    if (rule === undefined) break
    const step = passRule(walk, rule, here, depth)
    switch (step) {
      case 'unsafe':
        return 'unsafe'
      case 'accepted':
        return mayHaveReturned ? here : 'accepted'
      case 'both return':
        mayHaveReturned = true
        break
      case 'returned':
      case 'may return':
        // A packet that returns from a base chain meets its policy.
        if (dropsRest) return 'unsafe'
        if (base === null && here === 'together' && !keepsAll(walk.chains, rules.slice(at + 1)))
          return 'unsafe'
        if (step === 'returned') return base === null ? here : 'accepted'
        mayHaveReturned = true
        break
      default:
        here = step
    }
  }
  return dropsRest && here === 'apart' ? 'unsafe' : here
}

const passRule = (walk: InStep, rule: NetfilterRule, start: Here, depth: number): Step => {
  let here = start
  let acts: Acts = { earlier: 'yes', later: 'yes', onlyIf: false }
  for (const step of rule.steps) {
    if (step.kind === 'note') continue
    if (isMatch(step)) {
      acts = ask(walk, step, acts)
      if (acts.later === 'no' && (acts.earlier === 'no' || here === 'apart')) return here
      continue
    }
    const next = act(walk, step, acts, here, depth)
    if (step.kind !== 'set' && step.kind !== 'notrack' && step.kind !== 'tproxy') return next
    if (next !== 'together' && next !== 'apart') return next
    here = next
  }
  return here
}

const ask = ({ pair, compiler, stage }: InStep, step: MatchStep, acts: Acts): Acts => {
  const reads = matchReads(step, stage)
  if (isAlike(reads)) return { ...acts, onlyIf: true }
  const test = reads === 'known' ? compileMatch(step, compiler) : null
  const holds = (before: Holds, world: World): Holds => {
    if (before === 'no') return 'no'
    if (test === null) return 'maybe'
    const truth = test(world)
    return truth === NO ? 'no' : truth === YES ? before : 'maybe'
  }
  return { ...acts, earlier: holds(acts.earlier, pair.earlier), later: holds(acts.later, pair.later) }
}

const act = (walk: InStep, action: ActionStep, acts: Acts, here: Here, depth: number): Step => {
  const isOfBoth = here === 'together' && acts.earlier === 'yes' && acts.later === 'yes'
  switch (action.kind) {
    case 'verdict':
      return decide(walk, action.verdict, acts, here, depth)
    case 'dispatch':
      return dispatch(walk, action, acts, here, depth)
    case 'reject':
      return decide(walk, { kind: 'drop' }, acts, here, depth)
    case 'set':
      // A rule that reads a connection's mark counts as unsure anyway.
      if (action.target === 'ct-mark') return here
      // A conntrack zone may hold for one direction only, so packets cannot be compared.
      if (isZoneTarget(action.target)) return 'unsafe'
      return isOfBoth && isAlike(readsOf(action.value, walk.stage)) ? here : 'unsafe'
    case 'notrack':
      return 'unsafe'
    default:
      return isOfBoth ? here : 'unsafe'
  }
}

const decide = (walk: InStep, verdict: Verdict, acts: Acts, here: Here, depth: number): Step => {
  if (verdict.kind === 'continue') return here
  if (here === 'apart') return decideApart(walk, verdict, acts, depth)
  const { earlier, later, onlyIf } = acts
  const isOfBoth = earlier === 'yes' && later === 'yes'
  const isOfLater = earlier === 'no' && later === 'yes'
  switch (verdict.kind) {
    case 'accept':
      if (isOfBoth) return here
      if (later === 'yes') return onlyIf ? here : 'accepted'
      return earlier === 'no' ? here : 'apart'
    case 'drop':
      // The earlier packet passed, so it did not match. The later one does not match either.
      return later === 'no' || earlier === 'yes' ? here : 'unsafe'
    case 'stolen':
      return isOfBoth ? here : later === 'no' ? 'apart' : 'unsafe'
    case 'return':
      if (isOfBoth) return 'both return'
      if (isOfLater) return onlyIf ? 'may return' : 'returned'
      return later === 'no' ? 'apart' : 'unsafe'
    case 'jump':
    case 'goto': {
      const chain = walk.chains.get(verdict.chain)
      if (chain === undefined) return 'unsafe'
      const isJump = verdict.kind === 'jump'
      if (later === 'no') return isJump && keepsAll(walk.chains, chain.rules) ? here : 'apart'
      if (!isOfBoth && !isOfLater) return 'unsafe'
      const after = goInStep(walk, chain, isOfBoth ? 'together' : 'apart', depth + 1)
      if (after === 'unsafe') return 'unsafe'
      if (after === 'accepted') return onlyIf ? here : 'accepted'
      // The later packet is back in the chain that the earlier one did not leave.
      if (isJump) return isOfBoth ? after : here
      return after === 'together' ? 'both return' : 'unsafe'
    }
  }
}

const decideApart = (walk: InStep, verdict: Verdict, { later, onlyIf }: Acts, depth: number): Step => {
  const isSure = later === 'yes' && !onlyIf
  switch (verdict.kind) {
    case 'accept':
      return isSure ? 'accepted' : 'apart'
    case 'return':
      return isSure ? 'returned' : 'may return'
    case 'jump':
    case 'goto': {
      const chain = walk.chains.get(verdict.chain)
      const after = chain === undefined ? 'unsafe' : goInStep(walk, chain, 'apart', depth + 1)
      if (after === 'accepted') return isSure ? 'accepted' : 'apart'
      return verdict.kind === 'jump' && after === 'apart' ? 'apart' : 'unsafe'
    }
    default:
      return verdict.kind === 'continue' ? 'apart' : 'unsafe'
  }
}

/** Decides a verdict map. Each verdict is for some packets only, unless the key reads nothing but what differs. */
const dispatch = (walk: InStep, step: DispatchStep, acts: Acts, here: Here, depth: number): Step => {
  const reads = keyReads(step.key, walk.stage)
  if (reads === 'known') {
    const [one, other] = [walk.pair.earlier, walk.pair.later].map((world) =>
      verdictFor(step, walk.compiler, world),
    )
    if (one === undefined || other === undefined) return 'unsafe'
    if (one !== null && other !== null && isSameVerdict(one, other))
      return decide(walk, other, acts, here, depth)
    const first = one === null ? here : decide(walk, one, { ...acts, later: 'no' }, here, depth)
    if (first !== 'together' && first !== 'apart') return 'unsafe'
    return other === null ? first : decide(walk, other, { ...acts, earlier: 'no' }, first, depth)
  }
  const some: Acts =
    reads === 'unsure' ? { earlier: 'maybe', later: 'maybe', onlyIf: true } : { ...acts, onlyIf: true }
  const steps = new Set(verdictsOf(step.table).map((verdict) => decide(walk, verdict, some, here, depth)))
  steps.delete(here)
  const [only] = steps
  // Several different results cannot be told as one.
  return only === undefined ? here : steps.size === 1 ? only : 'unsafe'
}
