import { addWorld, copyWorld, sameWorld, type World } from '../packet/world.ts'
import { type End, fork, mergeWorlds, type Run } from './run.ts'

/** How the things of one priority take a world on. */
export interface Contest<T> {
  readonly pass: (item: T, world: World) => World[]
  /** None of the others sees such a world any more. */
  readonly isSettled: (world: World) => boolean
  readonly describe: (item: T) => string
}

/**
 * Runs things of equal priority in their likely order, and in others: if it makes no difference, the first holds;
 * else all are possible.
 */
export const inAnyOrder = <T>(
  run: Run,
  items: readonly T[],
  world: World,
  contested: Contest<T>,
): World[] => {
  const { ends } = run
  if (items.length < 2) return takeOn(run, items, world, contested).worlds
  const before = copyWorld(world)
  const copies = items.slice(1).map(() => fork(run, world))
  const start = ends.length
  const likely = takeOn(run, items, world, contested, before)
  const { worlds, still, settled } = likely
  // Each of them has seen the world as it was, and would in any order.
  if (still === items.length) return worlds
  const likelyEnds = ends.slice(start)
  for (const [at, copy] of copies.entries()) {
    if (copy === null) continue
    const first = at + 1
    const unseen = settled === null ? null : first <= still ? 0 : items.length - first
    const from = ends.length
    const order = [...items.slice(first), ...items.slice(0, first)]
    const other = unseen === 0 ? null : takeOn(run, order, copy, contested, before, unseen)
    if (settled !== null && (other === null || other.still === unseen)) {
      // The same one settles it, as it did.
      run.copies += settled.copies
      continue
    }
    const otherEnds = ends.splice(from)
    if (other === null || sameResults(worlds, likelyEnds, other.worlds, otherEnds)) continue
    run.undetermined.add(items.map(contested.describe).join(', '))
    for (const one of other.worlds) {
      one.unknown = true
      addWorld(worlds, one)
    }
    for (const one of otherEnds) {
      one.world.unknown = true
      ends.push(one)
    }
  }
  return worlds
}

/** What becomes of a world in one order. */
interface TakenOn {
  readonly worlds: World[]
  /** So many things, from the first on, did no more than let it pass. */
  readonly still: number
  /** The thing behind those left nothing to the others, and made so many copies; null where it did not. */
  readonly settled: { readonly copies: number } | null
}

/**
 * @param before - the world as it is; null: it is all the same whether it is changed
 * @param enough - to let it pass is all that is asked of so many; the others are not run then
 */
const takeOn = <T>(
  run: Run,
  order: readonly T[],
  start: World,
  { pass, isSettled }: Contest<T>,
  before: World | null = null,
  enough: number | null = null,
): TakenOn => {
  const done: World[] = []
  let left: World[] = [start]
  let still = 0
  let settled: TakenOn['settled'] = null
  for (const [at, item] of order.entries()) {
    const made = { copies: run.copies, ends: run.ends.length }
    const [only] = left
    if (only === undefined) break
    // Nearly always there is one.
    const passed =
      left.length === 1 ? pass(item, only) : mergeWorlds(left.flatMap((world) => pass(item, world)))
    const next: World[] = []
    for (const one of passed)
      if (isSettled(one)) addWorld(done, one)
      else next.push(one)
    left = next
    if (before === null || still < at) continue
    const [world] = passed
    const isAlone = passed.length === 1 && run.ends.length === made.ends && run.copies === made.copies
    if (world !== undefined && isAlone && isPassedBy(world, before)) still += 1
    else if (left.length === 0) settled = { copies: run.copies - made.copies }
    if (still === enough) break
  }
  return { worlds: [...done, ...left], still, settled }
}

/** Has nothing done more than let a world pass, which was so before? */
const isPassedBy = (world: World, before: World): boolean => {
  if (world.unknown !== before.unknown || world.doubted !== before.doubted) return false
  if (world.isOfOthers !== before.isOfOthers || !sameWorld(world, before)) return false
  for (let step = world.trace; step !== before.trace; step = step.before) {
    if (step === null) return false
    const { kind } = step.deed
    if (kind !== 'accept' && kind !== 'return' && kind !== 'jump' && kind !== 'goto') return false
  }
  return true
}

const sameResults = (
  worlds: readonly World[],
  ends: readonly End[],
  others: readonly World[],
  otherEnds: readonly End[],
): boolean =>
  worlds.length === others.length &&
  worlds.every((world) => others.some((other) => sameWorld(world, other))) &&
  ends.length === otherEnds.length &&
  ends.every(({ kind }) => otherEnds.some((other) => other.kind === kind))
