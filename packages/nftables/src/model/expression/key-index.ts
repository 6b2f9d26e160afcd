import type { Expression } from './expression.ts'
import { identity } from './identity.ts'

type Scalar = string | number

const PAGE_BITS = 8
const LAST_PORT = 0xffff

/**
 * What is known by the last part of a key. Nearly all end in a port: those stand in pages of 256, where they are found
 * without a hash, in a third of the time and of the room that a map of ten thousand takes.
 */
class Ends<Value> {
  readonly #pages: (Value | undefined)[][] = []
  readonly #others = new Map<Scalar, Value | undefined>()

  get(end: Scalar): Value | undefined {
    return isPort(end) ? this.#pages[end >> PAGE_BITS]?.[end & ((1 << PAGE_BITS) - 1)] : this.#others.get(end)
  }

  /** @returns what stood there before */
  exchange(end: Scalar, value: Value | undefined): Value | undefined {
    if (!isPort(end)) {
      const before = this.#others.get(end)
      this.#others.set(end, value)
      return before
    }
    const number = end >> PAGE_BITS
    while (this.#pages.length <= number) this.#pages.push([])
    const page = this.#pages[number] ?? []
    const place = end & ((1 << PAGE_BITS) - 1)
    const before = page[place]
    page[place] = value
    return before
  }
}

const isPort = (end: Scalar): end is number =>
  typeof end === 'number' && end >= 0 && end <= LAST_PORT && Number.isInteger(end)

/** What is known by the last part of a key, and what follows other parts. */
interface Branch<Value> {
  readonly ends: Ends<Value>
  readonly branches: Map<Scalar, Branch<Value>>
}

const branch = <Value>(): Branch<Value> => ({ ends: new Ends(), branches: new Map() })

const scalarOf = (part: Expression | undefined): Scalar | null =>
  part?.kind === 'text' ? part.text : part?.kind === 'number' ? part.value : null

/**
 * Values by the keys of elements: a map in which keys that say the same are the same. A concatenation is looked up part
 * by part. A text that joined them would be made and hashed for each of ten thousand keys, which takes longer than all
 * the rest of a comparison.
 */
export class KeyIndex<Value> {
  readonly #scalars = branch<Value>()
  readonly #concatenations = branch<Value>()
  /** Ranges, prefixes and other keys, by their identity. */
  readonly #others = new Map<string, Value | undefined>()
  /** What the last key began with that was of a text and a number, and where such keys stand. */
  #begun: { readonly text: string; readonly ends: Ends<Value> } | null = null

  get(key: Expression): Value | undefined {
    const scalar = scalarOf(key)
    if (scalar !== null) return this.#scalars.ends.get(scalar)
    if (key.kind !== 'concat') return this.#others.get(identity(key))
    const { parts } = key
    let at: Branch<Value> | undefined = this.#concatenations
    for (let index = 0; index < parts.length; index += 1) {
      const part = scalarOf(parts[index])
      if (part === null) break
      if (index === parts.length - 1) return at.ends.get(part)
      at = at.branches.get(part)
      // No key of scalars begins like this one; the rest of it may tell that it is none of scalars.
      if (at === undefined) break
    }
    return this.#others.size === 0 ? undefined : this.#others.get(identity(key))
  }

  /** Sets a value where the key has none yet. @returns whether it did */
  add(key: Expression, value: Value): boolean {
    const before = this.exchange(key, value)
    if (before !== undefined) this.exchange(key, before)
    return before === undefined
  }

  /**
   * Gives a key another value, or none.
   * @returns the one that it had before
   */
  exchange(key: Expression, value: Value | undefined): Value | undefined {
    const [first, second] = key.kind === 'concat' && key.parts.length === 2 ? key.parts : []
    // The keys of nearly all elements, `tcp . 8080`.
    if (first?.kind === 'text' && second?.kind === 'number')
      return this.#endsAfter(first.text).exchange(second.value, value)
    const before = this.get(key)
    this.#put(key, value)
    return before
  }

  #endsAfter(text: string): Ends<Value> {
    if (this.#begun?.text === text) return this.#begun.ends
    const { ends } = this.#branchOf(this.#concatenations, text)
    this.#begun = { text, ends }
    return ends
  }

  #branchOf(at: Branch<Value>, part: Scalar): Branch<Value> {
    const found = at.branches.get(part)
    if (found !== undefined) return found
    const made = branch<Value>()
    at.branches.set(part, made)
    return made
  }

  #put(key: Expression, value: Value | undefined): void {
    const scalar = scalarOf(key)
    if (scalar !== null) this.#scalars.ends.exchange(scalar, value)
    else if (key.kind !== 'concat' || !this.#setParts(key.parts, value))
      this.#others.set(identity(key), value)
  }

  /** @returns false where a part is more than one value, so that the whole key has to be looked up */
  #setParts(parts: readonly Expression[], value: Value | undefined): boolean {
    let at = this.#concatenations
    for (let index = 0; index < parts.length; index += 1) {
      const part = scalarOf(parts[index])
      if (part === null) return false
      if (index === parts.length - 1) {
        at.ends.exchange(part, value)
        return true
      }
      at = this.#branchOf(at, part)
    }
    return false
  }
}
