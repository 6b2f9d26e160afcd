import type { Conflict } from '@portolan/core'
import type { Backend } from '../backend/backend.ts'

/** What a host event is about. */
interface About {
  /** When it was told: ISO 8601, UTC. */
  readonly at: string
  readonly project: string
}

/**
 * Something that is not as it is wanted, and what is to be done about it.
 * @public @since 0.1.0
 */
export interface DriftChange {
  /** What has to be done: an object that is missing is to be added. */
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
  /** In a clause: `nft (process 4711) removed table inet portolan`. */
  readonly text: string
  /** The process, where the kernel names it. */
  readonly process: { readonly pid: number; readonly name: string } | null
}

/**
 * What happens to a project that is watched, tagged by `kind`.
 * - `watching`: the host was looked at, and what was missing is there; from now on nothing goes by untold. Told
 *   again where another process put the project into force with another backend, and none is named for the watch.
 * - `drift`: something is no longer as it is wanted. `outcome`: `repaired`; `reported`, with `check`; `paused`, since other
 *   programs undo each repair.
 * - `conflict`: something on the host breaks, or would break, what is published; `conflict-gone`: no longer.
 * - `contended`: the repairs are undone again and again, so that they pause.
 * - `failed`: the host could not be looked at, or a repair failed, and it is tried again; or the files that SIGHUP asked
 *   the command to read could not be taken, and the project is held as it was.
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
      /** What other programs did just before, as far as the kernel told it. */
      readonly causes: readonly Cause[]
      readonly outcome: 'repaired' | 'reported' | 'paused'
      /** From the first notice of the kernel to the end of the repair, in milliseconds; null where none told of it. */
      readonly afterMs: number | null
    })
  | (About & { readonly kind: 'conflict' | 'conflict-gone'; readonly conflict: Conflict })
  | (About & {
      readonly kind: 'contended'
      /** The programs that undo the repairs, by name, as far as they are known. */
      readonly by: readonly string[]
      readonly objects: readonly string[]
      /** How often the first of these was undone, and in how long. */
      readonly times: number
      readonly withinMs: number
      readonly pauseMs: number
    })
  | (About & {
      readonly kind: 'failed'
      readonly error: { readonly code: string; readonly message: string }
      /** Null: not by itself. */
      readonly retryMs: number | null
    })
