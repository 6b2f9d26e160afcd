import type { BaseHook, Hook } from '../../model/index.ts'
import { countNoted, noteStretch, soughtBy } from '../learn/checks.ts'
import type { Checks } from '../learn/stretch.ts'
import type { Traffic } from '../packet/traffic.ts'
import { addWorld, part, type World } from '../packet/world.ts'
import { passesDevice } from '../route/passes-device.ts'
import { routeAgain } from '../route/route-output.ts'
import type { BaseProgram, Program } from '../value/program.ts'
import { MAYBE, NO } from '../value/truth.ts'
import { type Contest, inAnyOrder } from './contest.ts'
import type { HookGroup, HookItem } from './hook-list.ts'
import { end, fork, mergeWorlds, noteRule } from './run.ts'
import { track } from './track.ts'
import { bindToItself, isBound, mayBind, type Side, translate } from './translate.ts'
import { walkChain } from './walk.ts'

/** Takes worlds through all items of a hook. A dropped world ends there. */
export const traverse = (traffic: Traffic, hook: Hook, worlds: readonly World[]): World[] => {
  let current = [...worlds]
  for (const world of current) world.hook = hook
  for (const group of traffic.hooks[hook]) {
    if (current.length === 0) break
    current = runGroup(traffic, group, current)
  }
  return current
}

const runGroup = (traffic: Traffic, { items, contested }: HookGroup, worlds: World[]): World[] => {
  if (!contested) return runItems(traffic, items, worlds)
  const contest: Contest<HookItem> = {
    pass: (item, world) => runItem(traffic, item, world),
    isSettled: () => false,
    describe: describeItem,
  }
  return mergeWorlds(worlds.flatMap((world) => inAnyOrder(traffic.run, items, world, contest)))
}

const runItems = (traffic: Traffic, items: readonly HookItem[], worlds: World[]): World[] => {
  let current = worlds
  for (const item of items) {
    const [only] = current
    if (only === undefined) break
    // There is nearly always one world.
    current =
      current.length === 1
        ? runItem(traffic, item, only)
        : mergeWorlds(current.flatMap((world) => runItem(traffic, item, world)))
  }
  return current
}

const runItem = (traffic: Traffic, item: HookItem, world: World): World[] => {
  if (item.kind === 'chain') return runBase(traffic, item.base, world)
  if (item.kind === 'nat') return runNat(traffic, item.groups, world)
  return track(traffic.run, world)
}

/** Walks one base chain with its policy. */
const runBase = (traffic: Traffic, base: BaseProgram, world: World): World[] => {
  const passing = passesDevice(traffic.host, base.base, world)
  if (passing === NO) return [world]
  if (passing === MAYBE) {
    const taken = fork(traffic.run, world)
    if (taken === null) return [world]
    part(taken, world)
    return mergeWorlds([world, ...walkOn(traffic, base, taken)])
  }
  return walkOn(traffic, base, world)
}

const walkOn = (traffic: Traffic, base: BaseProgram, world: World): World[] => {
  if (world.learner?.skipsForeign === true && !base.program.leavesTraces && !base.program.leadsToOurs())
    return [world]
  const checks = world.learner?.checks ?? null
  return checks === null ? walkThrough(traffic, base, world) : walkChecked(traffic, base, world, checks)
}

const walkThrough = (traffic: Traffic, base: BaseProgram, world: World): World[] =>
  passLeniently(traffic, base, world) ?? walkBase(traffic, base, world)

/** Walks a chain, and notes whether it was a check that the packet passed. */
const walkChecked = (traffic: Traffic, base: BaseProgram, world: World, checks: Checks): World[] => {
  const { run } = traffic
  const { learner } = world
  const [noted, ends, truncated] = [countNoted(world), run.ends.length, run.truncated]
  const worlds = walkThrough(traffic, base, world)
  const isPassed =
    base.program.isCheck() && worlds.length === 1 && run.ends.length === ends && run.truncated === truncated
  const isSought = learner !== null && base.program.leadsToAny(soughtBy(learner))
  if (isPassed) noteStretch(world, noted, isSought ? 'sought' : 'other')
  else if (isSought) checks.isSoughtPassed = false
  return worlds
}

