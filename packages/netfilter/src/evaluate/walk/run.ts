import type { NetfilterRule } from '../../model/index.ts'
import { addWorld, copyWorld, type World } from '../packet/world.ts'
import type { Deed } from '../trace/deed.ts'
import type { KernelCause } from '../trace/kernel-cause.ts'
import type { Program } from '../value/program.ts'

/** How the way of one world ended. */
export type EndKind = 'local' | 'out' | 'dropped' | 'rejected' | 'unrouted'

export interface End {
  readonly kind: EndKind
  readonly world: World
}

/** How many courses of one flow are followed. What is beyond is not followed, and the answer is only possible. */
const MOST_WORLDS = 256

/** What one evaluation gathers: the ends of all the worlds it followed. */
export interface Run {
  readonly ends: End[]
  copies: number
  /** Some course was not followed. */
  truncated: boolean
  /** Chains of equal priority whose order decides, each a description. */
  readonly undetermined: Set<string>
  /** A routing rule decided whose selectors are not known. */
  doubtful: boolean
}

export const startRun = (): Run => ({
  ends: [],
  copies: 0,
  truncated: false,
  undetermined: new Set(),
  doubtful: false,
})

/** Was it delivered? */
export const isArrival = ({ kind }: End): boolean => kind === 'local' || kind === 'out'

/** Takes over what was found of a packet that was followed apart, but for its ends. */
export const mergeRun = (run: Run, own: Run): void => {
  run.copies = own.copies
  if (own.truncated) run.truncated = true
  if (own.doubtful) run.doubtful = true
  for (const one of own.undetermined) run.undetermined.add(one)
}

export const end = (run: Run, kind: EndKind, world: World): void => {
  run.ends.push({ kind, world })
}

/** A copy to follow another course in; null when there are too many already. */
export const fork = (run: Run, world: World): World | null => {
  if (run.copies >= MOST_WORLDS) {
    run.truncated = true
    return null
  }
  run.copies += 1
  return copyWorld(world)
}

/** Notes that a rule acted on a world; a policy, when the rule is null. */
export const noteRule = (world: World, program: Program, rule: NetfilterRule | null, deed: Deed): void => {
  world.trace = {
    before: world.trace,
    hook: world.hook,
    reply: world.reply,
    packet: world.packet,
    table: program.table,
    chain: program.chain,
    rule,
    deed,
    cause: null,
  }
}

/** Notes what acted that is no rule. */
export const noteEvent = (world: World, deed: Deed, cause: KernelCause): void => {
  world.trace = {
    before: world.trace,
    hook: world.hook,
    reply: world.reply,
    packet: world.packet,
    table: null,
    chain: null,
    rule: null,
    deed,
    cause,
  }
}

/** Ends a world by something that is no rule. */
export const endBy = (run: Run, kind: EndKind, world: World, deed: Deed, cause: KernelCause): void => {
  noteEvent(world, deed, cause)
  end(run, kind, world)
}

/** Worlds of which no two are the same; the list itself where there is but one. */
export const mergeWorlds = (worlds: World[]): World[] => {
  if (worlds.length < 2) return worlds
  const merged: World[] = []
  for (const world of worlds) addWorld(merged, world)
  return merged
}
