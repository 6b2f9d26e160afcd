import type { ClusterNeighbours, Intent } from '@portolan/core'
import { createRunner, defaultStateDirectory, noteHeldBack, openMonitor } from '@portolan/host'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { isOutageCode } from '../../cluster/reported-faults.ts'
import type { WatchMetrics } from '../../metrics/open-metrics.ts'
import type { PlanOptions } from '../../plan/plan-options.ts'
import type { StoredIntent } from '../../stored-intent/stored-intent.ts'
import type { HeldText } from '../../watch/held-text.ts'
import { type HeldPlan, holdPlannedProject } from '../../watch/hold-planned-project.ts'
import { watchProject } from '../../watch/watch-project.ts'
import { followBlocks } from '../cluster/follow-blocks.ts'
import { followCluster } from '../cluster/follow-cluster.ts'
import { freshNeighbours, neighboursAgain, seenOf } from '../cluster/fresh-neighbours.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { blockedError, followErrors, newErrors } from '../new-errors.ts'
import { applyOptions } from '../options/apply-options.ts'
import { withOwnOptions } from '../options/with-own-options.ts'
import { sayLine } from '../output/say-line.ts'
import { notTaken, printEvents, watchOptions } from '../output/tell-events.ts'
import { tellNotes } from '../output/tell-notes.ts'
import { refuseBlocked } from '../refuse-blocked.ts'
import type { IntentSource } from '../sources/intent-source.ts'
import type { Signals } from './follow-signals.ts'
import { heldBackNotes } from './held-back.ts'
import { holdAlone, notHeld } from './hold-alone.ts'
import { keyWords } from './key-words.ts'
import { noteWatched } from './note-watched.ts'

/**
 * A text that is not in force yet, and may come into force without a change of it. It is not tried again before
 * `changed`.
 */
interface Untaken {
  readonly changed: AbortSignal
  close(): void | Promise<void>
}

/** The result of the last text. */
interface Now {
  /** The cause of the first events: see `eventText`. */
  since: 'new' | 'kept' | null
  untaken: Untaken | null
  code: ExitCode
}

/**
 * Holds what a source says now and later, until it is stopped. A text that cannot be taken is told. So is a text that
 * would bring a conflict of severity error that is not there yet. What is in force stays then.
 */
