import type { ElementData, SetStep, Verdict } from '../../model/index.ts'
import { candidates } from '../chain/rule-index.ts'
import { askInTurn, askStep, learnAction, type MatchingRule } from '../learn/learn-rule.ts'
import { isLearning } from '../learn/learner.ts'
import { addWorld, part, type World } from '../packet/world.ts'
import type { CompiledRule, CompiledStep, Program } from '../value/program.ts'
import { isUnknown } from '../value/reading.ts'
import { CHANCE, MAYBE, NO, YES } from '../value/truth.ts'
import { bind } from './bind.ts'
import { type ChainWalk, noteDeed, type Walk } from './chain-walk.ts'
import { handOver } from './hand-over.ts'
import { end, fork, mergeWorlds } from './run.ts'
import { sendAway } from './send-away.ts'
import { setField } from './set-field.ts'

/** Deeper than any chain can be nested (net/netfilter/nf_tables_api.c: NFT_JUMP_STACK_SIZE is 16). */
const DEEPEST = 64

/**
 * Walks a chain from a rule on.
 *
 * @returns the worlds that come to its end, or return from it
 */
export const walkChain = (walk: Walk, program: Program, world: World, from = 0): World[] => {
  const returned: World[] = []
  const chain: ChainWalk = { walk, program, returned }
  const next = isLearning(world.learner) ? askInTurn(program, world, from) : matchInTurn(program, world, from)
  let current = world
  for (let asked = next(current); asked !== null; asked = next(current)) {
    const { rule, truth, resume } = asked
    let onward: World[]
    if (truth === YES) onward = takeRule(chain, rule, current)
    else {
      const taken = fork(walk.run, current)
      onward = [current]
      if (taken !== null) {
        if (truth === MAYBE) part(taken, current)
        for (const one of takeRule(chain, rule, taken)) addWorld(onward, one)
      }
    }
    const [first] = onward
    if (first === undefined) return mergeWorlds(returned)
    if (onward.length > 1) {
      for (const one of onward) returned.push(...walkChain(walk, program, one, resume))
      return mergeWorlds(returned)
    }
    current = first
  }
  returned.push(current)
  return mergeWorlds(returned)
}

const noRule = (): null => null

/** Yields the rules of a chain from one on, as far as their leading matches hold or may hold. */
const matchInTurn = (
  { chain: { rules }, rule: ruleAt, index }: Program,
  start: World,
  from: number,
): ((world: World) => MatchingRule | null) => {
  const indexed = index()
  const among = indexed === null ? null : candidates(indexed, start)
  const count = among === null ? rules.length : among.length
  // Most chains have no rule for a packet.
  if (count === 0) return noRule
  const isLenient = start.learner?.isLenient === true
  let next = among === null ? from : 0
  return (world) => {
    while (next < count) {
      const at = among === null ? next : (among[next] ?? 0)
      next += 1
      if (at < from) continue
      const rule = ruleAt(at)
      if (rule === undefined || rule.tail.length === 0 || (rule.isLenient && isLenient)) continue
      const truth = rule.head(world)
      if (truth !== NO) return { rule, truth, resume: at + 1 }
    }
    return null
  }
}

/**
 * Runs the steps of a rule with leading matches that hold.
 *
 * @returns the worlds that go on with the next rule
 */
const takeRule = (chain: ChainWalk, rule: CompiledRule, world: World, from = 0): World[] => {
  const { walk, program } = chain
  for (let at = from; at < rule.tail.length; at += 1) {
    const step = rule.tail[at]
    if (step === undefined) break
    if (step.kind === 'match') {
      const truth = isLearning(world.learner) ? askStep(program, rule, at, world) : step.test(world)
      if (truth === NO) return [world]
      if (truth === YES) continue
      const taken = fork(walk.run, world)
      if (taken === null) return [world]
      if (truth === MAYBE) part(taken, world)
      return mergeWorlds([world, ...takeRule(chain, rule, taken, at + 1)])
    }
    if (isLearning(world.learner)) learnAction(program, rule, at, world)
    const onward = act(chain, rule, step, world)
    if (onward !== 'next step') return onward
  }
  return [world]
}

