import type { Conflict } from '@portolan/core'
import type { Backend } from '../backend/backend.ts'

/** The fields that every host event has. */
interface About {
  /** The time of the report: ISO 8601, UTC. */
  readonly at: string
  readonly project: string
}

/**
 * A difference from the desired state, and what has to be done about it.
 * @public @since 0.1.0
 */
export interface DriftChange {
  /** What has to be done, not what happened: `add` for a missing object. */
  readonly action: 'add' | 'change' | 'remove'
  readonly object: string
  /** One sentence. */
  readonly description: string
}

/**
 * A change of the host that another program made.
 * @public @since 0.1.0
 */
export interface Cause {
  /** A clause: `nft (process 4711) removed table inet portolan`. */
  readonly text: string
  /** The process; null where the kernel does not name it. */
  readonly process: { readonly pid: number; readonly name: string } | null
}

/**
 * What happens to a watched project, tagged by `kind`.
 * - `watching`: the first look and its repairs are done, and the watch misses no later change. Sent again when another
 *   process moves the project to another backend and no backend is named for the watch.
 * - `drift`: something differs from the desired state. `outcome`: `repaired`; `reported`, with `check`; `paused`, when
 *   other programs undo each repair.
 * - `conflict`: something on the host breaks, or would break, a published port; `conflict-gone`: no longer. What the
 *   first search finds, and a conflict of a network or port that is new to the project, is reported at once. Any other
 *   one is reported once it has lasted for 3 s, or has come and gone for 30 s, because a firewall that is reloaded may
 *   drop packets for a moment. Its end is reported once it has lasted for 3 s, or for 10 s if the conflict comes and
 *   goes.
 * - `contended`: other programs undo the repairs again and again, so the repairs pause.
 * - `failed`: a look, a repair or a search for conflicts has failed for some seconds and is tried again; or, after
 *   SIGHUP, the command could not use the changed files, and the project is held as it was.
 * @example
 * const isTrouble = (event: HostEvent): boolean => event.kind === 'conflict' && event.conflict.severity === 'error'
 * const ended = AbortSignal.timeout(100)
 * await using host = await openHost({ backend: 'nftables', project: 'shop' })
 * for await (const event of host.watch({ signal: ended })) if (isTrouble(event)) console.error(event)
 * @public @since 0.1.0
 */
export type HostEvent =
  | (About & { readonly kind: 'watching'; readonly backend: Backend })
  | (About & {
      readonly kind: 'drift'
      readonly changes: readonly DriftChange[]
      /** The changes of other programs just before, as far as the kernel reported them. */
      readonly causes: readonly Cause[]
      readonly outcome: 'repaired' | 'reported' | 'paused'
      /** From the kernel's first notice to the end of the repair, in milliseconds; null: the kernel sent no notice. */
      readonly afterMs: number | null
    })
  | (About & { readonly kind: 'conflict' | 'conflict-gone'; readonly conflict: Conflict })
  | (About & {
      readonly kind: 'contended'
      /** The names of the programs that undo the repairs, as far as known. */
      readonly by: readonly string[]
      readonly objects: readonly string[]
      /** How often the first object was undone, and in how many milliseconds. */
      readonly times: number
      readonly withinMs: number
      readonly pauseMs: number
    })
  | (About & {
      readonly kind: 'failed'
      readonly error: { readonly code: string; readonly message: string }
      /** Milliseconds until the next try; null: it is not tried again by itself. */
      readonly retryMs: number | null
    })
