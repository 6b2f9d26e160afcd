import { PortolanError } from '@portolan/netfilter'
import {
  beginHistory,
  cameIntoForce,
  type KeyAnswer,
  type KeyHistory,
  noteAnswer,
  type TextInForce,
} from './key-history.ts'

/** The texts that come under a key: the one that came last, and the one that was taken. */
export interface HeldText<Read> {
  /** The text that came last. @throws what parsing throws, and `refuse` */
  read(): Read
  /** @returns did the text change, or did it become, or cease to be, one of an older copy of etcd's data? */
  hear(answer: KeyAnswer): boolean
  /** Remembers the text that was read last as in force with that backend. A text that came since then may be wrong. */
  keep(backend: string): Promise<void>
  /** Remembers what was heard of the text in force, as far as that can be written. */
  keepHeard(): Promise<void>
  /** Is a text remembered, as far as this object knows? */
  isKept(): boolean
  /**
   * Remembers the text in force again. The file that remembered it was lost, or it is in force with another backend.
   */
  keepAgain(backend: string): Promise<void>
}

interface TextWays<Read> {
  parse(text: string | null): Read
  /** Makes the error that is thrown for a text of an older copy of etcd's data. */
  refuse(history: KeyHistory): PortolanError
  write(inForce: TextInForce, read: Read, backend: string): Promise<void>
}

/**
 * @param first - what the key held first
 * @param kept - the text that is remembered
 */
export const heldText = <Read>(
  first: KeyAnswer,
  kept: TextInForce | null,
  { parse, refuse, write }: TextWays<Read>,
): HeldText<Read> => {
  let history = beginHistory(kept, first)
  let taken: { readonly answer: KeyAnswer; readonly read: Read } | null = null
  /** What was written last of the text in force; null: not known. */
  let written: { readonly text: string; readonly backend: string; readonly place: string } | null = null
  let writing: Promise<void> = Promise.resolve()
  const remember = async (inForce: TextInForce, read: Read, backend: string): Promise<void> => {
    // One write follows the other, so that the last decision is what stays.
    const before = writing
    const now = (async () => {
      await before
      await write(inForce, read, backend)
    })()
    writing = now.catch(() => undefined)
    written = { text: inForce.text, backend, place: placeOf(inForce) }
    try {
      await now
    } catch (error) {
      written = null
      throw error
    }
  }
  return {
    read: () => {
      if (history.isOlder) throw refuse(history)
      const read = parse(history.last.text)
      taken = { answer: history.last, read }
      return read
    },
    hear: (answer) => {
      const before = history
      history = noteAnswer(history, answer)
      return answer.text !== before.last.text || history.isOlder !== before.isOlder
    },
    keep: async (backend) => {
      if (taken === null || taken.answer.text === null) return
      history = cameIntoForce(history, taken.answer)
      const { inForce } = history
      if (inForce === null || isWritten(written, inForce, backend)) return
      await remember(inForce, taken.read, backend)
    },
    keepHeard: async () => {
      const { inForce } = history
      if (inForce === null || written === null || isWritten(written, inForce, written.backend)) return
      try {
        await remember(inForce, parse(inForce.text), written.backend)
      } catch (error) {
        // The text is written with the next one, or again with the rest of the state directory.
        if (!(error instanceof PortolanError)) throw error
      }
    },
    isKept: () => history.inForce !== null,
    keepAgain: async (backend) => {
      const { inForce } = history
      if (inForce !== null) await remember(inForce, parse(inForce.text), backend)
    },
  }
}

/**
 * The part of a text's place in the history that is compared before writing. How far etcd went on since is left out,
 * because that changes all the time.
 */
const placeOf = ({ revisions }: TextInForce): string => `${revisions?.put} ${revisions?.older}`

const isWritten = (
  written: { readonly text: string; readonly backend: string; readonly place: string } | null,
  inForce: TextInForce,
  backend: string,
): boolean =>
  written?.text === inForce.text && written.backend === backend && written.place === placeOf(inForce)
