import { addWorld, copyWorld, sameWorld, type World } from '../packet/world.ts'
import { type End, fork, mergeWorlds, type Run } from './run.ts'

/** How the items of one priority, such as chains, process a world. */
export interface Contest<T> {
  readonly pass: (item: T, world: World) => World[]
  /** Whether no other item sees the world any more. */
  readonly isSettled: (world: World) => boolean
  readonly describe: (item: T) => string
}

/**
 * Runs items of equal priority in their likely order, and in other orders. With equal results, those of the likely
 * order hold. Otherwise all results are possible.
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
  // No item changed the world, so each item would see the same world in any order.
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
      // The same item settles the world in this order too.
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

/** The result of one order. */
interface TakenOn {
  readonly worlds: World[]
  /** The number of leading items that only let the world pass. */
  readonly still: number
  /** Set where the next item left nothing to the others: how many copies it made. Null: no item did. */
  readonly settled: { readonly copies: number } | null
}

/**
 * @param before - the world before the items, to detect changes; null: changes are not detected
 * @param enough - when this many leading items only let the world pass, the others are not run; null: all are run
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
    // There is nearly always one world.
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

/** Whether an item only let a world pass, and changed nothing. */
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
