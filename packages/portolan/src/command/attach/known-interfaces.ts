import type { HostFacts } from '@portolan/netfilter'

/** The interfaces that the facts name; empty: they list none, and any may be there. */
export const interfaceNames = (facts: HostFacts): ReadonlySet<string> => {
  const listed = (facts.interfaces ?? []).flatMap(({ name }) => name ?? [])
  // A route may name an interface that is not listed.
  const routed = (facts.routes ?? []).flatMap((route) => route.interface ?? [])
  return listed.length === 0 ? new Set() : new Set([...listed, ...routed])
}

export const mayHave = (names: ReadonlySet<string>, name: string): boolean =>
  names.size === 0 || names.has(name)

/** `the host has no such interface; it has eth0, lo` */
export const noSuchInterface = (facts: HostFacts): string =>
  `the host has no such interface; it has ${[...interfaceNames(facts)].join(', ')}`
