import type { TextRevisions } from '@portolan/host'

/** What a key holds, as it was read or heard. */
export interface KeyAnswer {
  /** null: it is not there. */
  readonly text: string | null
  /** The revision at which it was put; 0: it is not there, or that is not known. */
  readonly put: number
  /** The revision that etcd was at. */
  readonly revision: number
}

/** A text that is in force, and where it stands in the history of its key; null: that is not known. */
export interface TextInForce {
  readonly text: string
  readonly revisions: TextRevisions | null
}

/** How what a key holds stands to the text in force. */
export interface KeyHistory {
  /** With what is known of it by now; null: no text is in force. */
  readonly inForce: TextInForce | null
  /** What came last. */
  readonly last: KeyAnswer
  /** Is that a text of an older copy of etcd's data, and not the one in force? */
  readonly isOlder: boolean
}

/** @param inForce - as it was before the key was read */
export const beginHistory = (inForce: TextInForce | null, first: KeyAnswer): KeyHistory => {
  const { seen = 0, older = seen } = inForce?.revisions ?? {}
  return heard({ inForce, last: { text: null, put: -1, revision: older }, isOlder: false }, first)
}

/** What was read as `answer` is in force from now on. */
export const cameIntoForce = ({ inForce, last }: KeyHistory, answer: KeyAnswer): KeyHistory => {
  const { text, put, revision } = answer
  if (text === null) return { inForce: null, last, isOlder: false }
  const known = inForce?.text === text ? inForce.revisions : null
  const revisions = known ?? (put === 0 ? null : { put, seen: revision })
  return heard({ inForce: { text, revisions }, last: answer, isOlder: false }, last)
}

/**
 * Etcd with an older copy of its data counts its revisions from there again, and in time goes by those that it had. So the one
 * at which the copy was first seen is remembered: what is put behind it is newer than the copy.
 */
export const heard = ({ inForce, last, isOlder }: KeyHistory, now: KeyAnswer): KeyHistory => {
  if (inForce === null || inForce.revisions === null) return { inForce, last: now, isOlder: false }
  const { text } = inForce
  const isSame = now.text === last.text && now.put === last.put
  // A copy that has the key as it was is no loss here.
  const revisions = revisionsAfter(
    text,
    inForce.revisions,
    now,
    now.revision < last.revision && (now.text === null || !isSame),
  )
  const since = revisions.older ?? 0
  return {
    inForce: { text, revisions },
    last: now,
    isOlder: now.text !== null && now.text !== text && (isSame ? isOlder : now.put <= since),
  }
}

/** @param isBack - is etcd at a lower revision than before, with another text? */
const revisionsAfter = (
  text: string,
  { put, seen, older }: TextRevisions,
  now: KeyAnswer,
  isBack: boolean,
): TextRevisions => {
  const isIt = now.text === text && now.put === put
  const isBefore = now.text !== null && now.put < put
  const since = (isBack && !isIt) || (older === undefined && isBefore) ? now.revision : older
  if (since === undefined) return { put: now.text === text ? now.put : put, seen: now.revision }
  // It was put anew, or a later copy was restored.
  if (now.text === text && now.put > since) return { put: now.put, seen: now.revision }
  return { put, seen, older: since }
}
