import type { Family, MachineName } from '../differential/scene.ts'

/** Extra addresses of a machine, so many of each family. A machine gets an address when it is first used. */
const counts: Readonly<Partial<Record<MachineName, { readonly from: number; readonly count: number }>>> = {
  client: { from: 32, count: 32 },
  neighbour: { from: 64, count: 32 },
  outside: { from: 32, count: 64 },
  // Senders and receivers are in both halves of a subnet.
  a1: { from: 20, count: 40 },
  a2: { from: 160, count: 40 },
  b1: { from: 120, count: 40 },
}

const networks: Readonly<Record<Family, Readonly<Partial<Record<MachineName, string>>>>> = {
  ip: {
    client: '192.0.2.',
    neighbour: '192.0.2.',
    outside: '198.51.100.',
    a1: '172.30.1.',
    a2: '172.30.1.',
    b1: '172.30.2.',
  },
  ip6: {
    client: '2001:db8:1::',
    neighbour: '2001:db8:1::',
    outside: '2001:db8:2::',
    a1: 'fd00:30:1::',
    a2: 'fd00:30:1::',
    b1: 'fd00:30:2::',
  },
}

const extraAddressesOf = (family: Family, name: MachineName): readonly string[] => {
  const [network, numbers] = [networks[family][name], counts[name]]
  if (network === undefined || numbers === undefined) return []
  return Array.from({ length: numbers.count }, (_, at) => {
    const number = numbers.from + at
    return `${network}${family === 'ip' ? number : number.toString(16)}`
  })
}

const names: readonly MachineName[] = ['client', 'neighbour', 'outside', 'a1', 'a2', 'b1']

const extraByFamily = {
  ip: new Map(names.map((name) => [name, extraAddressesOf('ip', name)])),
  ip6: new Map(names.map((name) => [name, extraAddressesOf('ip6', name)])),
}

/** The extra addresses of a machine. The host has none. */
export const extraAddresses = (family: Family, name: MachineName): readonly string[] =>
  extraByFamily[family].get(name) ?? []

/** The extra addresses of all machines. Rules name some of them. */
export const allExtraAddresses = (family: Family): readonly string[] =>
  names.flatMap((name) => extraAddresses(family, name))

/** A function that draws from lists. The same seed draws the same items. */
export const seededPick = (seed: number): (<T>(list: readonly T[]) => T | null) => {
  let state = (seed ^ 0x9e3779b9) >>> 0
  return (list) => {
    // The linear congruential generator of Numerical Recipes, which is good enough to spread questions.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return list[Math.floor((state / 0x100000000) * list.length)] ?? null
  }
}
