/** Calls `make` at the first use, and keeps the result. */
export const once = <T>(make: () => T): (() => T) => {
  let made: { readonly it: T } | null = null
  return () => {
    made ??= { it: make() }
    return made.it
  }
}

/** Calls `make` at the first use of each object, and keeps the results. */
export const onceForEach = <K extends object, T>(make: (key: K) => T): ((key: K) => T) => {
  const known = new WeakMap<K, { readonly it: T }>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined) return found.it
    const it = make(key)
    known.set(key, { it })
    return it
  }
}
