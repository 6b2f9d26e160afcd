import type { Expression } from '../../../model/index.ts'
import { NFT_REG32_00 } from '../../constants.ts'
import type { Span } from '../attributes.ts'

/** A field that the rule loaded from the packet. */
export interface Loaded {
  readonly kind: 'loaded'
  readonly expression: Expression
  /** The type of the field, as our sets name it where they hold such values. */
  readonly type: string
  readonly bytes: number
  /** The bits of the field that count; null: all of them. */
  readonly mask: Span | null
}

/** A constant that the rule loaded. */
export interface Constant {
  readonly kind: 'constant'
  readonly value: Span
}

/** The data that a map lookup loaded. */
export interface Mapped {
  readonly kind: 'mapped'
  readonly expression: Expression
  readonly types: readonly string[]
}

export type Held = Loaded | Constant | Mapped

/**
 * The content of a rule's registers, by the first four-byte register of each value. A value is removed when it is used.
 * A value that is left at the end of a rule, or overwritten, means a rule that we do not write.
 */
export class Registers {
  readonly #held = new Map<number, Held>()

  /** Stores a value. False: the register holds a value already, or does not hold data. */
  put(register: number | null, held: Held): boolean {
    const slot = slotOf(register)
    if (slot === null || this.#held.has(slot)) return false
    this.#held.set(slot, held)
    return true
  }

  /** Takes the value that begins this number of bytes behind a register; null when none begins there. */
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

/**
 * The index of a register among those of four bytes. The four registers of sixteen bytes share their space with them
 * (NFT_REG_1 is NFT_REG32_00 to 03). Null: the register does not hold data.
 */
export const slotOf = (register: number | null): number | null => {
  if (register === null || register < 1 || register >= NFT_REG32_00 + 16) return null
  if (register >= NFT_REG32_00) return register - NFT_REG32_00
  return register <= 4 ? (register - 1) * 4 : null
}