export const holdSource = async (
  context: CommandContext,
  signals: Signals,
  settings: PlanOptions,
  metrics: WatchMetrics | null,
  source: IntentSource,
  stored: StoredIntent | null,
): Promise<ExitCode> => {
  const { options, terminal } = context
  const { check = false, once = false } = options
  const directory = options.state ?? defaultStateDirectory()
  const runner = createRunner()
  let intent = source.read()
  const { project } = intent
  const alone = check ? notHeld : await holdAlone(directory, project)
  const {
    untaken: noteWhy,
    unread: noteUnread,
    again: noteAgain,
  } = heldBackNotes((why) => (check ? undefined : noteHeldBack(directory, project, why)))
  const watched = check ? null : noteWatched(options, project)
  const sayNotes = tellNotes(terminal)
  let endFollowing = async (): Promise<void> => {}
  let held: HeldPlan | null = null
  const now: Now = { since: null, untaken: null, code: exitCode.ok }
  try {
    watched?.says(intent)
    // The monitor is opened before anything is read, so that any later change is told.
    await using monitor = await openMonitor({ legacy: { runner } })
    const others = await freshNeighbours(context, !check)
    let seen = seenOf(others)
    // No file has the text. So the printed commands name the project, whose text is kept here.
    const worded = stored === null ? {} : await keyWords(options, project)
    const settled = {
      ...settings,
      ...(check ? others : {}),
      ...worded,
      ...(await source.lastBackend(project)),
    }
    const text: HeldText = {
      read: () => source.read(),
      keepHold: async () => {
        if (!(await alone.keep())) return
        watched?.again()
        noteAgain()
      },
      isLost: () => !check && source.isLost(),
      writeDown: async (backend, known) => {
        await source.keepAgain(backend)
        await neighboursAgain(context, known)
      },
      moveTo: async (backend) => (check ? undefined : source.keepAgain(backend)),
      taken: (now) => watched?.holds(now),
    }
    const hold = (wanted: Intent, last: ClusterNeighbours | null = null): Promise<HeldPlan> =>
      holdPlannedProject(wanted, text, { ...settled, ...seen, runner }, applyOptions(context), last)
    const refused = (error: PortolanError, retryMs: number | null): Promise<ExitCode> =>
      printEvents(notTaken(project, error, retryMs), context, metrics)

    /** Does what `refused` does. It also tells processes that ask about the project, as long as this lasts. */
    const heldBack = (error: PortolanError): Promise<ExitCode> => {
      noteWhy(error)
      return refused(error, null)
    }

    const before = check ? null : await holdFormer(source, intent, hold)
    watched?.holds(before?.intent() ?? intent)
    if (before === null && (await refuseBlocked(context, intent, source, { ...worded, ...seen })))
      now.since = 'new'
    held = before ?? (await hold(intent))
    /** Puts what the source says now in the place of what is held, unless that would break something. */
    const take = async (from: HeldPlan): Promise<HeldPlan> => {
      let next: HeldPlan | null = null
      try {
        intent = source.read()
        refuseRenamed(project, intent, source, options)
        watched?.says(intent)
        now.untaken = followBlocks(directory)
        if (!check) await from.keepLeases()
        // Without the other hosts, packets to their containers would be masqueraded.
        const last = from.neighbours()
        // The pools of that cluster may have grown meanwhile.
        if (seen.clusterSeen !== undefined) seen = seenOf(await freshNeighbours(context, !check))
        next = await hold(intent, check ? last : await neighboursAgain(context, last))
        const errors = check ? [] : await newErrors(from, next)
        await now.untaken.close()
        now.untaken = null
        if (errors.length === 0) {
          from.close()
          noteWhy(null)
          now.since = 'new'
          watched?.holds(intent)
          return next
        }
        const tell = async (found: typeof errors): Promise<void> => {
          now.code = await heldBack(blockedError(source, intent, found))
        }
        await tell(errors)
        now.untaken = followErrors(from, next, directory, errors, tell)
      } catch (error) {
        next?.close()
        if (!(error instanceof PortolanError)) throw error
        now.code = await heldBack(error)
      }
      now.since = 'kept'
      return from
    }
    const keep = async ({ backend }: HeldPlan): Promise<void> =>
      now.since === 'kept' ? undefined : source.keep(backend)

    if (before !== null) held = await take(before)
    for (const sentence of [...held.unread, ...held.notes]) sayLine(terminal, sentence)
    sayNotes(held)
    endFollowing = followCluster(context)
    await keep(held)
    if (once) now.code = (await exitForUnread(stored?.unread ?? null, refused)) ?? now.code
    else
      stored?.follow(
        (error, retryMs) => {
          noteUnread(error)
          void refused(error, retryMs)
        },
        () => {
          noteUnread(null)
          terminal.say(`portolan: ${options.intent} is read and followed again.`)
        },
      )
    for (;;) {
      const signal = AbortSignal.any([
        ...[signals.stop, signals.reload, alone.taken],
        ...(stored === null ? [] : [stored.changed]),
        ...(now.untaken === null ? [] : [now.untaken.changed]),
      ])
      const observed = metrics?.observe(held) ?? held
      const ended = await printEvents(
        watchProject(observed, monitor, watchOptions(context, signal)),
        context,
        metrics,
        now.since,
      )
      alone.taken.throwIfAborted()
      if (once) return now.code === exitCode.ok ? ended : now.code
      if (signals.stop.aborted) return ended
      // A change that is written while the files are read is another reload.
      signals.rearm()
      source.rearm()
      await now.untaken?.close()
      now.untaken = null
      held = await take(held)
      await keep(held)
      if (now.since === 'kept') continue
      terminal.say(`portolan: ${source.name} read again`)
      for (const sentence of held.notes) sayLine(terminal, sentence)
      sayNotes(held)
    }
  } finally {
    await now.untaken?.close()
    await endFollowing()
    noteUnread(null)
    noteWhy(null)
    watched?.end()
    alone.end()
    held?.close()
  }
}

/**
 * Holds what was in force when a watch last held the project, where the source says something else now.
 * @returns null: it is not known, or cannot be brought back
 */
const holdFormer = async (
  source: IntentSource,
  intent: Intent,
  hold: (wanted: Intent) => Promise<HeldPlan>,
): Promise<HeldPlan | null> => {
  const former = source.inForce()
  if (former === null || former.project !== intent.project) return null
  if (JSON.stringify(former) === JSON.stringify(intent)) return null
  try {
    return await hold(former)
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}

/**
 * Tells why the text of the key was not taken, for a watch that ends at once. Such a watch does not follow the key,
 * which would tell it.
 *
 * @param unread - why the text of the key is not the one in force
 * @returns the exit code for that; null: it changes no exit code
 */
const exitForUnread = async (
  unread: PortolanError | null,
  say: (error: PortolanError, retryMs: null) => Promise<ExitCode>,
): Promise<ExitCode | null> => {
  if (unread === null) return null
  const code = await say(unread, null)
  return isOutageCode(unread.code) ? null : code
}

/**
 * Refuses a text of another project. The rules of the old project would stay, and nothing would watch them any more.
 * @throws InvalidRequestError
 */
const refuseRenamed = (
  held: string,
  { project }: Intent,
  { describes }: IntentSource,
  options: CommandContext['options'],
): void => {
  if (project === held) return
  const destroy = withOwnOptions(options)(`portolan destroy -p ${held}`)
  throw new InvalidRequestError(
    `${describes} project ${project} now, but this watch holds ${held}. To change over, stop this watch, run "${destroy}", and start a watch anew.`,
  )
}
