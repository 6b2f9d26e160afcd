import type { NetfilterRule } from '../../model/index.ts'
import { addWorld, copyWorld, type World } from '../packet/world.ts'
import type { Deed } from '../trace/deed.ts'
import type { KernelCause } from '../trace/kernel-cause.ts'
import type { Program } from '../value/program.ts'

/** How a world ended. */
export type EndKind = 'local' | 'out' | 'dropped' | 'rejected' | 'unrouted'

export interface End {
  readonly kind: EndKind
  readonly world: World
}

/** The most courses that are followed of one flow. With more, the outcome is only possible. */
const MOST_WORLDS = 256

/** The results of one evaluation: the ends of all worlds it followed. */
export interface Run {
  readonly ends: End[]
  copies: number
  /** Whether some course was not followed. */
  truncated: boolean
  /** The chains of equal priority with an order that decides, each group as a text. */
  readonly undetermined: Set<string>
  /** Whether a routing rule with unknown selectors decided. */
  doubtful: boolean
}

export const startRun = (): Run => ({
  ends: [],
  copies: 0,
  truncated: false,
  undetermined: new Set(),
  doubtful: false,
})

/** Whether the packet arrived: at the host itself, or out of an interface. */
export const isArrival = ({ kind }: End): boolean => kind === 'local' || kind === 'out'

/** Adds what was found about a packet that was followed apart, except its ends. */
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

/** Notes an action of the kernel. */
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

/** Ends a world by an action of the kernel. */
export const endBy = (run: Run, kind: EndKind, world: World, deed: Deed, cause: KernelCause): void => {
  noteEvent(world, deed, cause)
  end(run, kind, world)
}

/** The worlds without duplicates; the same list where it has fewer than two. */
export const mergeWorlds = (worlds: World[]): World[] => {
  if (worlds.length < 2) return worlds
  const merged: World[] = []
  for (const world of worlds) addWorld(merged, world)
  return merged
}
