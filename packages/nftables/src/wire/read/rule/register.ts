import type { Expression } from '../../../model/index.ts'
import { NFT_REG32_00 } from '../../constants.ts'
import type { Span } from '../attributes.ts'

/** What was asked of a packet. */
export interface Loaded {
  readonly kind: 'loaded'
  readonly expression: Expression
  /** As sets call it, where sets of ours have values of it. */
  readonly type: string
  readonly bytes: number
  /** Which bits of it count, where not all do. */
  readonly mask: Span | null
}

/** What a rule brings along. */
export interface Constant {
  readonly kind: 'constant'
  readonly value: Span
}

/** What a map gave. */
export interface Mapped {
  readonly kind: 'mapped'
  readonly expression: Expression
  readonly types: readonly string[]
}

export type Held = Loaded | Constant | Mapped

/**
 * What the registers of a rule hold, by the first of the four bytes' registers that a value takes. A value is taken out
 * when it is used: what is left at the end of a rule, or is written over, is a rule that ours are not.
 */
export class Registers {
  readonly #held = new Map<number, Held>()

  /** False when the register holds something already, or is none that holds data. */
  put(register: number | null, held: Held): boolean {
    const slot = slotOf(register)
    if (slot === null || this.#held.has(slot)) return false
    this.#held.set(slot, held)
    return true
  }

  /** Takes what stands so many bytes behind a register; null when nothing begins there. */
  take(register: number | null, bytesBehind = 0): Held | null {
    const slot = slotOf(register)
    const at = slot === null ? -1 : slot + bytesBehind / 4
    const held = this.#held.get(at) ?? null
    this.#held.delete(at)
    return held
  }

  takeLoaded(register: number | null, bytesBehind = 0): Loaded | null {
    const held = this.take(register, bytesBehind)
    return held?.kind === 'loaded' ? held : null
  }

  get isEmpty(): boolean {
    return this.#held.size === 0
  }
}

/** The four registers of sixteen bytes are those of four bytes under other numbers (NFT_REG_1 is NFT_REG32_00 to 03). */
export const slotOf = (register: number | null): number | null => {
  if (register === null || register < 1 || register >= NFT_REG32_00 + 16) return null
  if (register >= NFT_REG32_00) return register - NFT_REG32_00
  return register <= 4 ? (register - 1) * 4 : null
}