/**
 * A learner's short cut through a chain that changes nothing. A packet that passes without any accepting rule passes
 * with these rules too, whichever of them accepts it. So they are not tested, and a chain of ten thousand accepting
 * rules tells no packets apart.
 *
 * @returns null where the short cut fails: some course ends in the chain
 */
const passLeniently = (traffic: Traffic, base: BaseProgram, world: World): World[] | null => {
  const { learner } = world
  if (learner === null || learner.isThorough || base.program.leavesTraces) return null
  const { run } = traffic
  const before = {
    ends: run.ends.length,
    conditions: learner.conditions.length,
    exclusions: learner.exclusions.length,
    copies: run.copies,
  }
  const { truncated } = run
  // Such a chain changes no other fields of a world.
  const { trace, unknown, doubted, isOfOthers } = world
  learner.isLenient = true
  const passed = walkBase(traffic, base, world)
  learner.isLenient = false
  if (run.ends.length === before.ends && passed.length === 1 && run.truncated === truncated) return passed
  run.ends.length = before.ends
  learner.conditions.length = before.conditions
  learner.exclusions.length = before.exclusions
  run.copies = before.copies
  run.truncated = truncated
  world.trace = trace
  world.unknown = unknown
  world.doubted = doubted
  world.isOfOthers = isOfOthers
  return null
}

const policies = { accept: { kind: 'accept' }, drop: { kind: 'drop' } } as const

const walkBase = (traffic: Traffic, { program, base, tables }: BaseProgram, world: World): World[] => {
  const accepted: World[] = []
  const { mark, saddr, daddr } = world
  const walk = { host: traffic.host, run: traffic.run, tables, accepted, depth: 0 }
  for (const rest of walkChain(walk, program, world)) {
    const policy = isPolicyIgnored(rest, program, base) ? 'accept' : base.policy
    noteRule(rest, program, null, policies[policy])
    if (policy === 'drop') end(traffic.run, 'dropped', rest)
    else addWorld(accepted, rest)
  }
  if (base.type !== 'route') return accepted
  // A new mark or address needs a new route (net/netfilter/nft_chain_route.c, and mangle of iptables).
  return accepted.flatMap((one) =>
    one.mark === mark && one.saddr === saddr && one.daddr === daddr ? [one] : routeAgain(traffic, one),
  )
}

const isPolicyIgnored = ({ learner }: World, { chain }: Program, { policy }: BaseHook): boolean => {
  if (policy === 'accept' || learner?.ignored.has(chain) !== true) return false
  learner.hasActed = true
  return true
}

/** Runs the nat chains in their own order, until one binds. */
const runNat = (traffic: Traffic, groups: readonly (readonly BaseProgram[])[], world: World): World[] => {
  if (world.tracking !== 'tracked') return [world]
  const side: Side = world.hook === 'prerouting' || world.hook === 'output' ? 'destination' : 'source'
  const worlds = mayBind(world, side) ? bindBy(traffic, groups, world, side) : [world]
  return worlds.flatMap((one) => {
    const { daddr } = one
    translate(one, side)
    return world.hook !== 'output' || one.daddr === daddr ? [one] : routeAgain(traffic, one)
  })
}

const bindBy = (
  traffic: Traffic,
  groups: readonly (readonly BaseProgram[])[],
  world: World,
  side: Side,
): World[] => {
  const bound: World[] = []
  let free: World[] = [world]
  const contest: Contest<BaseProgram> = {
    pass: (chain, one) => runBase(traffic, chain, one),
    isSettled: (one) => isBound(one, side),
    describe: describeBase,
  }
  for (const chains of groups) {
    const next: World[] = []
    for (const one of free)
      for (const after of inAnyOrder(traffic.run, chains, one, contest))
        addWorld(isBound(after, side) ? bound : next, after)
    free = next
  }
  for (const one of free) bindToItself(one, side)
  return mergeWorlds([...bound, ...free])
}

const describeBase = ({ program }: BaseProgram): string =>
  `${program.table.tool} ${program.table.family} ${program.table.name} ${program.chain.name}`

const describeItem = (item: HookItem): string => {
  if (item.kind === 'chain') return describeBase(item.base)
  return item.kind === 'conntrack' ? 'connection tracking' : item.groups.flat().map(describeBase).join(', ')
}
