import type { Expression } from './expression.ts'
import { identity } from './identity.ts'

type Scalar = string | number

const PAGE_BITS = 8
const LAST_PORT = 0xffff

/**
 * Values by the last part of a key. Nearly all keys end in a port. Values for ports are stored in pages of 256 and
 * found without a hash. For ten thousand ports this takes a third of the time and memory of a map.
 */
class Ends<Value> {
  readonly #pages: (Value | undefined)[][] = []
  readonly #others = new Map<Scalar, Value | undefined>()

  get(end: Scalar): Value | undefined {
    return isPort(end) ? this.#pages[end >> PAGE_BITS]?.[end & ((1 << PAGE_BITS) - 1)] : this.#others.get(end)
  }

  /** Sets the value for an end. @returns the value it had before */
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

/** Values by the last part of a key, and branches by the parts before it. */
interface Branch<Value> {
  readonly ends: Ends<Value>
  readonly branches: Map<Scalar, Branch<Value>>
}

const branch = <Value>(): Branch<Value> => ({ ends: new Ends(), branches: new Map() })

const scalarOf = (part: Expression | undefined): Scalar | null =>
  part?.kind === 'text' ? part.text : part?.kind === 'number' ? part.value : null

/**
 * Values by the keys of elements. Equal keys find the same value, whichever object they are. A concatenation is looked
 * up part by part. A joined text would be made and hashed for each of ten thousand keys, which takes longer than the
 * rest of a comparison.
 */
export class KeyIndex<Value> {
  readonly #scalars = branch<Value>()
  readonly #concatenations = branch<Value>()
  /** Ranges, prefixes and other keys, by their identity. */
  readonly #others = new Map<string, Value | undefined>()
  /**
   * The text at the start of the last key of the form text and number, and the values of such keys. Null: no such key
   * yet.
   */
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
      // No key of plain parts begins like this one. A later part may still be a range or prefix, so the other keys are
      // searched.
      if (at === undefined) break
    }
    return this.#others.size === 0 ? undefined : this.#others.get(identity(key))
  }

  /** Sets a value where the key has none yet. @returns whether the value was set */
  add(key: Expression, value: Value): boolean {
    const before = this.exchange(key, value)
    if (before !== undefined) this.exchange(key, before)
    return before === undefined
  }

  /**
   * Replaces the value of a key; `undefined` removes it.
   * @returns the value it had before
   */
  exchange(key: Expression, value: Value | undefined): Value | undefined {
    const [first, second] = key.kind === 'concat' && key.parts.length === 2 ? key.parts : []
    // Nearly all keys have this form: `tcp . 8080`.
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

  /**
   * Sets a value part by part.
   * @returns false where a part is not a single value, so that the whole key has to be used
   */
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
