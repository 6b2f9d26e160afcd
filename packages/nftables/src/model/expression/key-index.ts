import type { Expression } from './expression.ts'
import { identity } from './identity.ts'

type Scalar = string | number

/** What is known by the last part of a key, and what follows other parts. */
interface Branch<Value> {
  readonly ends: Map<Scalar, Value>
  readonly branches: Map<Scalar, Branch<Value>>
}

const branch = <Value>(): Branch<Value> => ({ ends: new Map(), branches: new Map() })

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
  readonly #others = new Map<string, Value>()

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

  set(key: Expression, value: Value): void {
    const scalar = scalarOf(key)
    if (scalar !== null) this.#scalars.ends.set(scalar, value)
    else if (key.kind !== 'concat' || !this.#setParts(key.parts, value))
      this.#others.set(identity(key), value)
  }

  /** @returns false where a part is more than one value, so that the whole key has to be looked up */
  #setParts(parts: readonly Expression[], value: Value): boolean {
    let at = this.#concatenations
    for (let index = 0; index < parts.length; index += 1) {
      const part = scalarOf(parts[index])
      if (part === null) return false
      if (index === parts.length - 1) {
        at.ends.set(part, value)
        return true
      }
      const next = at.branches.get(part) ?? branch<Value>()
      if (!at.branches.has(part)) at.branches.set(part, next)
      at = next
    }
    return false
  }
}