const act = (
  chain: ChainWalk,
  rule: CompiledRule,
  step: CompiledStep & { kind: 'act' },
  world: World,
): World[] | 'next step' => {
  const { action } = step
  const { walk } = chain
  if (isIgnored(world, rule)) return 'next step'
  if (world.learner?.watched?.has(rule.rule) === true) world.learner.hasActed = true
  switch (action.kind) {
    case 'verdict':
      return decide(chain, rule, action.verdict, world)
    case 'dispatch':
      return dispatch(chain, rule, step, world)
    case 'nat':
      return bind(chain, rule, { action, operands: step.operands }, world)
    case 'set':
      return assign(chain, rule, { action, reads: step.reads }, world)
    case 'notrack':
      // Once there is an entry, it is too late (net/netfilter/xt_CT.c, nft_ct.c: `if (ct || untracked) return`).
      if (world.tracking === 'pending') {
        world.tracking = 'untracked'
        noteDeed(chain, rule, world, { kind: 'notrack' })
      }
      return 'next step'
    case 'reject':
      noteDeed(chain, rule, world, action)
      end(walk.run, 'rejected', world)
      return []
    case 'tproxy':
      return handOver(chain, rule, action, world)
    case 'synproxy': {
      // synproxy answers for the server. Its own handshake with the server then passes here again, from the host.
      const lost = parted(walk, world)
      if (lost !== null) {
        noteDeed(chain, rule, lost, { kind: 'synproxy' })
        end(walk.run, 'dropped', lost)
      }
      noteDeed(chain, rule, world, { kind: 'synproxy' })
      addWorld(walk.accepted, world)
      return []
    }
    case 'unknown-action': {
      const dropped = parted(walk, world)
      if (dropped !== null) {
        noteDeed(chain, rule, dropped, { kind: 'may-drop' })
        end(walk.run, 'dropped', dropped)
      }
      const accepted = parted(walk, world)
      if (accepted !== null) {
        noteDeed(chain, rule, accepted, { kind: 'may-accept' })
        addWorld(walk.accepted, accepted)
      }
      return 'next step'
    }
    case 'rewrite': {
      const damaged = parted(walk, world)
      if (damaged !== null) {
        noteDeed(chain, rule, damaged, { kind: 'rewrite' })
        end(walk.run, 'dropped', damaged)
      }
      return 'next step'
    }
    case 'fwd':
      noteDeed(chain, rule, world, { kind: 'send-away', device: action.device })
      sendAway(walk, action, world)
      return []
    case 'note':
      return 'next step'
  }
}

/** A copy for the course in which an unknown effect happens; in the given world it does not. */
const parted = ({ run }: Walk, world: World): World | null => {
  const copy = fork(run, world)
  if (copy !== null) part(copy, world)
  return copy
}

/** Whether a learner evaluates the rules without this one. */
const isIgnored = ({ learner }: World, { rule }: CompiledRule): boolean => {
  if (learner?.ignored.has(rule) !== true) return false
  learner.hasActed = true
  return true
}

/** A field that a rule sets, and the readers of the value. */
interface Assignment {
  readonly action: SetStep
  readonly reads: (CompiledStep & { kind: 'act' })['reads']
}

const assign = (
  chain: ChainWalk,
  rule: CompiledRule,
  { action: { target }, reads }: Assignment,
  world: World,
): World[] | 'next step' => {
  const value = reads[0]?.(world)
  // A map without the key, or a field that the packet lacks, ends the rule (NFT_BREAK).
  if (value === undefined) return [world]
  if (setField(chain.walk.run, world, target, value)) noteDeed(chain, rule, world, { kind: 'set', target })
  return 'next step'
}

const decide = (
  chain: ChainWalk,
  rule: CompiledRule,
  verdict: Verdict,
  world: World,
): World[] | 'next step' => {
  const { walk, returned } = chain
  switch (verdict.kind) {
    case 'continue':
      return 'next step'
    case 'accept':
      if (isIgnored(world, rule)) return 'next step'
      noteDeed(chain, rule, world, { kind: 'accept' })
      addWorld(walk.accepted, world)
      return []
    case 'drop':
      noteDeed(chain, rule, world, { kind: 'drop' })
      end(walk.run, 'dropped', world)
      return []
    case 'return':
      noteDeed(chain, rule, world, { kind: 'return' })
      returned.push(world)
      return []
    case 'stolen': {
      const lost = fork(walk.run, world)
      if (lost !== null) {
        lost.unknown = true
        noteDeed(chain, rule, lost, { kind: 'may-drop' })
        end(walk.run, 'dropped', lost)
      }
      noteDeed(chain, rule, world, { kind: 'queue' })
      addWorld(walk.accepted, world)
      return []
    }
    case 'jump':
    case 'goto': {
      const target = walk.tables.find(verdict.chain)
      // A chain missing from the dump cannot be followed, nor can a loop, which the kernel refuses.
      if (target === null || walk.depth >= DEEPEST) {
        walk.run.truncated = true
        return [world]
      }
      noteDeed(chain, rule, world, verdict)
      walk.depth += 1
      const back = walkChain(walk, target, world)
      walk.depth -= 1
      if (verdict.kind === 'jump') return back
      returned.push(...back)
      return []
    }
  }
}

/** A verdict map: the verdict of the key, or of each that the key may have. */
const dispatch = (
  chain: ChainWalk,
  rule: CompiledRule,
  { find, reads }: CompiledStep & { kind: 'act' },
  world: World,
): World[] => {
  const key = reads.map((read) => read(world))
  if (find === null || key.includes(undefined)) return [world]
  const found = find(key)
  if (found.hit === NO) return [world]
  const onward: World[] = []
  const sure = found.hit === YES && found.data.length === 1
  const take = (data: ElementData, on: World): void => {
    if (data.kind !== 'verdict') return
    const after = decide(chain, rule, data.verdict, on)
    for (const one of after === 'next step' ? [on] : after) addWorld(onward, one)
  }
  if (sure) {
    for (const data of found.data) take(data, world)
    return onward
  }
  if (found.hit !== YES) addWorld(onward, world)
  for (const data of found.data) {
    const taken = fork(chain.walk.run, world)
    if (taken === null) break
    if (!found.random && (key.some(isUnknown) || found.hit !== CHANCE)) part(taken, world)
    take(data, taken)
  }
  return onward
}
