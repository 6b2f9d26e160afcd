import type { DispatchStep, NetfilterRule, Step, Verdict } from '../../model/index.ts'
import { type Action, actionOfVerdict, rejecting, translating, unlike } from './action.ts'
import type { Box, Region } from './box.ts'
import { always, both, type Extent, isExact } from './extent.ts'
import { keysExtent, matchExtent, openTable, readKey } from './match-extent.ts'
import { type Changeable, noteChange, type ReadingContext } from './reading-context.ts'

/** Packets that leave the chain by a rule, and the rule's action. */
export interface Ending {
  readonly box: Box
  readonly action: Action
}

/** The properties of a rule that matter for a comparison with its neighbours. */
export interface RuleReading {
  /** Its place in the chain, from 0. */
  readonly at: number
  readonly rule: NetfilterRule
  /** All packets that the rule may act on. */
  readonly outer: Region
  /** The same, if each match that is not understood has one result for one packet; null: too many boxes. */
  readonly likely: Region | null
  /** Packets that surely do not come to the next rule. */
  readonly endings: readonly Ending[]
  /** Packets that do not come to the next rule, if each match that is not understood has one result for one packet. */
  readonly likelyEndings: readonly Ending[]
  readonly action: Action
  /** Whether it is known for every packet if the rule acts on it. */
  readonly isKnown: boolean
  /** Whether the rule only ends the path of packets: it writes no log, sets no mark and keeps no list. */
  readonly isPlain: boolean
}

interface Progress {
  /** The packets that reach the current step. */
  reached: Extent
  /** The packets of the first effect other than counting; null: there was none so far. */
  acted: Extent | null
  isPlain: boolean
  effect: Action | null
}

const isCounter = (text: string): boolean => text.startsWith('counter')

/** Whether a rule keeps a list: `-m recent --set` always matches, so it has no step. */
const keepsList = (text: string): boolean => text.includes('-m recent') && /-m recent\b/.test(text)

/** Reads a rule, and notes in the context what it may change for later rules. */
export const readRule = (
  context: ReadingContext,
  rule: NetfilterRule,
  at: number,
  changesOf: (step: Step) => readonly Changeable[],
): RuleReading => {
  const progress: Progress = {
    reached: always,
    acted: null,
    isPlain: !keepsList(rule.source.text),
    effect: null,
  }
  let end: End | null = null
  for (const step of rule.steps) {
    for (const what of changesOf(step)) noteChange(context, what)
    end = take(context, step, progress)
    if (end !== null) break
  }
  const ended = end?.extent ?? progress.reached
  const outer = progress.acted ?? ended
  const isMixed = progress.effect !== null
  const action = end?.action ?? progress.effect ?? unlike('count', 'counts')
  return {
    at,
    rule,
    outer: outer.outer,
    likely: outer.likely,
    endings: end?.endings ?? [],
    likelyEndings: end?.likelyEndings ?? [],
    action: isMixed && end !== null ? { ...action, same: null } : action,
    isKnown: isExact(ended) && isExact(outer),
    isPlain: progress.isPlain,
  }
}

interface End {
  readonly action: Action
  /** The packets that the rule acts on. */
  readonly extent: Extent
  readonly endings: readonly Ending[]
  readonly likelyEndings: readonly Ending[]
}

const endings = (region: Region | null, action: Action): readonly Ending[] =>
  region?.map((box) => ({ box, action })) ?? []

const endBy = (action: Action, extent: Extent, isSure = true): End => {
  const { inner, likely } = extent
  const surely = isSure ? endings(inner, action) : []
  // Where all is understood, both are equal.
  const likelyToo = !isSure || likely === inner ? surely : endings(likely, action)
  return { action, extent, endings: surely, likelyEndings: likelyToo }
}

const act = (progress: Progress, action: Action): null => {
  progress.acted ??= progress.reached
  progress.effect ??= action
  progress.isPlain = false
  return null
}

/** Reads one step; null: the rule goes on. */
const take = (context: ReadingContext, step: Step, progress: Progress): End | null => {
  const { reached } = progress
  switch (step.kind) {
    case 'compare':
    case 'lookup':
    case 'any-of':
    case 'unknown-match':
      progress.reached = both(reached, matchExtent(context, step))
      return null
    case 'verdict': {
      const action = actionOfVerdict(step.verdict)
      return action === null ? null : endBy(action, reached, action.kind !== 'jump')
    }
    case 'dispatch':
      return dispatch(context, step, reached)
    case 'reject':
      return endBy(rejecting(step.with), reached)
    case 'nat':
      // A map without an entry for a packet lets the packet go on.
      return endBy(
        translating(step),
        reached,
        step.address?.kind !== 'expression' && step.port?.kind !== 'expression',
      )
    case 'synproxy':
      return endBy(unlike('queue', 'answers for'), reached)
    case 'tproxy':
      return step.accepts
        ? endBy(unlike('accept', 'hands to a proxy'), reached)
        : act(progress, unlike('change', 'hands to a proxy'))
    case 'set':
    case 'notrack':
      return act(
        progress,
        unlike('change', step.kind === 'set' ? `sets the ${step.target} of` : 'does not track'),
      )
    case 'rewrite':
      return act(progress, unlike('change', 'rewrites'))
    case 'fwd':
      return endBy(unlike('queue', 'sends away'), reached)
    case 'note':
      return isCounter(step.text) ? null : act(progress, unlike('note', 'notes'))
    case 'unknown-action':
      return act(progress, unlike('unknown', 'does something to'))
  }
}

const isTerminal = (verdict: Verdict): boolean => verdict.kind !== 'jump' && verdict.kind !== 'continue'

const deciding = unlike('dispatch', 'decides by a map about')

/** A verdict map: as many rules as it has verdicts, all at one place. */
const dispatch = (context: ReadingContext, step: DispatchStep, reached: Extent): End => {
  const { table } = step
  const readings = readKey(context, step)
  if (readings === null || !table.complete || table.otherwise !== null) {
    const open = both(reached, openTable(context, step, readings))
    return { action: deciding, extent: { ...open, inner: [], likely: null }, endings: [], likelyEndings: [] }
  }
  const byVerdict = new Map<
    string,
    { readonly verdict: Verdict; readonly keys: (typeof table.elements)[number]['key'][] }
  >()
  for (const { key, data } of table.elements) {
    if (data.kind !== 'verdict') continue
    const name = 'chain' in data.verdict ? `${data.verdict.kind} ${data.verdict.chain}` : data.verdict.kind
    const group = byVerdict.get(name) ?? { verdict: data.verdict, keys: [] }
    group.keys.push(key)
    byVerdict.set(name, group)
  }
  const groups = [...byVerdict.values()].map(({ verdict, keys }) => ({
    verdict,
    extent: both(reached, keysExtent(readings, keys)),
  }))
  const ends = groups.flatMap(({ verdict, extent }) => {
    const action = isTerminal(verdict) ? actionOfVerdict(verdict) : null
    return action === null ? [] : [endBy(action, extent)]
  })
  const keys = table.elements.map(({ key }) => key)
  return {
    action: deciding,
    extent: both(reached, keysExtent(readings, keys)),
    endings: ends.flatMap((one) => one.endings),
    likelyEndings: ends.flatMap((one) => one.likelyEndings),
  }
}
