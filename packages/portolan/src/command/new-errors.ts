import { setTimeout as delay } from 'node:timers/promises'
import type { Conflict, Intent } from '@portolan/core'
import { PortolanError, placeText } from '@portolan/netfilter'
import { conflictIdentity } from '../plan/conflict-identity.ts'
import { conflictPlace } from '../plan/conflict-place.ts'
import type { HeldProject } from '../watch/held-project.ts'
import { followBlocks } from './cluster/follow-blocks.ts'
import type { IntentSource } from './sources/intent-source.ts'

type Searched = Pick<HeldProject, 'conflicts'>

/**
 * The time between two searches, in milliseconds. The kernel does not tell that a program gave a port up, so the search
 * has to be repeated.
 */
const LOOK_MS = 5000
/** At most this many conflicts are told; the rest are counted. */
const MOST = 3

/**
 * The conflicts of severity error that the next state would bring.
 *
 * @param held - the state in force: a conflict that it has already is not new
 */
export const newErrors = async (held: Searched, next: Searched): Promise<readonly Conflict[]> => {
  const errors = (await next.conflicts()).filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return []
  const known = new Set((await held.conflicts()).map(conflictIdentity))
  return errors.filter((conflict) => !known.has(conflictIdentity(conflict)))
}

/** The error that says why a text does not come into force: each conflict with its place, and what to do. */
export const blockedError = (
  { wayOut }: Pick<IntentSource, 'wayOut'>,
  intent: Intent,
  conflicts: readonly Conflict[],
): PortolanError => {
  const more = conflicts.length - MOST
  const isOne = conflicts.length === 1
  const sentences = [
    `The new text is not applied, because of ${isOne ? 'a conflict' : `${conflicts.length} conflicts`} that it would bring. Nothing was changed, and the text before it stays in force.`,
    ...conflicts.slice(0, MOST).map((conflict) => {
      // The message of this conflict says where both are written.
      const what = conflict.kind === 'DuplicateHostPort' ? conflict.kind : placed(conflict, intent)
      return `${what}: ${conflict.message} ${conflict.remedy.text}`
    }),
    ...(more > 0 ? [`${more} more ${more === 1 ? 'conflict stands' : 'conflicts stand'} in its way.`] : []),
    `Remove what is in its way, or ${wayOut}. The new text is applied as soon as ${isOne ? 'the conflict is' : 'the conflicts are'} gone.`,
  ]
  return new PortolanError('BLOCKED', sentences.join(' '))
}

/** The kind of a conflict, and the place where its mapping or network is written. */
export const placed = (conflict: Conflict, intent: Intent): string => {
  const place = conflictPlace(conflict, intent)
  return place === null ? conflict.kind : `${conflict.kind}, ${placeText(place)}`
}

/**
 * Looks again and again whether the conflicts are gone that keep a text from coming into force.
 *
 * @param next - the state that is to come into force; it is closed with this
 * @param tell - called where other conflicts stand in its way by now
 */
export const followErrors = (
  held: Searched,
  next: Searched & { close(): void },
  stateDirectory: string,
  first: readonly Conflict[],
  tell: (errors: readonly Conflict[]) => Promise<void>,
): { readonly changed: AbortSignal; close(): Promise<void> } => {
  const gone = new AbortController()
  const closed = new AbortController()
  const look = async (): Promise<void> => {
    let reported = identities(first)
    while (!closed.signal.aborted && !gone.signal.aborted) {
      const blocks = followBlocks(stateDirectory)
      await delay(LOOK_MS, undefined, { signal: AbortSignal.any([closed.signal, blocks.changed]) }).catch(
        () => undefined,
      )
      blocks.close()
      if (closed.signal.aborted) return
      try {
        const errors = await newErrors(held, next)
        if (closed.signal.aborted) return
        if (errors.length === 0) gone.abort()
        else if (identities(errors) !== reported) {
          reported = identities(errors)
          await tell(errors)
        }
      } catch (error) {
        // What cannot be read now may be read later. The held project tells it.
        if (!(error instanceof PortolanError)) throw error
      }
    }
  }
  const looking = look()
  return {
    changed: gone.signal,
    close: async () => {
      closed.abort()
      await looking
      next.close()
    },
  }
}

const identities = (conflicts: readonly Conflict[]): string => conflicts.map(conflictIdentity).sort().join()
