import type { Conflict } from '@portolan/core'
import type { Monitor, Notice } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { causesOf } from './causes.ts'
import { type Clock, systemClock } from './clock.ts'
import { Contention } from './contention.ts'
import { gather } from './gather.ts'
import type { HeldProject } from './held-project.ts'
import type { Cause, DriftChange, HostEvent } from './host-event.ts'
import { LastingFault } from './lasting-fault.ts'
import { type News, openNews } from './news.ts'
import { runAhead } from './run-ahead.ts'
import { type SearchBeside, searchBeside } from './search-beside.ts'
import { isAboutAnother, type Subjects, subjectsOf } from './subjects.ts'
import { ToldConflicts } from './told-conflicts.ts'

/**
 * @public @since 0.1.0
 */
export interface WatchOptions {
  /** Ends the watch. */
  readonly signal?: AbortSignal
  /** Report only, and change nothing. */
  readonly check?: boolean
  /** Look, repair and search once, then end. Meant for a timer. */
  readonly once?: boolean
}

/** Milliseconds between looks at the host. The kernel does not report all of its changes (`openMonitor`). */
export const LOOK_MS = 30_000
/** Milliseconds of quiet before a search for conflicts, which takes longer than a look. */
const SEARCH_AFTER_MS = 150
/** The longest wait for quiet before a search, in milliseconds, for a host that is never quiet. */
const SEARCH_LATEST_MS = 2000

/**
 * Watches a project and yields its events. Repairs go on even when no event is read.
 *
 * @param monitor - a monitor that listens already; it stays open
 * @internal
 */
export const watchProject = (
  held: HeldProject,
  monitor: Monitor,
  { signal, check = false, once = false }: WatchOptions,
  clock: Clock = systemClock,
): AsyncGenerator<HostEvent, void> =>
  runAhead(async function* (own) {
    const news = openNews(held)
    try {
      const ended = signal === undefined ? own : AbortSignal.any([signal, own])
      yield* watching(held, monitor, news, ended, { check, once }, clock)
    } finally {
      news.close()
    }
  })

