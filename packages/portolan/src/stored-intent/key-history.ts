import type { TextRevisions } from '@portolan/host'

/** The content of a key, as it was read or heard. */
export interface KeyAnswer {
  /** Null: the key does not exist. */
  readonly text: string | null
  /** The revision at which the text was put; 0: there is no text, or its revision is not known. */
  readonly put: number
  /** The revision of etcd at that moment. */
  readonly revision: number
}

/** A text that is in force, with its place in the history of its key; null: the place is not known. */
export interface TextInForce {
  readonly text: string
  readonly revisions: TextRevisions | null
}

/** The last content of a key beside the text in force. */
export interface KeyHistory {
  /** The text in force, with what is known of it by now; null: no text is in force. */
  readonly inForce: TextInForce | null
  /** The content that came last. */
  readonly last: KeyAnswer
  /** Is the last content a text of an older copy of etcd's data, and not the text in force? */
  readonly isOlder: boolean
}

/** @param inForce - the text that was in force before the key was read */
export const beginHistory = (inForce: TextInForce | null, first: KeyAnswer): KeyHistory => {
  const { seen = 0, older = seen } = inForce?.revisions ?? {}
  return noteAnswer({ inForce, last: { text: null, put: -1, revision: older }, isOlder: false }, first)
}

/** Notes that the text of `answer` is in force from now on. */
export const cameIntoForce = ({ inForce, last }: KeyHistory, answer: KeyAnswer): KeyHistory => {
  const { text, put, revision } = answer
  if (text === null) return { inForce: null, last, isOlder: false }
  const known = inForce?.text === text ? inForce.revisions : null
  const revisions = known ?? (put === 0 ? null : { put, seen: revision })
  return noteAnswer({ inForce: { text, revisions }, last: answer, isOlder: false }, last)
}

/**
 * Notes what a key holds now. With an older copy of its data, etcd counts its revisions on from that copy, and in time
 * passes those that it had before. So the revision at which the copy was first seen is remembered. A text that is put
 * after that revision is newer than the copy.
 */
export const noteAnswer = ({ inForce, last, isOlder }: KeyHistory, now: KeyAnswer): KeyHistory => {
  if (inForce === null || inForce.revisions === null) return { inForce, last: now, isOlder: false }
  const { text } = inForce
  const isSame = now.text === last.text && now.put === last.put
  // A copy in which the key is unchanged is no loss here.
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
  // The text was put anew, or a later copy was restored.
  if (now.text === text && now.put > since) return { put: now.put, seen: now.revision }
  return { put, seen, older: since }
}
