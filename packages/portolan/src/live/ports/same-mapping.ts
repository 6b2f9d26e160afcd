import type { DesiredMapping } from '@portolan/core'

type Comparable = Pick<DesiredMapping, 'targets' | 'allowFrom' | 'kind'>

/** Tells whether two mappings of one socket have the same effect. */
export const sameMapping = (one: Comparable, other: Comparable): boolean =>
  one.kind === other.kind &&
  sameTexts(one.allowFrom, other.allowFrom) &&
  one.targets.length === other.targets.length &&
  one.targets.every((target, at) => {
    const twin = other.targets[at]
    return target.address === twin?.address && target.port === twin.port && target.weight === twin.weight
  })

const sameTexts = (one: readonly string[] | null, other: readonly string[] | null): boolean =>
  one === null || other === null
    ? one === other
    : one.length === other.length && one.every((text) => other.includes(text))