async function* watching(
  held: HeldProject,
  monitor: Monitor,
  news: News,
  signal: AbortSignal,
  { check, once }: { readonly check: boolean; readonly once: boolean },
  clock: Clock,
): AsyncGenerator<HostEvent, void> {
  const gathering = gather(monitor, signal, clock)
  const contention = new Contention()
  const told = new ToldConflicts()
  const lookFault = new LastingFault()
  const searchFault = new LastingFault()
  /** The drift that was last reported without a repair, so that it is reported once. */
  let reported = ''
  let lookAt = 0
  let searchAt: number | null = 0
  /** When a search has to tell whether conflicts last; null: none waits to be told. */
  let tellAt: number | null = null
  let search: SearchBeside | null = null
  /** The beginning of the search that runs, and what it is about. */
  let begun: { readonly at: number; readonly subjects: Subjects } = { at: 0, subjects: new Set() }
  /** What the last search was about; null: none has succeeded yet. */
  let searched: Subjects | null = null
  /** When the pending search was first asked for. */
  let askedAt = 0
  const searchLater = (): void => {
    const now = clock.now()
    if (searchAt === null) askedAt = now
    searchAt = Math.min(now + SEARCH_AFTER_MS, askedAt + SEARCH_LATEST_MS)
  }
  let notices: readonly Notice[] = []
  let since: number | null = null
  /** The desired state changed, so the next repair does not answer a change of another program. */
  let isWishNew = false

  const about = () => ({ at: clock.date().toISOString(), project: held.project })

  /** The backend that was last reported; null: none yet. */
  let heldIn: HeldProject['backend'] | null = null
  let hasHeld = false
  for (;;) {
    if (signal.aborted) return
    const now = clock.now()
    if (now >= lookAt) {
      try {
        const changes = await held.look()
        if (signal.aborted) return
        lookAt = clock.now() + LOOK_MS
        // Drift is reported again for the new backend.
        if (heldIn !== null && heldIn !== held.backend) reported = ''
        // The look may see a change before the kernel's notice arrives. The notices that are here by now tell the
        // change's cause. Some of them may be about changes after the look.
        const behind = changes.length === 0 ? [] : ((await gathering.caughtUp())?.notices ?? [])
        if (signal.aborted) return
        const isBehind = behind.length > 0
        notices = [...notices, ...behind]
        const causes = causesOf(notices, process.pid)
        const began = since
        notices = []
        since = null
        if (changes.length === 0) {
          reported = ''
          isWishNew = false
        } else {
          const pausedMs = contention.leftMs(clock.now())
          const outcome = check ? 'reported' : pausedMs > 0 ? 'paused' : null
          if (outcome !== null) {
            const text = JSON.stringify(changes.map(({ action, object }) => [action, object]))
            if (text !== reported) yield { ...about(), ...drift(changes, causes, outcome, null) }
            reported = text
            if (outcome === 'paused') lookAt = clock.now() + pausedMs
            else if (isBehind) lookAt = 0
          } else {
            const more = await held.repair()
            const afterMs = began === null ? null : clock.now() - began
            const repaired = mergeDrift(changes, more)
            // The notices of the repair itself are no cause of later drift. If other programs changed something during
            // the repair, or between the look and the repair, another look follows at once.
            const during = (await gathering.caughtUp()) ?? { notices: [], since: 0 }
            if (isBehind || during.notices.length > 0) lookAt = 0
            notices = (await isUnchanged(held)) ? [] : during.notices.filter(({ kind }) => kind === 'rules')
            since = notices.length > 0 ? during.since : null
            yield { ...about(), ...drift(repaired, causes, 'repaired', afterMs) }
            const quarrel = isWishNew ? null : contention.repaired(repaired, causes, clock.now())
            isWishNew = false
            if (quarrel !== null) yield { ...about(), kind: 'contended', ...quarrel }
            searchLater()
          }
        }
        // The reader learns that a reported fault is over.
        if (lookFault.succeeded()) heldIn = null
        if (heldIn !== held.backend) {
          heldIn = held.backend
          hasHeld = true
          yield { ...about(), kind: 'watching', backend: heldIn }
        }
      } catch (error) {
        if (signal.aborted) return
        const failedAt = clock.now()
        lookAt = lookFault.failed(failedAt)
        // At the start a user waits for the outcome of the first look.
        const isPatient = !once && hasHeld
        const fault = asError(error)
        if (lookFault.isNews(error, failedAt, isPatient) && held.wasReported?.(error) !== true)
          yield { ...about(), kind: 'failed', error: fault, retryMs: lookAt - failedAt }
        if (once) return
      }
    }
    // A due look comes before a search: something may be broken.
    if (search === null && clock.now() >= earlier(searchAt, tellAt) && clock.now() < lookAt) {
      if (signal.aborted) return
      searchAt = null
      tellAt = null
      begun = { at: clock.now(), subjects: subjectsOf(held.desired()) }
      search = searchBeside(held.conflicts())
    }
    if (once) await search?.ended
    const outcome = search?.outcome() ?? null
    if (outcome !== null) {
      search = null
      if (signal.aborted) return
      if ('found' in outcome) {
        const before = searched
        const isOwn = (one: Conflict): boolean => before === null || isAboutAnother(before, one)
        const { come, gone } = told.searched(outcome.found, begun.at, isOwn)
        for (const conflict of come) yield { ...about(), kind: 'conflict', conflict }
        for (const conflict of gone) yield { ...about(), kind: 'conflict-gone', conflict }
        searched = begun.subjects
        tellAt = told.nextAt()
        searchFault.succeeded()
      } else {
        const failedAt = clock.now()
        const retryAt = searchFault.failed(failedAt)
        const fault = asError(outcome.error)
        if (searchFault.isNews(outcome.error, failedAt, !once) && held.wasReported?.(outcome.error) !== true)
          yield { ...about(), kind: 'failed', error: fault, retryMs: retryAt - failedAt }
        if (once) return
        searchAt ??= retryAt
      }
    }
    if (once) return
    const next =
      Math.min(lookAt, search === null ? earlier(searchAt, tellAt) : Number.POSITIVE_INFINITY) - clock.now()
    const came = await gathering.next(Math.max(0, Math.min(next, LOOK_MS)), news.next(search?.ended))
    if (came === null) return
    const isNews = news.take()
    const isConcerned = came.notices.length > 0 && (await concerns(held, came.notices))
    if (!isNews && !isConcerned) continue
    isWishNew ||= isNews
    if (isConcerned) {
      since ??= came.since
      notices = [...notices, ...came.notices]
    }
    // While repairs pause, the next look waits for the end of the pause.
    lookAt = Math.min(lookAt, clock.now() + contention.leftMs(clock.now()))
    searchLater()
  }
}

/** The earlier of two times that may not be set. */
const earlier = (one: number | null, other: number | null): number =>
  Math.min(one ?? Number.POSITIVE_INFINITY, other ?? Number.POSITIVE_INFINITY)

/** The drift that a look found, and what its repair found besides. */
const mergeDrift = (
  changes: readonly DriftChange[],
  more: readonly DriftChange[],
): readonly DriftChange[] => {
  const keyOf = ({ action, object }: DriftChange): string => `${action} ${object}`
  const known = new Set(changes.map(keyOf))
  return [...changes, ...more.filter((change) => !known.has(keyOf(change)))]
}

/** Tells whether notices require a look. Rule changes that Portolan made itself do not. */
const concerns = async (held: HeldProject, notices: readonly Notice[]): Promise<boolean> =>
  notices.some(({ kind }) => kind !== 'rules') || !(await isUnchanged(held))

/** Tells whether the rules are certainly unchanged. A failed check is not certain, so a look follows. */
const isUnchanged = async (held: HeldProject): Promise<boolean> => {
  try {
    return await held.isUnchanged()
  } catch (error) {
    if (error instanceof PortolanError) return false
    throw error
  }
}

const drift = (
  changes: readonly DriftChange[],
  causes: readonly Cause[],
  outcome: 'repaired' | 'reported' | 'paused',
  afterMs: number | null,
) =>
  ({
    kind: 'drift',
    // The description of a plan's change is computed when read. An event must be plain data.
    changes: changes.map(({ action, object, description }) => ({ action, object, description })),
    causes,
    outcome,
    afterMs: afterMs === null ? null : Math.round(afterMs * 10) / 10,
  }) as const

const asError = (error: unknown): { readonly code: string; readonly message: string } => {
  if (error instanceof PortolanError) return { code: error.code, message: error.message }
  throw error
}
