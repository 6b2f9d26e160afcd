import type { NatStep, Verdict } from '../../model/index.ts'

/**
 * What a rule does in the end.
 * - `queue`: another program decides. `dispatch`: a verdict map decides. `change`: sets a mark, an address, tracking.
 * - `count`: nothing but counting; `note`: a log and the like.
 */
export type ActionKind =
  | 'accept'
  | 'drop'
  | 'reject'
  | 'return'
  | 'goto'
  | 'jump'
  | 'translate'
  | 'queue'
  | 'dispatch'
  | 'change'
  | 'count'
  | 'note'
  | 'unknown'

export interface Action {
  readonly kind: ActionKind
  /** A text that is equal for rules that do the same; null: no other rule does the same. */
  readonly same: string | null
  /** `accepts`, `jumps to DOCKER`. */
  readonly words: string
}

const simple = (kind: ActionKind, words: string): Action => ({ kind, same: kind, words })

const verbs = {
  accept: simple('accept', 'accepts'),
  drop: simple('drop', 'drops'),
  return: simple('return', 'returns'),
  stolen: simple('queue', 'hands to a program'),
} as const

/** The action of a verdict; null for `continue`, which does nothing. */
export const actionOfVerdict = (verdict: Verdict): Action | null => {
  if ('chain' in verdict) {
    const { kind, chain } = verdict
    return {
      kind,
      same: `${kind} ${chain}`,
      words: kind === 'jump' ? `sends to ${chain}` : `sends for good to ${chain}`,
    }
  }
  return verdict.kind === 'continue' ? null : verbs[verdict.kind]
}

export const rejecting = (how: string | null): Action => ({
  kind: 'reject',
  same: `reject ${how ?? ''}`,
  words: 'rejects',
})

/** The action of a translation. Targets of a map are not compared: the map may have others when the packet comes. */
export const translating = (step: NatStep): Action => {
  const { type, address, port, netmap, shiftFrom, flags } = step
  const isFixed = address?.kind !== 'expression' && port?.kind !== 'expression'
  const target = [address, port].map((one) => (one?.kind === 'range' ? `${one.first}-${one.last}` : ''))
  return {
    kind: 'translate',
    same: isFixed ? [type, ...target, netmap, shiftFrom, ...flags].join(' ') : null,
    words: type === 'masquerade' ? 'masquerades' : type === 'redirect' ? 'redirects' : `translates (${type})`,
  }
}

export const unlike = (kind: ActionKind, words: string): Action => ({ kind, same: null, words })

/** Whether two rules do the same to a packet. */
export const actsAlike = (a: Action, b: Action): boolean => a.same !== null && a.same === b.same
