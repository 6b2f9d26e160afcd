import { containsPrefix, type Prefix, prefixesOverlap, size4, size6 } from './prefix.ts'

/**
 * What is left of a prefix when others are taken out of it: the fewest prefixes that cover it, lowest first.
 *
 *     prefix  |---------------|
 *     holes         |-|
 *     left    |-----| |-------|    as 1/4, 1/8, 1/2 of it
 *
 * @example
 * subtractPrefixes(parsePrefix('10.0.0.0/8'), [parsePrefix('10.128.0.0/9')]).map(formatPrefix) // ['10.0.0.0/9']
 * @public @since 0.1.0
 */
export const subtractPrefixes = (prefix: Prefix, holes: readonly Prefix[]): readonly Prefix[] => {
  const touching = holes.filter((hole) => prefixesOverlap(hole, prefix))
  if (touching.length === 0) return [prefix]
  if (touching.some((hole) => containsPrefix(hole, prefix))) return []
  return halves(prefix).flatMap((half) => subtractPrefixes(half, touching))
}

/** The two halves of a prefix. A hole inside the prefix is longer than the prefix, so halves exist. */
const halves = (prefix: Prefix): readonly [Prefix, Prefix] => {
  const length = prefix.length + 1
  return prefix.family === 'ip'
    ? [
        { ...prefix, length },
        { ...prefix, base: prefix.base + size4(length), length },
      ]
    : [
        { ...prefix, length },
        { ...prefix, base: prefix.base + size6(length), length },
      ]
}
