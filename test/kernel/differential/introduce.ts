import { fromJson } from '../../from-json.ts'
import type { Machine } from '../../lab/machine.ts'
import { addressesOf, entries, isLoopback, type MachineName, machineNames } from './scene.ts'

export const hardwareAddress = async (machine: Machine, link: string): Promise<string> => {
  const [found] = fromJson<
    readonly {
      readonly address: string
    }[]
  >(await machine.mustRun(['ip', '-j', 'link', 'show', link]))
  if (found === undefined) throw new Error(`${machine.name} has no ${link}`)
  return found.address
}

/**
 * Gives all machines permanent neighbour entries of one another. IPv6 neighbour discovery passes the hooks like any
 * other packet: a ruleset that drops it would make flows of later rulesets fail.
 */
export const addNeighbourEntries = async (machines: ReadonlyMap<string, Machine>): Promise<void> => {
  const host = machines.get('host')
  const hardware = new Map<string, string>()
  const addEntries = (machine: Machine, known: MachineName, at: string, device: string): Promise<void> =>
    machine.ip(
      ...(['ip', 'ip6'] as const)
        .flatMap((family) => addressesOf[family][known])
        .filter((address) => !isLoopback(address))
        .map((address) => `neigh replace ${address} lladdr ${at} dev ${device} nud permanent`),
    )
  for (const name of machineNames) {
    const machine = machines.get(name)
    const entry = entries[name]
    if (host === undefined || machine === undefined || entry === null) continue
    hardware.set(name, await hardwareAddress(machine, 'eth0'))
    await addEntries(host, name, hardware.get(name) ?? '', entry.in)
    await addEntries(machine, 'host', await hardwareAddress(host, entry.in), 'eth0')
  }
  // These two share a bridge, and reach each other without the host.
  for (const [name, other] of [
    ['a1', 'a2'],
    ['a2', 'a1'],
  ] as const) {
    const machine = machines.get(name)
    if (machine !== undefined) await addEntries(machine, other, hardware.get(other) ?? '', 'eth0')
  }
}
